//! What can be said of a signed message without asking anybody but the database.

use veilpass_protocol::{TokenId, unix_now};
use veilpass_siws::{Cluster, EnrolmentMessage, VerifyError};

use crate::{problem::Problem, state::AppState};

/// Checks, from the cheapest on, that a message is for this API, for a registry and a track that exist and a token that
/// unlocks it, that it counts now, and that its wallet signed it.
pub(crate) async fn check(state: &AppState, message: &EnrolmentMessage, signature: &[u8; 64]) -> Result<(), Problem> {
    let refused = |code, detail: &'static str| Err(Problem::refused(code, "message", detail));
    if message.uri.domain() != message.domain || !state.policy.audiences.contains(message.uri.as_str()) {
        return refused("wrong-domain", "this API does not serve that domain");
    }
    let Some(registry) = state.facts.registry(message.registry).await? else {
        return refused("unknown-registry", "there is no such registry");
    };
    if registry.program_id != message.program.to_string() {
        return refused("wrong-program", "not the program of this registry");
    }
    if Cluster::from_registry(&registry.cluster) != Some(message.cluster) {
        return refused("wrong-cluster", "not the cluster of this registry");
    }
    if !state.facts.has_track(message.registry, message.track).await? {
        return refused("unknown-track", "the registry has no such track");
    }
    let token = TokenId::from_mint(message.mint.as_bytes());
    if !state.store.unlocks(message.registry, message.track, token).await? {
        return refused("mint-not-allowed", "this mint does not unlock this track");
    }
    message.verify(signature, unix_now()).map_err(|error| {
        let (code, field) = match error {
            VerifyError::OtherDomain => ("wrong-domain", "message"),
            VerifyError::Expired => ("message-expired", "message"),
            VerifyError::FromTheFuture | VerifyError::Lifetime => ("wrong-times", "message"),
            VerifyError::NotAKey | VerifyError::Signature => ("wrong-signature", "signature"),
        };
        Problem::refused(code, field, error.to_string())
    })
}
