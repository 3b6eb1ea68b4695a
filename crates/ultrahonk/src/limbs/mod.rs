//! The scalar field for machines with 64-bit registers and no wide multiply, such as Solana's.
//!
//! An integer modulo `r` is nine limbs of 29 bits, the least significant first. A product of two limbs has 58 bits, so that
//! sums of products stay in an `i64` and carries are rare. Limbs may be negative, so that a difference costs what a sum
//! costs, and values are not kept below `r`.
//!
//! [`Fr29`] is an *integer*: whoever multiplies keeps account of Montgomery's factor `R = 2^261`. A product is `a b / R`; an
//! element in *plain* form is its value, in *Montgomery* form its value times `R`. Short factors ([`Short`]) are multiplied
//! without `R`, whatever the form of the other factor.
//!
//! # Bounds
//!
//! | | limbs 0 to 7 | value | weight |
//! |---|---|---|---|
//! | [`Fr29`] | between `-2^29` and `2^29` | between `-1.25 r` and `1.25 r` | 1 |
//! | [`Loose`] | between `-2^30` and `2^30` | between `-2.5 r` and `2.5 r` | 2 |
//! | [`Short`] | between `-2^29` and `2^29` | between `-2^127` and `2^127` | |
//!
//! * **A column fits an `i64`.** A column of a product has at most nine terms below `2^58` times the operands' weights, the
//!   reduction adds nine below `2^58`, the carry is below `2^35`. So products of weight 2 in all fit: `27 2^58 < 2^63`. That
//!   is one [`Loose`] by one [`Fr29`], or two products of [`Fr29`]. [`Columns`] carries in between.
//! * **A product is tight.** Reduction maps a value `v` to `(v + m r) / R` with `0 <= m < R`, which is between `v / R` and
//!   `v / R + r`. For a sum of products of weight 24, `|v| / R < 24 (1.25 r)^2 / R < 0.23 r`.
//! * **A short product is tight**: see its module.
//!
//! All time depends on the values: this is for verifiers, whose inputs are public.

mod bytes;
mod columns;
pub(crate) mod constants;
pub mod count;
mod element;
mod load;
mod montgomery;
#[cfg(feature = "host")]
pub(crate) mod residue;
pub(crate) mod settle;
mod short;

#[cfg(all(test, feature = "host"))]
mod tests;

pub use columns::Columns;
pub use element::{Fr29, Loose, Operand};
pub use short::Short;

/// Limbs of an element.
pub(crate) const COUNT: usize = 9;

/// Limbs, the least significant first.
pub(crate) type Limbs = [i64; COUNT];

/// An integer of 32 bytes as it lies in the memory of a little-endian machine that reads big-endian bytes by words of 64
/// bits: the most significant word first, each with its bytes reversed.
pub type Word = [u64; 4];
