//! 32-byte big-endian words as integers.

/// The order `r` of the scalar field, limbs of 64 bits, the least significant first.
const ORDER: [u64; 4] = [0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029];

/// The word at `index` of bytes whose length has been checked.
pub(crate) fn at(bytes: &[u8], index: usize) -> &[u8; 32] {
    &bytes.as_chunks::<32>().0[index]
}

/// The integer of a word, if it is below 2^32.
pub(crate) fn small_integer(word: &[u8; 32]) -> Option<usize> {
    let (high, low) = word.split_at(28);
    let value = low.iter().fold(0, |value: u32, byte| value << 8 | u32::from(*byte));
    if high.iter().all(|byte| *byte == 0) { usize::try_from(value).ok() } else { None }
}

/// A word modulo `r`. Five subtractions at most: 2^256 is below 6 r.
pub(crate) fn reduce(word: [u8; 32]) -> [u8; 32] {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().zip(word.rchunks_exact(8)) {
        *limb = chunk.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    }
    while let Some(difference) = subtract_order(limbs) {
        limbs = difference;
    }
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.rchunks_exact_mut(8).zip(limbs) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}

/// `value - r`; `None` if that is negative.
fn subtract_order(value: [u64; 4]) -> Option<[u64; 4]> {
    let mut result = [0; 4];
    let mut borrow = false;
    for i in 0..4 {
        (result[i], borrow) = value[i].borrowing_sub(ORDER[i], borrow);
    }
    (!borrow).then_some(result)
}

/// The low 127 bits of a word, and the rest of it (which is below 2^127 for a word below `r`).
pub(crate) fn split(word: &[u8; 32]) -> (u128, u128) {
    let half = |bytes: &[u8]| bytes.iter().fold(0, |value: u128, byte| value << 8 | u128::from(*byte));
    let (high, low) = (half(&word[..16]), half(&word[16..]));
    (low & (u128::MAX >> 1), high << 1 | low >> 127)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(hex_digits: &str) -> [u8; 32] {
        hex::decode(hex_digits).unwrap().try_into().unwrap()
    }

    const R: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";

    #[test]
    fn reduction() {
        assert_eq!(reduce(word(R)), [0; 32]);
        let mut below = word(R);
        below[31] = 0;
        assert_eq!(reduce(below), below);
        // 2^256 - 1 modulo r.
        let largest = "0e0a77c19a07df2f666ea36f7879462e36fc76959f60cd29ac96341c4ffffffa";
        assert_eq!(reduce([0xff; 32]), word(largest));
    }

    #[test]
    fn splitting() {
        let mut bytes = [0; 32];
        bytes[15] = 1;
        bytes[16] = 0x80;
        bytes[31] = 7;
        assert_eq!(split(&bytes), (7, 3));
    }

    #[test]
    fn small_integers() {
        let mut bytes = [0; 32];
        bytes[28..].copy_from_slice(&[0xff; 4]);
        assert_eq!(small_integer(&bytes), Some(0xffff_ffff));
        bytes[27] = 1;
        assert_eq!(small_integer(&bytes), None);
    }
}
