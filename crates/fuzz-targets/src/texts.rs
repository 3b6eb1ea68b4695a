//! Texts of single values: in JSON, in paths and queries, in what wallets sign, in import files.

use std::{fmt::Display, str::FromStr};

use serde_json::Value;
use veilpass_protocol::{FieldElement, ProverKeyId};
use veilpass_siws::{Address, Cluster, Domain, Nonce, Origin, Timestamp};

/// A kind of text: whether one is of that kind. Panics if the value would be written in another way.
type Kind = fn(&str) -> bool;

/// The first byte of the data says which. Their places are in the seeds: add at the end.
const KINDS: [Kind; 8] = [
    has_one_form::<FieldElement>,
    has_one_form::<Address>,
    has_one_form::<Nonce>,
    has_one_form::<Timestamp>,
    has_one_form::<Domain>,
    is_origin,
    has_one_form::<Cluster>,
    is_key_id,
];

/// `[kind, text..]`: a text as one kind of value.
pub fn text_fields(data: &[u8]) -> bool {
    let Some((kind, text)) = data.split_first() else { return false };
    str::from_utf8(text).is_ok_and(KINDS[usize::from(*kind) % KINDS.len()])
}

fn has_one_form<T: FromStr + Display>(text: &str) -> bool {
    let Ok(value) = text.parse::<T>() else { return false };
    assert_eq!(value.to_string(), text, "a value has one text");
    true
}

/// An origin's host is what a wallet shows: it must be a domain itself, and all that follows the scheme.
fn is_origin(text: &str) -> bool {
    let Ok(origin) = text.parse::<Origin>() else { return false };
    let domain = origin.domain();
    assert!(has_one_form::<Domain>(domain.as_str()), "the host of an origin is a domain");
    assert_eq!(text.split_once("://").map(|(_, host)| host), Some(domain.as_str()));
    has_one_form::<Origin>(text)
}

/// In JSON only.
fn is_key_id(text: &str) -> bool {
    let Ok(id) = serde_json::from_value::<ProverKeyId>(Value::from(text)) else { return false };
    assert_eq!(id.to_string(), text, "an id has one text");
    true
}
