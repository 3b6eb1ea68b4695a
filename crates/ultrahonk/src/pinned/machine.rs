//! What the verifier asks of the machine: the curve, the pairing and Keccak, on words as they lie in memory.

use crate::limbs::Word;

/// A point: x then y, [`Word`]s. Zeros are the identity.
pub type PointWords = [u64; 8];

/// A point and a scalar, or two points: the operands of a multiplication (12 words) or of an addition (16).
pub type Operands<const N: usize> = [u64; N];

/// Two pairs of a point of the first group and one of the second, as EIP-197 orders them.
pub type PairingInput = [u64; 48];

/// A machine. `crate::solana::Syscalls` is Solana's, [`crate::host::Arkworks`] the host's.
pub trait Machine {
    /// Keccak-256 (the original padding) of the parts, one after the other.
    fn keccak256(parts: &[&[u8]]) -> Word;

    /// Replaces the point by its multiple. The scalar is any integer below `2^256`. False for what is not a point of the
    /// curve. Coordinates are below `q`: a machine need not ask.
    #[must_use]
    fn multiply(operands: &Operands<12>, product: &mut PointWords) -> bool;

    /// The sum of two points. False for what is not a point.
    #[must_use]
    fn add(operands: &Operands<16>, sum: &mut PointWords) -> bool;

    /// Whether the product of the two pairings is 1. False for what is not a point, too.
    #[must_use]
    fn pairing_check(input: &PairingInput) -> bool;
}
