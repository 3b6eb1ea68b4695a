//! The overload of `./veilpass bench fleet`, in the model.

use serde_json::json;

use crate::{AdmissionRule, Arrivals, Figure, Load, Mix, ServiceTime, Simulation, figure::Figures, measured};

/// Who sends which of eight requests: three polite devices and a greedy one (`cli/src/bench/fleet/overload.rs`).
const TURNS: [u32; 8] = [0, GREEDY, GREEDY, 1, GREEDY, GREEDY, 2, GREEDY];
const GREEDY: u32 = 3;
const POLITE: [usize; 3] = [0, 1, 2];
/// How long the last job of a full queue waits by the measured throughput, in seconds.
const QUEUE_SECONDS: f64 = 2.0;

/// Twice the load that a fleet carries: three devices with a quarter of its throughput each, who come back once when they are
/// refused, and one with five quarters.
#[derive(Clone, Debug)]
pub struct OverloadScenario {
    /// For tables.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// Workers.
    pub workers: u32,
    /// Proofs a second that were measured without overload: twice as many are asked for, and the queue holds two seconds of
    /// them.
    pub per_second: f64,
    /// What a worker takes for a job without overload.
    pub service: ServiceTime,
    /// How many times as long it takes under overload, because requests are answered on the same cores.
    pub slowdown: f64,
    /// For how long, in seconds.
    pub seconds: f64,
}

impl OverloadScenario {
    /// The run.
    pub fn simulation(&self) -> Simulation {
        let capacity = (libm::ceil(self.per_second * QUEUE_SECONDS) as u64).max(4);
        let load = Load::Open { arrivals: Arrivals::Regular { rate: 2.0 * self.per_second }, seconds: self.seconds };
        Simulation {
            mix: Mix::Turns(TURNS.to_vec()),
            returning: POLITE.to_vec(),
            admission: AdmissionRule { capacity, ..AdmissionRule::DEFAULT },
            reported: measured::REPORTED_PROOF * self.slowdown,
            ..Simulation::plain(self.seed, load, self.workers, self.service.slower(self.slowdown))
        }
    }

    pub(crate) fn figures(&self) -> Vec<Figure> {
        let outcome = self.simulation().run();
        let all = outcome.all();
        let per_cent = |part: u64, of: u64| 100.0 * part as f64 / of.max(1) as f64;
        let mut figures = Figures::new(json!({
            "scenario": self.title, "question": "overload", "seed": self.seed, "workers": self.workers,
            "per_second": self.per_second, "seconds": self.seconds, "slowdown": self.slowdown, "service": self.service,
        }));
        figures.add("model_overload_accepted_p50_ms", all.sojourns.percentile(50) * 1e3, "ms");
        figures.add("model_overload_accepted_p99_ms", all.sojourns.percentile(99) * 1e3, "ms");
        figures.add("model_overload_refused_per_cent", per_cent(all.refused(), all.requests), "%");
        figures.add("model_overload_retry_accepted_per_cent", per_cent(all.returned_accepted, all.returned), "%");
        let polite: Vec<_> = POLITE.iter().map(|class| &outcome.classes[*class]).collect();
        let served: u64 = polite.iter().map(|class| class.ended).sum();
        let asked: u64 = polite.iter().map(|class| class.requests - class.returned).sum();
        let greedy = &outcome.classes[GREEDY as usize];
        figures.add("model_overload_polite_served_per_cent", per_cent(served, asked), "%");
        figures.add("model_overload_greedy_served_per_cent", per_cent(greedy.ended, greedy.requests), "%");
        figures.into_all()
    }
}
