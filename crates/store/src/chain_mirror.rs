//! What the chain's events mean for the rest of the database: roots that count, roots that are revoked, nullifiers that are
//! spent, verifications that the chain decided otherwise.

use sqlx::PgConnection;

use crate::{ChainBatch, ChainEventContent, Store, StoreError};

impl Store {
    /// Draws the consequences of all events of a program again: for registries and tracks that were created here after
    /// the chain had them. Returns how many nullifiers became known.
    pub async fn mirror_chain(&self, program: &str) -> Result<u64, StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("SELECT 1 FROM registries WHERE anchored AND program_id = $1 ORDER BY id FOR NO KEY UPDATE")
            .bind(program)
            .execute(&mut *tx)
            .await?;
        let mirrored = mirror(&mut tx, program, None).await?;
        tx.commit().await?;
        Ok(mirrored)
    }
}

/// Locks the registries whose roots a batch may move, before any nullifier: `record_verification` does it in that order.
pub(crate) async fn lock_registries(tx: &mut PgConnection, batch: &ChainBatch) -> Result<(), sqlx::Error> {
    let moves_roots = |content: &ChainEventContent| {
        matches!(content, ChainEventContent::MerkleRootUpdated { .. } | ChainEventContent::RootsRevoked { .. })
    };
    let named = batch.events.iter().filter(|event| moves_roots(&event.content));
    let named: Vec<_> = named.map(|event| event.registry_id.to_be_bytes().to_vec()).collect();
    sqlx::query(
        "SELECT 1 FROM registries WHERE id IN (
             SELECT unnest($1::bytea[])
             UNION SELECT registry_id FROM chain_events
             WHERE signature = ANY($2) AND NOT finalized AND kind = 'merkle_root_updated'
         ) ORDER BY id FOR NO KEY UPDATE",
    )
    .bind(named)
    .bind([&batch.read[..], &batch.vanished[..]].concat())
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes what is known of transactions and is not final, and what followed from it: their roots do not count, what only
/// they spent is unspent, and whom they overruled is not. A revocation stays: it refuses too much rather than too little.
///
/// Returns how many events there were, and transactions of others that say the same, as when a root or a proof was sent again
/// and landed on both forks: what follows from those is to be mirrored again.
pub(crate) async fn forget(tx: &mut PgConnection, signatures: &[String]) -> Result<(u64, Vec<String>), sqlx::Error> {
    if signatures.is_empty() {
        return Ok((0, vec![]));
    }
    type Bytes = Vec<Vec<u8>>;
    let (events, nullifiers, registries, roots): (i64, Bytes, Bytes, Bytes) = sqlx::query_as(
        "WITH gone AS (
             DELETE FROM chain_events WHERE signature = ANY($1) AND NOT finalized
             RETURNING signature, nullifier, registry_id, root, root_sequence
         ), roots_gone AS (
             UPDATE roots r SET chain_slot = NULL FROM gone
             WHERE r.registry_id = gone.registry_id AND r.seq = gone.root_sequence AND r.root = gone.root
         ), upheld AS (
             UPDATE verifications v SET overruled_by = NULL FROM gone WHERE v.overruled_by = gone.signature
         ), kept AS (
             UPDATE nullifiers n SET tx_signature = NULL FROM gone, verifications v
             WHERE n.hash = gone.nullifier AND n.tx_signature = gone.signature AND v.spent_nullifier = n.hash
         ), unspent AS (
             DELETE FROM nullifiers n USING gone
             WHERE n.hash = gone.nullifier AND n.tx_signature = gone.signature
               AND NOT EXISTS (SELECT 1 FROM verifications v WHERE v.spent_nullifier = n.hash)
         )
         SELECT count(*), coalesce(array_agg(nullifier::bytea) FILTER (WHERE nullifier IS NOT NULL), '{}'),
                coalesce(array_agg(registry_id::bytea) FILTER (WHERE root IS NOT NULL), '{}'),
                coalesce(array_agg(root::bytea) FILTER (WHERE root IS NOT NULL), '{}')
         FROM gone",
    )
    .bind(signatures)
    .fetch_one(&mut *tx)
    .await?;
    if events == 0 {
        return Ok((0, vec![]));
    }
    let heirs = sqlx::query_scalar(
        "SELECT signature::text FROM chain_events WHERE nullifier = ANY($1)
         UNION SELECT signature::text FROM chain_events
         WHERE kind = 'merkle_root_updated' AND registry_id = ANY($2) AND root = ANY($3)",
    )
    .bind(nullifiers)
    .bind(registries)
    .bind(roots)
    .fetch_all(tx)
    .await?;
    Ok((events.unsigned_abs(), heirs))
}

/// Draws the consequences of events: of these transactions, or of all. Returns how many nullifiers became known.
pub(crate) async fn mirror(
    tx: &mut PgConnection,
    program: &str,
    signatures: Option<&[String]>,
) -> Result<u64, sqlx::Error> {
    // A root counts for as long as the chain says, and never longer than this database does.
    sqlx::query(
        "UPDATE roots r SET chain_slot = e.slot,
             expires_at = greatest(r.created_at + interval '1 microsecond',
                                   least(r.expires_at, to_timestamp(least(e.expires_at_unix, 9000000000))))
         FROM chain_events e JOIN registries g ON g.id = e.registry_id AND g.program_id = e.program_id AND g.anchored
         WHERE e.program_id = $1 AND e.kind = 'merkle_root_updated' AND ($2::text[] IS NULL OR e.signature = ANY($2))
           AND r.registry_id = e.registry_id AND r.seq = e.root_sequence AND r.root = e.root
           AND r.chain_slot IS DISTINCT FROM e.slot",
    )
    .bind(program)
    .bind(signatures)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE registries g SET min_root_seq = newest.min_root_seq
         FROM (SELECT registry_id, max(least(min_root_sequence, 9000000000000000000))::bigint AS min_root_seq
               FROM chain_events
               WHERE program_id = $1 AND kind IN ('merkle_root_updated', 'roots_revoked')
                 AND ($2::text[] IS NULL OR signature = ANY($2))
               GROUP BY registry_id) AS newest
         WHERE g.id = newest.registry_id AND g.anchored AND g.program_id = $1 AND g.min_root_seq < newest.min_root_seq",
    )
    .bind(program)
    .bind(signatures)
    .execute(&mut *tx)
    .await?;
    // Of two forks that both spent it, the one that is final, or else the later one.
    let mirrored = sqlx::query(
        "INSERT INTO nullifiers (hash, registry_id, track_id, epoch, used_at, tx_signature)
         SELECT DISTINCT ON (e.nullifier) e.nullifier, e.registry_id, e.track_id, e.epoch, coalesce(e.block_time, now()), e.signature
         FROM chain_events e JOIN tracks t ON t.registry_id = e.registry_id AND t.id = e.track_id
         WHERE e.program_id = $1 AND e.kind = 'ownership_verified' AND ($2::text[] IS NULL OR e.signature = ANY($2))
           AND NOT EXISTS (SELECT 1 FROM nullifiers n WHERE n.hash = e.nullifier AND n.tx_signature IS NOT NULL)
         ORDER BY e.nullifier, e.finalized DESC, e.slot DESC
         ON CONFLICT (hash) DO UPDATE SET tx_signature = excluded.tx_signature WHERE nullifiers.tx_signature IS NULL",
    )
    .bind(program)
    .bind(signatures)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    sqlx::query(
        "UPDATE verifications v SET overruled_by = e.signature FROM chain_events e
         WHERE e.program_id = $1 AND e.kind = 'ownership_verified' AND ($2::text[] IS NULL OR e.signature = ANY($2))
           AND v.spent_nullifier = e.nullifier AND v.context <> e.context AND v.overruled_by IS NULL",
    )
    .bind(program)
    .bind(signatures)
    .execute(tx)
    .await?;
    Ok(mirrored)
}
