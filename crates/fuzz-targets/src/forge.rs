//! Changes of a known proof. A fuzzer that changes raw bytes mostly gets stuck at the first decoder; these keep the rest.

use crate::fixtures::Fixture;

/// Bytes of a change: the operation, the place of a word (16 bits), a word.
const CHANGE: usize = 35;

/// The order `r` of the group.
pub(crate) const ORDER: [u8; 32] = *b"\x30\x64\x4e\x72\xe1\x31\xa0\x29\xb8\x50\x45\xb6\x81\x81\x58\x5d\x28\x33\xe8\x48\x79\xb9\x70\x91\x43\xe1\xf5\x93\xf0\x00\x00\x01";

/// `r` and the modulus `q` of the coordinates: adding them gives a word another name.
const MODULI: [[u8; 32]; 2] = [
    ORDER,
    *b"\x30\x64\x4e\x72\xe1\x31\xa0\x29\xb8\x50\x45\xb6\x81\x81\x58\x5d\x97\x81\x6a\x91\x68\x71\xca\x8d\x3c\x20\x8c\x16\xd8\x7c\xfd\x47",
];

/// What the first byte of a change says: put the word there, xor it, copy the word at the place that the word's first 16
/// bits name, add `r`, add `q`.
pub const OPERATIONS: u8 = 5;

/// What a fixture's files became.
#[derive(Debug)]
pub struct Forged {
    /// The proof.
    pub proof: Vec<u8>,
    /// What it is said to prove.
    pub public_inputs: Vec<u8>,
    /// The hints of the chain's verifier; none for another circuit than the pinned one.
    pub hints: Vec<u8>,
}

/// The fixture's proof, public inputs and hints after these changes; an incomplete one at the end is ignored. Places count
/// on from the public inputs to the proof to the hints.
pub fn forge(fixture: &Fixture, changes: &[u8]) -> Forged {
    let mut bytes = [fixture.public_inputs, fixture.proof, fixture.hints()].concat();
    let (words, _) = bytes.as_chunks_mut::<32>();
    for change in changes.as_chunks::<CHANGE>().0 {
        let number = |at: usize| usize::from(u16::from_be_bytes([change[at], change[at + 1]]));
        let (place, other) = (number(1) % words.len(), number(3) % words.len());
        let mut word = words[place];
        match change[0] % OPERATIONS {
            0 => word.copy_from_slice(&change[3..]),
            1 => word.iter_mut().zip(&change[3..]).for_each(|(byte, with)| *byte ^= with),
            2 => word = words[other],
            modulus => add(&mut word, &MODULI[usize::from(modulus - 3)]),
        }
        words[place] = word;
    }
    let mut proof = bytes.split_off(fixture.public_inputs.len());
    let hints = proof.split_off(fixture.proof.len());
    Forged { proof, public_inputs: bytes, hints }
}

/// Adds integers modulo 2^256.
fn add(word: &mut [u8; 32], other: &[u8; 32]) {
    let mut carry = 0;
    for (byte, with) in word.iter_mut().zip(other).rev() {
        let sum = u16::from(*byte) + u16::from(*with) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
}
