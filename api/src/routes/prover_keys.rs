//! The public keys that witnesses are sealed to.

use axum::{Json, extract::State};
use serde::Serialize;
use veilpass_protocol::ProverKeyId;

use crate::{problem::Problem, state::AppState};

#[derive(Serialize)]
pub(crate) struct ProverKeys {
    /// The newest first: seal to that one.
    keys: Vec<ProverKeyView>,
}

#[derive(Serialize)]
struct ProverKeyView {
    prover_key_id: ProverKeyId,
    /// X25519, 64 lowercase hexadecimal digits.
    #[serde(with = "veilpass_protocol::lower_hex")]
    public_key: [u8; 32],
}

/// `GET /v1/prover-keys`.
pub(crate) async fn prover_keys(State(state): State<AppState>) -> Result<Json<ProverKeys>, Problem> {
    let keys = state.store.prover_keys().await?;
    let view = |key: veilpass_store::AnnouncedKey| ProverKeyView { prover_key_id: key.id, public_key: key.public_key };
    Ok(Json(ProverKeys { keys: keys.into_iter().map(view).collect() }))
}
