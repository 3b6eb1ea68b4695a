//! What a client must know of a registry to make a statement.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use veilpass_protocol::{Epoch, MerkleRoot, RegistryId, TrackId, unix_now};
use veilpass_store::PublishedRoot;

use super::registry_path::parse_id;
use crate::{
    problem::{Problem, ProblemDocument},
    schema::{EpochNumber, FieldHex},
    state::AppState,
};

/// A registry as it is now.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegistryView {
    /// Its id.
    #[schema(value_type = FieldHex)]
    registry_id: RegistryId,
    /// Its short name.
    slug: String,
    /// The program that checks its proofs, base58.
    program_id: String,
    /// The cluster of that program.
    cluster: String,
    /// The current epoch.
    #[schema(value_type = EpochNumber)]
    epoch: Epoch,
    /// Length of an epoch.
    epoch_length_seconds: u64,
    /// For how long after its end an epoch is still accepted.
    epoch_grace_seconds: u64,
    /// Roots with a lower number are refused.
    min_root_seq: u64,
    /// The newest root that counts; null if none does.
    newest_root: Option<RootView>,
    /// Its tracks.
    tracks: Vec<TrackView>,
}

/// A published root.
#[derive(Serialize, Deserialize, ToSchema)]
struct RootView {
    /// Its number: 1, 2, 3...
    seq: u64,
    /// Its value.
    #[schema(value_type = FieldHex)]
    root: MerkleRoot,
    /// Places of the tree in use, emptied ones included.
    leaf_count: u64,
}

/// A track.
#[derive(Serialize, ToSchema)]
struct TrackView {
    /// Its id.
    #[schema(value_type = FieldHex)]
    track_id: TrackId,
    /// Its short name.
    slug: String,
}

/// A registry as it is now: its epoch, its newest root, its tracks.
#[utoipa::path(get, path = "/v1/registries/{registry_id}", operation_id = "registry", tag = "registries",
    params(("registry_id" = FieldHex, Path, description = "The registry")),
    responses(
        (status = 200, description = "The registry", body = RegistryView),
        (status = 404, description = "There is no such registry", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn registry(
    State(state): State<AppState>,
    Path(registry_id): Path<String>,
) -> Result<Json<RegistryView>, Problem> {
    let id = parse_id("registry_id", &registry_id)?;
    let registry = state.store.registry(id).await?.ok_or_else(|| Problem::not_found("there is no such registry"))?;
    let newest_root = newest_root(&state, id).await?;
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
        newest_root,
        tracks: tracks.into_iter().map(|(track_id, slug)| TrackView { track_id, slug }).collect(),
    }))
}

/// The newest root that counts, as it was a second ago at most, to all replicas. Decisions read the database: a root that has ended
/// meanwhile is refused there.
async fn newest_root(state: &AppState, registry: RegistryId) -> Result<Option<RootView>, Problem> {
    const SPACE: &str = "newest-root";
    const KEPT: Duration = Duration::from_secs(1);
    let key = registry.to_be_bytes();
    if let Ok(Some(known)) = state.shared.get_value(SPACE, &key).await
        && let Ok(root) = serde_json::from_slice(&known)
    {
        return Ok(Some(root));
    }
    let newest = state.store.newest_root(registry).await?.filter(|root| root.is_fresh);
    let Some(PublishedRoot { seq, root, leaf_count, .. }) = newest else { return Ok(None) };
    let view = RootView { seq, root, leaf_count };
    if let Ok(known) = serde_json::to_vec(&view) {
        // Without room or Redis it is read again.
        let _ = state.shared.put_value(SPACE, &key, &known, KEPT).await;
    }
    Ok(Some(view))
}
