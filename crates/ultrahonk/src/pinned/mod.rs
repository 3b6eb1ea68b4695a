//! The verifier of one circuit, in its least-cost form, for a Solana program.
//!
//! It accepts what [`crate::verify_with`] accepts under the same key, with three restrictions that honest proofs meet: the
//! pairing points are the default (none), the claimed evaluations of the polynomials that the key commits to as zero are zero
//! bytes, and no challenge hits one of some hundred values of `2^127` at which a hint would not be determined. Each saving,
//! and why it is sound, is in the crate's `PROVENANCE.md`.
//!
//! # Hints
//!
//! Divisions are dear. Whoever sends a proof also sends their results ([`hints`] computes them from the proof), one 32-byte
//! big-endian word each, and the verifier multiplies back: a hint is an input like any other, a wrong one is refused.
//!
//! # Bytes
//!
//! Words of 32 big-endian bytes, read in place as four `u64` each ([`Word`]), so the caller's buffer is aligned to 8 bytes.

mod challenges;
mod commitments;
#[cfg(feature = "host")]
mod computed;
mod delta;
mod evaluations;
mod folds;
mod hints;
mod key;
mod libra;
mod machine;
mod relations;
mod rounds;

#[cfg(feature = "host")]
pub use computed::{fitting_hints, hints};
pub use hints::HINTS;
pub use key::{OWNERSHIP, PinnedKey};
pub use machine::{Machine, Operands, PairingInput, PointWords};

use challenges::Challenges;
use evaluations::Evaluations;
use hints::{Hints, Supplied};

use crate::layout::{Section, proof_bytes};
use crate::limbs::{Fr29, Operand, Word};

/// The circuit has `2^LOG_N` rows.
pub const LOG_N: usize = 12;
/// The circuit's public inputs, without the pairing points' limbs.
pub const PUBLIC_INPUTS: usize = 6;
/// Words of a proof.
pub const PROOF_WORDS: usize = proof_bytes(LOG_N) / 32;

/// A proof.
pub type Proof = [Word; PROOF_WORDS];

/// Words as the bytes that they are in memory.
#[inline(always)]
pub fn bytes(words: &[Word]) -> &[u8] {
    // SAFETY: integers have no padding, bytes no alignment; the length is the slice's own.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

/// Bytes as words in memory, or `None` if they are not `32 N`.
pub fn words<const N: usize>(bytes: &[u8]) -> Option<[Word; N]> {
    let (chunks, rest) = bytes.as_chunks::<32>();
    if chunks.len() != N || !rest.is_empty() {
        return None;
    }
    let word = |chunk: &[u8; 32]| -> Word {
        let (parts, _) = chunk.as_chunks::<8>();
        core::array::from_fn(|i| u64::from_ne_bytes(parts[i]))
    };
    Some(core::array::from_fn(|i| word(&chunks[i])))
}

/// Why a proof is refused: the check that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The proof carries pairing points of its own.
    PairingPoints,
    /// The claimed evaluation of a polynomial that is zero is not zero.
    ZeroEvaluation,
    /// A scalar, public input or hint is at or above `r`.
    NotCanonical,
    /// A hint is not the quotient that it stands for.
    Hint,
    /// A round of sumcheck does not continue the one before.
    SumcheckRound,
    /// The relations do not have the value that sumcheck claims.
    Relations,
    /// Libra's masking polynomials contradict each other.
    Libra,
    /// Bytes are not a point of the curve.
    Point,
    /// The polynomial opening is wrong.
    Opening,
}

/// Whether a check held, as a `Result`.
fn check(held: bool, refusal: Refusal) -> Result<(), Refusal> {
    if held { Ok(()) } else { Err(refusal) }
}

/// The words of a section.
#[inline(always)]
fn section(proof: &Proof, section: Section) -> &[Word] {
    &proof[section.first_word(LOG_N)..section.first_word(LOG_N) + section.words(LOG_N)]
}

/// Verifies a proof.
pub fn verify<M: Machine>(
    key: &PinnedKey,
    proof: &Proof,
    public_inputs: &[Word; PUBLIC_INPUTS],
    hints: &[Word; HINTS],
) -> Result<(), Refusal> {
    run::<M, _>(key, proof, public_inputs, &mut Supplied::new(hints))
}

/// The algorithm, with hints from wherever they come.
///
/// Functions that are not inlined bound the frames to the 4 KiB that Solana's machine has.
#[inline(never)]
fn run<M: Machine, H: Hints>(
    key: &PinnedKey,
    proof: &Proof,
    public_inputs: &[Word; PUBLIC_INPUTS],
    hints: &mut H,
) -> Result<(), Refusal> {
    check(section(proof, Section::PairingPoints).as_flattened().iter().all(|word| *word == 0), Refusal::PairingPoints)?;
    let challenges = Challenges::draw::<M>(key, proof, public_inputs);
    let claim = rounds::check_rounds(proof, &challenges)?;
    let rho = folds::Rho::new(&challenges);
    let (batched, libra_evaluation) = check_relations(key, proof, public_inputs, &challenges, &claim, &rho, hints)?;
    let scalars = scalars(proof, &challenges, &libra_evaluation, &batched, &rho, hints)?;
    commitments::check_opening::<M>(key, proof, &challenges, &scalars)
}

/// Checks what Libra claims, and computes the scalars of the opening.
#[inline(never)]
fn scalars<H: Hints>(
    proof: &Proof,
    challenges: &Challenges,
    libra_evaluation: &Fr29,
    batched: &Fr29,
    rho: &folds::Rho,
    hints: &mut H,
) -> Result<folds::Scalars, Refusal> {
    let claims = libra::Claims::parse(proof)?;
    let points = libra::Points::new(challenges);
    libra::check_consistency(&claims, libra_evaluation, challenges, &points, hints)?;
    folds::scalars(proof, challenges, &points, batched, &claims, rho, hints)
}

/// Checks the last claim of sumcheck, `8! (relations (1 - disabled) + lambda libra_evaluation)`, and returns the claimed
/// evaluations batched by rho, and Libra's; all in plain form.
#[inline(never)]
fn check_relations<H: Hints>(
    key: &PinnedKey,
    proof: &Proof,
    public_inputs: &[Word; PUBLIC_INPUTS],
    challenges: &Challenges,
    claim: &Fr29,
    rho: &folds::Rho,
    hints: &mut H,
) -> Result<(Fr29, Fr29), Refusal> {
    let mut canonical = true;
    let delta = delta::public_input_delta(key, public_inputs, challenges, hints)?;
    let rows = rounds::row_separator(challenges);
    let (relations, batched) = at_evaluations(proof, challenges, &delta, &rows, rho)?;
    let enabled = rounds::enabled(challenges);
    let evaluation = Fr29::parse(&section(proof, Section::LibraEvaluation)[0], &mut canonical);
    check(canonical, Refusal::NotCanonical)?;
    let (relations, libra) = (relations.times(&enabled), challenges.libra.times(&evaluation));
    let difference = Fr29::combination([rounds::SCALE, rounds::SCALE, -1], [&relations, &libra, claim]);
    check(difference.is_zero(), Refusal::Relations)?;
    Ok((batched, evaluation))
}

/// What is computed from the claimed evaluations: the relations, and the evaluations batched by rho.
#[inline(never)]
fn at_evaluations(
    proof: &Proof,
    challenges: &Challenges,
    delta: &Fr29,
    rows: &Fr29,
    rho: &folds::Rho,
) -> Result<(Fr29, Fr29), Refusal> {
    let (mut canonical, mut zero) = (true, true);
    let mut evaluations = Evaluations::ZERO;
    evaluations.read(proof, &mut canonical, &mut zero);
    check(zero, Refusal::ZeroEvaluation)?;
    check(canonical, Refusal::NotCanonical)?;
    let relations = relations::evaluate(&evaluations, challenges, delta, rows);
    Ok((relations, folds::batched_evaluation(&evaluations, challenges, rho)))
}
