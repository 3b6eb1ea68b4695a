//! Who holds an enrolled token, kept so that only a service with the master key can look again.
//!
//! A sealed record is 125 bytes: `version (1) || nonce (12) || ciphertext (96) || tag (16)`, ChaCha20-Poly1305 (RFC 8439) under
//! the key of label `veilpass.v1.ownership-record`. The associated data are registry id (32) and enrolment id (16): a record
//! that is moved to another row does not open.

use std::fmt;

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use rand::RngCore;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{element::RegistryId, master_key::MasterKey};

/// Bytes of a record: wallet, mint, token account.
pub const OWNERSHIP_RECORD_BYTES: usize = 96;
/// Bytes of a sealed record.
pub const SEALED_OWNERSHIP_BYTES: usize = 1 + NONCE_BYTES + OWNERSHIP_RECORD_BYTES + 16;
const NONCE_BYTES: usize = 12;
const VERSION: u8 = 1;

/// Which wallet holds which token, and where. Cannot be printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct OwnershipRecord {
    /// The owner's public key.
    pub wallet: [u8; 32],
    /// The token's mint.
    pub mint: [u8; 32],
    /// The token account that held it when it was enrolled; zeros if that is not known, as of an imported enrolment.
    pub token_account: [u8; 32],
}

impl OwnershipRecord {
    /// Where the token was, if that is known.
    pub fn known_account(&self) -> Option<&[u8; 32]> {
        (self.token_account != [0; 32]).then_some(&self.token_account)
    }
}

impl fmt::Debug for OwnershipRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnershipRecord(redacted)")
    }
}

/// The record does not open: another key or another row, or it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ownership record does not open: sealed under another master key, or for another enrolment")]
pub struct OpenOwnershipError;

/// Seals and opens ownership records.
#[derive(Clone)]
pub struct OwnershipSealer(ChaCha20Poly1305);

impl OwnershipSealer {
    /// That of a deployment with this master key.
    pub fn derive(master_key: &MasterKey) -> Self {
        let key = master_key.derive("veilpass.v1.ownership-record");
        Self(ChaCha20Poly1305::new((&*key).into()))
    }

    /// Seals the record of an enrolment under a random nonce. With 96 bits of it, 2^32 records may be sealed under one key
    /// (NIST SP 800-38D, section 8.3, for nonces of this length).
    pub fn seal(
        &self,
        registry: RegistryId,
        enrolment: &[u8; 16],
        record: &OwnershipRecord,
    ) -> [u8; SEALED_OWNERSHIP_BYTES] {
        let mut plain = Zeroizing::new([0; OWNERSHIP_RECORD_BYTES]);
        plain[..32].copy_from_slice(&record.wallet);
        plain[32..64].copy_from_slice(&record.mint);
        plain[64..].copy_from_slice(&record.token_account);
        let mut sealed = [0; SEALED_OWNERSHIP_BYTES];
        sealed[0] = VERSION;
        let (head, body) = sealed.split_at_mut(1 + NONCE_BYTES);
        let nonce = &mut head[1..];
        rand::rng().fill_bytes(nonce);
        let aad = associated_data(registry, enrolment);
        let payload = Payload { msg: plain.as_slice(), aad: &aad };
        let ciphertext = self.0.encrypt((&*nonce).into(), payload).expect("96 bytes are not too long");
        body.copy_from_slice(&ciphertext);
        sealed
    }

    /// Opens the record of an enrolment.
    pub fn open(
        &self,
        registry: RegistryId,
        enrolment: &[u8; 16],
        sealed: &[u8],
    ) -> Result<OwnershipRecord, OpenOwnershipError> {
        if sealed.len() != SEALED_OWNERSHIP_BYTES || sealed[0] != VERSION {
            return Err(OpenOwnershipError);
        }
        let (nonce, ciphertext) = sealed[1..].split_at(NONCE_BYTES);
        let aad = associated_data(registry, enrolment);
        let payload = Payload { msg: ciphertext, aad: &aad };
        let plain = self.0.decrypt(nonce.into(), payload).map(Zeroizing::new).map_err(|_| OpenOwnershipError)?;
        let part = |at: usize| plain[at..at + 32].try_into().map_err(|_| OpenOwnershipError);
        Ok(OwnershipRecord { wallet: part(0)?, mint: part(32)?, token_account: part(64)? })
    }
}

impl fmt::Debug for OwnershipSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnershipSealer(redacted)")
    }
}

fn associated_data(registry: RegistryId, enrolment: &[u8; 16]) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..32].copy_from_slice(&registry.to_be_bytes());
    bytes[32..].copy_from_slice(enrolment);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldElement;

    fn record() -> OwnershipRecord {
        OwnershipRecord { wallet: [1; 32], mint: [2; 32], token_account: [3; 32] }
    }

    #[test]
    fn a_record_opens_in_its_row_under_its_key_and_nowhere_else() {
        let sealer = OwnershipSealer::derive(&MasterKey::new([9; 32]));
        let registry = RegistryId::new(FieldElement::from_u64(1));
        let sealed = sealer.seal(registry, &[7; 16], &record());
        assert_eq!(sealer.open(registry, &[7; 16], &sealed).unwrap(), record());
        assert_ne!(sealed, sealer.seal(registry, &[7; 16], &record()), "a nonce of its own");
        sealer.open(registry, &[8; 16], &sealed).unwrap_err();
        sealer.open(RegistryId::new(FieldElement::from_u64(2)), &[7; 16], &sealed).unwrap_err();
        OwnershipSealer::derive(&MasterKey::new([8; 32])).open(registry, &[7; 16], &sealed).unwrap_err();
        for index in 0..sealed.len() {
            let mut changed = sealed;
            changed[index] ^= 1;
            sealer.open(registry, &[7; 16], &changed).unwrap_err();
        }
        sealer.open(registry, &[7; 16], &sealed[..124]).unwrap_err();
    }

    /// What is in the database must open for ever. Sealed by Node's `crypto`, with a nonce of bytes 5.
    #[test]
    fn a_record_sealed_by_another_implementation_opens() {
        let sealed = "01050505050505050505050505d3b433a5ad074fd583313b3ac99d595d1160711a69543f65c047ac46fe84479a3683636e73\
                      94338a5bc8e18dc944b2770c61b987f3af60ee0a53f9a3ba1260630f75f99095bbd384622966ea9754fc7b7908be65cfce27\
                      c0813bb4de2f94eb5568b132d0b4df3ea2384a83185469e3eb";
        let sealer = OwnershipSealer::derive(&MasterKey::new([9; 32]));
        let registry = RegistryId::new(FieldElement::from_u64(1));
        assert_eq!(sealer.open(registry, &[7; 16], &hex::decode(sealed).unwrap()), Ok(record()));
    }

    #[test]
    fn what_is_no_record_does_not_open() {
        let sealer = OwnershipSealer::derive(&MasterKey::new([9; 32]));
        let registry = RegistryId::new(FieldElement::from_u64(1));
        for bytes in [&[][..], &[VERSION], &[VERSION; SEALED_OWNERSHIP_BYTES + 1]] {
            assert_eq!(sealer.open(registry, &[7; 16], bytes), Err(OpenOwnershipError));
        }
    }

    #[test]
    fn an_account_of_zeros_is_not_known() {
        assert_eq!(record().known_account(), Some(&[3; 32]));
        assert_eq!(OwnershipRecord { token_account: [0; 32], ..record() }.known_account(), None);
    }

    #[test]
    fn a_record_does_not_print() {
        let sealer = OwnershipSealer::derive(&MasterKey::new([9; 32]));
        assert_eq!(format!("{:?} {sealer:?}", record()), "OwnershipRecord(redacted) OwnershipSealer(redacted)");
    }
}
