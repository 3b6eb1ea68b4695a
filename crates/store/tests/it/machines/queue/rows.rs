//! The queue's tables, and what they should hold.

use std::collections::BTreeMap;

use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::{
    job::{Place, State},
    model::Model,
};

/// All that is known of a job.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JobRow {
    Queue {
        state: &'static str,
        attempts: i32,
        failure: Option<String>,
        last_error: Option<String>,
        claims: i32,
        fetches: i32,
        patient: bool,
        round: i64,
        /// Number of the lease, and whether it expired.
        lease: Option<(usize, bool)>,
        has_witness: bool,
        /// Number of the lease that made the proof.
        proof: Option<usize>,
        /// Tokens, and those that the proof was fetched with.
        tokens: (i64, i64),
    },
    Archive {
        tokens: (i64, i64),
    },
    Forgotten,
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap()
}

/// What the tables should hold.
pub(crate) fn expected(model: &Model) -> Vec<JobRow> {
    let row = |number| {
        let job = &model.jobs[number];
        let (claims, fetched) = model.claims(number);
        let tokens = (count(claims), count(fetched));
        let (state, failure, lease) = match job.state {
            State::Queued => ("queued", None, None),
            State::Leased(lease, until) => ("leased", None, Some((lease, until <= model.now))),
            State::Done => ("done", None, None),
            State::Failed(failure) => ("failed", Some(failure.code().to_owned()), None),
        };
        match job.place {
            Place::Queue => JobRow::Queue {
                state,
                attempts: job.attempts,
                failure,
                last_error: job.last_error.map(|reason| reason.code().to_owned()),
                claims: i32::try_from(claims).unwrap(),
                fetches: i32::try_from(job.fetches).unwrap(),
                patient: job.patient,
                round: job.round.cast_signed(),
                lease,
                has_witness: job.is_open(),
                proof: job.proof,
                tokens,
            },
            Place::Archive => JobRow::Archive { tokens },
            Place::Forgotten => JobRow::Forgotten,
        }
    };
    (0..model.jobs.len()).map(row).collect()
}

const JOBS: &str =
    "SELECT id, state::text AS state, attempts, failure, last_error, claims, fetches, patient, round, lease_id,
           coalesce(lease_expires_at < now(), false) AS expired, sealed_witness IS NOT NULL AS has_witness,
           get_byte(proof, 0) AS proof
    FROM proof_jobs";
const ARCHIVE: &str = "SELECT id FROM proof_jobs_archive";
const TOKENS: &str = "SELECT job_id, count(*), count(fetched_at) FROM proof_job_claims GROUP BY job_id";

/// What they hold. A job that nobody asked for, or in two places, is a panic.
pub(crate) async fn found(pool: &PgPool, jobs: &[Uuid], leases: &[(Uuid, Uuid)]) -> Vec<JobRow> {
    let tokens: Vec<(Uuid, i64, i64)> = sqlx::query_as(TOKENS).fetch_all(pool).await.unwrap();
    let mut tokens: BTreeMap<_, _> = tokens.into_iter().map(|(job, all, fetched)| (job, (all, fetched))).collect();
    let mut rows: BTreeMap<Uuid, JobRow> = BTreeMap::new();
    for row in sqlx::query(JOBS).fetch_all(pool).await.unwrap() {
        let (id, lease): (Uuid, Option<Uuid>) = (row.get("id"), row.get("lease_id"));
        let lease = lease.map(|lease| leases.iter().position(|(_, known)| *known == lease).unwrap());
        let state: &str = row.get("state");
        let found = JobRow::Queue {
            state: ["queued", "leased", "done", "failed"].into_iter().find(|known| *known == state).unwrap(),
            attempts: row.get("attempts"),
            failure: row.get("failure"),
            last_error: row.get("last_error"),
            claims: row.get("claims"),
            fetches: row.get("fetches"),
            patient: row.get("patient"),
            round: row.get("round"),
            lease: lease.map(|lease| (lease, row.get("expired"))),
            has_witness: row.get("has_witness"),
            proof: row.get::<Option<i32>, _>("proof").map(|lease| usize::try_from(lease).unwrap()),
            tokens: tokens.remove(&id).unwrap_or_default(),
        };
        rows.insert(id, found);
    }
    for id in sqlx::query_scalar::<_, Uuid>(ARCHIVE).fetch_all(pool).await.unwrap() {
        let archived = JobRow::Archive { tokens: tokens.remove(&id).unwrap_or_default() };
        assert!(rows.insert(id, archived).is_none(), "a job is in the queue and in the archive");
    }
    let found = jobs.iter().map(|id| rows.remove(id).unwrap_or(JobRow::Forgotten)).collect();
    assert!(rows.is_empty() && tokens.is_empty(), "rows that nothing asked for: {rows:?}, {tokens:?}");
    found
}
