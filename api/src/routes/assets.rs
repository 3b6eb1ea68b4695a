//! Which tokens unlock a track.

use std::ops::RangeInclusive;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderName, header},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use veilpass_protocol::TokenId;

use super::registry_path::{TrackPath, parse_id};
use crate::{
    problem::{Problem, ProblemDocument},
    schema::FieldHex,
    state::AppState,
};

/// How many ids one answer may be asked to have at most: 340 kB before compression. Whoever asked for one after another would say
/// which token it is interested in.
const LIMITS: RangeInclusive<u32> = 100..=5_000;
/// A token that was added is listed after this time at the latest.
const CACHED: &str = "public, max-age=15";

/// Tokens that unlock a track.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackAssets {
    /// The ids of the tokens, in ascending order: 248 bits of SHA-256 of each mint's address.
    #[schema(value_type = Vec<FieldHex>)]
    token_ids: Vec<TokenId>,
    /// Ask for `?after=` this for more; null: there are no more.
    #[schema(value_type = Option<FieldHex>)]
    next: Option<TokenId>,
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssetsQuery {
    /// Only ids above this one.
    #[param(value_type = Option<FieldHex>)]
    after: Option<String>,
    /// Most ids in the answer; 1,000 if it is not said.
    #[param(minimum = 100, maximum = 5000)]
    limit: Option<u32>,
}

/// The tokens that unlock a track. A device downloads all and compares them with what its wallet holds: nobody is asked about
/// one token.
#[utoipa::path(get, path = "/v1/registries/{registry_id}/tracks/{track_id}/assets", operation_id = "assets",
    tag = "registries",
    params(
        ("registry_id" = FieldHex, Path, description = "The registry"),
        ("track_id" = FieldHex, Path, description = "The track"),
        AssetsQuery,
    ),
    responses(
        (status = 200, description = "Some of them", body = TrackAssets, headers(
            ("Cache-Control" = String, description = "A few seconds"))),
        (status = 404, description = "There is no such registry or track", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn assets(
    State(state): State<AppState>,
    path: TrackPath,
    query: Result<Query<AssetsQuery>, QueryRejection>,
) -> Result<([(HeaderName, &'static str); 1], Json<TrackAssets>), Problem> {
    let Query(AssetsQuery { after, limit }) = query
        .map_err(|_| Problem::malformed_field("limit", "expected ?limit= with a number and ?after= with an id"))?;
    let after: Option<TokenId> = after.map(|after| parse_id("after", &after)).transpose()?;
    let limit = limit.unwrap_or(1_000);
    if !LIMITS.contains(&limit) {
        return Err(Problem::malformed_field("limit", format!("not from {} to {}", LIMITS.start(), LIMITS.end())));
    }
    path.must_exist(&state).await?;
    let token_ids = state.store.track_assets(path.registry, path.track, after, limit).await?;
    let is_full = token_ids.len() == limit as usize;
    let next = token_ids.last().copied().filter(|_| is_full);
    Ok(([(header::CACHE_CONTROL, CACHED)], Json(TrackAssets { token_ids, next })))
}
