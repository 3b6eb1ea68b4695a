//! The encoding.

use super::*;

const R: [u8; 32] = {
    let (mut bytes, mut i) = ([0; 32], 0);
    while i < 32 {
        bytes[i] = (ORDER_WORDS[3 - i / 8] >> (56 - 8 * (i % 8))) as u8;
        i += 1;
    }
    bytes
};

/// `r` plus or minus a small number in the byte at `index`.
fn near_order(index: usize, difference: i8) -> [u8; 32] {
    let mut bytes = R;
    bytes[index] = bytes[index].checked_add_signed(difference).expect("a byte");
    bytes
}

#[test]
fn values_at_or_above_the_order_are_refused() {
    let mut refused = std::vec![R, [0xff; 32]];
    refused.extend((0..32).map(|index| near_order(index, 1)));
    for bytes in refused {
        assert_eq!(Fr29::from_be_bytes(&bytes), None, "{bytes:02x?}");
        assert_eq!(Fr29::from_be_bytes_by_r(&bytes), None, "{bytes:02x?}");
    }
    for index in (0..32).filter(|index| R[*index] > 0) {
        let bytes = near_order(index, -1);
        assert_eq!(Fr29::from_be_bytes(&bytes).unwrap().to_be_bytes(), bytes);
    }
}

#[test]
fn edges_are_encoded_canonically() {
    for element in edges() {
        assert_eq!(element.to_be_bytes(), be_bytes(meaning(&element.0)));
    }
}

#[test]
fn debug_shows_the_value() {
    let shown = std::format!("{:?}", Fr29::ONE + Fr29::ONE);
    assert_eq!(shown, "0x0000000000000000000000000000000000000000000000000000000000000002");
}

proptest! {
    #[test]
    fn encodings_agree_with_arkworks(element in element()) {
        let value = meaning(&element.0);
        let bytes = element.to_be_bytes();
        prop_assert_eq!(bytes, be_bytes(value));
        prop_assert_eq!(checked(Fr29::from_be_bytes(&bytes).unwrap()), value);
        let by_r = Fr29::from_be_bytes_by_r(&bytes).unwrap();
        prop_assert_eq!(checked(by_r) * Fr::from(2u64).pow([261]), value);
    }

    #[test]
    fn any_bytes_are_parsed_exactly_if_canonical(bytes in any::<[u8; 32]>(), top in 0u8..0x40) {
        let mut bytes = bytes;
        bytes[0] = top;
        let parsed = Fr29::from_be_bytes(&bytes).map(|element| element.to_be_bytes());
        prop_assert_eq!(parsed, (bytes < R).then_some(bytes));
    }
}
