//! Challenges: texts to sign, each good once.

use std::time::Duration;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use veilpass_protocol::{Commitment, RegistryId, TrackId, unix_now};
use veilpass_shared_state::SharedState;
use veilpass_siws::{Address, Cluster, EnrolmentMessage, Nonce, Origin, Timestamp};

use crate::problem::Problem;

/// From a challenge to its end.
const LIFETIME: Duration = Duration::from_secs(600);
/// Where nonces are kept: nonce to SHA-256 of the whole message.
const SPACE: &str = "enrolment-nonce";

/// What a message is to say.
pub(crate) struct ChallengeTerms {
    pub(crate) audience: Origin,
    pub(crate) wallet: Address,
    pub(crate) cluster: Cluster,
    pub(crate) program: Address,
    pub(crate) registry: RegistryId,
    pub(crate) mint: Address,
    pub(crate) track: TrackId,
    pub(crate) commitment: Commitment,
}

/// Makes a message, and remembers its nonce.
pub(crate) async fn open_challenge(shared: &SharedState, terms: ChallengeTerms) -> Result<EnrolmentMessage, Problem> {
    let now = unix_now();
    let message = EnrolmentMessage {
        domain: terms.audience.domain(),
        wallet: terms.wallet,
        uri: terms.audience,
        cluster: terms.cluster,
        nonce: Nonce::new(rand::random()),
        issued_at: Timestamp::from_unix(now),
        expires_at: Timestamp::from_unix(now + LIFETIME.as_secs()),
        program: terms.program,
        registry: terms.registry,
        mint: terms.mint,
        track: terms.track,
        commitment: terms.commitment,
    };
    shared.put_value(SPACE, message.nonce.as_bytes(), &digest(&message), LIFETIME).await?;
    Ok(message)
}

/// Uses a message's nonce up: only the first time, only in its lifetime, and only for the message that it was made for.
pub(crate) async fn take_challenge(shared: &SharedState, message: &EnrolmentMessage) -> Result<(), Problem> {
    let kept = shared.take_value(SPACE, message.nonce.as_bytes()).await?;
    let is_this = kept.is_some_and(|kept| kept.ct_eq(&digest(message)).into());
    if is_this { Ok(()) } else { Err(Problem::unknown_nonce()) }
}

fn digest(message: &EnrolmentMessage) -> [u8; 32] {
    Sha256::digest(message.to_string()).into()
}
