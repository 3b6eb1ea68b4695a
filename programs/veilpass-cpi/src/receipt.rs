//! The receipt of an accepted proof.

use core::ops::RangeInclusive;

use crate::{Address, NULLIFIER_DISCRIMINATOR, PROGRAM_ID, ReceiptError, nullifier_address};

/// A burnt nullifier: the Veilpass program accepted a proof for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The registry's account.
    pub registry: Address,
    /// What the proof is for: a field element, big-endian.
    pub track_id: [u8; 32],
    /// The pseudonym of an identity for this registry, track and epoch: a field element, big-endian.
    pub nullifier: [u8; 32],
    /// The session that the proof was made for: a field element, big-endian.
    pub context: [u8; 32],
    /// Who paid the rent. Not the user: do not decide by it.
    pub payer: Address,
    /// The epoch that the proof is for.
    pub epoch: u64,
    /// The root that the proof was made under: 1, 2, 3... within the registry.
    pub root_sequence: u64,
    /// The slot in which the proof was accepted.
    pub slot: u64,
    /// When the proof was accepted, in seconds since the Unix epoch.
    pub verified_at: i64,
}

/// What a receipt must say. See the crate's documentation for where each of these comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The track, a constant of the program that asks.
    pub track_id: [u8; 32],
    /// The epochs that are accepted: `now..=now` for the current one only.
    pub epochs: RangeInclusive<u64>,
    /// The session of the user. `None` only if the nullifier is used once instead.
    pub context: Option<[u8; 32]>,
}

impl Receipt {
    /// Bytes of the account: the discriminator, five times 32 bytes, four integers of 8 bytes, little-endian, in the order
    /// of the fields.
    pub const SPACE: usize = 8 + 5 * 32 + 4 * 8;

    /// Reads the account of a receipt of this registry. Nothing about the account is taken on trust: neither that the
    /// Veilpass program owns it, nor that it is at the address of its registry and nullifier.
    ///
    /// # Errors
    ///
    /// The first of `Owner`, `Discriminator`, `Length`, `Registry`, `Address` that applies.
    pub fn read(address: &Address, owner: &Address, data: &[u8], registry: &Address) -> Result<Self, ReceiptError> {
        if *owner != PROGRAM_ID {
            return Err(ReceiptError::Owner);
        }
        let body = data.strip_prefix(&NULLIFIER_DISCRIMINATOR).ok_or(ReceiptError::Discriminator)?;
        let receipt = Self::parse(body).ok_or(ReceiptError::Length)?;
        if receipt.registry != *registry {
            return Err(ReceiptError::Registry);
        }
        if nullifier_address(registry, &receipt.nullifier).0 != *address {
            return Err(ReceiptError::Address);
        }
        Ok(receipt)
    }

    /// Whether the receipt says what is wanted.
    ///
    /// # Errors
    ///
    /// The first of `Track`, `Epoch`, `Context` that applies.
    pub fn require(&self, wanted: &Wanted) -> Result<(), ReceiptError> {
        if self.track_id != wanted.track_id {
            return Err(ReceiptError::Track);
        }
        if !wanted.epochs.contains(&self.epoch) {
            return Err(ReceiptError::Epoch);
        }
        if wanted.context.is_some_and(|context| context != self.context) {
            return Err(ReceiptError::Context);
        }
        Ok(())
    }

    /// The fields, if there are exactly as many bytes.
    fn parse(mut body: &[u8]) -> Option<Self> {
        let receipt = Self {
            registry: Address::from(take::<32>(&mut body)?),
            track_id: take(&mut body)?,
            nullifier: take(&mut body)?,
            context: take(&mut body)?,
            payer: Address::from(take::<32>(&mut body)?),
            epoch: u64::from_le_bytes(take(&mut body)?),
            root_sequence: u64::from_le_bytes(take(&mut body)?),
            slot: u64::from_le_bytes(take(&mut body)?),
            verified_at: i64::from_le_bytes(take(&mut body)?),
        };
        body.is_empty().then_some(receipt)
    }
}

/// The next bytes.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}
