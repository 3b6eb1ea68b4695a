//! The verifier as the program runs it: on the limbs of the chain, for the one circuit, with hints. Only the system calls
//! are arkworks' here.

use veilpass_ultrahonk::Section;
use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::pinned::{self, LOG_N, OWNERSHIP, Proof};

use crate::fixtures::Fixture;
use crate::forge::Forged;

/// Whether the chain's verifier accepts too. Panics unless it comes to the general one's verdict:
///
/// * with hints that fit the proof (the best that a sender can do), it accepts what the general verifier accepts, but for
///   pairing points and values of zero polynomials, which it wants to be zero, and nothing else;
/// * with any other hints, it accepts nothing that the general verifier refuses.
///
/// Other circuits than the pinned one have no such verifier: the general verdict stands.
pub(crate) fn accepts(fixture: &Fixture, forged: &Forged, general: bool) -> bool {
    if !fixture.is_pinned() {
        return general;
    }
    let Forged { proof, public_inputs, hints } = forged;
    let proof: Proof = pinned::words(proof).expect("a forged proof keeps its length");
    let public_inputs = pinned::words(public_inputs).expect("forged public inputs keep their length");
    let with_its_hints = pinned::hints(&OWNERSHIP, &proof, &public_inputs);
    let expected = general && has_no_pairing_points(&proof) && has_zero_evaluations(fixture, &proof);
    assert_eq!(with_its_hints.is_ok(), expected, "{with_its_hints:?}, but {general} in general");

    let forged = pinned::words(hints).expect("forged hints keep their length");
    let verdict = pinned::verify::<Arkworks>(&OWNERSHIP, &proof, &public_inputs, &forged);
    assert!(verdict.is_err() || general, "accepted on chain only");
    // A hint is determined by the proof, and has one name.
    if let Ok(fitting) = with_its_hints {
        assert_eq!(verdict.is_ok(), forged == fitting, "{verdict:?} with hints that are not the proof's");
    }
    verdict.is_ok()
}

fn has_no_pairing_points(proof: &Proof) -> bool {
    proof[..Section::PairingPoints.words(LOG_N)].as_flattened().iter().all(|word| *word == 0)
}

/// Whether 0 is claimed of the polynomials that the key commits to as zero.
fn has_zero_evaluations(fixture: &Fixture, proof: &Proof) -> bool {
    // A key begins with three numbers. The first evaluation is that of the mask.
    let commitments = fixture.vk[3 * 32..].as_chunks::<64>().0;
    let evaluations = &proof[Section::Evaluations.first_word(LOG_N) + 1..];
    commitments.iter().zip(evaluations).all(|(commitment, value)| *commitment != [0; 64] || *value == [0; 4])
}
