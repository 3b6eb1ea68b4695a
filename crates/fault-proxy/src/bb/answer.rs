//! Answers of `bb` as bytes: `[kind, {...}]` in msgpack. A proof is in them as an array of 32-byte strings.

use std::ops::Range;

use rand::Rng;

/// The key of the proof in an answer that has one, as msgpack.
const PROOF_KEY: &[u8] = b"\xa5proof";
/// What stands before each field of a proof: a byte string of 32 bytes.
const FIELD_HEADER: [u8; 2] = [0xc4, 32];
const FIELD: usize = FIELD_HEADER.len() + 32;

const TRUE: u8 = 0xc3;

/// An answer of before or of now.
pub(super) struct Answer(pub(super) Vec<u8>);

impl Answer {
    /// Where the fields of the proof are, if there is one.
    fn proof(&self) -> Option<Range<usize>> {
        let bytes = &self.0;
        let header = bytes.windows(PROOF_KEY.len()).position(|window| window == PROOF_KEY)? + PROOF_KEY.len();
        // An array of more than 15 elements: 0xdc and their number in two bytes.
        let [0xdc, high, low] = *bytes.get(header..header + 3)? else { return None };
        let range = header + 3..header + 3 + usize::from(u16::from_be_bytes([high, low])) * FIELD;
        bytes.get(range.clone())?.chunks(FIELD).all(|field| field.starts_with(&FIELD_HEADER)).then_some(range)
    }

    pub(super) fn has_proof(&self) -> bool {
        self.proof().is_some()
    }

    /// Flips a bit of the proof. `false`: there is none.
    pub(super) fn flip(&mut self, rng: &mut impl Rng) -> bool {
        let Some(proof) = self.proof().filter(|proof| !proof.is_empty()) else { return false };
        let field = rng.random_range(0..proof.len() / FIELD);
        let at = proof.start + field * FIELD + rng.random_range(FIELD_HEADER.len()..FIELD);
        self.0[at] ^= 1 << rng.random_range(0..8);
        true
    }

    /// Puts another answer's proof in the place of this one's, whose public inputs stay. `false`: one of them has none.
    pub(super) fn graft(&mut self, other: &Self) -> bool {
        let (Some(here), Some(there)) = (self.proof(), other.proof()) else { return false };
        if here.len() != there.len() {
            return false;
        }
        self.0[here].copy_from_slice(&other.0[there]);
        true
    }

    /// Has a verdict say that the proof holds. `false`: this is no verdict.
    pub(super) fn approve(&mut self) -> bool {
        const KEY: &[u8] = b"\xa8verified";
        let Some(at) = self.0.windows(KEY.len()).position(|window| window == KEY) else { return false };
        match self.0.get_mut(at + KEY.len()) {
            Some(verdict) => *verdict = TRUE,
            None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn proof_of(fields: u16, value: u8) -> Answer {
        let mut bytes = b"\x92\xb4CircuitProveResponse\x83\xadpublic_inputs\x91\xc4\x20".to_vec();
        bytes.extend([value; 32]);
        bytes.extend(b"\xa5proof\xdc");
        bytes.extend(fields.to_be_bytes());
        for _ in 0..fields {
            bytes.extend(FIELD_HEADER);
            bytes.extend([value; 32]);
        }
        bytes.extend(b"\xa2vk\x80");
        Answer(bytes)
    }

    #[test]
    fn a_flip_changes_one_bit_of_a_field_and_no_header() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2000 {
            let mut answer = proof_of(20, 7);
            assert!(answer.flip(&mut rng));
            let before = proof_of(20, 7).0;
            let changed: u32 = before.iter().zip(&answer.0).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert_eq!((changed, answer.0.len()), (1, before.len()));
            assert!(answer.has_proof(), "a header was hit");
        }
    }

    #[test]
    fn a_graft_takes_the_proof_and_leaves_the_public_inputs() {
        let mut answer = proof_of(20, 1);
        assert!(answer.graft(&proof_of(20, 2)));
        let proof = answer.proof().unwrap();
        assert!(answer.0[proof.clone()].chunks(FIELD).all(|field| field[2..] == [2; 32]));
        assert_eq!(answer.0[..proof.start], proof_of(20, 1).0[..proof.start]);
        assert!(!answer.graft(&proof_of(21, 2)), "another circuit's");
    }

    #[test]
    fn other_answers_are_left_alone() {
        let verdict = b"\x92\xb5CircuitVerifyResponse\x81\xa8verified\xc2";
        let mut answer = Answer(verdict.to_vec());
        assert!(!answer.flip(&mut ChaCha8Rng::seed_from_u64(1)));
        assert_eq!(answer.0, verdict);
        assert!(answer.approve() && answer.0.ends_with(b"verified\xc3"));
        assert!(!proof_of(20, 1).approve());
    }
}
