//! The encoding: 32 bytes, big-endian, below `r`.

use super::constants::{ORDER_WORDS, limbs_of_words};
use super::settle::settle;
use super::{Limbs, Word};

/// See [`super::Fr29::parse`].
#[inline(never)]
pub(super) fn parse(word: &Word, canonical: &mut bool) -> Limbs {
    let words = [word[3], word[2], word[1], word[0]].map(u64::from_be);
    // The most significant word decides but for one value in 2^61.
    if words[3] >= ORDER_WORDS[3] {
        *canonical &= words.iter().rev().lt(ORDER_WORDS.iter().rev());
    }
    limbs_of_words(words)
}

/// See [`super::Fr29::to_word`].
#[inline(never)]
pub(super) fn to_word(limbs: &Limbs) -> Word {
    words_of_limbs(&settle(|i| limbs[i], 1)).map(u64::to_be)
}

/// An integer of non-negative limbs that is below `2^256`, the most significant word first.
#[inline(always)]
pub(crate) fn words_of_limbs(limbs: &Limbs) -> [u64; 4] {
    let mut words = [0u64; 4];
    for (i, limb) in limbs.iter().enumerate() {
        let (word, shift) = (29 * i / 64, 29 * i % 64);
        words[3 - word] |= (*limb as u64) << shift;
        if shift > 64 - 29 && word < 3 {
            words[2 - word] |= *limb as u64 >> (64 - shift);
        }
    }
    words
}
