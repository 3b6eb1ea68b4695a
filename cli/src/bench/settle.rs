//! From an accepted proof to the indexer's row of it: relayer, chain and indexer together.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::signal::Signal;
use veilpass_chain::SigningKey;
use veilpass_protocol::{EpochPolicy, FieldElement, Leaf, Pepper, RegistryId, TokenId, TrackId, WalletHash};
use veilpass_store::{Enrolment, NewRegistry, Store, StoreConfig, VerificationRecord, VerificationState};
use veilpass_svm::{Listener, ProofMaker};

use super::report::{Report, Samples};
use crate::{
    holders::{CLUSTER, program_id},
    operator::{ChainRpc, NewAnchoredRegistry, create_anchored_registry, wait_for_roots},
    stack::{IndexerOptions, LocalChain, PostgresServer, RelayerOptions, open_to_server, start_indexer, start_relayer},
};

const TRACK: &str = "first-light";
const PATIENCE: Duration = Duration::from_secs(120);
const EPOCHS: EpochPolicy = EpochPolicy { length_seconds: 7 * 86_400, grace_seconds: 3_600 };
const ROOT_LIFETIME_SECONDS: u64 = 7 * 86_400;

/// Settles so many proofs, one after the other, on a local chain whose slots take 400 ms.
pub(super) async fn measure(report: &Report, samples: u8) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("veilpass-bench-").tempdir()?;
    open_to_server(dir.path())?;
    let postgres = PostgresServer::start(&dir.path().join("postgres")).await?;
    postgres.recreate_database("veilpass").await?;
    let url = postgres.url("veilpass");
    let store = Store::connect_lazy(&url, &StoreConfig::default())?;
    store.migrate().await?;

    let key_file = dir.path().join("fee-payer.json");
    let key = SigningKey::read_or_create(&key_file)?;
    let binary = tokio::task::block_in_place(LocalChain::build)?;
    let chain = LocalChain::start(&binary, &[key.address().to_string()], &dir.path().join("chain.log")).await?;
    let registry = NewRegistry {
        id: RegistryId::new(FieldElement::from_u64(1)),
        slug: "bench".into(),
        program_id: program_id(),
        cluster: CLUSTER.into(),
        epochs: EPOCHS,
        root_lifetime_seconds: ROOT_LIFETIME_SECONDS,
        anchored: true,
    };
    let publisher = key.address();
    let new = NewAnchoredRegistry { registry: &registry, tracks: &[TRACK], authority: &key, publisher };
    create_anchored_registry(&store, &ChainRpc::new(chain.rpc()), &new).await?;

    // The proofs are made beforehand, under the root of a tree of their own makers.
    let listeners = (1..=samples).map(|number| Listener::new(number, TRACK)).collect();
    let mut maker = tokio::task::block_in_place(|| ProofMaker::new(listeners))?;
    store.enrol(registry.id, &[enrolment()]).await?;
    store.publish_root(registry.id, maker.root(), 1, 1).await?;
    let (rpc, ws) = (chain.rpc(), chain.ws());
    let (indexer_log, relayer_log) = (dir.path().join("indexer.log"), dir.path().join("relayer.log"));
    let options =
        IndexerOptions { database_url: &url, rpc, ws, poll_ms: 1_000, log: &indexer_log, filter: None, flags: &[] };
    let mut indexer = start_indexer(&options)?;
    let mut relayer = start_relayer(&RelayerOptions {
        database_url: &url,
        rpc,
        fee_payer_file: &key_file,
        batch_age_ms: 500,
        lease_seconds: 30,
        log: &relayer_log,
        filter: None,
        flags: &[],
    })?;
    let root = wait_for_roots(&store, registry.id, PATIENCE, || {
        relayer.check()?;
        indexer.check()
    })
    .await?;

    let bar = ProgressBar::new(u64::from(samples))
        .with_style(ProgressStyle::with_template("settling {bar:40} {pos}/{len} eta {eta}")?);
    let mut taken = Samples::default();
    for number in 0..usize::from(samples) {
        let epoch = EPOCHS.at(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
        let made = tokio::task::block_in_place(|| maker.prove(number, registry.id, epoch, number as u64));
        let (proof, public_inputs) = made?;
        let record = VerificationRecord { public_inputs, root_seq: root.seq };
        let since = Instant::now();
        let id = store.record_verification_to_settle(&record, &proof).await?;
        loop {
            let status = store.verification_status(id).await?.context("the verification is gone")?;
            match status.state {
                VerificationState::Verified | VerificationState::Final => break,
                VerificationState::Refused => bail!("refused: {:?}", status.last_error),
                _ => {}
            }
            ensure!(since.elapsed() < PATIENCE, "a proof does not settle: {status:?}\n{}", relayer.tail());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        taken.push(since.elapsed());
        bar.inc(1);
    }
    bar.finish_and_clear();
    report.line("settle_p50_ms", taken.percentile(50) * 1e3, "ms");
    report.line("settle_p95_ms", taken.percentile(95) * 1e3, "ms");
    report.line("settle_spent_lamports", store.spent_in_a_day().await? as f64 / f64::from(samples), "lamports");
    relayer.stop(Signal::SIGTERM, PATIENCE).await;
    indexer.stop(Signal::SIGTERM, PATIENCE).await;
    store.close().await;
    postgres.stop().await;
    Ok(())
}

fn enrolment() -> Enrolment {
    Enrolment {
        wallet_hash: WalletHash::new(&Pepper::new([1; 32]), &[2; 32]),
        token_id: TokenId::new(FieldElement::from_u64(1)),
        track_id: TrackId::from_slug(TRACK),
        leaf: Leaf::new(FieldElement::from_u64(1)),
    }
}
