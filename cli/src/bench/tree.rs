//! The registry tree.

use std::time::Instant;

use serde_json::json;
use veilpass_merkle::{
    MerkleTree,
    snapshot::{read_snapshot, write_snapshot},
};
use veilpass_protocol::{FieldElement, Leaf, RegistryId};

use super::report::{Report, Samples, machine, peak_memory_mb, reset_peak_memory};

/// `veilpass bench tree`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

const SAMPLES: u32 = 2_000;

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    for leaves in [1_000_u32, 10_000] {
        let report = Report::new(options.json, json!({ "leaves": leaves, "depth": 32, "machine": machine() }));
        let since = Instant::now();
        std::hint::black_box(MerkleTree::build((0..leaves).map(leaf).collect()));
        report.point("tree_build", leaves.into(), "leaves", since.elapsed().as_secs_f64(), "s");
    }
    for (leaves, label) in [(100_000_u32, "1e5"), (1_000_000, "1e6")] {
        let report = Report::new(options.json, json!({ "leaves": leaves, "depth": 32, "machine": machine() }));
        measure(&report, leaves, label)?;
    }
    Ok(())
}

fn leaf(number: u32) -> Leaf {
    Leaf::new(FieldElement::from_u64(1_000_000_000 + u64::from(number)))
}

/// A fixed walk over the places, far from one another.
fn place(sample: u32, leaves: u32) -> u32 {
    (u64::from(sample) * 2_654_435_761 % u64::from(leaves)) as u32
}

fn measure(report: &Report, leaves: u32, label: &str) -> anyhow::Result<()> {
    reset_peak_memory();
    let since = Instant::now();
    let mut tree = MerkleTree::build((0..leaves).map(leaf).collect());
    let built = since.elapsed().as_secs_f64();
    report.line(&format!("tree_build_{label}_s"), built, "s");
    report.point("tree_build", leaves.into(), "leaves", built, "s");
    report.line(&format!("tree_peak_memory_{label}_mb"), peak_memory_mb(), "MB");
    report.line(
        &format!("tree_memory_{label}_mb_per_million"),
        tree.memory_bytes() as f64 / f64::from(leaves),
        "MB/10^6 leaves",
    );

    let mut time = |name: &str, operation: &dyn Fn(&mut MerkleTree, u32)| {
        let mut samples = Samples::default();
        for sample in 0..SAMPLES {
            let since = Instant::now();
            operation(&mut tree, sample);
            samples.push(since.elapsed());
        }
        // The lines without a size are those of the larger tree.
        let suffix = if label == "1e6" { String::new() } else { format!("_{label}") };
        report.line(&format!("tree_{name}{suffix}_us"), samples.percentile(50) * 1e6, "us");
        report.line(&format!("tree_{name}{suffix}_p95_us"), samples.percentile(95) * 1e6, "us");
    };
    time("path", &|tree, sample| _ = std::hint::black_box(tree.path(place(sample, leaves))));
    time("find", &|tree, sample| _ = std::hint::black_box(tree.find(leaf(place(sample, leaves)))));
    time("insert", &|tree, sample| tree.push(leaf(leaves + sample)).map(drop).unwrap_or_default());
    time("zero", &|tree, sample| tree.clear(place(sample, leaves)).unwrap_or_default());

    let dir = tempfile::tempdir()?;
    let (path, registry) = (dir.path().join("snapshot"), RegistryId::new(FieldElement::from_u64(1)));
    let since = Instant::now();
    write_snapshot(&path, &tree, registry, 1)?;
    report.line(&format!("tree_snapshot_write_{label}_ms"), since.elapsed().as_secs_f64() * 1e3, "ms");
    let since = Instant::now();
    read_snapshot(&path, registry)?;
    report.line(&format!("tree_snapshot_read_{label}_ms"), since.elapsed().as_secs_f64() * 1e3, "ms");
    report.line(&format!("tree_snapshot_file_{label}_mb"), std::fs::metadata(&path)?.len() as f64 / 1e6, "MB");
    Ok(())
}
