//! Why an instruction is refused.

use anchor_lang::prelude::*;
use veilpass_cpi::ReceiptError;

/// Codes from 6000 on, in this order: clients know them, so new ones are added at the end.
#[error_code]
#[derive(PartialEq, Eq)]
pub enum GateError {
    #[msg("The epoch must last at least a second: give the registry's epoch length")]
    EpochLength,
    #[msg("The Veilpass program does not own the account: verify a proof first, then give its receipt")]
    ReceiptOwner,
    #[msg("The account is no receipt: give the nullifier's account")]
    NotAReceipt,
    #[msg("The receipt is of another version of the Veilpass program")]
    ReceiptVersion,
    #[msg("The receipt is of another registry: prove under the gate's registry")]
    WrongRegistry,
    #[msg("The receipt is not at the address of its registry and nullifier: give the true account")]
    ReceiptAddress,
    #[msg("The receipt is for another track: prove for the gate's track")]
    WrongTrack,
    #[msg("The receipt is not of the current epoch: prove again")]
    StaleEpoch,
    #[msg("The receipt is for another session: prove again with this session's context")]
    WrongContext,
    #[msg("The receipt is of another nullifier: give the receipt's nullifier")]
    WrongNullifier,
    #[msg("This receipt was counted already: prove again in the next epoch")]
    AlreadyListened,
}

impl From<ReceiptError> for GateError {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::Owner => Self::ReceiptOwner,
            ReceiptError::Discriminator => Self::NotAReceipt,
            ReceiptError::Length => Self::ReceiptVersion,
            ReceiptError::Registry => Self::WrongRegistry,
            ReceiptError::Address => Self::ReceiptAddress,
            ReceiptError::Track => Self::WrongTrack,
            ReceiptError::Epoch => Self::StaleEpoch,
            ReceiptError::Context => Self::WrongContext,
        }
    }
}
