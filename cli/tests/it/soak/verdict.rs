//! Whether nothing was lost and nothing doubled, and everything is as small as it was.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use uuid::Uuid;
use veilpass_client::Settle;

use super::{
    PATIENCE,
    judge::{self, IDLE_SLACK, LEAST_LIFE_SECONDS},
    process,
    site::Site,
    watch::{EVERY, Watch},
    world::Promised,
};
use crate::{faulty_prover::MEMORY, job_ends};

/// Connections of the database by which an idle stack may exceed what it had before the load.
const IDLE_CONNECTIONS: i64 = 6;
/// How long what a pool keeps may take to go: its connections idle for half a minute, and are looked at now and then.
const UNTIL_IDLE: Duration = Duration::from_secs(100);
/// A prover's `bb`, its standby, and the program before each.
const MOST_WORKERS: usize = 4;

/// Fails unless each job ended once, each spent nullifier is spent once, each enrolment counts, the outbox is empty, and chain,
/// indexer, database and provers agree.
pub(super) async fn nothing_is_lost_or_doubled(site: &mut Site, promised: &Promised) {
    let pool = site.stack.pool.clone();
    job_ends::queue_drains(&pool, PATIENCE).await;
    job_ends::each_ended_once(&pool, promised.jobs.iter()).await;
    let settled = promised.spent.values().filter(|settle| **settle == Settle::OnChain).count();
    site.stack.all_is_well(settled).await;

    let spent: Vec<(Vec<u8>, bool)> = sqlx::query_as(
        "SELECT n.hash::bytea, o.id IS NOT NULL FROM nullifiers n JOIN verifications v ON v.nullifier = n.hash
         LEFT JOIN chain_outbox o ON o.verification_id = v.id ORDER BY 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let expected: Vec<_> =
        promised.spent.iter().map(|(hash, settle)| (hash.to_vec(), *settle == Settle::OnChain)).collect();
    assert!(spent == expected, "{} nullifiers are spent, {} should be", spent.len(), expected.len());
    let unsound: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM nullifiers WHERE hash NOT IN (SELECT nullifier FROM verifications))
              + (SELECT count(*) FROM enrollments WHERE revoked_reason IS NOT NULL)
              + (SELECT count(*) FROM settlement_proofs)",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(unsound, 0, "nullifiers of nobody, enrolments that were revoked, proofs that were not settled");
    let enrolled: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM enrollments ORDER BY id").fetch_all(&pool).await.unwrap();
    assert!(enrolled.iter().eq(&promised.enrolments), "{} enrolments of {}", enrolled.len(), promised.enrolments.len());
}

/// Of every service that is up: descriptors and threads.
pub(super) type Counts = BTreeMap<String, (u64, u64)>;

pub(super) fn counts(site: &mut Site) -> Counts {
    let read = |(name, pid)| process::read(pid).map(|seen| (name, (seen.descriptors, seen.threads)));
    site.services().into_iter().filter_map(read).collect()
}

/// Waits until every service has as little as before the load, and no child that nobody waits for. What has not, in words.
pub(super) async fn falls_back(site: &mut Site, watch: &mut Watch, before: &Counts, connections: i64) -> Vec<String> {
    let deadline = Instant::now() + UNTIL_IDLE;
    loop {
        watch.look(site).await;
        let mut left = vec![];
        for (name, pid) in site.services() {
            let (Some(seen), Some((descriptors, threads))) = (process::read(pid), before.get(&name)) else { continue };
            for (what, had, has) in
                [("descriptors", *descriptors, seen.descriptors), ("threads", *threads, seen.threads)]
            {
                if has > had + IDLE_SLACK {
                    left.push(format!("{name}: {has} {what}, {had} before the load"));
                }
            }
            if seen.zombies > 0 {
                left.push(format!("{name}: {} children that nobody waited for", seen.zombies));
            }
        }
        if watch.connections() > connections + IDLE_CONNECTIONS {
            left.push(format!("{} connections of the database, {connections} before the load", watch.connections()));
        }
        if left.is_empty() || Instant::now() > deadline {
            return left;
        }
        tokio::time::sleep(EVERY / 5).await;
    }
}

/// What is wrong with how large services and their `bb` were.
pub(super) fn growth(watch: &Watch) -> Vec<String> {
    let mut found: Vec<_> = watch.lives().iter().flat_map(judge::complaints).collect();
    for (number, (most_mb, count)) in watch.workers().into_iter().enumerate() {
        let limit: f64 = MEMORY[number].0.parse().unwrap();
        if most_mb > limit || count > MOST_WORKERS {
            found.push(format!("prover {number} had a bb of {most_mb:.1} MB, and {count} of them"));
        }
    }
    found
}

/// Each life that was long enough to be judged, in figures.
pub(super) fn figures(watch: &Watch) -> String {
    let mut text = String::new();
    for life in watch.lives().iter().filter(|life| life.seconds() >= LEAST_LIFE_SECONDS) {
        let (first, last) = (life.samples[0].at, life.samples[life.samples.len() - 1].at);
        let most = life.samples.iter().map(|sample| sample.descriptors).max().unwrap_or(0);
        text += &format!("  {} {}, from {first:.0} s to {last:.0} s, up to {most} descriptors:", life.name, life.pid);
        for minute in [5.0, 10.0, 15.0, 20.0, 25.0, 30.0] {
            let near = life.samples.iter().find(|sample| sample.at >= minute * 60.0 - 2.5);
            if let Some(sample) = near.filter(|_| minute * 60.0 - 2.5 >= first) {
                text += &format!(" {:.1} MB at {minute} min,", sample.resident_mb);
            }
        }
        text += &format!(" {:+.2} MB an hour\n", life.mb_per_hour());
    }
    for (number, (most_mb, count)) in watch.workers().into_iter().enumerate() {
        text += &format!("  bb of prover {number}: up to {most_mb:.1} MB of {}, {count} at once\n", MEMORY[number].0);
    }
    text
}
