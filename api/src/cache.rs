//! What never changes of a registry, kept for a few seconds so that a request need not ask the database for it.
//!
//! Only facts that no statement of the store changes are here. What moves (roots, `min_root_seq`, nullifiers, the chain's
//! progress) is read for every request. What does not exist is not kept: a client could name any number of such things,
//! and something new must count at once.

use std::{sync::Arc, time::Duration};

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use moka::future::Cache;
use veilpass_protocol::{EpochPolicy, RegistryId, TrackId};
use veilpass_store::{Registry, Store, StoreError};

/// For how long a fact is kept: a database that is replaced under a running API is noticed soon.
const LIFETIME: Duration = Duration::from_secs(5);
/// Most bytes of each cache.
const CAPACITY_BYTES: u64 = 1 << 20;
/// What an entry costs beside its value, about: its key, hash table slot, timer and two list nodes.
const ENTRY_BYTES: usize = 256;

/// What never changes of a registry.
#[derive(Debug)]
pub(crate) struct RegistryFacts {
    pub(crate) id: RegistryId,
    /// Base58.
    pub(crate) program_id: String,
    pub(crate) cluster: String,
    pub(crate) epochs: EpochPolicy,
    /// Whether its roots count only once the chain has them.
    pub(crate) anchored: bool,
}

impl From<Registry> for RegistryFacts {
    fn from(registry: Registry) -> Self {
        let Registry { id, program_id, cluster, epochs, anchored, .. } = registry;
        Self { id, program_id, cluster, epochs, anchored }
    }
}

/// The caches. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Facts {
    store: Store,
    registries: Cache<RegistryId, Arc<RegistryFacts>>,
    tracks: Cache<(RegistryId, TrackId), ()>,
}

impl Facts {
    pub(crate) fn new(store: Store) -> Self {
        let registry_bytes = |_: &RegistryId, facts: &Arc<RegistryFacts>| {
            let bytes = ENTRY_BYTES + size_of::<RegistryFacts>() + facts.program_id.len() + facts.cluster.len();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self {
            store,
            registries: Cache::builder()
                .max_capacity(CAPACITY_BYTES)
                .weigher(registry_bytes)
                .time_to_live(LIFETIME)
                .build(),
            tracks: Cache::builder()
                .max_capacity(CAPACITY_BYTES)
                .weigher(|_, ()| ENTRY_BYTES as u32)
                .time_to_live(LIFETIME)
                .build(),
        }
    }

    /// What never changes of this registry; none if there is no such registry.
    pub(crate) async fn registry(&self, id: RegistryId) -> Result<Option<Arc<RegistryFacts>>, StoreError> {
        if let Some(facts) = self.registries.get(&id).await {
            count("registries", "hit");
            return Ok(Some(facts));
        }
        count("registries", "miss");
        let Some(registry) = self.store.registry(id).await? else { return Ok(None) };
        let facts = Arc::new(RegistryFacts::from(registry));
        self.registries.insert(id, Arc::clone(&facts)).await;
        Ok(Some(facts))
    }

    /// Whether a registry has a track. Tracks are added, and never removed.
    pub(crate) async fn has_track(&self, registry: RegistryId, track: TrackId) -> Result<bool, StoreError> {
        if self.tracks.get(&(registry, track)).await.is_some() {
            count("tracks", "hit");
            return Ok(true);
        }
        count("tracks", "miss");
        let exists = self.store.has_track(registry, track).await?;
        if exists {
            self.tracks.insert((registry, track), ()).await;
        }
        Ok(exists)
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.registries.invalidate_all();
        self.tracks.invalidate_all();
        self.drop_expired();
    }

    /// Frees what has expired. Must be called within the runtime.
    pub(crate) fn drop_expired(&self) {
        let Self { registries, tracks, .. } = self.clone();
        tokio::spawn(async move {
            registries.run_pending_tasks().await;
            tracks.run_pending_tasks().await;
            gauge!("veilpass_cache_bytes", "cache" => "registries").set(registries.weighted_size() as f64);
            gauge!("veilpass_cache_bytes", "cache" => "tracks").set(tracks.weighted_size() as f64);
        });
    }
}

fn count(cache: &'static str, outcome: &'static str) {
    counter!("veilpass_cache_lookups_total", "cache" => cache, "outcome" => outcome).increment(1);
}

/// Says what the metrics mean.
pub(crate) fn describe() {
    describe_counter!(
        "veilpass_cache_lookups_total",
        "Look-ups in a cache that found something (hit) or asked the database"
    );
    describe_gauge!("veilpass_cache_bytes", Unit::Bytes, "Size of a cache, as of its last clean-up");
    for cache in ["registries", "tracks"] {
        gauge!("veilpass_cache_bytes", "cache" => cache).increment(0.0);
        for outcome in ["hit", "miss"] {
            counter!("veilpass_cache_lookups_total", "cache" => cache, "outcome" => outcome).increment(0);
        }
    }
}
