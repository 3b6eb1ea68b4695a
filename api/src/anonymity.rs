//! Among how many a listener hides: the holders of a track, as the tree has them under the newest root that counts.

use std::time::Duration;

use moka::future::Cache;
use serde::Serialize;
use utoipa::ToSchema;
use veilpass_protocol::{RegistryId, TrackId};
use veilpass_store::{PublishedRoot, Store};

use crate::problem::Problem;

/// What is done about a track that too few hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AnonymityPolicy {
    /// Say so in the answer.
    #[default]
    Warn,
    /// Neither make nor settle proofs of it.
    Refuse,
}

/// For how long the holders under one root are kept after they were last asked for. They do not change.
const IDLE: Duration = Duration::from_secs(60);
/// Most tracks whose holders are kept; an entry has about 300 bytes.
const CAPACITY: u64 = 4096;

/// Counts holders. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Anonymity {
    store: Store,
    floor: u64,
    policy: AnonymityPolicy,
    holders: Cache<(RegistryId, TrackId, u64), u64>,
}

/// Among how many a holder of a track hides.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct AnonymitySet {
    /// Number of the root under which this was counted.
    root_seq: u64,
    /// Active leaves of the track.
    holders: u64,
    /// Fewer than this are too few.
    floor: u64,
    /// Whether there are too few.
    is_below_floor: bool,
}

impl Anonymity {
    pub(crate) fn new(store: Store, floor: u64, policy: AnonymityPolicy) -> Self {
        let holders = Cache::builder().max_capacity(CAPACITY).time_to_idle(IDLE).build();
        Self { store, floor, policy, holders }
    }

    /// The set of a track that exists; none while its registry has no root.
    pub(crate) async fn of(&self, registry: RegistryId, track: TrackId) -> Result<Option<AnonymitySet>, Problem> {
        let Some(root) = self.store.newest_root(registry).await? else { return Ok(None) };
        let holders = self.holders(registry, track, &root).await?;
        let (root_seq, floor) = (root.seq, self.floor);
        Ok(Some(AnonymitySet { root_seq, holders, floor, is_below_floor: holders < floor }))
    }

    /// The same; an error if there are too few and this deployment refuses such.
    pub(crate) async fn check(
        &self,
        registry: RegistryId,
        track: TrackId,
        field: &'static str,
    ) -> Result<Option<AnonymitySet>, Problem> {
        match self.of(registry, track).await? {
            Some(set) if set.is_below_floor && self.policy == AnonymityPolicy::Refuse => Err(Problem::refused(
                "anonymity-set-too-small",
                field,
                format!("{} hold this track, and this API wants {} to hide among", set.holders, set.floor),
            )),
            set => Ok(set),
        }
    }

    async fn holders(&self, registry: RegistryId, track: TrackId, root: &PublishedRoot) -> Result<u64, Problem> {
        // Of many that ask at once one counts, and its error is shared.
        let count = self.store.holders(registry, track, root);
        self.holders.try_get_with((registry, track, root.seq), count).await.map_err(Problem::from)
    }
}
