//! For programs that gate an action on Veilpass: reads and checks the *receipt* of an accepted proof.
//!
//! The Veilpass program leaves an account for each nullifier that it burns. A user proves first, then hands that account to
//! your program, in the same transaction or a later one. Nothing is called: reading the account is enough, because only the
//! Veilpass program can write an account that it owns.
//!
//! ```
//! use veilpass_cpi::{Address, Receipt, ReceiptError, Wanted, epoch_at};
//!
//! /// The nullifier, if this account is a receipt for our track in the current epoch.
//! fn admit(
//!     (address, owner, data): (&Address, &Address, &[u8]), // of the account that the caller handed over
//!     (registry, track_id, epoch_length_seconds): (&Address, &[u8; 32], u64), // our own constants
//!     now: i64,                                            // the clock's `unix_timestamp`
//! ) -> Result<[u8; 32], ReceiptError> {
//!     let receipt = Receipt::read(address, owner, data, registry)?;
//!     let epoch = epoch_at(now, epoch_length_seconds).ok_or(ReceiptError::Epoch)?;
//!     receipt.require(&Wanted { track_id: *track_id, epochs: epoch..=epoch, context: None })?;
//!     Ok(receipt.nullifier) // to be used once
//! }
//! # let no_account = (&Address::default(), &Address::default(), &[][..]);
//! # assert_eq!(admit(no_account, (&Address::default(), &[0; 32], 60), 0), Err(ReceiptError::Owner));
//! ```
//!
//! # What your program must check, and why
//!
//! 1. **The account is a receipt of your registry**: [`Receipt::read`]. The registry is *your* constant (or written by your
//!    authority), never the caller's choice: anybody can make a registry and publish a root over identities of their own.
//! 2. **The track is yours**: [`Wanted::track_id`]. A receipt for another track says nothing about yours.
//! 3. **The epoch is current**: [`Wanted::epochs`]. Receipts of earlier epochs stay on the chain until somebody closes them,
//!    and whoever has sold the token since still has them. [`epoch_at`] counts as the registry does; the length is the
//!    registry's, which never changes.
//! 4. **It is used by whom it was made for, or used once.** A receipt is public: anybody can hand it over. Either require
//!    the [`Wanted::context`] that your user's session has (it is a public input of the proof, so nobody can change it), and
//!    have the session's key sign; or key the action by [`Receipt::nullifier`] (an account at an address derived from it),
//!    so that a receipt counts once whoever presents it. Do the first wherever the presenter gains something.
//!
//! The nullifier is the same person's pseudonym for one registry, track and epoch, and tells nothing about any other.
//! [`Receipt::payer`] is whoever paid for the transaction: do not take it for the user, nor show it as such.
//!
//! # Cost
//!
//! [`Receipt::read`] derives one address: 1,500 CU for each bump that is tried, two on average, and a few hundred more.
#![no_std]

#[cfg(test)]
extern crate std;

mod error;
mod receipt;
#[cfg(test)]
mod tests;

pub use error::ReceiptError;
pub use receipt::{Receipt, Wanted};
pub use solana_address::Address;

/// The Veilpass program. A deployment of your own has another address: patch this crate as well.
pub const PROGRAM_ID: Address = Address::from_str_const("85LygQCuWeDg7mLnVBoXtNfU3CSkvGiGZYDWRns2Mwrp");

/// First seed of a registry's address, before the registry's number.
pub const REGISTRY_SEED: &[u8] = b"registry";
/// First seed of a receipt's address, before the registry's address and the nullifier.
pub const NULLIFIER_SEED: &[u8] = b"nullifier";

/// What the data of a registry begins with.
pub const REGISTRY_DISCRIMINATOR: [u8; 8] = [47, 174, 110, 246, 184, 182, 252, 218];
/// What the data of a receipt begins with.
pub const NULLIFIER_DISCRIMINATOR: [u8; 8] = [18, 56, 142, 165, 181, 158, 187, 133];

/// The address of a registry and its bump. `registry_id`: a field element, big-endian.
pub fn registry_address(registry_id: &[u8; 32]) -> (Address, u8) {
    Address::find_program_address(&[REGISTRY_SEED, registry_id], &PROGRAM_ID)
}

/// The address of a receipt and its bump. `registry`: the account's address; `nullifier`: a field element, big-endian.
pub fn nullifier_address(registry: &Address, nullifier: &[u8; 32]) -> (Address, u8) {
    Address::find_program_address(&[NULLIFIER_SEED, registry.as_ref(), nullifier], &PROGRAM_ID)
}

/// The epoch of a time, in seconds since the Unix epoch, as a registry with this length counts them. `None` before 1970, or
/// if the length is 0.
pub fn epoch_at(unix_seconds: i64, epoch_length_seconds: u64) -> Option<u64> {
    u64::try_from(unix_seconds).ok()?.checked_div(epoch_length_seconds)
}
