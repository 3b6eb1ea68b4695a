//! What the verifier asks of the machine it runs on: a scalar field, the curve's group, a pairing and a hash.
//!
//! The algorithm is written once against these traits. [`crate::host`] implements them on arkworks; a program that runs
//! where the curve operations are system calls implements them on those.

use core::fmt::Debug;
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// Bytes of an encoded scalar.
pub const SCALAR_BYTES: usize = 32;
/// Bytes of an encoded point: affine x then y.
pub const POINT_BYTES: usize = 64;

/// An element of Fr, the scalar field of BN254 (order `r`).
pub trait Scalar:
    Copy
    + PartialEq
    + Debug
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + SubAssign
    + Mul<Output = Self>
    + MulAssign
    + Neg<Output = Self>
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// Parses 32 big-endian bytes; `None` for a value at or above `r`, which is never reduced.
    fn from_be_bytes(bytes: &[u8; SCALAR_BYTES]) -> Option<Self>;

    /// The element of an integer below 2^128.
    fn from_u128(value: u128) -> Self;

    /// `self * self`.
    fn square(self) -> Self;

    /// The inverse; `None` for 0.
    fn inverse(self) -> Option<Self>;

    /// The element of a signed integer.
    fn from_i64(value: i64) -> Self {
        let magnitude = Self::from_u128(u128::from(value.unsigned_abs()));
        if value < 0 { -magnitude } else { magnitude }
    }

    /// The sum of small integers times elements. A field with lazy reduction can do better than this default.
    fn small_combination<const N: usize>(coefficients: &[i64; N], elements: &[Self; N]) -> Self {
        let terms = coefficients.iter().zip(elements).filter(|(coefficient, _)| **coefficient != 0);
        terms.fold(Self::ZERO, |sum, (coefficient, element)| sum + Self::from_i64(*coefficient) * *element)
    }

    /// Whether this is 0.
    fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

/// Why 64 bytes are not a point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointError {
    /// A coordinate is at or above the modulus `q` of the base field.
    CoordinateNotCanonical,
    /// The coordinates do not satisfy `y^2 = x^3 + 3`.
    NotOnCurve,
}

/// A machine: its scalar field, BN254's first group, the pairing check and Keccak-256.
pub trait Backend {
    /// The scalar field.
    type Scalar: Scalar;

    /// A point of BN254's first group, known to lie on the curve. The group has prime order, so such a point is in it.
    type Point: Copy + PartialEq + Debug;

    /// The point at infinity, encoded as 64 zero bytes.
    const IDENTITY: Self::Point;

    /// The group's generator, (1, 2).
    const GENERATOR: Self::Point;

    /// Keccak-256 (the original padding, not SHA3-256) of the parts, one after the other.
    fn keccak256(parts: &[&[u8]]) -> [u8; 32];

    /// Parses x then y, 32 big-endian bytes each; 64 zero bytes are the identity.
    fn point_from_bytes(bytes: &[u8; POINT_BYTES]) -> Result<Self::Point, PointError>;

    /// The encoding that [`Backend::point_from_bytes`] reads.
    fn point_to_bytes(point: &Self::Point) -> [u8; POINT_BYTES];

    /// `a + b`.
    fn add(a: &Self::Point, b: &Self::Point) -> Self::Point;

    /// `scalar * point`.
    fn mul(point: &Self::Point, scalar: &Self::Scalar) -> Self::Point;

    /// `-point`.
    fn neg(point: &Self::Point) -> Self::Point;

    /// The sum of `scalars[i] * points[i]`. The slices have the same length.
    fn msm(points: &[Self::Point], scalars: &[Self::Scalar]) -> Self::Point {
        let terms = points.iter().zip(scalars).map(|(point, scalar)| Self::mul(point, scalar));
        terms.fold(Self::IDENTITY, |sum, term| Self::add(&sum, &term))
    }

    /// Whether `e(left, G2) * e(right, tau * G2) = 1`, with the second group's generator and the `tau * G2` of the Aztec
    /// Ignition ceremony.
    fn pairing_check(left: &Self::Point, right: &Self::Point) -> bool;
}
