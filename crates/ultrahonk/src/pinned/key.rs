//! The key, read at compile time.

use super::{LOG_N, PUBLIC_INPUTS, PointWords};
use crate::entity::{Entity, PRECOMPUTED};
use crate::layout::PAIRING_POINT_LIMBS;
use crate::limbs::Word;
use crate::vk::VK_BYTES;

/// A key of the shape that this verifier is made for.
pub struct PinnedKey {
    /// Keccak-256 of the key's bytes modulo `r`.
    pub(super) hash: Word,
    /// The row of the first public input.
    pub(super) public_inputs_row: i64,
    /// The 28 commitments, in the order of the key.
    pub(super) commitments: [PointWords; PRECOMPUTED],
}

/// Which of the precomputed polynomials are zero: a bit for each, in the order of the key.
#[derive(Clone, Copy)]
pub(super) struct ZeroSet(u32);

impl ZeroSet {
    const fn with(self, index_in_key: usize) -> Self {
        Self(self.0 | 1 << index_in_key)
    }

    /// Whether the polynomial at this place of the evaluations is zero.
    pub(super) const fn holds(self, place: usize) -> bool {
        place >= 1 && place <= PRECOMPUTED && self.0 >> (place - 1) & 1 == 1
    }
}

/// The polynomials that must be zero: those of the gates that the circuit does not use. Their relations are left out.
pub(super) const ZERO: ZeroSet = {
    let entities = [
        Entity::QLookup,
        Entity::T1,
        Entity::T2,
        Entity::T3,
        Entity::T4,
        Entity::QRange,
        Entity::QElliptic,
        Entity::QMemory,
        Entity::QNonNative,
    ];
    let (mut zero, mut i) = (ZeroSet(0), 0);
    while i < entities.len() {
        zero = zero.with(entities[i] as usize - 1);
        i += 1;
    }
    zero
};

/// The key of `circuits/ownership`.
pub static OWNERSHIP: PinnedKey = PinnedKey::new(
    include_bytes!("../../../../circuits/ownership/vk"),
    include_bytes!("../../../../circuits/ownership/vk_hash"),
);

impl PinnedKey {
    /// Reads a key of 1,888 bytes and its hash, at compile time.
    ///
    /// # Panics
    ///
    /// If the key is not one that this verifier is made for: another size, another number of public inputs, or a different
    /// set of commitments that are the identity (zero polynomials). Whether the commitments are points of the curve, and
    /// whether the hash is the key's, is for a test to check: see [`PinnedKey::matches`].
    pub const fn new(vk: &[u8; VK_BYTES], hash: &[u8; 32]) -> Self {
        assert!(small(vk, 0) == LOG_N as u64, "the key is of another size");
        assert!(small(vk, 1) == (PUBLIC_INPUTS + PAIRING_POINT_LIMBS) as u64, "the key has other public inputs");
        let mut commitments = [[0; 8]; PRECOMPUTED];
        let (mut zero, mut i) = (ZeroSet(0), 0);
        while i < PRECOMPUTED {
            let mut identity = true;
            let mut word = 0;
            while word < 8 {
                commitments[i][word] = native(vk, 96 + 64 * i + 8 * word);
                identity = identity && commitments[i][word] == 0;
                word += 1;
            }
            if identity {
                zero = zero.with(i);
            }
            i += 1;
        }
        assert!(zero.0 == ZERO.0, "the key's zero polynomials are not those that this verifier leaves out");
        let hash = [native(hash, 0), native(hash, 8), native(hash, 16), native(hash, 24)];
        Self { hash, public_inputs_row: small(vk, 2) as i64, commitments }
    }

    /// Whether this is the key, and the hash is its hash: for the test of a pinned key.
    pub fn matches<B: crate::Backend>(&self, key: &crate::Key<B>) -> bool {
        let commitments = key.commitments.iter().zip(&self.commitments);
        self.hash.map(u64::to_ne_bytes).as_flattened() == key.hash()
            && self.public_inputs_row == key.public_input_offset as i64
            && commitments
                .into_iter()
                .all(|(point, words)| B::point_to_bytes(point)[..] == *words.map(u64::to_ne_bytes).as_flattened())
    }
}

/// Eight bytes as they lie in memory.
const fn native(bytes: &[u8], at: usize) -> u64 {
    let (mut chunk, mut i) = ([0; 8], 0);
    while i < 8 {
        chunk[i] = bytes[at + i];
        i += 1;
    }
    u64::from_ne_bytes(chunk)
}

/// The word at `index`, which is below `2^32`.
const fn small(bytes: &[u8], index: usize) -> u64 {
    let mut i = 0;
    while i < 28 {
        assert!(bytes[32 * index + i] == 0, "a number of the key is large");
        i += 1;
    }
    u64::from_be(native(bytes, 32 * index + 24))
}
