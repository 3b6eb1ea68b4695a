//! The public keys that witnesses are sealed to.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use veilpass_protocol::ProverKeyId;

use crate::{
    problem::Problem,
    schema::{Hex32, ProverKeyIdHex},
    state::AppState,
};

/// Keys of live provers.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProverKeys {
    /// The newest first: seal to that one.
    keys: Vec<ProverKeyView>,
}

/// A public key.
#[derive(Serialize, ToSchema)]
struct ProverKeyView {
    /// Names it.
    #[schema(value_type = ProverKeyIdHex)]
    prover_key_id: ProverKeyId,
    /// X25519, 64 lowercase hexadecimal digits.
    #[serde(with = "veilpass_protocol::lower_hex")]
    #[schema(value_type = Hex32)]
    public_key: [u8; 32],
}

/// The public keys that witnesses are sealed to.
#[utoipa::path(get, path = "/v1/prover-keys", operation_id = "proverKeys", tag = "proofs", responses(
    (status = 200, description = "The keys, the newest first", body = ProverKeys),
))]
pub(crate) async fn prover_keys(State(state): State<AppState>) -> Result<Json<ProverKeys>, Problem> {
    let keys = state.store.prover_keys().await?;
    let view = |key: veilpass_store::AnnouncedKey| ProverKeyView { prover_key_id: key.id, public_key: key.public_key };
    Ok(Json(ProverKeys { keys: keys.into_iter().map(view).collect() }))
}
