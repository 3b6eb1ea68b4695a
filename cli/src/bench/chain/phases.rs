//! What each phase of a verification takes.
//!
//! The program is the committed one, without marks in it. A proof is changed so that the check that ends a phase fails, and
//! all before hold: what the transaction consumed until the refusal is the cost of everything up to there, and a phase is
//! the difference of two. Anchor's way out of a refusal (a log line and a return, some thousand units) is in every one and
//! cancels, but for the length of the message. The checks, in the order of `veilpass_ultrahonk::pinned`:
//!
//! | the phase ends with | what is changed | refusal |
//! |---|---|---|
//! | the program's own checks | limb 0 of the pairing points becomes 1 | `ProofPairingPoints` |
//! | transcript and sumcheck rounds | value 0 of the last round's polynomial; all rounds are computed before any is judged | `ProofSumcheck` |
//! | public-input delta (and powers of rho) | the first hint | `ProofHint` |
//! | row separator, parsing the evaluations | the evaluation of `q_lookup`, which must be 0. It is hashed after the rounds: the challenges up to there stay | `ProofZeroEvaluation` |
//! | relations and the batched evaluation | the last evaluation | `ProofRelations` |
//! | Libra's consistency | its quotient's value, hashed after the point that it is at: the hints still fit | `ProofLibra` |
//! | scalars of the opening | the last hint plus `r`: the same residue, judged when all are used | `ProofNotCanonical` |
//! | the sum on the curve | the last point, which is in no hash, is moved off the curve; all is added up before it is judged. Also here: writing the scalars as bytes | `ProofPoint` |
//! | the pairing | the last point becomes the generator | `ProofOpening` |
//!
//! What the program does around the proof (accounts, the nullifier, the event, closing the buffer) is the whole less the
//! difference between the last refusal and the first.

use anyhow::{anyhow, ensure};
use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_chain::{BUFFER_BYTES, Format, ProofSubmission, close_proof_buffer, verify_ownership};
use veilpass_protocol::{FIELD_BYTES, FieldElement};
use veilpass_svm::Deployment;
use veilpass_ultrahonk::Section;
use veilpass_ultrahonk::pinned::{LOG_N, PROOF_WORDS};

use super::refused;
use super::routines::{calls, multiplications};

/// A phase and what makes the check at its end fail.
pub(super) struct Phase {
    pub(super) name: &'static str,
    /// The same for its multiplications.
    pub(super) multiplications: &'static str,
    /// As the program's log says it.
    refusal: &'static str,
    change: fn(&mut [u8]),
}

/// See the module. The first is no phase of the verifier: it ends where the verifier begins.
pub(super) const PHASES: [Phase; 9] = [
    Phase { name: "", multiplications: "", refusal: "ProofPairingPoints", change: |content| content[31] = 1 },
    Phase {
        name: "verify_cu_transcript_and_rounds",
        multiplications: "field_multiplications_transcript_and_rounds",
        refusal: "ProofSumcheck",
        change: |content| flip(content, Section::Univariates.first_word(LOG_N) + 9 * (LOG_N - 1)),
    },
    Phase {
        name: "verify_cu_public_inputs",
        multiplications: "field_multiplications_public_inputs",
        refusal: "ProofHint",
        change: |content| flip(content, PROOF_WORDS),
    },
    Phase {
        name: "verify_cu_separator_and_evaluations",
        multiplications: "field_multiplications_separator_and_evaluations",
        refusal: "ProofZeroEvaluation",
        change: |content| {
            // The mask's evaluation, eight of permutations, two of Lagrange polynomials: then q_lookup's.
            flip(content, Section::Evaluations.first_word(LOG_N) + 11);
        },
    },
    Phase {
        name: "verify_cu_relations",
        multiplications: "field_multiplications_relations",
        refusal: "ProofRelations",
        change: |content| flip(content, Section::LibraEvaluation.first_word(LOG_N) - 1),
    },
    Phase {
        name: "verify_cu_libra",
        multiplications: "field_multiplications_libra",
        refusal: "ProofLibra",
        change: |content| flip(content, Section::ShplonkQuotient.first_word(LOG_N) - 1),
    },
    Phase {
        name: "verify_cu_opening_scalars",
        multiplications: "field_multiplications_opening_scalars",
        refusal: "ProofNotCanonical",
        change: |content| add_order(&mut content[BUFFER_BYTES - FIELD_BYTES..]),
    },
    Phase {
        name: "verify_cu_curve_sum",
        multiplications: "field_multiplications_curve_sum",
        refusal: "ProofPoint",
        change: |content| flip(content, PROOF_WORDS - 1),
    },
    Phase {
        name: "verify_cu_pairing",
        multiplications: "field_multiplications_pairing",
        refusal: "ProofOpening",
        change: |content| {
            let point = &mut content[Section::KzgWitness.range(LOG_N)];
            point.fill(0);
            (point[31], point[63]) = (1, 2);
        },
    },
];

/// Changes the lowest bit of a word: a canonical scalar stays one, or is one in 2^253.
fn flip(content: &mut [u8], word: usize) {
    content[32 * word + 31] ^= 1;
}

/// Adds the order of the scalar field to a word.
fn add_order(word: &mut [u8]) {
    let mut carry = 0;
    for (byte, with) in word.iter_mut().zip(FieldElement::modulus_be_bytes()).rev() {
        let sum = u16::from(*byte) + u16::from(with) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
}

/// What a verification takes until a check refuses it.
#[derive(Clone, Copy, Default)]
pub(super) struct Spent {
    pub(super) compute_units: u64,
    pub(super) multiplications: u64,
}

/// What a verification takes that is refused at the end of a phase.
pub(super) fn until_refusal(
    deployment: &mut Deployment,
    owner: &Keypair,
    submission: &ProofSubmission,
    phase: &Phase,
) -> anyhow::Result<Spent> {
    let mut content = submission.content().to_vec();
    (phase.change)(&mut content);
    let changed = ProofSubmission::unchecked(submission.public_inputs, content);
    let plan = deployment.upload(Format::V1, owner, "changed", &changed).map_err(refused)?;
    let sequence = deployment.state().sequence;
    let verify = verify_ownership(owner.pubkey(), plan.buffer, &submission.public_inputs, sequence);
    let Err(outcome) = deployment.runtime.send(&[verify], &[owner]) else {
        return Err(anyhow!("a changed proof is accepted: {}", phase.refusal));
    };
    let named = format!("Error Code: {}.", phase.refusal);
    ensure!(outcome.logs.iter().any(|line| line.contains(&named)), "no {named} in\n{}", outcome.logs.join("\n"));
    let close = close_proof_buffer(owner.pubkey(), plan.buffer);
    deployment.runtime.send(&[close], &[owner]).map_err(refused)?;
    let multiplications = multiplications(&calls(&changed)?);
    Ok(Spent { compute_units: outcome.compute_units, multiplications })
}
