//! The overload of `./veilpass bench fleet`, in the model.

use serde_json::json;

use crate::{AdmissionRule, Arrivals, Figure, Load, Mix, ServiceTime, Simulation, figure::Figures, measured};

/// Who sends which of eight requests: three polite devices and a greedy one (`cli/src/bench/fleet/overload.rs`).
const TURNS: [u32; 8] = [0, GREEDY, GREEDY, 1, GREEDY, GREEDY, 2, GREEDY];
const GREEDY: u32 = 3;
const POLITE: [usize; 3] = [0, 1, 2];
/// How long the last job of a full queue waits by the measured throughput, in seconds.
const QUEUE_SECONDS: f64 = 2.0;

/// Twice the load that a fleet carries: three devices with a quarter of its throughput each, who come back once when
/// they are refused, and one with five quarters.
#[derive(Clone, Debug)]
pub struct OverloadScenario {
    /// For tables.
    pub title: String,
    /// The seed of the first run.
    pub seed: u64,
    /// Runs, each by the next seed: the figures are their means.
    pub runs: u32,
    /// Workers.
    pub workers: u32,
    /// Proofs a second that were measured without overload: twice as many are asked for, and the queue holds two
    /// seconds of them.
    pub per_second: f64,
    /// What a worker takes for a job without overload.
    pub service: ServiceTime,
    /// How many times as long it takes under overload, because requests are answered on the same cores.
    pub slowdown: f64,
    /// For how long, in seconds.
    pub seconds: f64,
    /// Who is taken; `None`: as in the bench, where the queue holds two seconds of the throughput.
    pub admission: Option<AdmissionRule>,
}

/// Figures of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OverloadFigures {
    /// From request to proof, of what was accepted, in seconds.
    pub p50: f64,
    /// The same.
    pub p99: f64,
    /// Requests that were refused, in per cent of all, those that came back among them.
    pub refused: f64,
    /// Of those that came back, accepted, in per cent.
    pub returned_accepted: f64,
    /// Proofs for polite devices, in per cent of what they asked for at first.
    pub polite_served: f64,
    /// Proofs for the greedy one.
    pub greedy_served: f64,
    /// From request to proof, of the polite ones.
    pub polite_p50: f64,
    /// From request to proof, of the greedy one.
    pub greedy_p50: f64,
}

fn per_cent(part: u64, of: u64) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

impl OverloadScenario {
    fn simulation(&self, seed: u64) -> Simulation {
        let capacity = (libm::ceil(self.per_second * QUEUE_SECONDS) as u64).max(4);
        let load = Load::Open { arrivals: Arrivals::Regular { rate: 2.0 * self.per_second }, seconds: self.seconds };
        Simulation {
            mix: Mix::Turns(TURNS.to_vec()),
            returning: POLITE.to_vec(),
            admission: self.admission.unwrap_or(AdmissionRule { capacity, ..AdmissionRule::DEFAULT }),
            reported: measured::REPORTED_PROOF * self.slowdown,
            ..Simulation::plain(seed, load, self.workers, self.service.slower(self.slowdown))
        }
    }

    fn once(&self, seed: u64) -> OverloadFigures {
        let outcome = self.simulation(seed).run();
        let polite = outcome.of(&POLITE);
        let greedy = outcome.of(&[GREEDY as usize]);
        let all = outcome.all();
        OverloadFigures {
            p50: all.sojourns.percentile(50),
            p99: all.sojourns.percentile(99),
            refused: per_cent(all.refused(), all.requests),
            returned_accepted: per_cent(all.returned_accepted, all.returned),
            polite_served: per_cent(polite.ended, polite.requests - polite.returned),
            greedy_served: per_cent(greedy.ended, greedy.requests),
            polite_p50: polite.sojourns.percentile(50),
            greedy_p50: greedy.sojourns.percentile(50),
        }
    }

    /// The means of all runs.
    pub fn run(&self) -> OverloadFigures {
        let all: Vec<_> = (0..u64::from(self.runs.max(1))).map(|run| self.once(self.seed.wrapping_add(run))).collect();
        let mean = |of: fn(&OverloadFigures) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        OverloadFigures {
            p50: mean(|run| run.p50),
            p99: mean(|run| run.p99),
            refused: mean(|run| run.refused),
            returned_accepted: mean(|run| run.returned_accepted),
            polite_served: mean(|run| run.polite_served),
            greedy_served: mean(|run| run.greedy_served),
            polite_p50: mean(|run| run.polite_p50),
            greedy_p50: mean(|run| run.greedy_p50),
        }
    }

    pub(crate) fn figures(&self) -> Vec<Figure> {
        let run = self.run();
        let mut figures = Figures::new(json!({
            "scenario": self.title, "question": "overload", "seed": self.seed, "runs": self.runs,
            "workers": self.workers, "per_second": self.per_second, "seconds": self.seconds, "slowdown": self.slowdown,
            "service": self.service,
            "admission": self.admission,
        }));
        figures.add("model_overload_accepted_p50_ms", run.p50 * 1e3, "ms");
        figures.add("model_overload_accepted_p99_ms", run.p99 * 1e3, "ms");
        figures.add("model_overload_refused_per_cent", run.refused, "%");
        figures.add("model_overload_retry_accepted_per_cent", run.returned_accepted, "%");
        figures.add("model_overload_polite_served_per_cent", run.polite_served, "%");
        figures.add("model_overload_greedy_served_per_cent", run.greedy_served, "%");
        figures.add("model_overload_polite_p50_ms", run.polite_p50 * 1e3, "ms");
        figures.add("model_overload_greedy_p50_ms", run.greedy_p50 * 1e3, "ms");
        figures.into_all()
    }
}
