//! A prover with faulty `bb`, as its supervisor sees it.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use veilpass_circuit::Bb;
use veilpass_cli::stack::{ProverOptions, ServiceProcess, service_binary, start_prover};
use veilpass_fault_proxy::bb::{BbPlan, FaultyBb};

use crate::{journal::Journal, processes::running_below};

/// How long a prover may take to stop when it is asked to.
const STOPS_WITHIN: Duration = Duration::from_secs(30);
/// The end of every job is looked at when all is over.
const OF_ALL: [&str; 4] = ["--proof-timeout-seconds", "8", "--job-retention-seconds", "86400"];

/// What a prover logs when its first worker has proved.
const WARM: &str = "bb derives the pinned verification key";

/// The memory limit of a worker of each prover, and by how much its `bb` grow, in MB: of the first, one growth or two exceed the
/// limit; of the second, the fourth reaches 70 % of it and the fifth 90 %, so that a standby is prepared and takes over.
pub(crate) const MEMORY: [(&str, usize); 2] = [("64", 16), ("400", 72)];

enum State {
    Up { process: ServiceProcess, is_warm: bool },
    Leaving { process: ServiceProcess, since: Instant },
    Down,
}

pub(crate) struct FaultyProver {
    pub(crate) number: usize,
    pub(crate) faulty: FaultyBb,
    /// Without faults.
    pub(crate) plan: BbPlan,
    folder: PathBuf,
    log: PathBuf,
    /// Length of the log when this prover was started.
    log_before: usize,
    database_url: String,
    flags: Vec<String>,
    state: State,
}

impl FaultyProver {
    /// A prover that is not started yet, with more flags.
    pub(crate) fn new(folder: &Path, number: usize, database_url: &str, seed: u64, flags: &[String]) -> Self {
        let of_its_own = folder.join(format!("bb-{number}"));
        std::fs::create_dir(&of_its_own).unwrap();
        let mut plan = BbPlan::new(Bb::locate(None).unwrap().path(), seed.wrapping_add(number as u64));
        plan.growth_mb = MEMORY[number].1;
        let faulty = FaultyBb::install(&of_its_own, &service_binary("veilpass-faulty-bb").unwrap(), &plan).unwrap();
        Self {
            number,
            faulty,
            plan,
            folder: folder.to_owned(),
            log: folder.join(format!("prover-{number}.log")),
            log_before: 0,
            database_url: database_url.to_owned(),
            flags: flags.to_vec(),
            state: State::Down,
        }
    }

    /// Starts it, if it is down.
    pub(crate) fn start(&mut self) {
        if !self.is_down() {
            return;
        }
        self.log_before = self.log_text().len();
        let flags: Vec<_> = self.flags.iter().map(String::as_str).collect();
        let options = ProverOptions {
            database_url: &self.database_url,
            key_file: self.folder.join("prover.key"),
            snapshot_dir: self.folder.join("snapshots"),
            lease_seconds: 2,
            drain_seconds: 1,
            log: &self.log,
            filter: None,
            bb: Some(self.faulty.path()),
            flags: &[&flags[..], &["--worker-memory-mb", MEMORY[self.number].0], &OF_ALL].concat(),
        };
        self.state = State::Up { process: start_prover(&options).unwrap(), is_warm: false };
    }

    /// Its process id, unless it is down or about to be.
    pub(crate) fn pid(&self) -> Option<u32> {
        match &self.state {
            State::Up { process, .. } => process.pid(),
            _ => None,
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        matches!(self.state, State::Down)
    }

    /// It has proved something since it was started.
    pub(crate) fn is_warm(&self) -> bool {
        matches!(self.state, State::Up { is_warm: true, .. })
    }

    /// Its `bb`, and the programs before them.
    pub(crate) fn workers(&self) -> Vec<u32> {
        self.pid().map(|pid| running_below(pid, self.faulty.path())).unwrap_or_default()
    }

    /// SIGKILL or SIGTERM: it ends, now or in a while.
    pub(crate) fn end(&mut self, signal: Signal) {
        let State::Up { process, .. } = std::mem::replace(&mut self.state, State::Down) else { return };
        process.signal(signal);
        self.state = State::Leaving { process, since: Instant::now() };
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
        }
    }

    /// Looks after it. One that cannot start because its `bb` fails ends by itself, as it should; one that works does not.
    pub(crate) fn supervise(&mut self, journal: &Journal) {
        let Self { number, log, log_before, state, .. } = self;
        match state {
            State::Down => {}
            State::Leaving { process, since } => {
                if process.check().is_err() {
                    *state = State::Down;
                } else {
                    assert!(since.elapsed() < STOPS_WITHIN, "prover {number} does not stop:\n{}", process.tail());
                }
            }
            State::Up { process, is_warm } => {
                if !*is_warm {
                    let text = std::fs::read_to_string(log).unwrap_or_default();
                    *is_warm = text.get(*log_before..).is_some_and(|text| text.contains(WARM));
                }
                if let Err(error) = process.check() {
                    assert!(!*is_warm, "prover {number} ended by itself: {error:#}");
                    journal.note(&format!("prover {number} did not start"));
                    *state = State::Down;
                }
            }
        }
    }

    pub(crate) fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}
