//! What provers say of their trees: for audits.

use std::time::Duration;

use sqlx::Row;
use veilpass_protocol::{MerkleRoot, RegistryId};

use crate::{
    Store, StoreError,
    convert::{bigint, element, unsigned},
};

/// What a prover says of its tree of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProverTreeReport {
    /// The registry.
    pub registry: RegistryId,
    /// Number of the root that it brought the tree to.
    pub root_seq: u64,
    /// What the tree hashes to.
    pub root: MerkleRoot,
    /// Number of the newest change in it.
    pub change_seq: u64,
}

/// Such a report, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProverTree {
    /// The prover's name.
    pub prover: String,
    /// What it says.
    pub report: ProverTreeReport,
    /// Seconds since it said so.
    pub age_seconds: u64,
}

/// After this long a prover that reports nothing is taken for gone.
const GONE: Duration = Duration::from_secs(24 * 3600);

impl Store {
    /// Keeps what a prover says of a tree, in place of what it said before.
    pub async fn report_prover_tree(&self, prover: &str, report: &ProverTreeReport) -> Result<(), StoreError> {
        sqlx::query(
            "WITH gone AS (
                 DELETE FROM prover_trees
                 WHERE registry_id = $2 AND prover <> $1 AND reported_at < now() - make_interval(secs => $6)
             )
             INSERT INTO prover_trees (prover, registry_id, root_seq, root, change_seq) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (prover, registry_id) DO UPDATE SET (root_seq, root, change_seq, reported_at) =
                 (excluded.root_seq, excluded.root, excluded.change_seq, now())",
        )
        .bind(prover)
        .bind(report.registry.to_be_bytes())
        .bind(bigint(report.root_seq))
        .bind(report.root.to_be_bytes())
        .bind(bigint(report.change_seq))
        .bind(GONE.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What provers said of a registry's tree within `max_age`, by name.
    pub async fn prover_trees(&self, registry: RegistryId, max_age: Duration) -> Result<Vec<ProverTree>, StoreError> {
        const TABLE: &str = "prover_trees";
        let rows = sqlx::query(
            "SELECT prover, registry_id, root_seq, root, change_seq,
                    greatest(extract(epoch FROM now() - reported_at), 0)::bigint AS age_seconds
             FROM prover_trees WHERE registry_id = $1 AND reported_at > now() - make_interval(secs => $2)
             ORDER BY prover",
        )
        .bind(registry.to_be_bytes())
        .bind(max_age.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ProverTree {
                    prover: row.try_get("prover")?,
                    report: ProverTreeReport {
                        registry,
                        root_seq: unsigned(row, TABLE, "root_seq")?,
                        root: element(row, TABLE, "root", MerkleRoot::new)?,
                        change_seq: unsigned(row, TABLE, "change_seq")?,
                    },
                    age_seconds: unsigned(row, TABLE, "age_seconds")?,
                })
            })
            .collect()
    }
}
