//! The on-chain verifier: compute units, transactions, bytes, rent; in a Solana runtime of this process.

mod host;
mod phases;
mod rent;
mod routines;
mod uploads;
mod verifications;

use anyhow::{Context, anyhow};
use serde_json::json;
use veilpass_chain::ProofSubmission;
use veilpass_circuit::{OWNERSHIP_GATES, workspace_root};
use veilpass_protocol::{FieldElement, RegistryId};
use veilpass_svm::{Deployment, Listener, ProofMaker, Refused};
use veilpass_ultrahonk::pinned::HINTS;

use super::{
    report::{Report, Samples, machine},
    table::{self, Figure},
};
use host::Times;
use verifications::Verifications;

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
    report.line("verify_cu_total_max", measured.verifications.total.maximum() as f64, "CU");
    report.line("verify_cu_total_min", measured.verifications.total.minimum() as f64, "CU");
    report.line("host_verify_ms", measured.times.verify.percentile(50) * 1e3, "ms");
    // What a busy machine does to the others, it does not do to this one.
    report.line("host_verify_min_ms", measured.times.verify.percentile(0) * 1e3, "ms");
    report.line("host_verify_p95_ms", measured.times.verify.percentile(95) * 1e3, "ms");
    report.line("host_hints_ms", measured.times.hints.percentile(50) * 1e3, "ms");
    if options.write_table {
        table::write(&workspace_root().join(TABLE), &measured.figures)?;
    }
    Ok(())
}

/// What a run measured.
pub struct Measured {
    /// What is the same, or nearly, on every machine and for every proof: the median proof's.
    pub figures: Vec<Figure>,
    verifications: Verifications,
    times: Times,
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

    let (mut verifications, mut times) = (Verifications::default(), Times::default());
    let mut last = None;
    for sample in 0..samples {
        // A nullifier is used once: another listener, and after the last another day.
        let listener = usize::from(sample % 8);
        if listener == 0 && sample > 0 {
            deployment.runtime.set_time(deployment.runtime.time() + 86_400);
            deployment.publish(maker.root()).map_err(refused)?;
        }
        let (proof, inputs) = maker.prove(listener, registry, deployment.epoch(), u64::from(sample))?;
        times.sample(&proof, &inputs)?;
        let submission = ProofSubmission::new(&proof, &inputs)?;
        verifications.sample(&mut deployment, &owner, &submission)?;
        last = Some(submission);
    }
    let submission = last.context("at least one sample")?;

    let mut figures = verifications.compute_units();
    figures.push(Figure::exact("verify_transactions", 1, "transactions"));
    uploads::measure(&mut deployment, &owner, &submission, &mut figures)?;
    figures.push(Figure::compute_units("publish_root_cu", published.compute_units, 1));
    figures.push(Figure::compute_units("initialize_registry_cu", initialized.compute_units, 1));
    rent::measure(&mut deployment, &mut maker, &owner, &mut figures)?;
    let so = std::fs::metadata(workspace_root().join("programs/veilpass/veilpass.so"))?;
    figures.extend([
        Figure { name: "program_bytes", value: so.len(), unit: "bytes", tolerance: 1 },
        Figure::exact("hints", HINTS as u64, "hints"),
        Figure::exact("hint_bytes", 32 * HINTS as u64, "bytes"),
    ]);
    figures.extend(verifications.field_operations());
    Ok(Measured { figures, verifications, times })
}

fn refused(refused: Refused) -> anyhow::Error {
    anyhow!("{:?}\n{}", refused.error, refused.logs.join("\n"))
}
