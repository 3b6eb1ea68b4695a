//! The modulus and what follows from it, computed at compile time.

use super::{COUNT, Fr29, Limbs};

/// Bits of a limb.
pub(super) const BITS: u32 = 29;

/// The low 29 bits.
pub(super) const MASK: i64 = (1 << BITS) - 1;

/// An integer in words of 64 bits, the least significant first.
pub(crate) type Words = [u64; 4];

/// `r` in words.
pub(crate) const ORDER_WORDS: Words = [0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029];

/// `r`.
pub(super) const ORDER: Limbs = limbs_of_words(ORDER_WORDS);

/// `2 r`.
pub(super) const TWICE_ORDER: Limbs = limbs_of_words(shifted_left(ORDER_WORDS));

/// `-1 / r` modulo `2^29`.
pub(super) const NEGATIVE_INVERSE: i64 = 0x0fff_ffff;
const _: () = assert!((ORDER[0] * NEGATIVE_INVERSE) & MASK == MASK);

/// `2^(29 * 9)` to `2^(29 * 12)` modulo `r`, each the residue of least magnitude in digits of least magnitude.
pub(super) const FOLDS: [Limbs; 4] = [least(261), least(290), least(319), least(348)];

/// The limbs of an integer below `2^256`.
pub(super) const fn limbs_of_words(words: Words) -> Limbs {
    let (mut limbs, mut i) = ([0; COUNT], 0);
    while i < COUNT {
        let (word, shift) = (29 * i / 64, 29 * i % 64);
        let low = words[word] >> shift;
        let high = if shift > 64 - 29 && word < 3 { words[word + 1] << (64 - shift) } else { 0 };
        limbs[i] = ((low | high) & MASK as u64) as i64;
        i += 1;
    }
    limbs
}

/// `2 a`, which is below `2^256`.
const fn shifted_left(a: Words) -> Words {
    [a[0] << 1, a[1] << 1 | a[0] >> 63, a[2] << 1 | a[1] >> 63, a[3] << 1 | a[2] >> 63]
}

/// `a - b` and whether it is negative.
const fn difference(a: Words, b: Words) -> (Words, bool) {
    let (mut result, mut borrow, mut i) = ([0; 4], false, 0);
    while i < 4 {
        let (first, under) = a[i].overflowing_sub(b[i]);
        let (second, again) = first.overflowing_sub(borrow as u64);
        result[i] = second;
        borrow = under || again;
        i += 1;
    }
    (result, borrow)
}

/// `a + b`, which is below `2^256`.
const fn sum(a: Words, b: Words) -> Words {
    let (mut result, mut carry, mut i) = ([0; 4], 0u128, 0);
    while i < 4 {
        carry += a[i] as u128 + b[i] as u128;
        result[i] = carry as u64;
        carry >>= 64;
        i += 1;
    }
    result
}

/// `a` less `r` where it is not below `r`.
const fn reduced_once(a: Words) -> Words {
    let (result, negative) = difference(a, ORDER_WORDS);
    if negative { a } else { result }
}

/// `a b` modulo `r`, for operands below `r`.
pub(crate) const fn product_modulo(a: Words, b: Words) -> Words {
    let (mut result, mut bit) = ([0; 4], 256);
    while bit > 0 {
        bit -= 1;
        result = reduced_once(shifted_left(result));
        if b[bit / 64] >> (bit % 64) & 1 == 1 {
            result = reduced_once(sum(result, a));
        }
    }
    result
}

/// `2^exponent` modulo `r`.
pub(crate) const fn power_of_two(exponent: usize) -> Words {
    let (mut power, mut i) = ([1, 0, 0, 0], 0);
    while i < exponent {
        power = reduced_once(shifted_left(power));
        i += 1;
    }
    power
}

/// `-a` modulo `r`, for an operand below `r` that is not 0.
pub(crate) const fn negated(a: Words) -> Words {
    difference(ORDER_WORDS, a).0
}

/// The integer `a R^exponent` modulo `r`, for `a` below `r`: the plain form for 0, Montgomery's for 1.
pub(crate) const fn element(a: Words, exponent: usize) -> Fr29 {
    Fr29(limbs_of_words(product_modulo(a, power_of_two(261 * exponent))))
}

/// The integer of big-endian bytes.
pub(crate) const fn words_of_bytes(bytes: &[u8; 32]) -> Words {
    let (mut words, mut i) = ([0; 4], 0);
    while i < 32 {
        words[3 - i / 8] = words[3 - i / 8] << 8 | bytes[i] as u64;
        i += 1;
    }
    words
}

/// `2^exponent` modulo `r` as the residue of least magnitude, in signed digits.
const fn least(exponent: usize) -> Limbs {
    let power = power_of_two(exponent);
    let (_, above_half) = difference(difference(ORDER_WORDS, power).0, power);
    let magnitude = limbs_of_words(if above_half { negated(power) } else { power });
    let (mut limbs, mut carry, mut i) = ([0; COUNT], 0, 0);
    while i < COUNT - 1 {
        let value = magnitude[i] + carry;
        carry = (value > 1 << (BITS - 1)) as i64;
        limbs[i] = value - (carry << BITS);
        i += 1;
    }
    limbs[COUNT - 1] = magnitude[COUNT - 1] + carry;
    let mut i = 0;
    while above_half && i < COUNT {
        limbs[i] = -limbs[i];
        i += 1;
    }
    limbs
}
