//! Whether every job ended exactly once.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use sqlx::PgPool;
use uuid::Uuid;

/// Has the database write down whatever is done to a job that ends or has ended, whoever does it.
pub(crate) async fn watch(pool: &PgPool) {
    for statement in [
        "CREATE TABLE job_ends (job uuid NOT NULL, state text NOT NULL)",
        // The claims of a job that ended may change: somebody asked for the same again. And its proof goes when all have it.
        "CREATE FUNCTION job_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF (NEW.state IN ('done', 'failed') OR OLD.state IN ('done', 'failed'))
                AND (NEW.state, coalesce(NEW.proof, OLD.proof), NEW.failure, NEW.root_seq, NEW.sealed_witness, NEW.finished_at)
                    IS DISTINCT FROM
                    (OLD.state, OLD.proof, OLD.failure, OLD.root_seq, OLD.sealed_witness, OLD.finished_at) THEN
                 INSERT INTO job_ends VALUES (NEW.id, NEW.state::text);
             END IF;
             RETURN NULL;
         END $$",
        "CREATE TRIGGER job_end AFTER UPDATE ON proof_jobs FOR EACH ROW EXECUTE FUNCTION job_end()",
    ] {
        sqlx::query(statement).execute(pool).await.unwrap();
    }
}

/// Waits until no job waits or is leased: also those that nobody asks about, or whose client was never told of them.
pub(crate) async fn queue_drains(pool: &PgPool, patience: Duration) {
    let since = Instant::now();
    loop {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM proof_jobs WHERE state IN ('queued', 'leased')")
            .fetch_one(pool)
            .await
            .unwrap();
        if open == 0 {
            return;
        }
        assert!(since.elapsed() < patience, "{open} jobs do not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Fails unless each job ended once, and each of the accepted ones is there.
///
/// Also jobs of which no client was told, because the answer was lost: nothing distinguishes them for a prover.
pub(crate) async fn each_ended_once(pool: &PgPool, accepted: impl Iterator<Item = &String>) {
    let rows: Vec<(Uuid, String, bool, bool)> = sqlx::query_as(
        "SELECT id, state::text, sealed_witness IS NOT NULL,
                proof IS NOT NULL OR emptied_at IS NOT NULL FROM proof_jobs",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let ends: Vec<(Uuid, String)> = sqlx::query_as("SELECT job, state FROM job_ends").fetch_all(pool).await.unwrap();
    let mut of_job: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
    for (job, state) in &ends {
        of_job.entry(*job).or_default().push(state);
    }
    let mut known = BTreeSet::new();
    for (job, state, has_witness, has_proof) in &rows {
        assert!(matches!(state.as_str(), "done" | "failed"), "{job} is {state}");
        assert_eq!(of_job.get(job), Some(&vec![state.as_str()]), "{job} ended as often");
        assert!(!has_witness, "{job} keeps its sealed witness");
        assert_eq!(*has_proof, state == "done", "{job}");
        known.insert(format!("/v1/proofs/{job}"));
    }
    for path in accepted {
        assert!(known.contains(path), "{path} was accepted and is nowhere");
    }
}
