//! `veilpass bench api`: the API away from proving: reads at a fixed rate, many event streams, the download of the leaves.

mod leaves;
mod reads;
mod stack;
mod streams;

use std::time::Duration;

use serde_json::{Value, json};

use super::report::{Report, machine};

/// `veilpass bench api`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Requests a second on the read paths.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// For how long, in seconds.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Event streams that are open at once.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u64).range(1..=2000))]
    streams: u64,
    /// Enrolled leaves of the registry that is downloaded.
    #[arg(long, default_value = "100000", value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    leaves: u64,
}

/// Measures with Redis, as replicas have it, and then the reads again without, as the embedded default has it.
pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    for with_redis in [true, false] {
        let stack = stack::ApiStack::start(with_redis).await?;
        let context = context(options, with_redis);
        let report = Report::new(options.json, context);
        let plan = reads::Plan { rate: options.rate, duration: Duration::from_secs(options.seconds) };
        reads::measure(&stack, &plan, &report).await?;
        if with_redis {
            streams::measure(&stack, options.streams, &report).await?;
            leaves::measure(&stack, options.leaves, &report).await?;
        }
        stack.stop().await?;
    }
    Ok(())
}

fn context(options: &Options, with_redis: bool) -> Value {
    json!({
        "variant": if with_redis { None } else { Some("without Redis") },
        "machine": machine(),
        "shared_state": if with_redis { "redis" } else { "memory" },
        "requests_per_second": options.rate,
        "seconds": options.seconds,
        "streams": options.streams,
        "leaves": options.leaves,
        "load": "from the same machine; latency counts from when a request was due",
    })
}
