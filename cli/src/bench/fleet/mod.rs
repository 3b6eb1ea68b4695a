//! `veilpass bench fleet`: a whole stack under load, and what the same proofs take without it.

mod cli_baseline;
mod crowd;
mod device;
mod load;
mod memory;
mod overload;
mod shared_pages;
mod stack;
mod steps;
mod swap_log;
mod swaps;
mod throughput;
mod wasm_baseline;

use anyhow::ensure;
use device::Waiting;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::block_in_place;

/// `veilpass bench fleet`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Numbers of workers to measure, 2 among them: the overload is twice what two can do.
    #[arg(long, value_delimiter = ',', default_value = "1,2,4", value_parser = clap::value_parser!(u8).range(1..=32))]
    workers: Vec<u8>,
    /// Proofs for each number of workers.
    #[arg(long, default_value = "300", value_parser = clap::value_parser!(u64).range(1..))]
    load_proofs: u64,
    /// For how long each step of the load lasts, from a quarter of what two workers can do to a tenth more, in seconds.
    #[arg(long, default_value = "12", value_parser = clap::value_parser!(u64).range(1..=3600))]
    step_seconds: u64,
    /// For how long the fleet is overloaded, in seconds.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u64).range(1..=3600))]
    overload_seconds: u64,
    /// Proofs over which memory is watched.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u64).range(20..))]
    proofs: u64,
    /// Proofs during which workers are replaced.
    #[arg(long, default_value = "200", value_parser = clap::value_parser!(u64).range(1..))]
    swap_proofs: u64,
    /// After how many proofs a worker is then replaced: it makes a few more while its standby starts.
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u64).range(1..))]
    swap_worker_proofs: u64,
    /// Proofs by one bb process each.
    #[arg(long, default_value = "100", value_parser = clap::value_parser!(u64).range(1..))]
    baseline_proofs: u64,
    /// Proofs by Barretenberg's wasm.
    #[arg(long, default_value = "15", value_parser = clap::value_parser!(u64).range(1..))]
    wasm_proofs: u64,
    /// Leave Barretenberg's wasm out.
    #[arg(long)]
    without_wasm: bool,
    /// Let the API answer when a proof is there, at the latest after so many seconds (Prefer: wait); 0 polls.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u32).range(0..=300))]
    prefer_wait: u32,
    /// A few of each, in less than a minute: shows that it works, measures nothing.
    #[arg(long)]
    quick: bool,
}

/// How much of what is done.
struct Plan {
    json: bool,
    waiting: Waiting,
    load_proofs: u64,
    step_seconds: u64,
    overload_seconds: u64,
    memory_proofs: u64,
    swap_proofs: u64,
    swap_worker_proofs: u64,
    baseline_proofs: u64,
    wasm_proofs: u64,
}

impl Plan {
    fn new(options: &Options) -> Self {
        let most = |number: u64, quick: u64| if options.quick { number.min(quick) } else { number };
        Self {
            json: options.json,
            waiting: if options.prefer_wait == 0 { Waiting::Poll } else { Waiting::Prefer(options.prefer_wait) },
            load_proofs: most(options.load_proofs, 8),
            step_seconds: most(options.step_seconds, 1),
            overload_seconds: most(options.overload_seconds, 3),
            memory_proofs: most(options.proofs, 30),
            swap_proofs: most(options.swap_proofs, 24),
            swap_worker_proofs: most(options.swap_worker_proofs, 2),
            baseline_proofs: most(options.baseline_proofs, 6),
            wasm_proofs: most(options.wasm_proofs, 2),
        }
    }
}

pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    ensure!(options.workers.contains(&2), "--workers must contain 2: the overload is twice what two can do");
    let plan = Plan::new(options);
    let mut rate_of_two = 0.0;
    for workers in &options.workers {
        let rate = throughput::measure(&plan, *workers).await?;
        if *workers == 2 {
            rate_of_two = rate;
        }
    }
    block_in_place(|| cli_baseline::measure(&plan))?;
    if !options.without_wasm {
        block_in_place(|| wasm_baseline::measure(&plan))?;
    }
    steps::measure(&plan, rate_of_two).await?;
    let lost = overload::measure(&plan, rate_of_two).await?;
    memory::measure(&plan).await?;
    let swaps = swaps::measure(&plan).await?;
    ensure!(lost == 0, "{lost} accepted jobs did not end");
    let failed = swaps.failed_proofs;
    ensure!(failed == 0, "{failed} proofs failed, or were begun twice, while workers were replaced");
    // Fewer would show little.
    let (count, proofs) = (swaps.count, plan.swap_proofs);
    ensure!(10 * count >= proofs, "only {count} swaps during {proofs} proofs: lower --swap-worker-proofs");
    Ok(())
}

/// How far a measurement is, on standard error.
fn progress(length: u64, what: &str) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("  {msg} {bar:40} {human_pos}/{human_len} {per_sec} eta {eta}")?;
    Ok(ProgressBar::new(length).with_style(style).with_message(what.to_owned()))
}
