//! Tests only: what Barretenberg's Solidity verifier computes (`tests/vectors/generate.mjs`).

use std::string::String;
use std::vec::Vec;

use ark_bn254::Fr;
use serde_json::Value;

use crate::backend::Scalar;

/// The vectors of one kind.
pub(crate) fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../tests/vectors/reference.json")).expect("JSON");
    let vectors = all[kind].as_array().expect("a list").clone();
    assert!(vectors.len() >= 4);
    vectors
}

/// `0x` and 64 digits as a word.
pub(crate) fn word(text: &Value) -> [u8; 32] {
    let digits: String = text.as_str().expect("text").chars().skip(2).collect();
    hex::decode(digits).expect("hexadecimal digits").try_into().expect("32 bytes")
}

pub(crate) fn words(list: &Value) -> Vec<[u8; 32]> {
    list.as_array().expect("a list").iter().map(word).collect()
}

pub(crate) fn scalars(list: &Value) -> Vec<Fr> {
    words(list).iter().map(|word| Scalar::from_be_bytes(word).expect("below r")).collect()
}
