//! Looks at every process and at the database every five seconds, and keeps what it saw.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::Serialize;
use sqlx::PgPool;

use super::{
    judge::{Life, Sample},
    process,
    site::Site,
};

pub(super) const EVERY: Duration = Duration::from_secs(5);

/// A line of `processes.csv`.
#[derive(Serialize)]
struct Line<'a> {
    seconds: f64,
    process: &'a str,
    pid: u32,
    resident_mb: f64,
    descriptors: u64,
    threads: u64,
    children: u64,
    zombies: u64,
    cpu_seconds: f64,
}

/// A line of `database.csv`.
#[derive(Serialize, sqlx::FromRow)]
struct DatabaseLine {
    #[sqlx(skip)]
    seconds: f64,
    /// Of the test and everything below it: services, database, chain.
    #[sqlx(skip)]
    cpu_seconds: f64,
    connections: i64,
    open_jobs: i64,
    open_intents: i64,
    database_kb: i64,
    proof_jobs_kb: i64,
    verifications_kb: i64,
    chain_outbox_kb: i64,
    chain_attempts_kb: i64,
    chain_events_kb: i64,
    leaf_changes_kb: i64,
    service_reports_kb: i64,
}

const DATABASE: &str = "SELECT
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
    (SELECT count(*) FROM proof_jobs WHERE state IN ('queued', 'leased')) AS open_jobs,
    (SELECT count(*) FROM chain_outbox WHERE state IN ('pending', 'sent')) AS open_intents,
    pg_database_size(current_database()) / 1024 AS database_kb,
    pg_total_relation_size('proof_jobs') / 1024 AS proof_jobs_kb,
    pg_total_relation_size('verifications') / 1024 AS verifications_kb,
    pg_total_relation_size('chain_outbox') / 1024 AS chain_outbox_kb,
    pg_total_relation_size('chain_attempts') / 1024 AS chain_attempts_kb,
    pg_total_relation_size('chain_events') / 1024 AS chain_events_kb,
    pg_total_relation_size('leaf_changes') / 1024 AS leaf_changes_kb,
    pg_total_relation_size('service_reports') / 1024 AS service_reports_kb";

pub(super) struct Watch {
    since: Instant,
    next: Instant,
    folder: PathBuf,
    processes: csv::Writer<File>,
    database: csv::Writer<File>,
    lives: BTreeMap<(String, u32), Vec<Sample>>,
    /// Most memory of a `bb` of each prover, in MB, and most of them at once.
    workers: [(f64, usize); 2],
    connections: i64,
    /// At the first look: seconds, and what was computed by then.
    cpu: Option<(f64, f64)>,
    cores: f64,
}

impl Watch {
    /// Writes into a folder, which it empties.
    pub(super) fn new(folder: &Path) -> Self {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).unwrap();
        let file = |name: &str| csv::Writer::from_path(folder.join(name)).unwrap();
        Self {
            since: Instant::now(),
            next: Instant::now(),
            folder: folder.to_owned(),
            processes: file("processes.csv"),
            database: file("database.csv"),
            lives: BTreeMap::new(),
            workers: [(0.0, 0); 2],
            connections: 0,
            cpu: None,
            cores: 0.0,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks, if it is time.
    pub(super) async fn look(&mut self, site: &mut Site) {
        if Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + EVERY;
        let seconds = rounded(self.since.elapsed().as_secs_f64());
        for (name, pid) in site.services() {
            self.look_at(seconds, &name, pid);
        }
        for prover in &site.provers {
            let (workers, name) = (prover.workers(), format!("bb-{}", prover.number));
            let sizes = workers.iter().filter_map(|pid| self.look_at(seconds, &name, *pid)).collect::<Vec<_>>();
            let (most, count) = &mut self.workers[prover.number];
            *most = sizes.into_iter().fold(*most, f64::max);
            *count = workers.len().max(*count);
        }
        let cpu_seconds = rounded(process::cpu_seconds_of_tree(std::process::id()));
        let (since, before) = *self.cpu.get_or_insert((seconds, cpu_seconds));
        self.cores = (cpu_seconds - before) / (seconds - since).max(1.0);
        // It may be down.
        if let Ok(Some(line)) = database(&site.stack.pool).await {
            self.connections = line.connections;
            self.database.serialize(DatabaseLine { seconds, cpu_seconds, ..line }).unwrap();
        }
        self.processes.flush().unwrap();
        self.database.flush().unwrap();
    }

    /// Its resident memory.
    fn look_at(&mut self, seconds: f64, process: &str, pid: u32) -> Option<f64> {
        let seen = process::read(pid)?;
        let process::Reading { resident_mb, descriptors, threads, children, zombies, cpu_seconds } = seen;
        self.processes
            .serialize(Line {
                seconds,
                process,
                pid,
                resident_mb: rounded(resident_mb),
                descriptors,
                threads,
                children,
                zombies,
                cpu_seconds,
            })
            .unwrap();
        let sample = Sample { at: seconds, resident_mb, descriptors, threads };
        self.lives.entry((process.to_owned(), pid)).or_default().push(sample);
        Some(resident_mb)
    }

    /// Of each service that ever ran, its life. A `bb` is not among them: it is replaced before it is large.
    pub(super) fn lives(&self) -> Vec<Life> {
        let services = self.lives.iter().filter(|((name, _), _)| !name.starts_with("bb-"));
        services
            .map(|((name, pid), samples)| Life { name: name.clone(), pid: *pid, samples: samples.clone() })
            .collect()
    }

    /// Most memory of a `bb` of each prover, in MB, and how many there were at most.
    pub(super) fn workers(&self) -> [(f64, usize); 2] {
        self.workers
    }

    /// How many cores the test and everything below it kept busy, on average.
    pub(super) fn cores(&self) -> f64 {
        self.cores
    }

    /// Connections of the database, when it was looked at last.
    pub(super) fn connections(&self) -> i64 {
        self.connections
    }
}

/// To thousandths.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

async fn database(pool: &PgPool) -> sqlx::Result<Option<DatabaseLine>> {
    let asking = sqlx::query_as(DATABASE).fetch_one(pool);
    match tokio::time::timeout(Duration::from_secs(1), asking).await {
        Ok(line) => line.map(Some),
        Err(_) => Ok(None),
    }
}
