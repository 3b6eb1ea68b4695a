//! `veilpass bench peers`: what others need for the like of a proof, on this machine.

mod groth16;
mod semaphore;

/// `veilpass bench peers`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Proofs of Semaphore v4 after the first.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u16).range(1..=1000))]
    samples: u16,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    groth16::measure(options.json)?;
    semaphore::measure(options.samples, options.json)
}
