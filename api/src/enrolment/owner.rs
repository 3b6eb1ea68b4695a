//! Whether the wallet owns the token, and what follows.

use std::time::Duration;

use uuid::Uuid;
use veilpass_protocol::{OwnershipRecord, TokenId, WalletHash, hash_leaf};
use veilpass_siws::{Address, EnrolmentMessage};
use veilpass_store::{ActiveEnrolment, EnrolOwnerError, HeldToken, NewOwnedEnrolment, OwnedEnrolment, Store};

use super::keys::EnrolmentKeys;
use crate::{
    chain::{ChainError, ChainReader, Ownership},
    problem::Problem,
};

/// Enrols the token of a message whose signature and nonce were found good, if the wallet holds it on chain. An enrolment of its
/// own under another commitment must be `replaceable_after` old.
pub(crate) async fn enrol(
    store: &Store,
    keys: &EnrolmentKeys,
    chain: &ChainReader,
    message: &EnrolmentMessage,
    replaceable_after: Duration,
) -> Result<OwnedEnrolment, Problem> {
    let token = TokenId::from_mint(message.mint.as_bytes());
    let held = HeldToken { registry: message.registry, token, track: message.track };
    // Before the chain is asked: what changes meanwhile is noticed when the enrolment is written.
    let active = store.active_enrolment(held).await?;
    let (account, slot) = owned_at(chain, message).await?;
    let wallet_hash = WalletHash::new(&keys.pepper, message.wallet.as_bytes());
    if let Some(active) = &active
        && active.wallet_hash != wallet_hash.as_bytes()
    {
        check_sold(keys, chain, message, active).await?;
    }
    let id = Uuid::new_v4();
    let record = OwnershipRecord {
        wallet: message.wallet.to_bytes(),
        mint: message.mint.to_bytes(),
        token_account: account.to_bytes(),
    };
    let new = NewOwnedEnrolment {
        held,
        id,
        wallet_hash,
        leaf: hash_leaf(message.commitment, token, message.track),
        ownership_record: keys.sealer.seal(message.registry, id.as_bytes(), &record),
        slot,
    };
    let seen = active.map(|active| active.leaf_index);
    store.enrol_owner(&new, seen, replaceable_after).await.map_err(|error| match error {
        EnrolOwnerError::Changed => Problem::enrolment_changed(),
        EnrolOwnerError::Outdated => unavailable(),
        EnrolOwnerError::ReplacedLately { left } => Problem::replaced_lately(left),
        EnrolOwnerError::Store(error) => error.into(),
    })
}

/// Where the wallet holds the token, and at which finalized slot.
async fn owned_at(chain: &ChainReader, message: &EnrolmentMessage) -> Result<(Address, u64), Problem> {
    let refused = |code, detail: &'static str| Err(Problem::refused(code, "message", detail));
    match chain.ownership(&message.wallet, &message.mint).await {
        Ok(Ownership::Held { account, slot }) => Ok((account, slot)),
        Ok(Ownership::NotHeld { .. }) | Err(ChainError::Unknown) => refused(
            "not-owner",
            "at the newest finalized slot the wallet does not hold this token; what moved just now is finalized within a minute",
        ),
        Ok(Ownership::Bound { is_delegated: true, .. }) => {
            refused("token-delegated", "a delegate may move the wallet's token: revoke the delegation first")
        }
        Ok(Ownership::Bound { .. }) => refused("token-frozen", "the wallet's token account is frozen"),
        Err(ChainError::Unavailable) => Err(unavailable()),
    }
}

/// The token is enrolled by another wallet. That counts as sold only if that wallet has none of it any more: of a mint with
/// many holders, one must not end the enrolment of another.
async fn check_sold(
    keys: &EnrolmentKeys,
    chain: &ChainReader,
    message: &EnrolmentMessage,
    active: &ActiveEnrolment,
) -> Result<(), Problem> {
    // Without a record nobody knows the other wallet; the one that asks is known to hold the token.
    let Some((id, sealed)) = &active.record else { return Ok(()) };
    let Ok(record) = keys.sealer.open(message.registry, id.as_bytes(), sealed) else {
        tracing::error!(enrolment = %id, "an ownership record does not open: was the master key changed?");
        return Ok(());
    };
    match chain.ownership(&Address::new(record.wallet), &message.mint).await {
        Ok(Ownership::NotHeld { .. }) | Err(ChainError::Unknown) => Ok(()),
        Ok(_) => Err(Problem::enrolled_by_another()),
        Err(ChainError::Unavailable) => Err(unavailable()),
    }
}

fn unavailable() -> Problem {
    Problem::unavailable(
        "the chain cannot be read at the moment; nothing was enrolled, ask for a new challenge and try again",
    )
}
