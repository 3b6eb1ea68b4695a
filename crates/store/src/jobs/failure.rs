//! Why a job has no proof, and why an attempt at one failed: stable names, as they are in rows, answers and metrics.

use std::fmt;

/// Why a job has no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobFailure {
    /// The sealed witness does not open with the prover's key for this statement.
    SealedWitnessInvalid,
    /// No leaf of the registry belongs to this secret, token and track.
    NotAMember,
    /// The witness does not satisfy the circuit; for a member, the nullifier is not that of the secret and scope.
    WitnessUnsatisfied,
    /// The registry has no root to prove under.
    NoRoot,
    /// Every attempt ended without an answer.
    AttemptsExhausted,
    /// Its client gave it up.
    Cancelled,
    /// No prover holds the key any more that its witness is sealed to.
    ProverGone,
}

impl JobFailure {
    const ALL: [Self; 7] = [
        Self::SealedWitnessInvalid,
        Self::NotAMember,
        Self::WitnessUnsatisfied,
        Self::NoRoot,
        Self::AttemptsExhausted,
        Self::Cancelled,
        Self::ProverGone,
    ];

    /// The failure's stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::SealedWitnessInvalid => "sealed_witness_invalid",
            Self::NotAMember => "not_a_member",
            Self::WitnessUnsatisfied => "witness_unsatisfied",
            Self::NoRoot => "no_root",
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::Cancelled => "cancelled",
            Self::ProverGone => "prover_gone",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.code() == code)
    }
}

impl fmt::Display for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SealedWitnessInvalid => "the sealed witness does not open with the prover's key for this statement",
            Self::NotAMember => "no enrolled leaf belongs to this identity, token and track",
            Self::WitnessUnsatisfied => "the nullifier is not that of this identity in this registry, track and epoch",
            Self::NoRoot => "the registry has no root that counts: none was published yet, or the newest has expired",
            Self::AttemptsExhausted => "the provers could not finish the job; submit it again",
            Self::Cancelled => "the job was cancelled before it ended",
            Self::ProverGone => {
                "the key that the witness is sealed to is no longer served; seal it to a key of /v1/prover-keys"
            }
        })
    }
}

/// Why an attempt ended without an answer, so that another follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptFailure {
    /// The prover was not heard of until its lease expired.
    LeaseExpired,
    /// The proving worker ended.
    WorkerCrashed,
    /// The proving worker gave no answer in time.
    WorkerHung,
    /// The proving worker answered nonsense, or with a proof that does not verify.
    WorkerCorrupt,
    /// The proving worker reached the limit of its memory.
    WorkerMemory,
    /// The prover could not read the database.
    Database,
    /// A fault of the prover.
    Internal,
}

impl AttemptFailure {
    const ALL: [Self; 7] = [
        Self::LeaseExpired,
        Self::WorkerCrashed,
        Self::WorkerHung,
        Self::WorkerCorrupt,
        Self::WorkerMemory,
        Self::Database,
        Self::Internal,
    ];

    /// The reason's stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::LeaseExpired => "lease_expired",
            Self::WorkerCrashed => "worker_crashed",
            Self::WorkerHung => "worker_hung",
            Self::WorkerCorrupt => "worker_corrupt",
            Self::WorkerMemory => "worker_memory",
            Self::Database => "database",
            Self::Internal => "internal",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl fmt::Display for AttemptFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeaseExpired => "the prover was not heard of any more",
            Self::WorkerCrashed => "the proving worker ended",
            Self::WorkerHung => "the proving worker gave no answer in time",
            Self::WorkerCorrupt => "the proving worker gave an answer that is no proof",
            Self::WorkerMemory => "the proving worker reached the limit of its memory",
            Self::Database => "the prover could not read the database",
            Self::Internal => "the prover failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_and_fit_the_column() {
        let fits = |code: &str| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        for failure in JobFailure::ALL {
            assert_eq!(JobFailure::from_code(failure.code()), Some(failure));
            assert!(fits(failure.code()));
        }
        for reason in AttemptFailure::ALL {
            assert_eq!(AttemptFailure::from_code(reason.code()), Some(reason));
            assert!(fits(reason.code()));
        }
    }
}
