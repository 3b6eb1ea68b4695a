//! The statements whose proof is known: the fixtures of `crates/ultrahonk`.

use std::sync::OnceLock;

use veilpass_ultrahonk::VerificationKey;
use veilpass_ultrahonk::pinned::{self, OWNERSHIP};

/// A circuit's key, one proof and its public inputs.
#[derive(Debug)]
pub struct Fixture {
    /// The folder in `crates/ultrahonk/tests/fixtures`.
    pub name: &'static str,
    /// The key's bytes.
    pub vk: &'static [u8],
    /// The one known proof.
    pub proof: &'static [u8],
    /// What it proves.
    pub public_inputs: &'static [u8],
}

macro_rules! fixture {
    ($name:literal) => {
        Fixture {
            name: $name,
            vk: include_bytes!(concat!("../../ultrahonk/tests/fixtures/", $name, "/vk")),
            proof: include_bytes!(concat!("../../ultrahonk/tests/fixtures/", $name, "/proof")),
            public_inputs: include_bytes!(concat!("../../ultrahonk/tests/fixtures/", $name, "/public_inputs")),
        }
    };
}

/// All of them. Their places are in the seeds: add at the end.
pub static FIXTURES: [Fixture; 4] = [fixture!("square"), fixture!("ownership"), fixture!("wide"), fixture!("gates")];

impl Fixture {
    /// The parsed key.
    pub(crate) fn key(&self) -> &'static VerificationKey {
        static KEYS: [OnceLock<VerificationKey>; FIXTURES.len()] = [const { OnceLock::new() }; FIXTURES.len()];
        let place = FIXTURES.iter().position(|fixture| fixture.name == self.name).unwrap_or_default();
        KEYS[place].get_or_init(|| VerificationKey::parse(self.vk).expect("a key of bb"))
    }

    /// Whether the chain's verifier is for this circuit.
    pub(crate) fn is_pinned(&self) -> bool {
        OWNERSHIP.matches(self.key())
    }

    /// The hints of the known proof, as bytes; none for another circuit than the pinned one.
    pub(crate) fn hints(&self) -> &'static [u8] {
        static HINTS: OnceLock<Vec<u8>> = OnceLock::new();
        if !self.is_pinned() {
            return &[];
        }
        HINTS.get_or_init(|| {
            let proof = pinned::words(self.proof).expect("a proof's length");
            let public_inputs = pinned::words(self.public_inputs).expect("six public inputs");
            let hints = pinned::hints(&OWNERSHIP, &proof, &public_inputs).expect("the known proof");
            pinned::bytes(&hints).to_vec()
        })
    }
}

/// The fixture that the first byte names, and the rest.
pub(crate) fn choose(data: &[u8]) -> Option<(&'static Fixture, &[u8])> {
    let (first, rest) = data.split_first()?;
    Some((&FIXTURES[usize::from(*first) % FIXTURES.len()], rest))
}
