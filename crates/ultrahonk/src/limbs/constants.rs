//! The modulus and what follows from it.

use super::Limbs;

/// Bits of a limb.
pub(super) const BITS: u32 = 29;

/// The low 29 bits.
pub(super) const MASK: u64 = (1 << BITS) - 1;

/// `r`.
pub(super) const ORDER: Limbs =
    [0x10000001, 0x1f0fac9f, 0xe5c2450, 0x7d090f3, 0x1585d283, 0x2db40c0, 0xa6e141, 0xe5c2634, 0x30644e];

/// `2 r`.
pub(super) const TWICE_ORDER: Limbs =
    [0x2, 0x1e1f593f, 0x1cb848a1, 0xfa121e6, 0xb0ba506, 0x5b68181, 0x14dc282, 0x1cb84c68, 0x60c89c];

/// `r` in words of 64 bits, the least significant first.
pub(super) const ORDER_WORDS: [u64; 4] =
    [0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029];

/// `-1 / r` modulo `2^29`.
pub(super) const NEGATIVE_INVERSE: u64 = 0xfffffff;

/// `R` modulo `r`: the Montgomery form of 1.
pub(super) const ONE: Limbs =
    [0xfffff57, 0x1ea70ab4, 0x52c068b, 0x17504f49, 0xaa8075b, 0x1d4240ce, 0x11d54c07, 0x52ac7a8, 0xdc836];

/// `R^2` modulo `r`: the Montgomery form of `R`.
pub(super) const R_SQUARED: Limbs =
    [0x5b69bd4, 0x6170a5a, 0x20cddce, 0x1db6310b, 0xe54d0ff, 0x1cf855e3, 0x1c15e103, 0x7d09161, 0xa054a];
