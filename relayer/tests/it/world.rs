//! A registry in Postgres and on a chain, and relayers that can be stopped anywhere.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use solana_keypair::Keypair;
use solana_signer::Signer;
use sqlx::PgPool;
use tokio::sync::Notify;
use veilpass_chain::{Registry, RegistryParameters, SigningKey, initialize_registry, registry_address};
use veilpass_protocol::{
    Epoch, EpochPolicy, FieldElement, Leaf, MerkleRoot, Pepper, RegistryId, TokenId, TrackId, WalletHash,
};
use veilpass_relayer::{Checkpoint, Observer, Relayer, RelayerOptions, RpcPool};
use veilpass_store::{Enrolment, NewRegistry, Store};

use crate::chain::{LocalChain, SLOT_MS};

pub(crate) const TRACK: &str = "first-light";
const EPOCHS: EpochPolicy = EpochPolicy { length_seconds: 86_400, grace_seconds: 3_600 };
const ROOT_LIFETIME: u64 = 7 * 86_400;
/// Short, so that what a killed relayer held is soon free.
const LEASE: Duration = Duration::from_millis(600);

/// Impatient, as the chain's slots are short.
pub(crate) fn options() -> RelayerOptions {
    RelayerOptions {
        lease: LEASE,
        poll: Duration::from_millis(25),
        resend: Duration::from_millis(400),
        finality_poll: Duration::from_millis(400),
        ..RelayerOptions::default()
    }
}

pub(crate) struct World {
    pub(crate) chain: LocalChain,
    pub(crate) store: Store,
    pub(crate) database: PgPool,
    pub(crate) registry: RegistryId,
    pub(crate) track: TrackId,
    pub(crate) operator: Keypair,
}

impl World {
    pub(crate) async fn new(pool: &PgPool) -> Self {
        Self::with_slots(pool, SLOT_MS).await
    }

    /// On a chain of slots of so many milliseconds.
    pub(crate) async fn with_slots(pool: &PgPool, slot_ms: u64) -> Self {
        let operator = Keypair::new();
        let registry = RegistryId::new(FieldElement::from_u64(77));
        let chain = Self::chain_with_registry(&operator, registry, slot_ms).await;
        let store = Store::from_pool(pool.clone());
        let new = NewRegistry {
            id: registry,
            slug: "main".into(),
            program_id: veilpass_chain::PROGRAM_ID.to_string(),
            cluster: "localnet".into(),
            epochs: EPOCHS,
            root_lifetime_seconds: ROOT_LIFETIME,
            anchored: true,
        };
        store.create_registry(&new).await.unwrap();
        let track = store.create_track(registry, TRACK).await.unwrap();
        Self { chain, store, database: pool.clone(), registry, track, operator }
    }

    /// A chain on which only that registry was made: the next one with the same key is a fork of the first.
    pub(crate) async fn chain_with_registry(operator: &Keypair, registry: RegistryId, slot_ms: u64) -> LocalChain {
        let chain = LocalChain::start(&[operator.pubkey()], slot_ms);
        let parameters = RegistryParameters {
            registry_id: registry.to_be_bytes(),
            publisher: operator.pubkey(),
            epoch_length_seconds: EPOCHS.length_seconds,
            epoch_grace_seconds: EPOCHS.grace_seconds,
            root_lifetime_seconds: ROOT_LIFETIME,
        };
        chain.send(operator, &[initialize_registry(operator.pubkey(), registry, parameters)]).await;
        chain
    }

    pub(crate) fn epoch() -> Epoch {
        EPOCHS.at(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs())
    }

    /// Enrols a token and records a root after it.
    pub(crate) async fn publish(&self, token: u64, root: MerkleRoot) -> u64 {
        let enrolment = Enrolment {
            wallet_hash: WalletHash::new(&Pepper::new([1; 32]), &[2; 32]),
            token_id: TokenId::new(FieldElement::from_u64(token)),
            track_id: self.track,
            leaf: Leaf::new(FieldElement::from_u64(1_000_000 + token)),
        };
        let index = self.store.enrol(self.registry, &[enrolment]).await.unwrap();
        self.publish_now(root, index + 1).await
    }

    pub(crate) async fn publish_now(&self, root: MerkleRoot, leaves: u64) -> u64 {
        let change_seq = self.store.registry(self.registry).await.unwrap().unwrap().change_seq;
        self.store.publish_root(self.registry, root, change_seq, leaves).await.unwrap().seq
    }

    /// A relayer with the operator's key.
    pub(crate) fn relayer(&self) -> Relayer {
        self.relayer_with(options())
    }

    pub(crate) fn relayer_with(&self, options: RelayerOptions) -> Relayer {
        self.relayer_at(&["http://127.0.0.1:1", &self.chain.url], Duration::from_secs(10), options)
    }

    /// A relayer that asks these endpoints.
    pub(crate) fn relayer_at(&self, urls: &[&str], timeout: Duration, options: RelayerOptions) -> Relayer {
        let key = SigningKey::from_text(&format!("{:?}", self.operator.to_bytes()), "the test").unwrap();
        let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
        let pool = RpcPool::new(&urls, timeout);
        Relayer::new(self.store.clone(), pool, key, options, "test".into())
    }

    pub(crate) async fn state(&self) -> Registry {
        self.chain.read(&registry_address(self.registry)).await.unwrap()
    }

    /// Waits until relayers in other processes have left no intent open.
    pub(crate) async fn until_drained(&self) {
        for _ in 0..2_400 {
            if self.store.open_intents().await.unwrap() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.explain().await;
    }

    /// Ends a test that waits in vain, with what the outbox and the chain say.
    pub(crate) async fn explain(&self) -> ! {
        let rows: Vec<(i64, String, i32, Option<String>)> =
            sqlx::query_as("SELECT id, state::text, attempts, last_error FROM chain_outbox WHERE state <> 'final'")
                .fetch_all(&self.database)
                .await
                .unwrap();
        panic!("waited in vain; the chain is at {:?}, and open are {rows:?}", self.chain.rpc.get_slot().await);
    }

    /// Works until no intent is open.
    pub(crate) async fn drain(&self, relayer: &Relayer) {
        for _ in 0..2_000 {
            if !relayer.work_once().await.unwrap() {
                if self.store.open_intents().await.unwrap() == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        }
        self.explain().await
    }

    /// Works with relayers each of which is killed at one checkpoint later than the one before, until one ends. Returns
    /// how many were killed.
    pub(crate) async fn drain_with_kills(&self, step: usize) -> usize {
        let mut kills = 0;
        for until in (1..).step_by(step) {
            let killer = Killer::at(until);
            let relayer = self.relayer().observed_by(Arc::clone(&killer) as Arc<dyn Observer>);
            tokio::select! {
                () = self.drain(&relayer) => return kills,
                () = killer.reached() => kills += 1,
            }
        }
        unreachable!()
    }
}

/// Holds a relayer for ever at the checkpoint of a number.
pub(crate) struct Killer {
    left: AtomicUsize,
    reached: Notify,
}

impl Killer {
    pub(crate) fn at(checkpoint: usize) -> Arc<Self> {
        Arc::new(Self { left: AtomicUsize::new(checkpoint), reached: Notify::new() })
    }

    /// When the relayer is held.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }
}

impl Observer for Killer {
    fn reached(&self, _: Checkpoint) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
                self.reached.notify_one();
                std::future::pending::<()>().await;
            }
        })
    }
}
