//! How often the chain's verifier calls the field's routines: counted on the host, which runs the same code.

use anyhow::Context;
use veilpass_chain::ProofSubmission;
use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::limbs::count;
use veilpass_ultrahonk::pinned::{self, OWNERSHIP, PROOF_WORDS};

/// The routines, as they are counted.
pub(super) const NAMES: [&str; 5] =
    ["field_products", "field_squares", "field_short_products", "field_terms_of_sums", "field_reductions_of_sums"];

/// Verifies a proof and counts the calls until it is accepted or refused.
pub(super) fn calls(submission: &ProofSubmission) -> anyhow::Result<[u64; NAMES.len()]> {
    let (proof, hints) = submission.content().split_at(32 * PROOF_WORDS);
    let proof: Box<pinned::Proof> = Box::new(pinned::words(proof).context("a proof's length")?);
    let hints = pinned::words(hints).context("every hint")?;
    let inputs = submission.public_inputs.elements().map(|element| element.to_be_bytes());
    let inputs = pinned::words(inputs.as_flattened()).context("six public inputs")?;
    count::take();
    // Whether it is accepted is for the chain to say.
    let _ = pinned::verify::<Arkworks>(&OWNERSHIP, &proof, &inputs, &hints);
    Ok(count::take())
}

/// Multiplications of field elements: all but the reductions, which belong to one or more of them.
pub(super) fn multiplications(calls: &[u64; NAMES.len()]) -> u64 {
    calls[..4].iter().sum()
}
