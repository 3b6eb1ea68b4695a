//! The public keys that witnesses are sealed to.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use veilpass_protocol::ProverKeyId;
use veilpass_store::AnnouncedKey;

use crate::{
    problem::Problem,
    schema::{Hex32, ProverKeyIdHex},
    state::AppState,
};

/// Keys of live provers.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProverKeys {
    /// Seal to the first.
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
    /// `active`, or `retiring` when a newer key has taken its place.
    status: &'static str,
    /// Since when it has been known, in Unix seconds.
    not_before: u64,
    /// Until when an envelope that is sealed to it is taken at least, in Unix seconds. While its prover lives and it does not
    /// retire, this moves on: ask again before then.
    expires_at: u64,
}

/// For how long the answer may be kept: a key expires 50 seconds after it was listed, at the soonest, while its prover lives.
const CACHE: &str = "public, max-age=10";

/// The public keys that witnesses are sealed to.
#[utoipa::path(get, path = "/v1/prover-keys", operation_id = "proverKeys", tag = "proofs", responses(
    (status = 200, description = "The keys, the newest first, and those that retire after all others", body = ProverKeys),
))]
pub(crate) async fn prover_keys(State(state): State<AppState>) -> Result<Response, Problem> {
    let keys = state.store.prover_keys().await?;
    let view = |key: AnnouncedKey| ProverKeyView {
        prover_key_id: key.id,
        public_key: key.public_key,
        status: if key.is_retiring { "retiring" } else { "active" },
        not_before: key.not_before,
        expires_at: key.expires_at,
    };
    // That there is none is nothing to remember.
    let cache = if keys.is_empty() { "no-store" } else { CACHE };
    let body = Json(ProverKeys { keys: keys.into_iter().map(view).collect() });
    Ok(([(header::CACHE_CONTROL, cache)], body).into_response())
}
