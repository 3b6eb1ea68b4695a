//! Why an instruction is refused.

use anchor_lang::prelude::*;
use veilpass_ultrahonk::pinned::Refusal;

/// Codes from 6000 on, in this order: clients know them, so new ones are added at the end.
#[error_code]
#[derive(PartialEq, Eq)]
pub enum VeilpassError {
    #[msg("A field element is at or above the order of BN254's scalar field")]
    NotCanonical,
    #[msg("The epoch must last at least a second and its grace must be shorter than the epoch")]
    EpochParameters,
    #[msg("The root lifetime must be between a second and ten years")]
    RootLifetime,
    #[msg("The signer is not the registry's authority")]
    NotAuthority,
    #[msg("The signer was not offered the registry")]
    NotOffered,
    #[msg("The signer is not the registry's publisher")]
    NotPublisher,
    #[msg("The newest root has another sequence number: read the registry and try again")]
    SequenceMismatch,
    #[msg("An empty tree has no root")]
    EmptyRoot,
    #[msg("Revocation only moves forward, and not past the newest root")]
    RevocationRange,
    #[msg("The proof buffer belongs to somebody else")]
    NotBufferOwner,
    #[msg("The bytes do not fit in the proof buffer")]
    BufferRange,
    #[msg("The registry is paused")]
    Paused,
    #[msg("The statement is about another registry")]
    WrongRegistry,
    #[msg("The epoch is neither the current one nor the previous one within its grace")]
    StaleEpoch,
    #[msg("The root is not the registry's root of that sequence number, or has left its ring")]
    UnknownRoot,
    #[msg("The root has expired: make a proof under a newer one")]
    RootExpired,
    #[msg("The root was revoked: make a proof under a newer one")]
    RootRevoked,
    #[msg("The nullifier was used before")]
    NullifierUsed,
    #[msg("The epoch of the nullifier can still be accepted")]
    NullifierInUse,
    #[msg("The signer did not pay for the nullifier")]
    NotPayer,
    #[msg("The proof carries pairing points of its own")]
    ProofPairingPoints,
    #[msg("The proof claims a value other than 0 of a zero polynomial")]
    ProofZeroEvaluation,
    #[msg("A scalar of the proof, a public input or a hint is at or above the field's order")]
    ProofNotCanonical,
    #[msg("A hint does not fit the proof: compute the hints again")]
    ProofHint,
    #[msg("The proof fails in a round of sumcheck: is it for these public inputs?")]
    ProofSumcheck,
    #[msg("The proof's claimed evaluations do not satisfy the circuit")]
    ProofRelations,
    #[msg("The proof's masking polynomials contradict each other")]
    ProofLibra,
    #[msg("Bytes of the proof are not a point of the curve")]
    ProofPoint,
    #[msg("The proof's polynomial opening is wrong")]
    ProofOpening,
}

impl From<Refusal> for VeilpassError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::PairingPoints => Self::ProofPairingPoints,
            Refusal::ZeroEvaluation => Self::ProofZeroEvaluation,
            Refusal::NotCanonical => Self::ProofNotCanonical,
            Refusal::Hint => Self::ProofHint,
            Refusal::SumcheckRound => Self::ProofSumcheck,
            Refusal::Relations => Self::ProofRelations,
            Refusal::Libra => Self::ProofLibra,
            Refusal::Point => Self::ProofPoint,
            Refusal::Opening => Self::ProofOpening,
        }
    }
}
