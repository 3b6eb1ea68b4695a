//! What a client must know of a registry to make a statement.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use veilpass_protocol::{Epoch, MerkleRoot, RegistryId, TrackId};

use crate::{
    problem::Problem,
    state::{AppState, unix_now},
};

#[derive(Serialize)]
pub(crate) struct RegistryView {
    registry_id: RegistryId,
    slug: String,
    program_id: String,
    cluster: String,
    epoch: Epoch,
    epoch_length_seconds: u64,
    epoch_grace_seconds: u64,
    min_root_seq: u64,
    newest_root: Option<RootView>,
    tracks: Vec<TrackView>,
}

#[derive(Serialize)]
struct RootView {
    seq: u64,
    root: MerkleRoot,
    leaf_count: u64,
}

#[derive(Serialize)]
struct TrackView {
    track_id: TrackId,
    slug: String,
}

/// `GET /v1/registries/{registry_id}`.
pub(crate) async fn registry(
    State(state): State<AppState>,
    Path(registry_id): Path<String>,
) -> Result<Json<RegistryView>, Problem> {
    let id: RegistryId =
        registry_id.parse().map_err(|error| Problem::malformed_field("registry_id", format!("{error}")))?;
    let registry = state.store.registry(id).await?.ok_or_else(|| Problem::not_found("there is no such registry"))?;
    let newest_root = state.store.newest_root(id).await?.filter(|root| root.is_fresh);
    let tracks = state.store.tracks(id).await?;
    Ok(Json(RegistryView {
        registry_id: id,
        slug: registry.slug,
        program_id: registry.program_id,
        cluster: registry.cluster,
        epoch: registry.epochs.at(unix_now()),
        epoch_length_seconds: registry.epochs.length_seconds,
        epoch_grace_seconds: registry.epochs.grace_seconds,
        min_root_seq: registry.min_root_seq,
        newest_root: newest_root.map(|root| RootView { seq: root.seq, root: root.root, leaf_count: root.leaf_count }),
        tracks: tracks.into_iter().map(|(track_id, slug)| TrackView { track_id, slug }).collect(),
    }))
}
