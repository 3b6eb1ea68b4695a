//! The decoders of words, on arkworks and on the chain's limbs.

use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::limbs::Fr29;
use veilpass_ultrahonk::{Backend, Scalar};

/// Decodes every word as a scalar and every two as a point: both fields must take the same scalars, and what is taken must
/// encode to the bytes that it came from.
pub(crate) fn check(bytes: &[u8]) {
    for word in bytes.as_chunks::<32>().0 {
        let limbs = Fr29::from_be_bytes(word);
        let host = <Arkworks as Backend>::Scalar::from_be_bytes(word);
        assert_eq!(limbs.is_some(), host.is_some(), "one field takes {word:x?}");
        if let Some(limbs) = limbs {
            assert_eq!(limbs.to_be_bytes(), *word, "a scalar has two names");
            assert_eq!(limbs.is_zero(), word.iter().all(|byte| *byte == 0));
        }
    }
    for words in bytes.as_chunks::<64>().0 {
        if let Ok(point) = Arkworks::point_from_bytes(words) {
            assert_eq!(Arkworks::point_to_bytes(&point), *words, "a point has two names");
        }
    }
}
