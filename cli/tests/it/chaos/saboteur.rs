//! Who breaks things, and mends them again.

use std::{
    collections::BTreeMap,
    process::Command,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use veilpass_fault_proxy::bb::BbFault;

use super::{
    PATIENCE,
    act::{Act, CARDS},
    fleet::Fleet,
};
use crate::{deck::Deck, faulty_prover::FaultyProver, journal::Journal, processes::address_space};

/// What is mended later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Later {
    StartProver(usize),
    ThawProver(usize),
    Thaw(u32),
    EndFaults(usize),
    StartPostgres,
}

pub(super) struct Saboteur {
    random: ChaCha8Rng,
    deck: Deck<Act>,
    journal: Journal,
    later: Vec<(Instant, Later)>,
    done: BTreeMap<Act, u32>,
}

impl Saboteur {
    pub(super) fn new(random: ChaCha8Rng, journal: &Journal) -> Self {
        Self { random, deck: Deck::new(&CARDS), journal: journal.clone(), later: vec![], done: BTreeMap::new() }
    }

    /// Does something every one to three seconds.
    pub(super) async fn rage(&mut self, fleet: &mut Fleet, duration: Duration) {
        let end = Instant::now() + duration;
        let mut next = Instant::now();
        while Instant::now() < end {
            fleet.supervise(&self.journal);
            self.mend(fleet, Instant::now()).await;
            if Instant::now() >= next {
                let act = self.deck.deal(&mut self.random);
                if self.act(fleet, act).await {
                    *self.done.entry(act).or_default() += 1;
                }
                next = Instant::now() + self.after(1000..3000);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Mends all, and waits until both provers work.
    pub(super) async fn heal(&mut self, fleet: &mut Fleet) {
        self.journal.note("all is healed from here on");
        for prover in &fleet.provers {
            prover.faulty.set(&prover.plan).unwrap();
        }
        let since = Instant::now();
        self.mend(fleet, since + PATIENCE).await;
        while !fleet.provers.iter().all(FaultyProver::is_warm) {
            fleet.supervise(&self.journal);
            fleet.provers.iter_mut().for_each(FaultyProver::start);
            assert!(since.elapsed() < PATIENCE, "the provers do not work, though all was healed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.journal.note("both provers work");
    }

    pub(super) fn summary(&self) -> String {
        let acts: Vec<_> = self.done.iter().map(|(act, times)| format!("{act:?} {times}")).collect();
        acts.join(", ")
    }

    fn after(&mut self, milliseconds: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.random.random_range(milliseconds))
    }

    fn mend_after(&mut self, milliseconds: std::ops::Range<u64>, later: Later) {
        let at = Instant::now() + self.after(milliseconds);
        self.later.push((at, later));
    }

    /// Mends what is due by then.
    async fn mend(&mut self, fleet: &mut Fleet, by: Instant) {
        let due: Vec<_> = self.later.extract_if(.., |(at, _)| *at <= by).map(|(_, later)| later).collect();
        for later in due {
            self.journal.note(&format!("  {later:?}"));
            match later {
                Later::StartProver(number) if fleet.provers[number].is_down() => fleet.provers[number].start(),
                // It is still about to stop.
                Later::StartProver(_) => self.mend_after(200..400, later),
                Later::ThawProver(number) => fleet.provers[number].signal(Signal::SIGCONT),
                Later::Thaw(pid) => send(pid, Signal::SIGCONT),
                Later::EndFaults(number) => {
                    fleet.provers[number].faulty.set(&fleet.provers[number].plan).unwrap();
                }
                Later::StartPostgres => fleet.launch_postgres().await,
            }
        }
        // One that could not start is started again.
        for number in [0, 1] {
            let planned = self.later.iter().any(|(_, later)| *later == Later::StartProver(number));
            if fleet.provers[number].is_down() && !planned {
                self.mend_after(500..1500, Later::StartProver(number));
            }
        }
    }

    /// A prover that works and is not frozen.
    fn victim(&mut self, fleet: &Fleet) -> Option<usize> {
        let frozen = |number| self.later.iter().any(|(_, later)| *later == Later::ThawProver(number));
        let able: Vec<_> = [0, 1].into_iter().filter(|n| fleet.provers[*n].is_warm() && !frozen(*n)).collect();
        able.choose(&mut self.random).copied()
    }

    /// Does it. `false`: there was nothing to do it to.
    async fn act(&mut self, fleet: &mut Fleet, act: Act) -> bool {
        match act {
            Act::KillPostgres | Act::CutConnections => {
                // Not while it is down.
                if self.later.iter().any(|(_, later)| *later == Later::StartPostgres) {
                    return false;
                }
                self.journal.note(&format!("{act:?}"));
                if act == Act::KillPostgres {
                    fleet.kill_postgres().await;
                    self.mend_after(200..3000, Later::StartPostgres);
                } else {
                    // Who is asked may be cut off before the answer.
                    let _ = sqlx::query(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE application_name LIKE 'veilpass-%' AND random() < 0.7",
                    )
                    .execute(&fleet.pool)
                    .await;
                }
                true
            }
            _ => match self.victim(fleet) {
                Some(number) => {
                    if act == Act::FreezeProver {
                        fleet.has_leased(number).await;
                    }
                    self.act_on(&mut fleet.provers[number], act)
                }
                None => false,
            },
        }
    }

    fn act_on(&mut self, prover: &mut FaultyProver, act: Act) -> bool {
        let number = prover.number;
        let note = |what: &str| self.journal.note(&format!("{act:?} prover {number}{what}"));
        match act {
            Act::KillProver | Act::StopProver => {
                note("");
                prover.end(if act == Act::KillProver { Signal::SIGKILL } else { Signal::SIGTERM });
                self.mend_after(300..4000, Later::StartProver(number));
            }
            Act::OrphanBb => {
                note("");
                prover.workers().into_iter().for_each(|pid| send(pid, Signal::SIGSTOP));
                prover.end(Signal::SIGKILL);
                self.mend_after(300..4000, Later::StartProver(number));
            }
            Act::RefreshProver => {
                note("");
                prover.signal(Signal::SIGHUP);
            }
            Act::FreezeProver => {
                note("");
                prover.signal(Signal::SIGSTOP);
                self.mend_after(3500..6000, Later::ThawProver(number));
            }
            Act::KillBb | Act::FreezeBb | Act::SqueezeBb => {
                let Some(pid) = prover.workers().choose(&mut self.random).copied() else { return false };
                note(&format!(" process {pid}"));
                match act {
                    Act::KillBb => send(pid, Signal::SIGKILL),
                    Act::FreezeBb => {
                        send(pid, Signal::SIGSTOP);
                        if self.random.random() {
                            self.mend_after(300..3000, Later::Thaw(pid));
                        }
                    }
                    _ => return self.squeeze(pid),
                }
            }
            _ => {
                let mut plan = prover.plan.clone();
                match act {
                    Act::GrowMemory => plan = plan.with(BbFault::Growth, 400),
                    Act::SlowAnswers => plan.slowness = 5,
                    _ => {
                        for fault in BbFault::ALL.choose_multiple(&mut self.random, 3) {
                            plan = plan.with(*fault, 150);
                        }
                    }
                }
                note(&format!(" {:?}", plan.per_mille));
                prover.faulty.set(&plan).unwrap();
                self.mend_after(3000..8000, Later::EndFaults(number));
            }
        }
        true
    }

    /// Leaves a process a little more address space than it has.
    fn squeeze(&mut self, pid: u32) -> bool {
        let Some(has) = address_space(pid) else { return false };
        let limit = format!("--as={}", has + self.random.random_range(0..8_000_000));
        // It may have ended meanwhile.
        Command::new("prlimit")
            .args(["--pid", &pid.to_string(), &limit])
            .output()
            .is_ok_and(|done| done.status.success())
    }
}

fn send(pid: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}
