//! What an error of a transaction means for its intent.

use std::{collections::BTreeMap, sync::LazyLock, time::Duration};

use serde::Deserialize;
use solana_instruction_error::InstructionError;
use solana_transaction_error::TransactionError;

/// What to do about an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The chain moved on since it was read: read it again, now.
    LookAgain(String),
    /// It may work later, some time after somebody or something changed.
    Later {
        /// When to try again.
        after: Duration,
        /// What is in the way, and what to do about it.
        words: String,
    },
    /// It will never work.
    Refused {
        /// The program's error, if it is one.
        code: Option<u32>,
        /// What it means.
        words: String,
    },
}

/// The program's errors that are not for good, by name: the others are.
const NOT_FOR_GOOD: [&str; 5] = ["SequenceMismatch", "NotPublisher", "Paused", "NullifierUsed", "NullifierInUse"];
/// How long to wait for an operator.
pub(crate) const OPERATOR: Duration = Duration::from_secs(30);
/// How long to wait for a cluster.
pub(crate) const CLUSTER: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Idl {
    errors: Vec<ProgramError>,
}

/// An error of the program.
#[derive(Deserialize)]
struct ProgramError {
    code: u32,
    name: String,
    msg: String,
}

static ERRORS: LazyLock<BTreeMap<u32, ProgramError>> = LazyLock::new(|| {
    let idl: Idl = serde_json::from_str(include_str!("../../idls/veilpass.json")).expect("the IDL is committed");
    idl.errors.into_iter().map(|error| (error.code, error)).collect()
});

/// The number of the program's error of that name.
pub(crate) fn code_of(name: &str) -> Option<u32> {
    ERRORS.values().find(|error| error.name == name).map(|error| error.code)
}

/// An error of the program, in words. `None` for a number that it does not have.
pub fn words(code: u32) -> Option<String> {
    ERRORS.get(&code).map(|error| format!("{} ({} {code})", error.msg, error.name))
}

/// The refusal by the program's error of that name.
pub(crate) fn refused(name: &str) -> Verdict {
    let code = code_of(name);
    Verdict::Refused { code, words: code.and_then(words).unwrap_or_else(|| name.to_owned()) }
}

/// Judges the error of a transaction, simulated or landed.
pub fn judge(error: &TransactionError) -> Verdict {
    use TransactionError as T;
    let later = |after, words: &str| Verdict::Later { after, words: format!("{words} ({error})") };
    match error {
        T::InstructionError(_, InstructionError::Custom(code)) => of_program(*code, error),
        T::InsufficientFundsForFee | T::AccountNotFound | T::InsufficientFundsForRent { .. } => {
            later(OPERATOR, "the fee payer has too little money: send SOL to it")
        }
        T::BlockhashNotFound
        | T::AccountInUse
        | T::ClusterMaintenance
        | T::WouldExceedMaxBlockCostLimit
        | T::WouldExceedMaxAccountCostLimit
        | T::WouldExceedAccountDataBlockLimit
        | T::WouldExceedMaxVoteCostLimit => later(CLUSTER, "the cluster is busy or behind"),
        T::AlreadyProcessed => Verdict::LookAgain("the transaction has landed before".into()),
        T::ProgramAccountNotFound | T::InvalidProgramForExecution => {
            later(OPERATOR, "the program is not on this cluster: deploy it, or choose another cluster")
        }
        // An account that is there though it was not, or the other way round.
        T::InstructionError(..) => Verdict::LookAgain(error.to_string()),
        other => later(OPERATOR, &format!("unexpected: {other:?}")),
    }
}

fn of_program(code: u32, error: &TransactionError) -> Verdict {
    match ERRORS.get(&code).map(|known| known.name.as_str()) {
        Some("SequenceMismatch" | "NullifierUsed") => Verdict::LookAgain(words(code).unwrap_or_default()),
        Some("Paused") => Verdict::Later {
            after: OPERATOR,
            words: "the registry is paused: its authority can resume it with set_paused".into(),
        },
        Some("NotPublisher") => Verdict::Later {
            after: OPERATOR,
            words:
                "this relayer's key is not the registry's publisher: the authority can make it so with set_publisher"
                    .into(),
        },
        Some(name) if !NOT_FOR_GOOD.contains(&name) => {
            Verdict::Refused { code: Some(code), words: words(code).unwrap_or_default() }
        }
        // Of Anchor or of the system program (1: too little money): about accounts, which change.
        _ if code == 1 => {
            Verdict::Later { after: OPERATOR, words: "the fee payer has too little money: send SOL to it".into() }
        }
        _ => Verdict::LookAgain(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(name: &str) -> TransactionError {
        TransactionError::InstructionError(0, InstructionError::Custom(code_of(name).unwrap()))
    }

    #[test]
    fn errors_are_told_apart_and_explained() {
        for name in NOT_FOR_GOOD {
            assert!(!matches!(judge(&custom(name)), Verdict::Refused { .. }), "{name}");
        }
        let Verdict::Refused { code: Some(6016), words } = judge(&custom("RootRevoked")) else { panic!("not refused") };
        assert_eq!(words, "The root was revoked: make a proof under a newer one (RootRevoked 6016)");
        assert!(matches!(judge(&TransactionError::BlockhashNotFound), Verdict::Later { .. }));
        assert!(matches!(judge(&TransactionError::AlreadyProcessed), Verdict::LookAgain(_)));
    }
}
