//! What waits for the chain, and how old its roots are: for metrics.

use std::time::Duration;

use sqlx::Row;

use crate::{Store, StoreError};

/// Intents of one kind that are not confirmed yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OutboxDepth {
    /// How many.
    pub pending: u64,
    /// For how long the oldest has existed; zero if there is none.
    pub oldest: Duration,
}

/// How the chain is behind the database.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RelayFigures {
    /// Proofs that are to be settled.
    pub settle: OutboxDepth,
    /// Roots that are to be published.
    pub publish: OutboxDepth,
    /// Age of the newest root on the chain, of the anchored registry where it is greatest. `None`: no such registry has one.
    pub root_age: Option<Duration>,
    /// The least share of its lifetime that the newest root on the chain of any of these has left; 0 once it has expired.
    pub root_remaining: Option<f64>,
    /// For how long the oldest change has waited for a root that is on the chain; zero if none waits.
    pub root_overdue: Duration,
}

const FIGURES: &str = "
    WITH open AS (
        SELECT root_seq IS NOT NULL AS publishes, count(*) AS pending, min(created_at) AS oldest
        FROM chain_outbox WHERE state IN ('pending', 'sent') GROUP BY 1
    ), newest AS (
        SELECT g.id, r.change_seq, r.created_at,
               greatest(extract(epoch FROM r.expires_at - now()) / extract(epoch FROM r.expires_at - r.created_at), 0)::float8
                   AS remaining
        FROM registries g LEFT JOIN LATERAL (
            SELECT change_seq, created_at, expires_at FROM roots
            WHERE registry_id = g.id AND chain_slot IS NOT NULL ORDER BY seq DESC LIMIT 1) r ON true
        WHERE g.anchored AND g.program_id = $1
    )
    SELECT coalesce((SELECT pending FROM open WHERE NOT publishes), 0) AS settle,
           coalesce((SELECT pending FROM open WHERE publishes), 0) AS publish,
           greatest(extract(epoch FROM now() - (SELECT oldest FROM open WHERE NOT publishes)), 0)::float8 AS settle_age,
           greatest(extract(epoch FROM now() - (SELECT oldest FROM open WHERE publishes)), 0)::float8 AS publish_age,
           greatest(extract(epoch FROM now() - (SELECT min(created_at) FROM newest)), 0)::float8 AS root_age,
           greatest(extract(epoch FROM now() - (
               SELECT min(c.changed_at) FROM newest n JOIN leaf_changes c
               ON c.registry_id = n.id AND c.seq = coalesce(n.change_seq, 0) + 1)), 0)::float8 AS overdue,
           (SELECT min(remaining) FROM newest WHERE created_at IS NOT NULL) AS remaining,
           EXISTS (SELECT 1 FROM newest n JOIN leaf_changes c
                   ON c.registry_id = n.id AND c.seq = coalesce(n.change_seq, 0) + 1) AS is_overdue";

impl Store {
    /// What waits for a program's chain. Reads the open intents, and one root and one change of each registry.
    pub async fn relay_figures(&self, program: &str) -> Result<RelayFigures, StoreError> {
        let row = sqlx::query(FIGURES).bind(program).fetch_one(&self.pool).await?;
        let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        let age = |column| {
            let seconds: f64 = row.try_get(column)?;
            Ok::<_, sqlx::Error>(Duration::from_secs_f64(seconds))
        };
        let root_remaining: Option<f64> = row.try_get("remaining")?;
        let is_overdue: bool = row.try_get("is_overdue")?;
        Ok(RelayFigures {
            settle: OutboxDepth { pending: count("settle")?, oldest: age("settle_age")? },
            publish: OutboxDepth { pending: count("publish")?, oldest: age("publish_age")? },
            root_age: root_remaining.map(|_| age("root_age")).transpose()?,
            root_remaining,
            root_overdue: if is_overdue { age("overdue")? } else { Duration::ZERO },
        })
    }
}
