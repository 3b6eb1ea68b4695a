//! The committed proofs: see `tests/fixtures/generate.mjs`.

use std::path::Path;

use veilpass_ultrahonk::VerificationKey;

/// A circuit's key, and one proof with its public inputs.
pub(crate) struct Fixture {
    pub(crate) name: &'static str,
    pub(crate) vk: Vec<u8>,
    pub(crate) proof: Vec<u8>,
    pub(crate) public_inputs: Vec<u8>,
}

impl Fixture {
    pub(crate) fn load(name: &'static str) -> Self {
        let read = |file| Self::read(name, file);
        Self { name, vk: read("vk"), proof: read("proof"), public_inputs: read("public_inputs") }
    }

    /// A file of a fixture.
    pub(crate) fn read(name: &str, file: &str) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        std::fs::read(folder.join(file)).expect("a fixture")
    }

    pub(crate) fn key(&self) -> VerificationKey {
        VerificationKey::parse(&self.vk).expect("a key of bb")
    }
}

/// Every fixture, from the smallest circuit to the largest.
pub(crate) fn all() -> [Fixture; 4] {
    ["square", "ownership", "wide", "gates"].map(Fixture::load)
}
