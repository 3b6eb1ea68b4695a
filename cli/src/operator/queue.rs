//! The queue of proof jobs, and who serves it.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};
use serde_json::{Value, json};
use veilpass_store::{DeadLetters, LiveProver, QueueDepth, Store, StoreConfig};

/// Dead letters of this time are shown.
const PERIOD: Duration = Duration::from_secs(24 * 3600);

/// `veilpass queue`
#[derive(clap::Args, Clone, Debug)]
pub struct QueueOptions {
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// One JSON document instead of tables.
    #[arg(long)]
    json: bool,
}

struct Report {
    depth: QueueDepth,
    provers: Vec<LiveProver>,
    dead: Vec<DeadLetters>,
}

/// Shows jobs by state, live provers, and what was given up in the last day.
pub async fn show_queue(options: QueueOptions) -> anyhow::Result<ExitCode> {
    let config = StoreConfig { max_connections: 1, application_name: "veilpass-cli", ..StoreConfig::default() };
    let store = Store::connect_lazy(&options.database_url, &config)?;
    let report = Report::read(&store).await.context("cannot read the queue; is the database migrated?")?;
    store.close().await;
    if options.json {
        println!("{}", report.json())
    } else {
        report.print()
    }
    Ok(ExitCode::SUCCESS)
}

impl Report {
    async fn read(store: &Store) -> Result<Self, veilpass_store::StoreError> {
        let (depth, provers) = (store.queue_depth().await?, store.live_provers().await?);
        Ok(Self { depth, provers, dead: store.dead_letters(PERIOD).await? })
    }

    fn json(&self) -> Value {
        let Self { depth, provers, dead } = self;
        let prover = |live: &LiveProver| {
            let report = &live.report;
            json!({
                "name": report.name,
                "prover_key_id": report.key,
                "workers": report.workers,
                "mean_proof_ms": report.mean_proof.as_millis() as u64,
                "seen_seconds_ago": live.age.as_secs_f64(),
            })
        };
        let letters = |letters: &DeadLetters| json!({ "reason": letters.reason, "count": letters.count });
        json!({
            "queued": depth.queued,
            "leased": depth.leased,
            "oldest_queued_seconds": depth.oldest_queued_age.map(|age| age.as_secs_f64()),
            "provers": provers.iter().map(prover).collect::<Vec<_>>(),
            "dead_letters_last_day": dead.iter().map(letters).collect::<Vec<_>>(),
        })
    }

    fn print(&self) {
        let Self { depth, provers, dead } = self;
        let oldest = depth.oldest_queued_age.map_or_else(String::new, |age| format!("{:.1} s", age.as_secs_f64()));
        let mut jobs = table(["queued", "leased", "the oldest waits for"]);
        jobs.add_row([depth.queued.to_string(), depth.leased.to_string(), oldest]);
        println!("{jobs}");
        if provers.is_empty() {
            println!("no prover has reported in the last seconds");
        } else {
            let mut rows = table(["prover", "workers", "mean proof", "seen"]);
            for LiveProver { report, age } in provers {
                let (mean, seen) = (report.mean_proof.as_millis(), age.as_secs_f64());
                let workers = report.workers.to_string();
                rows.add_row([report.name.clone(), workers, format!("{mean} ms"), format!("{seen:.1} s ago")]);
            }
            println!("{rows}");
        }
        if dead.is_empty() {
            println!("no job was given up in the last day");
        } else {
            let mut rows = table(["given up in the last day", "jobs"]);
            for letters in dead {
                let reason = letters.reason.clone().unwrap_or_else(|| "unknown".to_owned());
                rows.add_row([reason, letters.count.to_string()]);
            }
            println!("{rows}");
        }
    }
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_BORDERS_ONLY).set_header(header);
    table
}
