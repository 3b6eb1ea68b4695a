//! The on-chain verifier: compute units, transactions, bytes, rent; in a Solana runtime of this process.
//!
//! # How phases are measured
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

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_chain::{
    BUFFER_BYTES, Format, ProofSubmission, UploadPlan, buffer_space, close_nullifier, close_proof_buffer,
    nullifier_address, registry_address, verify_ownership,
};
use veilpass_circuit::{OWNERSHIP_GATES, VERIFICATION_KEY, workspace_root};
use veilpass_protocol::{FieldElement, PublicInputs, RegistryId};
use veilpass_svm::{Deployment, Listener, ProofMaker, Refused};
use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::limbs::count;
use veilpass_ultrahonk::pinned::{self, HINTS, LOG_N, OWNERSHIP, PROOF_WORDS};
use veilpass_ultrahonk::{Section, VerificationKey, verify};

use super::{
    report::{Report, Samples, machine},
    table::{self, Figure},
};

/// Where the table is, from the workspace's folder.
pub const TABLE: &str = "programs/veilpass/README.md";

/// `veilpass bench chain`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Number of proofs.
    #[arg(long, default_value = "10", value_parser = clap::value_parser!(u16).range(1..=200))]
    samples: u16,
    /// Write the table in programs/veilpass/README.md, too.
    #[arg(long)]
    write_table: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let measured = measure(options.samples)?;
    let context = json!({
        "samples": options.samples, "depth": 32, "gates": OWNERSHIP_GATES, "flavour": "UltraHonk, Keccak, ZK",
        "runtime": "litesvm, mainnet features", "machine": machine(),
    });
    let report = Report::new(options.json, context);
    for figure in &measured.figures {
        report.line(figure.name, figure.value as f64, figure.unit);
    }
    report.line("verify_cu_total_max", measured.verify_max as f64, "CU");
    report.line("verify_cu_total_min", measured.verify_min as f64, "CU");
    report.line("host_verify_ms", measured.host_verify.percentile(50) * 1e3, "ms");
    // What a busy machine does to the others, it does not do to this one.
    report.line("host_verify_min_ms", measured.host_verify.percentile(0) * 1e3, "ms");
    report.line("host_verify_p95_ms", measured.host_verify.percentile(95) * 1e3, "ms");
    report.line("host_hints_ms", measured.host_hints.percentile(50) * 1e3, "ms");
    if options.write_table {
        table::write(&workspace_root().join(TABLE), &measured.figures)?;
    }
    Ok(())
}

/// What a run measured.
pub struct Measured {
    /// What is the same, or nearly, on every machine and for every proof: the median proof's.
    pub figures: Vec<Figure>,
    /// Compute units of the cheapest and the dearest verification: the search for the nullifier's address varies.
    verify_min: u64,
    verify_max: u64,
    host_verify: Samples,
    host_hints: Samples,
}

/// A phase and what makes the check at its end fail.
struct Phase {
    name: &'static str,
    /// The same for its multiplications.
    multiplications: &'static str,
    /// As the program's log says it.
    refusal: &'static str,
    change: fn(&mut [u8]),
}

/// See the module. The first is no phase of the verifier: it ends where the verifier begins.
const PHASES: [Phase; 9] = [
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
        change: |content| add_order(&mut content[BUFFER_BYTES - 32..]),
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
    const ORDER: [u8; 32] = [
        0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x28, 0x33,
        0xe8, 0x48, 0x79, 0xb9, 0x70, 0x91, 0x43, 0xe1, 0xf5, 0x93, 0xf0, 0x00, 0x00, 0x01,
    ];
    let mut carry = 0;
    for (byte, with) in word.iter_mut().zip(ORDER).rev() {
        let sum = u16::from(*byte) + u16::from(with) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
}

/// Values of one kind over the proofs.
#[derive(Default)]
struct Values(Vec<u64>);

impl Values {
    fn median(&self) -> u64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    }
}

/// Makes that many proofs and has them verified.
pub fn measure(samples: u16) -> anyhow::Result<Measured> {
    let registry = RegistryId::new(FieldElement::from_u64(1));
    let mut deployment = Deployment::new(registry)?;
    let listeners = (0..8).map(|number| Listener::new(number, "first-light")).collect();
    let mut maker = ProofMaker::new(listeners)?;
    let owner = deployment.runtime.funded();
    let another = RegistryId::new(FieldElement::from_u64(2));
    let initialized = deployment.add_registry(another).map_err(refused)?;
    let published = deployment.publish(maker.root()).map_err(refused)?;

    let mut total = Values::default();
    let mut phases: [Values; PHASES.len() - 1] = Default::default();
    let mut products: [Values; PHASES.len() - 1] = Default::default();
    let mut program = Values::default();
    let mut routines: [Values; 5] = Default::default();
    let (mut host_verify, mut host_hints) = (Samples::default(), Samples::default());
    let mut last = None;
    for sample in 0..samples {
        // A nullifier is used once: another listener, and after the last another day.
        let listener = usize::from(sample % 8);
        if listener == 0 && sample > 0 {
            deployment.runtime.set_time(deployment.runtime.time() + 86_400);
            deployment.publish(maker.root()).map_err(refused)?;
        }
        let (proof, inputs) = maker.prove(listener, registry, deployment.epoch(), u64::from(sample))?;
        let submission = time_on_host(&proof, &inputs, &mut host_verify, &mut host_hints)?;
        for (values, calls) in routines.iter_mut().zip(count_routines(&submission)?) {
            values.0.push(calls);
        }

        let mut spent = [Spent::default(); PHASES.len()];
        for (phase, spent) in PHASES.iter().zip(&mut spent) {
            *spent = until_refusal(&mut deployment, &owner, &submission, phase)?;
        }
        let accepted = deployment.verify(&owner, &submission).map_err(refused)?.compute_units;
        total.0.push(accepted);
        program.0.push(accepted - (spent[PHASES.len() - 1].compute_units - spent[0].compute_units));
        for (place, pair) in spent.windows(2).enumerate() {
            ensure!(pair[0].compute_units < pair[1].compute_units, "{} costs nothing", PHASES[place + 1].name);
            phases[place].0.push(pair[1].compute_units - pair[0].compute_units);
            products[place].0.push(pair[1].multiplications - pair[0].multiplications);
        }
        last = Some(submission);
    }
    let submission = last.context("at least one sample")?;

    let cu = |name, value, tolerance| Figure { name, value, unit: "CU", tolerance };
    let exact = |name, value, unit| Figure { name, value, unit, tolerance: 0 };
    let mut figures = vec![cu("verify_cu_total", total.median(), 1)];
    figures.push(cu("verify_cu_program", program.median(), 10));
    figures.extend(PHASES[1..].iter().zip(&phases).map(|(phase, values)| cu(phase.name, values.median(), 2)));
    figures.push(exact("verify_transactions", 1, "transactions"));
    uploads(&mut deployment, &owner, &submission, &mut figures)?;
    figures.push(cu("publish_root_cu", published.compute_units, 1));
    figures.push(cu("initialize_registry_cu", initialized.compute_units, 1));
    nullifier(&mut deployment, &mut maker, &owner, &mut figures)?;
    let so = std::fs::metadata(workspace_root().join("programs/veilpass/veilpass.so"))?;
    figures.extend([
        Figure { name: "program_bytes", value: so.len(), unit: "bytes", tolerance: 1 },
        exact("hints", HINTS as u64, "hints"),
        exact("hint_bytes", 32 * HINTS as u64, "bytes"),
    ]);
    let names =
        ["field_products", "field_squares", "field_short_products", "field_terms_of_sums", "field_reductions_of_sums"];
    let counted = routines.each_ref().map(Values::median);
    figures.push(exact("field_multiplications", multiplications(&counted), "multiplications"));
    let products = PHASES[1..].iter().zip(&products).filter(|(_, values)| values.median() > 0);
    figures.extend(products.map(|(phase, values)| exact(phase.multiplications, values.median(), "multiplications")));
    figures.extend(names.iter().zip(counted).map(|(name, calls)| exact(name, calls, "calls")));
    Ok(Measured {
        figures,
        verify_min: total.0.iter().copied().min().unwrap_or_default(),
        verify_max: total.0.iter().copied().max().unwrap_or_default(),
        host_verify,
        host_hints,
    })
}

fn refused(refused: Refused) -> anyhow::Error {
    anyhow!("{:?}\n{}", refused.error, refused.logs.join("\n"))
}

/// Verifies a proof as the API does and computes its hints as a client does.
fn time_on_host(
    proof: &[u8],
    inputs: &PublicInputs,
    host_verify: &mut Samples,
    host_hints: &mut Samples,
) -> anyhow::Result<ProofSubmission> {
    let key = VerificationKey::parse(VERIFICATION_KEY).map_err(|error| anyhow!("{error:?}"))?;
    let bytes = inputs.elements().map(|element| element.to_be_bytes());
    let words: Box<pinned::Proof> = Box::new(pinned::words(proof).context("a proof's length")?);
    let input_words = pinned::words(bytes.as_flattened()).context("six public inputs")?;
    let timed = |samples: &mut Samples, work: &dyn Fn() -> anyhow::Result<()>| {
        // The first is to warm up.
        work()?;
        for _ in 0..5 {
            let since = Instant::now();
            work()?;
            samples.push(since.elapsed().max(Duration::from_nanos(1)));
        }
        anyhow::Ok(())
    };
    timed(host_verify, &|| verify(&key, proof, bytes.as_flattened()).map_err(|error| anyhow!("{error:?}")))?;
    timed(host_hints, &|| {
        pinned::hints(&OWNERSHIP, &words, &input_words).map(drop).map_err(|error| anyhow!("{error:?}"))
    })?;
    Ok(ProofSubmission::new(proof, inputs)?)
}

/// Runs the chain's verifier here and counts the field's routines until it ends.
fn count_routines(submission: &ProofSubmission) -> anyhow::Result<[u64; 5]> {
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
fn multiplications(calls: &[u64; 5]) -> u64 {
    calls[..4].iter().sum()
}

/// What a verification takes until a check refuses it.
#[derive(Clone, Copy, Default)]
struct Spent {
    compute_units: u64,
    multiplications: u64,
}

/// What a verification takes that is refused at the end of a phase.
fn until_refusal(
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
    let multiplications = multiplications(&count_routines(&changed)?);
    Ok(Spent { compute_units: outcome.compute_units, multiplications })
}

/// The upload of a proof, in both formats, and what its parts cost.
fn uploads(
    deployment: &mut Deployment,
    owner: &Keypair,
    submission: &ProofSubmission,
    figures: &mut Vec<Figure>,
) -> anyhow::Result<()> {
    let rent = deployment.runtime.rent(buffer_space());
    let exact = |name, value: usize, unit| Figure { name, value: value as u64, unit, tolerance: 0 };
    let cu = |name, value| Figure { name, value, unit: "CU", tolerance: 1 };
    figures.push(exact("upload_bytes", BUFFER_BYTES, "bytes"));
    for (format, names) in [
        (Format::Legacy, ["upload_transactions_legacy", "upload_wire_bytes_legacy", "upload_cu_total_legacy"]),
        (Format::V1, ["upload_transactions_v1", "upload_wire_bytes_v1", "upload_cu_total_v1"]),
    ] {
        let plan = UploadPlan::new(format, &owner.pubkey(), "measured", submission, rent);
        let mut compute_units = vec![];
        for instructions in &plan.transactions {
            let landed = deployment.runtime.send_as(format, instructions, &[owner]).map_err(refused)?;
            compute_units.push(landed.compute_units);
        }
        figures.push(exact(names[0], plan.transactions.len(), "transactions"));
        figures.push(exact(names[1], plan.bytes.iter().sum(), "bytes"));
        figures.push(cu(names[2], compute_units.iter().sum()));
        let close = close_proof_buffer(owner.pubkey(), plan.buffer);
        let closed = deployment.runtime.send(&[close], &[owner]).map_err(refused)?.compute_units;
        if format == Format::Legacy {
            // The second transaction is one full write.
            let written = compute_units.get(1).copied().context("more than one transaction")?;
            figures.extend([cu("write_proof_buffer_cu", written), cu("close_proof_buffer_cu", closed)]);
        }
    }
    let mut plan = UploadPlan::new(Format::Legacy, &owner.pubkey(), "opened", submission, rent);
    let open = plan.transactions.first_mut().context("a transaction")?;
    open.pop();
    let opened = deployment.runtime.send(open, &[owner]).map_err(refused)?.compute_units;
    figures.push(cu("open_proof_buffer_cu", opened));
    deployment.runtime.send(&[close_proof_buffer(owner.pubkey(), plan.buffer)], &[owner]).map_err(refused)?;
    Ok(())
}

/// Money: what a verification locks and gives back; and the end of a nullifier.
fn nullifier(
    deployment: &mut Deployment,
    maker: &mut ProofMaker,
    owner: &Keypair,
    figures: &mut Vec<Figure>,
) -> anyhow::Result<()> {
    let tomorrow = deployment.runtime.time() + 86_400;
    deployment.runtime.set_time(tomorrow);
    let submission = maker.submission(0, deployment.registry, deployment.epoch(), 0)?;
    let balance = |deployment: &Deployment| deployment.runtime.balance(&owner.pubkey());
    let plan = deployment.upload(Format::Legacy, owner, "money", &submission).map_err(refused)?;
    let locked = deployment.runtime.balance(&plan.buffer);
    let before = balance(deployment);
    let inputs = &submission.public_inputs;
    let verify = verify_ownership(owner.pubkey(), plan.buffer, inputs, deployment.state().sequence);
    deployment.runtime.send(&[verify], &[owner]).map_err(refused)?;
    let address = nullifier_address(&registry_address(deployment.registry), inputs.nullifier);
    let held = deployment.runtime.balance(&address);
    let returned = balance(deployment) + held + FEE - before;
    let lamports = |name, value| Figure { name, value, unit: "lamports", tolerance: 0 };
    figures.push(lamports("rent_locked_lamports", locked));
    figures.push(lamports("rent_returned_lamports", returned));
    figures.push(lamports("nullifier_rent_lamports", held));

    // When the next epoch and its grace are over.
    let later = deployment.runtime.time() + 2 * 86_400;
    deployment.runtime.set_time(later);
    let close = close_nullifier(owner.pubkey(), deployment.registry, inputs.nullifier);
    let before = balance(deployment);
    let closed = deployment.runtime.send(&[close], &[owner]).map_err(refused)?;
    figures.push(lamports("nullifier_rent_returned_lamports", balance(deployment) + FEE - before));
    figures.push(Figure { name: "close_nullifier_cu", value: closed.compute_units, unit: "CU", tolerance: 1 });
    Ok(())
}

/// What a transaction of one signature costs, without a priority.
const FEE: u64 = 5_000;
