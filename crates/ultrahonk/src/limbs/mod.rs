//! The scalar field for machines with 64-bit registers and no wide multiply, such as Solana's.
//!
//! An element is nine limbs of 29 bits, the least significant first, in Montgomery form with `R = 2^261`. A product of two
//! limbs has 58 bits, so that sums of products stay in a `u64` and carries are rare. Values are not kept below `r`.
//!
//! # Bounds
//!
//! `r` is about `0.756 * 2^254`, so `2^256 < 5.3 r`.
//!
//! | | limbs 0 to 7 | value | weight |
//! |---|---|---|---|
//! | [`Fr29`] | below `2^29` | below `2^256` (limb 8 below `2^24`) | 1 |
//! | [`Sum29`] | below `2^30` | below `2^257` (limb 8 below `2^25`) | 2 |
//!
//! * **A column fits a `u64`.** A column of a product has at most nine terms below `2^58` times the two operands' weights `w`,
//!   the reduction adds nine below `2^58`, the carry from the column before is below `2^35`. So `9 w + 9 <= 63` is sound:
//!   [`WEIGHT_LIMIT`] is 6. The heaviest single product, two sums, has 4.
//! * **A product is tight.** Reduction maps a value `v` to `(v + m r) / R` with `m < R`, which is below `v / R + r`. For two
//!   sums that is `2^514 / 2^261 + r < 1.7 r`; for two elements it is below `1.2 r`.
//!
//! All time depends on the values: this is for verifiers, whose inputs are public.

mod bytes;
mod columns;
mod constants;
mod element;
mod load;
mod montgomery;
mod power;
mod scalar;
mod settle;
mod sum;

#[cfg(all(test, feature = "host"))]
mod tests;

pub use columns::{Columns, WEIGHT_LIMIT};
pub use element::Fr29;
pub use montgomery::Operand;
pub use sum::Sum29;

/// Limbs of an element.
const COUNT: usize = 9;

/// Limbs, the least significant first.
type Limbs = [u64; COUNT];
