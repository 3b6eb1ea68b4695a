//! The ids in the paths below `/v1/registries`.

use std::{fmt::Display, str::FromStr};

use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use veilpass_protocol::{RegistryId, TrackId};

use crate::{problem::Problem, state::AppState};

/// An id in a path or a query, or which one is malformed and how.
pub(super) fn parse_id<T: FromStr<Err: Display>>(name: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::malformed_field(name, format!("{error}")))
}

/// `{registry_id}` and `{track_id}`: canonical, but perhaps of nothing.
pub(crate) struct TrackPath {
    pub(super) registry: RegistryId,
    pub(super) track: TrackId,
}

impl<S: Send + Sync> FromRequestParts<S> for TrackPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        // What is percent-encoded need not be UTF-8.
        let Path((registry, track)): Path<(String, String)> =
            parts.extract().await.map_err(|_| Problem::malformed("the path is not text"))?;
        Ok(Self { registry: parse_id("registry_id", &registry)?, track: parse_id("track_id", &track)? })
    }
}

impl TrackPath {
    /// Refuses what is not a track of a registry.
    pub(super) async fn must_exist(&self, state: &AppState) -> Result<(), Problem> {
        match state.facts.has_track(self.registry, self.track).await? {
            true => Ok(()),
            false => Err(Problem::not_found("there is no such registry, or it has no such track")),
        }
    }
}
