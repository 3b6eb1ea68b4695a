//! Postgres: the truth of the service. All SQL that services run is in this crate.
//!
//! [`Store`] is a pool; each file adds the operations of one concern to it. Times are the database's (`now()`), so
//! machines need not agree on the clock. Field elements are stored as their canonical 32 bytes, big-endian.
//!
//! - `registries.rs`, `leaves.rs`, `roots.rs`, `enrolments/`: what a registry is, and who is in its tree
//! - `leaf_changes.rs`, `tree_log.rs`, `leaf_versions.rs`: the log of a tree, read by those who have or download one
//! - `jobs/`, `signals/`, `provers.rs`, `prover_*.rs`: the queue, who waits for it, who serves it
//! - `verifications.rs`, `grants.rs`, `grant_keys.rs`: proofs that were spent, and what sessions got for them
//! - `outbox/`, `chain_*.rs`: what the chain must be told, and what it said
//! - `leadership.rs`, `replica_place.rs`: what only one process may do

mod chain_batch;
mod chain_cursor;
mod chain_events;
mod chain_mirror;
mod chain_rows;
mod convert;
mod enrolments;
mod error;
mod grant_keys;
mod grants;
mod jobs;
mod keep_reporting;
mod leadership;
mod leaf_changes;
mod leaf_versions;
mod leaves;
mod outbox;
mod pending;
mod prover_keys;
mod prover_trees;
mod provers;
mod registries;
mod relay_figures;
mod replica_place;
mod roots;
mod service_reports;
mod signals;
mod tree_log;
mod verification_status;
mod verifications;

use std::{str::FromStr, time::Duration};

pub use chain_batch::{ChainBatch, ChainChanges, SkippedTransaction};
pub use chain_cursor::{ChainCounts, ChainProgress};
pub use chain_events::{ChainEvent, ChainEventContent, ChainRoot};
pub use enrolments::{
    ActiveEnrolment, AssetLine, EnrolOwnerError, EnrolmentEnd, EnrolmentLine, EnrolmentState, EnrolmentStatus,
    EnrolmentToCheck, HeldToken, Import, LineProblem, NewOwnedEnrolment, OwnedEnrolment,
};
pub use error::StoreError;
pub use grant_keys::{GrantKey, GrantKeyPhase, NewGrantKey, SEALED_GRANT_KEY_BYTES};
pub use grants::{NewGrant, RevokedGrants};
pub use jobs::{
    ARCHIVE_DAYS, ArchivedJob, AttemptFailure, CLIENT_BUCKETS, Cancelled, ClaimedJob, ClientBucket, DeadLetters,
    EnqueueError, FetchOutcome, FetchedProof, JobFailure, JobOutcome, JobState, KeyLoad, LeasedJob, MAX_ATTEMPTS,
    NewJob, ProofJob, QueueDepth, QueueLoad, TokenHash,
};
pub use keep_reporting::Reporting;
pub use leadership::Leadership;
pub use leaf_changes::LeafChange;
pub use leaf_versions::LeafVersion;
pub use leaves::Enrolment;
pub use outbox::{
    AttemptOutcome, AttemptRecorded, ChainAttempt, ChainStep, IntentEnd, IntentLease, IntentTask, LeasedIntent,
};
pub use pending::PendingChanges;
pub use prover_keys::AnnouncedKey;
pub use prover_trees::{ProverTree, ProverTreeReport};
pub use provers::{LiveProver, ProverReport};
pub use registries::{NewRegistry, Registry};
pub use relay_figures::{OutboxDepth, RelayFigures};
pub use replica_place::{PlaceAttempt, PlaceHolder, ReplicaPlace};
pub use roots::{PublishError, PublishedRoot};
pub use service_reports::{MAX_REPORT_BYTES, ReportError, ServiceInstance, ServiceReport};
pub use signals::{
    JobFollower, JobNews, JobSignals, JobStage, JobWatch, MAX_END_WAITS, ParseStageError, STAGE_CHANNEL, StageMessage,
    WaitPermit,
};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
pub use tree_log::TreeLogError;
pub use verification_status::{VerificationState, VerificationStatus};
pub use verifications::{RecordError, VerificationRecord};

/// The project's migrations, in order.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// A pool of connections to the project's database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
}

/// How to connect.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Most connections held at once.
    pub max_connections: u32,
    /// For how long a caller waits for a connection before it is told that the database is unavailable.
    pub acquire_timeout: Duration,
    /// After how long the server ends a statement.
    pub statement_timeout: Duration,
    /// Shown in `pg_stat_activity`.
    pub application_name: &'static str,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            max_connections: 20,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(30),
            application_name: "veilpass",
        }
    }
}

impl Store {
    /// Prepares a pool for a `postgres://` URL. Connects when first used, so a service starts (and reports itself not
    /// ready) while the database is away.
    pub fn connect_lazy(url: &str, config: &StoreConfig) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| StoreError::Url)?
            .application_name(config.application_name)
            .options([("statement_timeout", format!("{}ms", config.statement_timeout.as_millis()))]);
        let pool = PgPoolOptions::new()
            .max_connections(config.max_connections)
            .acquire_timeout(config.acquire_timeout)
            .idle_timeout(Duration::from_secs(30))
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// Uses a pool that exists already.
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Applies the migrations that are missing. Safe to call from several processes at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        MIGRATOR.run(&self.pool).await.map_err(StoreError::Migrate)
    }

    /// The newest migration that is applied; `None` in a database without our schema.
    pub async fn schema_version(&self) -> Result<Option<i64>, StoreError> {
        let known: bool =
            sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&self.pool).await?;
        if !known {
            return Ok(None);
        }
        let version = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success");
        Ok(version.fetch_one(&self.pool).await?)
    }

    /// One round trip, to see whether the database answers and has our tables; [`Self::schema_version`] says of which migration.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 FROM registries LIMIT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Connections to the database: all, and those that nobody uses at the moment.
    pub fn connections(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle())
    }

    /// Closes all connections, after those in use are returned.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
