//! Names of the outside world (mints, track slugs, registry accounts) as field elements.

use sha2::{Digest, Sha256};

use crate::{
    element::{RegistryId, TokenId, TrackId},
    field::FieldElement,
};

/// The first 248 bits of `SHA-256(domain || 0x00 || parts...)`, each part preceded by its length in bytes (u32,
/// big-endian): no two lists of parts share a preimage.
pub(crate) fn sha256_248(domain: &str, parts: &[&[u8]]) -> FieldElement {
    let mut hasher = Sha256::new();
    hasher.update(domain.as_bytes());
    hasher.update([0]);
    for part in parts {
        hasher.update(u32::try_from(part.len()).expect("a part is shorter than 4 GiB").to_be_bytes());
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    FieldElement::from_248_bits(digest[..31].try_into().expect("31 of 32 bytes"))
}

impl RegistryId {
    /// The id of a registry: 248 bits of SHA-256 under `veilpass.v1.registry-id` of its 32-byte account address.
    pub fn from_account(address: &[u8; 32]) -> Self {
        Self::new(sha256_248("veilpass.v1.registry-id", &[address]))
    }
}

impl TrackId {
    /// The id of a track: 248 bits of SHA-256 under `veilpass.v1.track-id` of its slug (UTF-8).
    pub fn from_slug(slug: &str) -> Self {
        Self::new(sha256_248("veilpass.v1.track-id", &[slug.as_bytes()]))
    }
}

impl TokenId {
    /// The id of a token: 248 bits of SHA-256 under `veilpass.v1.token-id` of its 32-byte mint address.
    pub fn from_mint(mint: &[u8; 32]) -> Self {
        Self::new(sha256_248("veilpass.v1.token-id", &[mint]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_framed() {
        assert_ne!(sha256_248("d", &[b"ab", b"c"]), sha256_248("d", &[b"a", b"bc"]));
        assert_ne!(sha256_248("d", &[b"ab"]), sha256_248("da", &[b"b"]));
        assert_ne!(
            TokenId::from_mint(&[7; 32]).element(),
            RegistryId::from_account(&[7; 32]).element(),
            "one address, two roles"
        );
    }
}
