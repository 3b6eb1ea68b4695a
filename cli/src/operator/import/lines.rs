//! What a line says, parsed strictly.

use std::collections::HashMap;

use serde::Deserialize;
use veilpass_protocol::{Commitment, TrackId};
use veilpass_siws::Address;

/// A line of assets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AssetRow {
    pub(super) mint: String,
    pub(super) track: String,
}

/// A line of enrolments.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentRow {
    pub(super) mint: String,
    pub(super) track: String,
    pub(super) wallet: String,
    pub(super) commitment: String,
}

/// A track by its short name.
pub(super) fn track(tracks: &HashMap<String, TrackId>, slug: &str) -> Result<TrackId, String> {
    tracks.get(slug).copied().ok_or_else(|| format!("the registry has no track {slug:?}"))
}

/// An address in base58; its column is named, what it holds is not.
pub(super) fn address(column: &str, text: &str) -> Result<Address, String> {
    text.parse().map_err(|error| format!("{column}: {error}"))
}

/// A commitment as `0x` and 64 lowercase hexadecimal digits.
pub(super) fn commitment(text: &str) -> Result<Commitment, String> {
    text.parse().map_err(|error| format!("commitment: {error}"))
}
