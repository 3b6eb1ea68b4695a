//! A listener's session: a proof is spent, and its grants are renewed, looked at and given back.

use std::time::{Duration, Instant};

use rand::Rng;
use uuid::Uuid;
use veilpass_cli::holders::session_key;
use veilpass_client::{Grant, OwnershipProof, Settle};
use veilpass_protocol::ContextPreimage;

use super::{PATIENCE, listener::Listener};

/// Has a proof spent, and listens for a while.
pub(super) async fn run(
    listener: &mut Listener<'_>,
    proof: &OwnershipProof,
    session: &ContextPreimage,
    settle: Settle,
) {
    let what = if settle == Settle::OnChain { "verification onchain" } else { "verification offchain" };
    let verified = listener.device.persist(what, async |api| api.verify(proof, session, settle).await).await;
    let (id, grant) = match verified {
        Ok(verification) => (verification.id, verification.grant),
        // By this very session, whose secret nobody else has: the answer was lost, and with it the session's name.
        Err(error) if error.code() == Some("nullifier-used") => {
            return listener.world.promised.lock().unwrap().spend(proof.public_inputs.nullifier, settle);
        }
        Err(error) => panic!("{what}: {error}"),
    };
    listener.world.promised.lock().unwrap().spend(proof.public_inputs.nullifier, settle);
    if settle == Settle::OnChain {
        is_settled(listener, id).await;
    }
    listen(listener, id, session, grant).await;
}

/// Waits until the chain has it for good.
async fn is_settled(listener: &mut Listener<'_>, id: Uuid) {
    let since = Instant::now();
    loop {
        let status = listener.device.persist("status", async |api| api.verification(id).await).await.unwrap().status;
        match status.as_str() {
            "final" => return,
            "refused" => panic!("{id} is refused"),
            _ => assert!(since.elapsed() < 2 * PATIENCE, "{id} is {status}"),
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn listen(listener: &mut Listener<'_>, id: Uuid, session: &ContextPreimage, mut grant: Option<Grant>) {
    for _ in 0..listener.random.random_range(1..4) {
        if let Some(grant) = &grant {
            assert!(is_active(listener, grant).await, "a grant of {id} does not count");
        }
        listener.think(500..2500).await;
        grant = Some(renew(listener, id, session).await);
    }
    let Some(grant) = grant.filter(|_| listener.random.random()) else { return };
    listener.device.persist("revocation", async |api| api.revoke_grant(&grant.token).await).await.unwrap();
    assert!(!is_active(listener, &grant).await, "a grant of {id} counts after it was revoked");
}

async fn is_active(listener: &Listener<'_>, grant: &Grant) -> bool {
    let seen = listener.device.persist("introspection", async |api| api.introspect_grant(&grant.token).await).await;
    seen.unwrap()["active"] == true
}

async fn renew(listener: &mut Listener<'_>, id: Uuid, session: &ContextPreimage) -> Grant {
    let (key, since) = (session_key(listener.session_number()), Instant::now());
    loop {
        match listener.device.persist("grant", async |api| api.renew_grant(id, session, &key).await).await {
            Ok(grant) => return grant,
            // The answer was lost, and the same second's signature is the same.
            Err(error) if error.code() == Some("signature-used") => assert!(since.elapsed() < PATIENCE, "{error}"),
            Err(error) => panic!("{id}: {error}"),
        }
        listener.think(800..1200).await;
    }
}
