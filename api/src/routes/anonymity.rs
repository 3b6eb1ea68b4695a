//! Among how many a listener hides.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use veilpass_protocol::TrackId;

use super::registry_path::TrackPath;
use crate::{
    anonymity::AnonymitySet,
    problem::{Problem, ProblemDocument},
    schema::FieldHex,
    state::AppState,
};

/// Among how many a holder of a track hides.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackAnonymity {
    /// The track.
    #[schema(value_type = FieldHex)]
    track_id: TrackId,
    #[serde(flatten)]
    set: AnonymitySet,
}

/// The anonymity set of a track: how many hold it under the newest root that counts, and how many this API finds enough.
#[utoipa::path(get, path = "/v1/registries/{registry_id}/tracks/{track_id}/anonymity", operation_id = "anonymity",
    tag = "registries",
    params(
        ("registry_id" = FieldHex, Path, description = "The registry"),
        ("track_id" = FieldHex, Path, description = "The track"),
    ),
    responses(
        (status = 200, description = "The set", body = TrackAnonymity),
        (status = 404, description = "There is no such registry or track, or no root counts yet", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn anonymity(State(state): State<AppState>, path: TrackPath) -> Result<Json<TrackAnonymity>, Problem> {
    path.must_exist(&state).await?;
    let set = state.anonymity.of(path.registry, path.track).await?;
    let set = set.ok_or_else(|| Problem::not_found("none of the registry's roots counts yet"))?;
    Ok(Json(TrackAnonymity { track_id: path.track, set }))
}
