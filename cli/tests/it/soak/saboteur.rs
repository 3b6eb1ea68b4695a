//! Who breaks things in a soak, and mends each after a while.

use std::time::{Duration, Instant};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use veilpass_fault_proxy::{Fault, bb::BbFault};

use super::{PATIENCE, act::Act, site::Site, tally::Tally};
use crate::{faulty_prover::FaultyProver, journal::Journal};

/// What is mended later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Later {
    StartApi(usize),
    StartProver(usize),
    StartRelayer,
    StartIndexer,
    EndBbFaults(usize),
    StartPostgres,
    ResumeRedis,
    StartRedis,
    HealRpc,
}

pub(super) struct Saboteur {
    random: ChaCha8Rng,
    journal: Journal,
    later: Vec<(Instant, Later)>,
    pub(super) done: Tally,
}

impl Saboteur {
    pub(super) fn new(seed: u64, journal: &Journal) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Self { random, journal: journal.clone(), later: vec![], done: Tally::default() }
    }

    pub(super) fn random(&mut self) -> &mut ChaCha8Rng {
        &mut self.random
    }

    fn mend_after(&mut self, milliseconds: std::ops::Range<u64>, later: Later) {
        let at = Instant::now() + Duration::from_millis(self.random.random_range(milliseconds));
        self.later.push((at, later));
    }

    /// Mends what is due.
    pub(super) async fn mend(&mut self, site: &mut Site) {
        self.mend_by(site, Instant::now()).await;
    }

    /// Mends all, and waits until both provers work.
    pub(super) async fn heal(&mut self, site: &mut Site) {
        self.journal.note("all is healed");
        let since = Instant::now();
        for prover in &site.provers {
            prover.faulty.set(&prover.plan).unwrap();
        }
        loop {
            self.mend_by(site, since + 2 * PATIENCE).await;
            site.supervise(&self.journal);
            if self.later.is_empty() && site.provers.iter().all(FaultyProver::is_warm) {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "not all can be mended: {:?}", self.later);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn mend_by(&mut self, site: &mut Site, by: Instant) {
        let due: Vec<_> = self.later.extract_if(.., |(at, _)| *at <= by).map(|(_, later)| later).collect();
        for later in due {
            self.journal.note(&format!("  {later:?}"));
            match later {
                Later::StartApi(number) => site.start_api(number).await,
                Later::StartProver(number) if site.provers[number].is_down() => site.provers[number].start(),
                // It is about to end.
                Later::StartProver(_) => self.mend_after(100..200, later),
                Later::StartRelayer => site.start_relayer(),
                Later::StartIndexer => site.start_indexer(),
                Later::EndBbFaults(number) => {
                    let prover = &site.provers[number];
                    prover.faulty.set(&prover.plan).unwrap();
                }
                Later::StartPostgres => {
                    // Backends that outlive the server for a moment hold its shared memory.
                    let since = Instant::now();
                    while let Err(error) = site.stack.postgres.launch().await {
                        assert!(since.elapsed() < PATIENCE, "{error:#}");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                }
                Later::ResumeRedis => site.stack.redis.as_ref().unwrap().resume(),
                Later::StartRedis => site.stack.redis.as_mut().unwrap().launch().await.unwrap(),
                Later::HealRpc => site.proxy.faults().clear(),
            }
        }
        // One whose bb failed while it started has ended, as it should.
        for number in [0, 1] {
            let planned = self.later.iter().any(|(_, later)| *later == Later::StartProver(number));
            if site.provers[number].is_down() && !planned {
                self.mend_after(200..500, Later::StartProver(number));
            }
        }
    }

    fn is_planned(&self, which: &[Later]) -> bool {
        self.later.iter().any(|(_, later)| which.contains(later))
    }

    /// Does it, if there is something to do it to.
    pub(super) async fn act(&mut self, site: &mut Site, act: Act) {
        let number = self.random.random_range(0..2);
        let detail = match act {
            Act::KillApi | Act::KillRelayer | Act::KillIndexer => self.kill(site, act, number).await,
            Act::KillProver | Act::KillBb | Act::RefreshProver | Act::DistortAnswers | Act::GrowMemory => {
                self.harm(&mut site.provers[number], act)
            }
            Act::CutConnections | Act::KillPostgres => self.database(site, act).await,
            Act::PauseRedis | Act::KillRedis => self.redis(site, act).await,
            _ => self.rpc(site, act),
        };
        let Some(detail) = detail else { return };
        self.journal.note(&format!("{act:?} {detail}"));
        self.done.count(&format!("{act:?}"), &detail);
    }

    async fn kill(&mut self, site: &mut Site, act: Act, number: usize) -> Option<String> {
        let (killed, later, what) = match act {
            Act::KillApi => (site.kill_api(number).await, Later::StartApi(number), number.to_string()),
            Act::KillRelayer => (site.kill_relayer().await, Later::StartRelayer, String::new()),
            _ => (site.kill_indexer().await, Later::StartIndexer, String::new()),
        };
        killed.then(|| self.mend_after(300..5000, later)).map(|()| what)
    }

    fn harm(&mut self, prover: &mut FaultyProver, act: Act) -> Option<String> {
        let number = prover.number;
        if !prover.is_warm() {
            return None;
        }
        match act {
            Act::KillProver => {
                prover.end(Signal::SIGKILL);
                self.mend_after(300..5000, Later::StartProver(number));
            }
            Act::KillBb => {
                let pid = prover.workers().choose(&mut self.random).copied()?;
                let _ = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
            }
            Act::RefreshProver => prover.signal(Signal::SIGHUP),
            _ => {
                let mut plan = prover.plan.clone();
                if act == Act::GrowMemory {
                    plan = plan.with(BbFault::Growth, 400);
                } else {
                    for fault in BbFault::ALL.choose_multiple(&mut self.random, 3) {
                        plan = plan.with(*fault, 150);
                    }
                }
                prover.faulty.set(&plan).unwrap();
                self.mend_after(3000..8000, Later::EndBbFaults(number));
            }
        }
        Some(number.to_string())
    }

    async fn database(&mut self, site: &mut Site, act: Act) -> Option<String> {
        if self.is_planned(&[Later::StartPostgres]) {
            return None;
        }
        if act == Act::KillPostgres {
            site.stack.postgres.kill().await;
            self.mend_after(200..3000, Later::StartPostgres);
        } else {
            // Who is asked may be cut off before the answer.
            let _ = sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name LIKE 'veilpass-%' AND random() < 0.7",
            )
            .execute(&site.stack.pool)
            .await;
        }
        Some(String::new())
    }

    async fn redis(&mut self, site: &mut Site, act: Act) -> Option<String> {
        if self.is_planned(&[Later::ResumeRedis, Later::StartRedis]) {
            return None;
        }
        let redis = site.stack.redis.as_mut().unwrap();
        if act == Act::KillRedis {
            redis.kill().await;
            self.mend_after(300..4000, Later::StartRedis);
        } else {
            redis.pause();
            self.mend_after(300..5000, Later::ResumeRedis);
        }
        Some(String::new())
    }

    fn rpc(&mut self, site: &Site, act: Act) -> Option<String> {
        if self.is_planned(&[Later::HealRpc]) {
            return None;
        }
        let faults = site.proxy.faults();
        let detail = match act {
            Act::RpcFails => {
                let fault = Fault::draw(&mut self.random);
                faults.set(Some(fault));
                format!("{fault:?}").split(' ').next().unwrap_or_default().to_owned()
            }
            Act::RpcFailsNowAndThen => {
                faults.draw(self.random.random(), 250);
                String::new()
            }
            Act::RpcLags => {
                faults.lag(self.random.random_range(5..60));
                String::new()
            }
            Act::RpcRefuses => {
                faults.refuse_rpc(true);
                String::new()
            }
            _ => match self.random.random_range(0..3) {
                0 => {
                    faults.cut_websockets_after(Some(Duration::from_millis(100)));
                    "cut".to_owned()
                }
                1 => {
                    faults.refuse_websockets(true);
                    "refused".to_owned()
                }
                _ => {
                    faults.silence_websockets(true);
                    "silent".to_owned()
                }
            },
        };
        self.mend_after(2000..8000, Later::HealRpc);
        Some(detail)
    }
}
