//! The demo's catalogue.

use std::sync::OnceLock;

use axum::body::Bytes;
use serde::Serialize;
use veilpass_protocol::TrackId;

use crate::holders::{RARE_TRACK, TRACKS};

/// A track as the listening room shows it.
#[derive(Serialize)]
pub(super) struct Track {
    track_id: TrackId,
    pub(super) slug: &'static str,
    title: &'static str,
    artist: &'static str,
    /// Path of the recording on this server.
    media: String,
    seconds: u32,
    /// Two colours of its cover.
    swatch: [&'static str; 2],
    /// The file, made when it is first asked for.
    #[serde(skip)]
    pub(super) recording: OnceLock<Bytes>,
}

impl Track {
    pub(super) fn id(&self) -> TrackId {
        self.track_id
    }
}

/// All of them, as they are shown.
pub(super) fn catalogue() -> Vec<Track> {
    let track = |slug: &'static str, title, artist, swatch| Track {
        track_id: TrackId::from_slug(slug),
        slug,
        title,
        artist,
        media: format!("/media/{slug}"),
        seconds: super::music::SECONDS,
        swatch,
        recording: OnceLock::new(),
    };
    vec![
        track(TRACKS[0], "First Light", "Ada Marrow", ["#f2b46d", "#7a4b8c"]),
        track(TRACKS[1], "Night Bus", "The Low Lamps", ["#3f6fb5", "#141b34"]),
        track(TRACKS[2], "Salt and Static", "Coastal Radio", ["#7fc4b4", "#2b4a52"]),
        track(RARE_TRACK, "Attic Tape", "Unknown Relative", ["#c96f5e", "#43302b"]),
    ]
}
