//! The encoding: 32 bytes, big-endian, below `r`.

use super::constants::{MASK, ORDER, ORDER_WORDS, R_SQUARED};
use super::montgomery::{product, reduce_single};
use super::{COUNT, Fr29, Limbs};
use crate::backend::SCALAR_BYTES;

/// The limbs of an integer in words of 64 bits, the least significant first.
#[inline(always)]
pub(super) fn limbs_of_words(words: &[u64; 4]) -> Limbs {
    core::array::from_fn(|i| {
        let (word, shift) = (29 * i / 64, 29 * i % 64);
        let low = words[word] >> shift;
        let high = if shift > 64 - 29 && word < 3 { words[word + 1] << (64 - shift) } else { 0 };
        (low | high) & MASK
    })
}

fn is_below_order(words: &[u64; 4]) -> bool {
    words.iter().rev().lt(ORDER_WORDS.iter().rev())
}

impl Fr29 {
    /// Parses 32 big-endian bytes; `None` for a value at or above `r`. A check and a product by `R^2`.
    pub fn from_be_bytes(bytes: &[u8; SCALAR_BYTES]) -> Option<Self> {
        Self::from_be_bytes_by_r(bytes).map(|parsed| Self(product(&parsed.0, &R_SQUARED)))
    }

    /// Parses 32 big-endian bytes as `value / R`: the limbs are the bytes' own, so nothing is multiplied. `None` for a value
    /// at or above `r`. For formulas in which every term carries the factor.
    #[inline(never)]
    pub fn from_be_bytes_by_r(bytes: &[u8; SCALAR_BYTES]) -> Option<Self> {
        let (chunks, _) = bytes.as_chunks::<8>();
        let words: [u64; 4] = core::array::from_fn(|i| u64::from_be_bytes(chunks[3 - i]));
        is_below_order(&words).then(|| Self(limbs_of_words(&words)))
    }

    /// The encoding.
    #[inline(never)]
    pub fn to_be_bytes(&self) -> [u8; SCALAR_BYTES] {
        let value = reduce_single(&self.0);
        let value = if value == ORDER { [0; COUNT] } else { value };
        let mut words = [0u64; 4];
        for (i, limb) in value.iter().enumerate() {
            let (word, shift) = (29 * i / 64, 29 * i % 64);
            words[word] |= limb << shift;
            if shift > 64 - 29 && word < 3 {
                words[word + 1] |= limb >> (64 - shift);
            }
        }
        let mut bytes = [0; SCALAR_BYTES];
        for (chunk, word) in bytes.rchunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }
}
