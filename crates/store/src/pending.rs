//! Changes of trees that wait for a root.

use std::time::Duration;

use sqlx::Row;
use veilpass_protocol::RegistryId;

use crate::{
    Store, StoreError,
    convert::{element, unsigned},
};

/// How far the roots of an anchored registry are behind its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingChanges {
    /// The registry.
    pub registry: RegistryId,
    /// Number of the newest change.
    pub change_seq: u64,
    /// Number of the newest change that a root includes. One that failed apart: the chain has never seen its changes.
    pub included: u64,
    /// Number of the newest root; 0 before the first.
    pub root_seq: u64,
    /// How long the oldest change has waited that no root includes; zero if there is none.
    pub oldest: Duration,
    /// Whether less than a third of the lifetime is left of the newest root, those that failed apart.
    pub is_ageing: bool,
    /// Whether the newest root is still on its way to the chain: neither seen there nor given up.
    pub is_under_way: bool,
}

impl PendingChanges {
    /// How many changes wait.
    pub fn count(&self) -> u64 {
        self.change_seq.saturating_sub(self.included)
    }
}

/// In SQL, for a root `r`: the newest root `p` of its registry of which that is true and that the chain has, or will unless
/// it fails.
pub(crate) fn newest_that_counts(condition: &str) -> String {
    format!(
        "SELECT p.change_seq, p.expires_at FROM roots p
         LEFT JOIN chain_outbox b ON b.registry_id = p.registry_id AND b.root_seq = p.seq
         WHERE p.registry_id = r.registry_id AND {condition}
           AND (p.chain_slot IS NOT NULL OR b.state IS DISTINCT FROM 'failed')
         ORDER BY p.seq DESC LIMIT 1"
    )
}

impl Store {
    /// How far the roots of each anchored registry of a program are behind its tree.
    pub async fn pending_changes(&self, program: &str) -> Result<Vec<PendingChanges>, StoreError> {
        const TABLE: &str = "registries";
        let counts = newest_that_counts("p.seq <= r.seq");
        let rows = sqlx::query(&format!(
            "SELECT g.id, g.change_seq, coalesce(n.change_seq, 0) AS included, coalesce(r.seq, 0) AS root_seq,
                    greatest(extract(epoch FROM now() - c.changed_at), 0)::float8 AS oldest,
                    coalesce(n.expires_at - now() < make_interval(secs => g.root_lifetime_seconds / 3.0), false)
                        AS is_ageing,
                    coalesce(r.chain_slot IS NULL AND o.state <> 'failed', false) AS is_under_way
             FROM registries g
             LEFT JOIN LATERAL (SELECT * FROM roots WHERE registry_id = g.id ORDER BY seq DESC LIMIT 1) r ON true
             LEFT JOIN chain_outbox o ON o.registry_id = g.id AND o.root_seq = r.seq
             LEFT JOIN LATERAL ({counts}) n ON true
             LEFT JOIN leaf_changes c ON c.registry_id = g.id AND c.seq = coalesce(n.change_seq, 0) + 1
             WHERE g.anchored AND g.program_id = $1 ORDER BY g.id"
        ))
        .bind(program)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let oldest: Option<f64> = row.try_get("oldest")?;
                Ok(PendingChanges {
                    registry: element(row, TABLE, "id", RegistryId::new)?,
                    change_seq: unsigned(row, TABLE, "change_seq")?,
                    included: unsigned(row, TABLE, "included")?,
                    root_seq: unsigned(row, TABLE, "root_seq")?,
                    oldest: Duration::from_secs_f64(oldest.unwrap_or(0.0)),
                    is_ageing: row.try_get("is_ageing")?,
                    is_under_way: row.try_get("is_under_way")?,
                })
            })
            .collect()
    }
}
