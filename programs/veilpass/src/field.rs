//! Field elements as bytes.

/// The order of BN254's scalar field, big-endian.
pub const ORDER: [u8; 32] = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x28, 0x33, 0xe8,
    0x48, 0x79, 0xb9, 0x70, 0x91, 0x43, 0xe1, 0xf5, 0x93, 0xf0, 0x00, 0x00, 0x01,
];

/// Whether the bytes are a field element: below the order.
pub fn is_canonical(bytes: &[u8; 32]) -> bool {
    *bytes < ORDER
}

/// The element as a small integer, if it is one.
pub fn small(bytes: &[u8; 32]) -> Option<u64> {
    let (high, low) = bytes.split_last_chunk::<8>()?;
    high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_and_above_are_refused() {
        let mut below = ORDER;
        below[31] = 0;
        assert!(is_canonical(&below) && is_canonical(&[0; 32]));
        let mut above = ORDER;
        above[0] += 1;
        assert!(!is_canonical(&ORDER) && !is_canonical(&above) && !is_canonical(&[0xff; 32]));
    }

    #[test]
    fn small_integers() {
        let mut bytes = [0; 32];
        bytes[24..].copy_from_slice(&u64::MAX.to_be_bytes());
        assert_eq!(small(&bytes), Some(u64::MAX));
        bytes[23] = 1;
        assert_eq!(small(&bytes), None);
    }
}
