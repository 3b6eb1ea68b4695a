//! A job before it is queued.

use sha2::{Digest, Sha256};
use veilpass_protocol::{ProofStatement, ProverKeyId, SealedWitness};

use super::TokenHash;

/// How many buckets clients are put into.
pub const CLIENT_BUCKETS: u16 = 4096;

/// Who asks, as far as the queue must know to be fair: one of [`CLIENT_BUCKETS`], which should be a keyed hash of the
/// client's address.
///
/// The queue is start-time fair queueing. A job gets the first round that its client has not used yet, but none before the
/// round that is being served; jobs are leased by round. So each client has one job in a round, however many it queued, and
/// who did not use its turns earlier gains nothing. Clients in one bucket share its turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientBucket(u16);

impl ClientBucket {
    /// The bucket of a hash, from its first two bytes.
    pub fn of_hash(hash: &[u8; 32]) -> Self {
        Self(u16::from_be_bytes([hash[0], hash[1]]) % CLIENT_BUCKETS)
    }

    /// Its number, for the column.
    pub(super) fn number(self) -> i16 {
        self.0.cast_signed()
    }
}

/// A proof to be made.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What to prove.
    pub statement: ProofStatement,
    /// The prover key that the witness is sealed to.
    pub prover_key_id: ProverKeyId,
    /// The sealed witness.
    pub sealed_witness: SealedWitness,
    /// Who asks.
    pub client: ClientBucket,
    /// Nobody waits in a request for the proof: it lets up to eight rounds of others go first.
    pub patient: bool,
    /// Of the token that this request is answered with.
    pub token: TokenHash,
}

impl NewJob {
    /// What makes a request the same request: SHA-256 over the statement's bytes, the prover key's id and the envelope, all
    /// of fixed lengths.
    ///
    /// Not over the statement alone. Statements are no secrets, and who repeats a request gets the job's id and with it the
    /// proof: a stranger could collect the proof of a victim, or put an envelope that does not open in its place. The
    /// envelope is random, so to repeat it is to have it.
    pub(super) fn request_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.statement.to_bytes());
        hash.update(self.prover_key_id.to_bytes());
        hash.update(self.sealed_witness.as_bytes());
        hash.finalize().into()
    }
}
