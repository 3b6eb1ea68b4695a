//! Why a receipt is refused.

use core::fmt;

/// Why an account is no receipt, or not the wanted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptError {
    /// The account is not the Veilpass program's. One that does not exist, or was closed, is the system program's.
    Owner,
    /// The account is the Veilpass program's, but none of its receipts.
    Discriminator,
    /// The account has not the length of a receipt: it is of another version of the program.
    Length,
    /// The receipt is of another registry.
    Registry,
    /// The account is not at the address of its registry and nullifier.
    Address,
    /// The receipt is for another track.
    Track,
    /// The receipt's epoch is not among the wanted ones.
    Epoch,
    /// The receipt is for another context, that is for another session.
    Context,
}

impl ReceiptError {
    /// What is wrong and what to do.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Owner => "The Veilpass program does not own the account: verify a proof first, then give its receipt",
            Self::Discriminator => "The account is no receipt: give the nullifier's account",
            Self::Length => "The receipt has another length: update veilpass-cpi to the version of the program",
            Self::Registry => "The receipt is of another registry: prove under this gate's registry",
            Self::Address => "The receipt is not at the address of its registry and nullifier: give the true account",
            Self::Track => "The receipt is for another track: prove for this one",
            Self::Epoch => "The receipt is not of a wanted epoch: prove again in the current one",
            Self::Context => "The receipt is for another session: prove again with this session's context",
        }
    }
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message())
    }
}

impl core::error::Error for ReceiptError {}
