//! The indexer: how fast it catches up with a backlog, and how far it is behind the chain when it has.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::signal::Signal;
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::time::sleep;
use veilpass_chain::PROGRAM_ID;
use veilpass_protocol::{FieldElement, RegistryId};
use veilpass_store::{ChainEventContent, Store, StoreConfig};
use veilpass_telemetry::process_memory;

use super::{
    report::{Report, Samples, machine},
    settle,
};
use crate::stack::{ChainPublisher, IndexerOptions, LocalChain, PostgresServer, open_to_server, start_indexer};

const DATABASE: &str = "veilpass";
/// Registries whose roots are published at once: those of one registry must land one after the other.
const REGISTRIES: u64 = 8;
/// A look at the rows takes less than this.
const GLANCE: Duration = Duration::from_millis(2);
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(600);
const ROW_TIMEOUT: Duration = Duration::from_secs(60);

/// `veilpass bench indexer`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Events of the backlog, each in a transaction of its own.
    #[arg(long, default_value = "10000", value_parser = clap::value_parser!(u64).range(REGISTRIES..=1_000_000))]
    events: u64,
    /// Events that are then sent one by one.
    #[arg(long, default_value = "50", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    live: u64,
    /// Proofs that are then settled one by one.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u8).range(1..=200))]
    settlements: u8,
}

pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let binary = LocalChain::build()?;
    let dir = tempfile::Builder::new().prefix("veilpass-bench-").tempdir()?;
    open_to_server(dir.path())?;
    let postgres = PostgresServer::start(&dir.path().join("postgres")).await?;
    let outcome = measure(options, &binary, dir.path(), &postgres).await;
    postgres.stop().await;
    outcome?;
    let context = json!({
        "proofs": options.settlements, "from": "accepted by the database", "to": "confirmed, by relayer or indexer",
        "chain": "surfpool 1.6.1, slots of 400 ms", "machine": machine(),
    });
    settle::measure(&Report::new(options.json, context), options.settlements).await
}

async fn measure(options: &Options, binary: &Path, dir: &Path, postgres: &PostgresServer) -> anyhow::Result<()> {
    postgres.recreate_database(DATABASE).await?;
    let url = postgres.url(DATABASE);
    let store = Store::connect_lazy(&url, &StoreConfig::default())?;
    store.migrate().await?;
    let key = Keypair::new();
    let chain = LocalChain::start(binary, &[key.pubkey().to_string()], &dir.join("chain.log")).await?;
    let publisher = ChainPublisher::new(chain.rpc(), key);
    let since = Instant::now();
    let mut published = backlog(&publisher, options.events).await?;
    let sending = since.elapsed();
    let context = json!({
        "events": options.events, "live_events": options.live, "transactions_per_event": 1,
        "chain": "surfpool 1.6.1, slots of 400 ms", "postgres": "private, fsync off", "machine": machine(),
    });
    let report = Report::new(options.json, context);
    report.line("indexer_backlog_sent_per_s", options.events as f64 / sending.as_secs_f64(), "transactions/s");

    let log: PathBuf = dir.join("indexer.log");
    let since = Instant::now();
    let indexer = start_indexer(&IndexerOptions {
        database_url: &url,
        rpc: chain.rpc(),
        ws: chain.ws(),
        poll_ms: 1_000,
        log: &log,
        filter: None,
        flags: &[],
    })?;
    let all = options.events + REGISTRIES;
    caught_up(&store, all).await.with_context(|| format!("the end of the indexer's log:\n{}", indexer.tail()))?;
    let took = since.elapsed().as_secs_f64();
    report.line("indexer_catchup_events_per_s", all as f64 / took, "events/s");
    report.line("indexer_catchup_s", took, "s");
    check(&store, &published).await?;

    let lags = live(&publisher, &store, &mut published, options.live).await?;
    report.line("indexer_live_lag_p50_ms", lags.percentile(50) * 1e3, "ms");
    report.line("indexer_live_lag_p95_ms", lags.percentile(95) * 1e3, "ms");
    check(&store, &published).await?;
    let memory = indexer.pid().and_then(process_memory).context("the indexer's memory")?;
    report.line("indexer_rss_mb", memory.resident_mb(), "MB");
    report.line("indexer_peak_rss_mb", memory.peak_mb(), "MB");
    indexer.stop(Signal::SIGTERM, Duration::from_secs(10)).await;
    store.close().await;
    Ok(())
}

fn bar(events: u64, what: &str) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("  {msg} {bar:40} {human_pos}/{human_len} {per_sec} eta {eta}")?;
    Ok(ProgressBar::new(events).with_style(style).with_message(what.to_owned()))
}

/// Publishes that many roots. Returns how many each registry has.
async fn backlog(publisher: &ChainPublisher, events: u64) -> anyhow::Result<BTreeMap<u64, u64>> {
    let bar = bar(events, "making the backlog")?;
    let share = |number: u64| events / REGISTRIES + u64::from(number < events % REGISTRIES);
    let lanes = (0..REGISTRIES).map(|number| {
        let bar = &bar;
        async move {
            let registry = registry(number);
            publisher.initialize(registry).await?;
            let last = publisher.publish(registry, 0, share(number), || bar.inc(1)).await?;
            publisher.confirmed(&last).await
        }
    });
    futures_util::future::try_join_all(lanes).await?;
    bar.finish_and_clear();
    Ok((0..REGISTRIES).map(|number| (number, share(number))).collect())
}

fn registry(number: u64) -> RegistryId {
    RegistryId::new(FieldElement::from_u64(100 + number))
}

/// Waits for the last row.
async fn caught_up(store: &Store, all: u64) -> anyhow::Result<()> {
    let bar = bar(all, "catching up")?;
    let program = PROGRAM_ID.to_string();
    tokio::time::timeout(CATCH_UP_TIMEOUT, async {
        loop {
            let counts = store.chain_counts(&program).await?;
            ensure!(counts.skipped == 0, "the indexer skipped {} transactions", counts.skipped);
            bar.set_position(counts.finalized + counts.confirmed);
            if counts.finalized + counts.confirmed >= all {
                bar.finish_and_clear();
                return Ok(());
            }
            sleep(10 * GLANCE).await;
        }
    })
    .await
    .context("the indexer does not catch up")?
}

/// Every root is a row, once.
async fn check(store: &Store, published: &BTreeMap<u64, u64>) -> anyhow::Result<()> {
    let events = store.chain_events(&PROGRAM_ID.to_string(), 0, u32::MAX).await?;
    for (number, roots) in published {
        let sequence = |content: &ChainEventContent| match content {
            ChainEventContent::MerkleRootUpdated { sequence, .. } => Some(*sequence),
            _ => None,
        };
        let of = events.iter().filter(|event| event.registry_id == registry(*number));
        let mut found: Vec<u64> = of.filter_map(|event| sequence(&event.content)).collect();
        found.sort_unstable();
        ensure!(found.iter().copied().eq(1..=*roots), "registry {number} lacks rows, or has some twice");
    }
    Ok(())
}

/// Publishes roots one by one, and measures from when each is seen to be confirmed to when its row is seen.
async fn live(
    publisher: &ChainPublisher,
    store: &Store,
    published: &mut BTreeMap<u64, u64>,
    events: u64,
) -> anyhow::Result<Samples> {
    let program = PROGRAM_ID.to_string();
    let bar = bar(events, "following live")?;
    let mut lags = Samples::default();
    for number in 0..events {
        let progress = store.chain_progress(&program).await?.context("the indexer has been here")?;
        let roots = published.entry(number % REGISTRIES).or_default();
        let signature = publisher.publish(registry(number % REGISTRIES), *roots, 1, || {}).await?;
        *roots += 1;
        let text = signature.to_string();
        let confirmed = async {
            publisher.confirmed(&signature).await?;
            anyhow::Ok(Instant::now())
        };
        let row = async {
            loop {
                let rows = store.chain_events(&program, progress.indexed_slot, u32::MAX).await?;
                if rows.iter().any(|event| event.signature == text) {
                    return anyhow::Ok(Instant::now());
                }
                sleep(GLANCE).await;
            }
        };
        let both = async { tokio::try_join!(confirmed, row) };
        let (confirmed, row) = tokio::time::timeout(ROW_TIMEOUT, both).await.context("a row does not come")??;
        // The indexer may see it before we do.
        lags.push(row.saturating_duration_since(confirmed));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(lags)
}
