//! The indexer when its database goes away.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_chain::PROGRAM_ID;
use veilpass_cli::stack::{ChainPublisher, IndexerOptions, LocalChain, PostgresServer, open_to_server, start_indexer};
use veilpass_protocol::{FieldElement, RegistryId};
use veilpass_store::{ChainEventContent, Store, StoreConfig};

use crate::stack::DATABASE;

const PATIENCE: Duration = Duration::from_secs(60);

/// Numbers of the roots that are rows, in order.
async fn sequences(store: &Store) -> Vec<u64> {
    let events = store.chain_events(&PROGRAM_ID.to_string(), 0, u32::MAX).await.unwrap_or_default();
    let sequence = |content| match content {
        ChainEventContent::MerkleRootUpdated { sequence, .. } => Some(sequence),
        _ => None,
    };
    let mut found: Vec<_> = events.into_iter().filter_map(|event| sequence(event.content)).collect();
    found.sort_unstable();
    found
}

async fn wait_for(store: &Store, roots: u64) {
    let all: Vec<_> = (1..=roots).collect();
    let deadline = Instant::now() + PATIENCE;
    while sequences(store).await != all {
        assert!(Instant::now() < deadline, "{:?}", sequences(store).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_under_the_indexer_costs_no_event() {
    let dir = tempfile::Builder::new().prefix("veilpass-it-").tempdir().unwrap();
    open_to_server(dir.path()).unwrap();
    let mut postgres = PostgresServer::start(&dir.path().join("postgres")).await.unwrap();
    postgres.recreate_database(DATABASE).await.unwrap();
    let url = postgres.url(DATABASE);
    let store = Store::connect_lazy(&url, &StoreConfig::default()).unwrap();
    store.migrate().await.unwrap();
    let key = Keypair::new();
    let funded = [key.pubkey().to_string()];
    let chain = LocalChain::start(&LocalChain::build().unwrap(), &funded, &dir.path().join("chain.log")).await.unwrap();
    let publisher = ChainPublisher::new(chain.rpc(), key);
    let registry = RegistryId::new(FieldElement::from_u64(1));
    publisher.initialize(registry).await.unwrap();
    let log = dir.path().join("indexer.log");
    let options = IndexerOptions {
        database_url: &url,
        rpc: chain.rpc(),
        ws: chain.ws(),
        poll_ms: 1_000,
        log: &log,
        filter: None,
        flags: &[],
    };
    let mut indexer = start_indexer(&options).unwrap();

    let mut published = 0;
    for round in 0..3 {
        publisher.publish(registry, published, 10, || {}).await.unwrap();
        published += 10;
        if round > 0 {
            wait_for(&store, published).await;
        }
        // In the first round while the rows are being written, in others when they are.
        postgres.kill().await;
        let last = publisher.publish(registry, published, 10, || {}).await.unwrap();
        published += 10;
        publisher.confirmed(&last).await.unwrap();
        indexer.check().unwrap();
        postgres.launch().await.unwrap();
        wait_for(&store, published).await;
    }
    indexer.check().unwrap();
    let counts = store.chain_counts(&PROGRAM_ID.to_string()).await.unwrap();
    assert_eq!((counts.finalized + counts.confirmed, counts.skipped), (published + 1, 0));
    indexer.stop(Signal::SIGTERM, PATIENCE).await;
    postgres.stop().await;
}
