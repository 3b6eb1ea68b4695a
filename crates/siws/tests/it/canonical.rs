//! One text for one message.

use proptest::prelude::*;
use veilpass_siws::{Address, EnrolmentMessage, Nonce, Origin, ParseMessageError, Timestamp};

use crate::fixture::message;

/// Written by hand from the ABNF of phantom/sign-in-with-solana; the ids come from the circuit's test vectors' formulas.
const TEXT: &str = include_str!("message.txt");

#[test]
fn the_text_is_this_one() {
    assert_eq!(message().to_string(), TEXT);
    assert_eq!(TEXT.parse::<EnrolmentMessage>().unwrap(), message());
}

#[test]
fn every_line_is_needed_and_nothing_may_be_added() {
    let lines: Vec<&str> = TEXT.split('\n').collect();
    for index in 0..lines.len() {
        let mut without = lines.clone();
        without.remove(index);
        without.join("\n").parse::<EnrolmentMessage>().unwrap_err();
        let mut twice = lines.clone();
        twice.insert(index, lines[index]);
        twice.join("\n").parse::<EnrolmentMessage>().unwrap_err();
        if index + 1 < lines.len() && lines[index] != lines[index + 1] {
            let mut swapped = lines.clone();
            swapped.swap(index, index + 1);
            swapped.join("\n").parse::<EnrolmentMessage>().unwrap_err();
        }
    }
    for text in [format!("{TEXT}\n"), format!("\u{feff}{TEXT}"), TEXT.replace('\n', "\r\n"), format!("{TEXT}\n- urn:x")]
    {
        text.parse::<EnrolmentMessage>().unwrap_err();
    }
}

#[test]
fn another_way_to_write_the_same_is_refused() {
    let cases = [
        ("000102", "00010Z"),
        ("0a0b0c", "0A0B0C"),
        ("Version: 1", "Version: 01"),
        ("Chain ID: mainnet", "Chain ID: solana:mainnet"),
        ("Chain ID: mainnet", "Chain ID: mainnet-beta"),
        ("05Z\nExp", "05+00:00\nExp"),
        ("05Z\nExp", "05.0Z\nExp"),
        ("05Z\nExp", "05z\nExp"),
        ("T03:04", " 03:04"),
        ("T03:04", "t03:04"),
        ("URI: https://listen.example", "URI: https://listen.example/"),
        ("URI: https://listen.example", "URI: https://user@listen.example"),
        ("URI: https://listen.example", "URI:  https://listen.example"),
        ("listen.example wants", "Listen.example wants"),
        ("listen.example wants", "https://listen.example wants"),
        ("moves nothing.", "moves nothing"),
        ("registry:00", "registry:0x00"),
        // The field's modulus is its zero, and not canonical.
        (
            "registry:0000000000000000000000000000000000000000000000000000000000000001",
            "registry:30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000002",
        ),
    ];
    for (from, to) in cases {
        assert!(TEXT.contains(from), "{from}");
        let text = TEXT.replacen(from, to, 1);
        assert!(text.parse::<EnrolmentMessage>().is_err(), "{to}");
    }
}

#[test]
fn an_error_names_the_line_and_not_what_it_holds() {
    let text = TEXT.replacen("Nonce: 00", "Nonce: zz", 1);
    let error = text.parse::<EnrolmentMessage>().unwrap_err();
    assert!(matches!(error, ParseMessageError::Line { line: 9, .. }), "{error}");
    let wallet = message().wallet.to_string();
    let error = TEXT.replacen(&wallet, &wallet.replace('1', "0"), 1).replacen(&wallet, "secret0", 1);
    let error = error.parse::<EnrolmentMessage>().unwrap_err();
    assert!(!error.to_string().contains("secret0"), "{error}");
    assert_eq!("x".repeat(3000).parse::<EnrolmentMessage>(), Err(ParseMessageError::TooLong));
}

fn messages() -> impl Strategy<Value = EnrolmentMessage> {
    let host =
        prop_oneof![Just("listen.example"), Just("localhost:3000"), Just("a.b-c.example:8443"), Just("[::1]:80")];
    (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<[u8; 16]>(), 0..300_000_000_000u64, any::<u64>(), host).prop_map(
        |(wallet, mint, nonce, issued, expires, host)| {
            let uri: Origin = format!("https://{host}").parse().unwrap();
            EnrolmentMessage {
                domain: uri.domain(),
                uri,
                wallet: Address::new(wallet),
                mint: Address::new(mint),
                nonce: Nonce::new(nonce),
                issued_at: Timestamp::from_unix(issued),
                expires_at: Timestamp::from_unix(expires),
                ..message()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_printed_is_read_back(message in messages()) {
        prop_assert_eq!(message.to_string().parse::<EnrolmentMessage>().unwrap(), message);
    }

    #[test]
    fn a_changed_byte_is_never_the_same_message(
        message in messages(), place in any::<prop::sample::Index>(), byte in 0..128u8,
    ) {
        let text = message.to_string();
        let mut bytes = text.clone().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        // Either no message, or one that prints as this very text: whoever signed the first did not sign it.
        if let Ok(other) = changed.parse::<EnrolmentMessage>() {
            prop_assert_ne!(&other, &message);
            prop_assert_eq!(other.to_string(), changed);
        }
    }

    #[test]
    fn a_shorter_or_longer_text_is_no_message(message in messages(), cut in any::<prop::sample::Index>(), more in ".{1,3}") {
        let text = message.to_string();
        prop_assert!(text[..cut.index(text.len())].parse::<EnrolmentMessage>().is_err());
        let (before, after) = (more.clone() + &text, text.clone() + &more);
        prop_assert!(before.parse::<EnrolmentMessage>().ok().is_none_or(|m| m != message));
        prop_assert!(after.parse::<EnrolmentMessage>().is_err());
    }
}
