//! Field constants, as words, so that they are the same for every backend.

use crate::backend::{SCALAR_BYTES, Scalar};

/// `1/2 = (r + 1) / 2`.
pub(crate) const HALF: [u8; SCALAR_BYTES] =
    word(0x183227397098d014dc2822db40c0ac2e, 0x9419f4243cdcb848a1f0fac9f8000001);

/// The root of unity `g` of order 256 that generates Libra's domain.
pub(crate) const LIBRA_ROOT: [u8; SCALAR_BYTES] =
    word(0x07b0c561a6148404f086204a9f36ffb0, 0x617942546750f230c893619174a57a76);

/// `1/g`.
pub(crate) const LIBRA_ROOT_INVERSE: [u8; SCALAR_BYTES] =
    word(0x204bd3277422fad364751ad938e2b5e6, 0xa54cf8c68712848a692c553d0329f5d6);

/// The diagonal of Poseidon2's internal matrix less 1 (width 4, BN254): every entry off the diagonal is 1.
pub(crate) const POSEIDON2_INTERNAL_DIAGONAL: [[u8; SCALAR_BYTES]; 4] = [
    word(0x10dc6e9c006ea38b04b1e03b4bd9490c, 0x0d03f98929ca1d7fb56821fd19d3b6e7),
    word(0x0c28145b6a44df3e0149b3d0a30b3bb5, 0x99df9756d4dd9b84a86b38cfb45a740b),
    word(0x00544b8338791518b2c7645a50392798, 0xb21f75bb60e3596170067d00141cac15),
    word(0x222c01175718386f2e2e82eb122789e3, 0x52e105a3b8fa852613bc534433ee428b),
];

/// The element of one of the constants above.
pub(crate) fn element<F: Scalar>(word: &[u8; SCALAR_BYTES]) -> F {
    F::from_be_bytes(word).expect("the constants are below r")
}

/// A word from its halves.
const fn word(high: u128, low: u128) -> [u8; SCALAR_BYTES] {
    let (high, low) = (high.to_be_bytes(), low.to_be_bytes());
    let mut word = [0; SCALAR_BYTES];
    let mut i = 0;
    while i < 16 {
        word[i] = high[i];
        word[16 + i] = low[i];
        i += 1;
    }
    word
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use ark_bn254::Fr;

    use super::*;

    #[test]
    fn the_constants_are_what_they_are_called() {
        assert_eq!(element::<Fr>(&HALF) * Fr::from(2u64), Fr::ONE);
        let root: Fr = element(&LIBRA_ROOT);
        assert_eq!(root * element::<Fr>(&LIBRA_ROOT_INVERSE), Fr::ONE);
        let half_way = (0..7).fold(root, |power, _| Scalar::square(power));
        assert_eq!(half_way, -Fr::ONE, "the order is exactly 256");
    }

    #[test]
    fn the_poseidon2_diagonal_is_below_the_modulus() {
        for word in &POSEIDON2_INTERNAL_DIAGONAL {
            assert!(!element::<Fr>(word).is_zero());
        }
    }
}
