//! The decoders of words, on arkworks and on the chain's limbs.

use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::limbs::Fr29;
use veilpass_ultrahonk::pinned;
use veilpass_ultrahonk::{Backend, Scalar};

use crate::forge::ORDER;

/// Decodes every word as a scalar and every two as a point: both fields must take the same scalars, and what is taken must
/// encode to the bytes that it came from (the limbs: give or take multiples of `r`, as the curve does not mind).
pub(crate) fn check(bytes: &[u8]) {
    for word in bytes.as_chunks::<32>().0 {
        let host = <Arkworks as Backend>::Scalar::from_be_bytes(word);
        let mut canonical = true;
        let [in_memory] = pinned::words(word).expect("one word");
        let limbs = Fr29::parse(&in_memory, &mut canonical);
        assert_eq!(canonical, host.is_some(), "one field takes {word:x?}");
        if canonical {
            let [encoded] = *pinned::bytes(&[limbs.to_word()]).as_chunks().0 else { unreachable!("one word") };
            assert_eq!(reduced(encoded), *word, "a scalar changes");
            assert_eq!(limbs.is_zero(), word.iter().all(|byte| *byte == 0));
        }
    }
    for words in bytes.as_chunks::<64>().0 {
        if let Ok(point) = Arkworks::point_from_bytes(words) {
            assert_eq!(Arkworks::point_to_bytes(&point), *words, "a point has two names");
        }
    }
}

/// The integer modulo `r`.
fn reduced(mut word: [u8; 32]) -> [u8; 32] {
    while word >= ORDER {
        let mut borrow = 0;
        for (byte, order) in word.iter_mut().zip(ORDER).rev() {
            let difference = i16::from(*byte) - i16::from(order) - borrow;
            (*byte, borrow) = (difference as u8, i16::from(difference < 0));
        }
    }
    word
}
