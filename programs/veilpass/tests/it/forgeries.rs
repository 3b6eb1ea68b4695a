//! Proofs that are none. The program and the host must refuse them for the same reason.

use veilpass_program::error::VeilpassError;
use veilpass_ultrahonk::Section;
use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::pinned::{self, HINTS, LOG_N, OWNERSHIP, PROOF_WORDS};

use crate::support::{Uploaded, add, alias, assert_refused};

/// The order of the base field, big-endian.
pub(crate) const Q: [u8; 32] = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x97, 0x81, 0x6a,
    0x91, 0x68, 0x71, 0xca, 0x8d, 0x3c, 0x20, 0x8c, 0x16, 0xd8, 0x7c, 0xfd, 0x47,
];

/// What the host says of a buffer's content.
fn host(public_inputs: &[[u8; 32]; 6], content: &[u8]) -> VeilpassError {
    let (proof, hints) = content.split_at(32 * PROOF_WORDS);
    let proof: Box<pinned::Proof> = Box::new(pinned::words(proof).unwrap());
    let hints: Box<[_; HINTS]> = Box::new(pinned::words(hints).unwrap());
    let inputs = pinned::words(public_inputs.as_flattened()).unwrap();
    pinned::verify::<Arkworks>(&OWNERSHIP, &proof, &inputs, &hints).expect_err("a forgery").into()
}

impl Uploaded {
    pub(crate) fn word(&self, index: usize) -> [u8; 32] {
        self.submission.content()[32 * index..32 * index + 32].try_into().unwrap()
    }

    /// The buffer's content with other bytes from a word on.
    pub(crate) fn with(&self, index: usize, bytes: &[u8]) -> Vec<u8> {
        let mut content = self.submission.content().to_vec();
        content[32 * index..32 * index + bytes.len()].copy_from_slice(bytes);
        content
    }

    /// Puts another content into the buffer, asserts that program and host refuse it for the same reason, and puts the honest
    /// one back. Returns the reason.
    #[track_caller]
    pub(crate) fn refuse_content(&mut self, content: &[u8]) -> VeilpassError {
        let expected = host(&self.words(), content);
        let honest = self.submission.content().to_vec();
        let changed: Vec<_> = (0..content.len())
            .step_by(CHUNK)
            .map(|start| start..content.len().min(start + CHUNK))
            .filter(|range| content[range.clone()] != honest[range.clone()])
            .collect();
        changed.iter().for_each(|range| self.write(range.start, &content[range.clone()]));
        let refused = self.verify().err().expect("a forgery");
        changed.iter().for_each(|range| self.write(range.start, &honest[range.clone()]));
        let same = refused.code == Some(expected.into());
        assert!(same, "{:?} on chain, {expected:?} on the host", refused.logs.last());
        expected
    }

    /// As [`Self::refuse_content`], with other bytes from a word on.
    #[track_caller]
    pub(crate) fn refuse_bytes(&mut self, index: usize, bytes: &[u8]) -> VeilpassError {
        self.refuse_content(&self.with(index, bytes))
    }

    /// As [`Self::refuse_bytes`], for one word.
    #[track_caller]
    pub(crate) fn refuse(&mut self, index: usize, word: [u8; 32]) -> VeilpassError {
        self.refuse_bytes(index, &word)
    }
}

/// What fits in a legacy transaction.
const CHUNK: usize = 512;

pub(crate) fn flipped(word: [u8; 32], bit: usize) -> [u8; 32] {
    let mut word = word;
    word[31 - bit / 8] ^= 1 << (bit % 8);
    word
}

#[test]
fn a_changed_word_of_any_section_is_refused() {
    let mut uploaded = Uploaded::new();
    for section in Section::ALL {
        let (first, words) = (section.first_word(LOG_N), section.words(LOG_N));
        let mut places = vec![first, first + words / 2, first + words - 1];
        places.dedup();
        for index in places {
            for bit in [0, 100, 250] {
                uploaded.refuse(index, flipped(uploaded.word(index), bit));
            }
        }
    }
    uploaded.verify().unwrap();
}

#[test]
fn random_changes_are_refused() {
    use rand::{Rng, SeedableRng};
    let mut random = rand::rngs::StdRng::seed_from_u64(3);
    let mut uploaded = Uploaded::new();
    for _ in 0..100 {
        let index = random.random_range(0..PROOF_WORDS + HINTS);
        let bit = random.random_range(0..256);
        uploaded.refuse(index, flipped(uploaded.word(index), bit));
    }
    uploaded.verify().unwrap();
}

#[test]
fn every_hint_is_checked() {
    let mut uploaded = Uploaded::new();
    for index in (PROOF_WORDS..PROOF_WORDS + HINTS).step_by(3) {
        assert_eq!(uploaded.refuse(index, flipped(uploaded.word(index), 3)), VeilpassError::ProofHint);
        assert_eq!(uploaded.refuse(index, alias(&uploaded.word(index))), VeilpassError::ProofNotCanonical);
    }
}

#[test]
fn what_is_no_point_is_refused() {
    let mut uploaded = Uploaded::new();
    // The last point is in no hash: the curve's own checks stand alone.
    for index in [PROOF_WORDS - 2, PROOF_WORDS - 1] {
        let word = uploaded.word(index);
        assert_eq!(uploaded.refuse(index, add(&word, &Q)), VeilpassError::ProofPoint);
        assert_eq!(uploaded.refuse(index, flipped(word, 0)), VeilpassError::ProofPoint);
        // What the system calls take for marks: of the identity, and of a sign.
        for mark in [0x40, 0x80, 0xc0] {
            let mut marked = word;
            marked[0] |= mark;
            assert_eq!(uploaded.refuse(index, marked), VeilpassError::ProofPoint, "mark {mark:02x}");
        }
        assert_eq!(uploaded.refuse(index, [0; 32]), VeilpassError::ProofPoint);
        assert_eq!(uploaded.refuse(index, [0xff; 32]), VeilpassError::ProofPoint);
    }
    uploaded.write(32 * (PROOF_WORDS - 2), &[0; 64]);
    assert_refused(uploaded.verify(), VeilpassError::ProofOpening);
    let honest = uploaded.submission.content()[32 * (PROOF_WORDS - 2)..32 * PROOF_WORDS].to_vec();
    uploaded.write(32 * (PROOF_WORDS - 2), &honest);
    for section in Section::ALL.into_iter().filter(|section| section.holds_points()) {
        let index = section.first_word(LOG_N);
        uploaded.refuse(index, add(&uploaded.word(index), &Q));
    }
    uploaded.verify().unwrap();
}

#[test]
fn each_public_input_is_bound() {
    use VeilpassError::{NotCanonical, ProofSumcheck, StaleEpoch, UnknownRoot, WrongRegistry};
    let mut uploaded = Uploaded::new();
    let honest = uploaded.words();
    let changed = [WrongRegistry, UnknownRoot, ProofSumcheck, StaleEpoch, ProofSumcheck, ProofSumcheck];
    let aliased = [WrongRegistry, UnknownRoot, NotCanonical, StaleEpoch, NotCanonical, NotCanonical];
    for index in 0..6 {
        let mut words = honest;
        words[index] = flipped(honest[index], 1);
        assert_refused(uploaded.verify_words(words), changed[index]);
        words[index] = alias(&honest[index]);
        assert_refused(uploaded.verify_words(words), aliased[index]);
        words[index] = [0xff; 32];
        assert_refused(uploaded.verify_words(words), aliased[index]);
    }
    uploaded.verify_words(honest).unwrap();
}

#[test]
fn an_empty_buffer_is_refused() {
    let mut uploaded = Uploaded::new();
    for start in (0..uploaded.submission.content().len()).step_by(512) {
        uploaded.write(start, &vec![0; 512.min(uploaded.submission.content().len() - start)]);
    }
    // Zeros are consistent up to the first hint.
    assert_refused(uploaded.verify(), VeilpassError::ProofHint);
}
