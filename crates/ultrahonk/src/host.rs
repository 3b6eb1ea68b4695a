//! The backend of services and tests: arkworks for the curve, `sha3` for Keccak.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::bn::G2Prepared;
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, BigInt, Field, MontFp, PrimeField};
use sha3::{Digest, Keccak256};

use crate::backend::{Backend, POINT_BYTES, PointError, SCALAR_BYTES, Scalar};
use crate::error::VerifyError;
use crate::limbs::Word;
use crate::pinned::{Machine, Operands, PairingInput, PointWords};
use crate::vk::Key;

/// BN254 by arkworks 0.5.
#[derive(Debug, Clone, Copy)]
pub struct Arkworks;

/// A verification key, its points parsed for [`Arkworks`].
pub type VerificationKey = Key<Arkworks>;

/// Verifies a proof: [`crate::verify_with`] on [`Arkworks`].
///
/// `proof` has `32 * (82 + 12 * log_n)` bytes, `public_inputs` 32 bytes each, big-endian, in the order of `main`.
pub fn verify(key: &VerificationKey, proof: &[u8], public_inputs: &[u8]) -> Result<(), VerifyError> {
    crate::verify::verify_with(key, proof, public_inputs)
}

/// An integer of 32 big-endian bytes as arkworks holds it: four limbs, the least significant first.
fn integer(bytes: &[u8; 32]) -> BigInt<4> {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks_exact(8)) {
        *limb = chunk.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    }
    BigInt(limbs)
}

fn integer_bytes(value: BigInt<4>) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.rchunks_exact_mut(8).zip(value.0) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}

impl Scalar for Fr {
    const ZERO: Self = <Fr as AdditiveGroup>::ZERO;
    const ONE: Self = <Fr as Field>::ONE;

    fn from_be_bytes(bytes: &[u8; SCALAR_BYTES]) -> Option<Self> {
        Self::from_bigint(integer(bytes))
    }

    fn from_u128(value: u128) -> Self {
        Self::from(value)
    }

    fn square(self) -> Self {
        Field::square(&self)
    }

    fn inverse(self) -> Option<Self> {
        Field::inverse(&self)
    }
}

/// The second group's generator and `tau` times it, prepared for the Miller loop.
static G2_POINTS: LazyLock<[G2Prepared<ark_bn254::Config>; 2]> = LazyLock::new(|| {
    let generator = G2Affine::generator();
    let tau = G2Affine::new_unchecked(
        Fq2::new(
            MontFp!("0x0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0"),
            MontFp!("0x260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1"),
        ),
        Fq2::new(
            MontFp!("0x22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55"),
            MontFp!("0x04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4"),
        ),
    );
    [generator.into(), tau.into()]
});

impl Backend for Arkworks {
    type Scalar = Fr;
    type Point = G1Affine;

    const IDENTITY: G1Affine = G1Affine::identity();
    const GENERATOR: G1Affine = G1Affine::new_unchecked(MontFp!("1"), MontFp!("2"));

    fn keccak256(parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = Keccak256::new();
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finalize().into()
    }

    fn point_from_bytes(bytes: &[u8; POINT_BYTES]) -> Result<G1Affine, PointError> {
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(Self::IDENTITY);
        }
        let (words, _) = bytes.as_chunks::<32>();
        let coordinate = |word| Fq::from_bigint(integer(word)).ok_or(PointError::CoordinateNotCanonical);
        let point = G1Affine::new_unchecked(coordinate(&words[0])?, coordinate(&words[1])?);
        if point.is_on_curve() { Ok(point) } else { Err(PointError::NotOnCurve) }
    }

    fn point_to_bytes(point: &G1Affine) -> [u8; POINT_BYTES] {
        let mut bytes = [0; POINT_BYTES];
        if let Some((x, y)) = point.xy() {
            bytes[..32].copy_from_slice(&integer_bytes(x.into_bigint()));
            bytes[32..].copy_from_slice(&integer_bytes(y.into_bigint()));
        }
        bytes
    }

    fn add(a: &G1Affine, b: &G1Affine) -> G1Affine {
        (*a + *b).into_affine()
    }

    fn mul(point: &G1Affine, scalar: &Fr) -> G1Affine {
        (*point * scalar).into_affine()
    }

    fn neg(point: &G1Affine) -> G1Affine {
        -*point
    }

    fn msm(points: &[G1Affine], scalars: &[Fr]) -> G1Affine {
        G1Projective::msm_unchecked(points, scalars).into_affine()
    }

    fn pairing_check(left: &G1Affine, right: &G1Affine) -> bool {
        let product = Bn254::multi_pairing([*left, *right], G2_POINTS.iter().cloned());
        product.0 == <Bn254 as Pairing>::TargetField::ONE
    }
}

/// The same operations on words in memory, for the verifier of one circuit.
impl Machine for Arkworks {
    fn keccak256(parts: &[&[u8]]) -> Word {
        words(&<Self as Backend>::keccak256(parts))
    }

    fn multiply(operands: &Operands<12>, product: &mut PointWords) -> bool {
        let (point, scalar) = operands.split_at(8);
        let Ok(point) = Self::point_from_bytes(&bytes(point)) else { return false };
        *product = words(&Self::point_to_bytes(&point.mul_bigint(integer(&bytes(scalar))).into_affine()));
        true
    }

    fn add(operands: &Operands<16>, sum: &mut PointWords) -> bool {
        let (a, b) = operands.split_at(8);
        let [Ok(a), Ok(b)] = [a, b].map(|words| Self::point_from_bytes(&bytes(words))) else { return false };
        *sum = words(&Self::point_to_bytes(&<Self as Backend>::add(&a, &b)));
        true
    }

    /// The points of the second group are those of the opening check, whatever the words say.
    fn pairing_check(input: &PairingInput) -> bool {
        let points = [&input[..8], &input[24..32]].map(|words| Self::point_from_bytes(&bytes(words)));
        let [Ok(left), Ok(right)] = points else { return false };
        <Self as Backend>::pairing_check(&left, &right)
    }
}

/// Words as the bytes that they are in memory.
fn bytes<const N: usize>(words: &[u64]) -> [u8; N] {
    let mut bytes = [0; N];
    for (chunk, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *chunk = word.to_ne_bytes();
    }
    bytes
}

/// Bytes as the words that they are in memory.
fn words<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let chunks = bytes.as_chunks().0;
    core::array::from_fn(|i| u64::from_ne_bytes(chunks[i]))
}
