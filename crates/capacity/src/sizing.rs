//! How many workers a load needs, and what load a number of workers carries.

use serde::Serialize;
use serde_json::json;

use crate::{AdmissionRule, Arrivals, Figure, Load, Mix, Outcome, ServiceTime, Simulation, figure::Figures, measured};

/// More workers than this are not looked for.
const MOST_WORKERS: u32 = 4096;
/// Listeners who ask, each with turns of its own.
const CLIENTS: u32 = 4096;

/// What listeners are promised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Promise {
    /// From request to proof, 99 of 100, in seconds.
    pub p99: f64,
    /// Requests that may be refused, in per cent.
    pub refused: f64,
}

impl Promise {
    /// What a listener hardly notices before the first sound: 2 s, and one of a thousand is told to come back.
    pub const DEFAULT: Self = Self { p99: 2.0, refused: 0.1 };

    fn holds(self, outcome: &Outcome) -> bool {
        let all = outcome.all();
        all.sojourns.percentile(99) <= self.p99 && 100.0 * all.refused() as f64 <= self.refused * all.requests as f64
    }
}

fn simulate(seed: u64, arrivals: Arrivals, seconds: f64, workers: u32, service: ServiceTime) -> Outcome {
    Simulation {
        mix: Mix::Crowd { clients: CLIENTS },
        admission: AdmissionRule::DEFAULT,
        reported: measured::REPORTED_PROOF,
        ..Simulation::plain(seed, Load::Open { arrivals, seconds }, workers, service)
    }
    .run()
}

/// What a load of delegated proofs needs.
#[derive(Clone, Debug)]
pub struct MonthScenario {
    /// For tables.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// When proofs are asked for, those that devices make themselves among them.
    pub arrivals: Arrivals,
    /// For how long, in seconds.
    pub seconds: f64,
    /// The part that devices make themselves, 0 to 1.
    pub on_devices: f64,
    /// What is promised.
    pub promise: Promise,
}

impl MonthScenario {
    /// The arrivals that provers see: independent choices leave a process of the same kind.
    fn delegated(&self) -> Arrivals {
        let part = 1.0 - self.on_devices;
        match self.arrivals {
            Arrivals::Regular { rate } => Arrivals::Regular { rate: rate * part },
            Arrivals::Poisson { rate } => Arrivals::Poisson { rate: rate * part },
            Arrivals::Daily { mean, peak_factor, share, period } => {
                Arrivals::Daily { mean: mean * part, peak_factor, share, period }
            }
            Arrivals::Bursty { mean, peak_factor, share, burst } => {
                Arrivals::Bursty { mean: mean * part, peak_factor, share, burst }
            }
        }
    }

    /// The least number of workers with which the promise holds, and what came of it.
    fn least(&self) -> (u32, Outcome) {
        let service = measured::service_on_own_core();
        let run = |workers| simulate(self.seed, self.delegated(), self.seconds, workers, service);
        let mut workers = 1;
        loop {
            let outcome = run(workers);
            if self.promise.holds(&outcome) || workers >= MOST_WORKERS {
                return (workers, outcome);
            }
            workers += (workers / 16).max(1);
        }
    }

    pub(crate) fn figures(&self) -> Vec<Figure> {
        let (workers, outcome) = self.least();
        let all = outcome.all();
        let mut figures = Figures::new(json!({
            "scenario": self.title, "question": "month", "seed": self.seed, "arrivals": self.arrivals,
            "seconds": self.seconds, "on_devices": self.on_devices, "promise": self.promise,
            "service": measured::service_on_own_core(), "admission": AdmissionRule::DEFAULT,
        }));
        let memory =
            f64::from(workers + 1) * (measured::BB_BYTES - measured::BB_SHARED_BYTES) + measured::BB_SHARED_BYTES;
        figures.add("model_peak_rate", self.arrivals.peak_rate(), "proofs/s");
        figures.add("model_workers", f64::from(workers), "workers");
        figures.add("model_p50_ms", all.sojourns.percentile(50) * 1e3, "ms");
        figures.add("model_p99_ms", all.sojourns.percentile(99) * 1e3, "ms");
        figures.add("model_refused_per_cent", 100.0 * all.refused() as f64 / all.requests.max(1) as f64, "%");
        figures.add("model_workers_busy_per_cent", 100.0 * outcome.busy / (outcome.end * f64::from(workers)), "%");
        figures.add("model_bb_memory_mb", memory / 1e6, "MB");
        // The API checks every proof, whoever made it.
        figures.add("model_peak_api_cores", self.arrivals.peak_rate() * measured::CHECK, "cores");
        // Of proofs that devices make there are the verification and the grant: two commits, three rows.
        let (delegated, own) =
            (self.arrivals.peak_rate() * (1.0 - self.on_devices), self.arrivals.peak_rate() * self.on_devices);
        let commits = delegated * measured::COMMITS_PER_PROOF + own * 2.0;
        figures.add("model_peak_commits", commits, "per s");
        figures.add("model_peak_rows", delegated * measured::ROWS_PER_PROOF + own * 3.0, "per s");
        figures.into_all()
    }
}

/// What a number of workers carries.
#[derive(Clone, Debug)]
pub struct FleetScenario {
    /// For tables.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// Workers, each on a core of its own.
    pub workers: u32,
    /// What is promised.
    pub promise: Promise,
    /// For how long each load is tried, in seconds.
    pub seconds: f64,
}

impl FleetScenario {
    /// The highest rate of independent requests at which the promise holds, to a hundredth of what the workers could
    /// do.
    fn highest(&self, service: ServiceTime) -> (f64, Outcome) {
        let most = f64::from(self.workers) / service.mean();
        let run = |percent: u32| {
            let arrivals = Arrivals::Poisson { rate: most * f64::from(percent) / 100.0 };
            simulate(self.seed, arrivals, self.seconds, self.workers, service)
        };
        let (mut holds, mut fails, mut best) = (1, 100, run(1));
        while fails - holds > 1 {
            let percent = (holds + fails) / 2;
            let outcome = run(percent);
            if self.promise.holds(&outcome) {
                (holds, best) = (percent, outcome);
            } else {
                fails = percent;
            }
        }
        (most * f64::from(holds) / 100.0, best)
    }

    pub(crate) fn figures(&self) -> Vec<Figure> {
        let service = measured::service_on_own_core();
        let (rate, outcome) = self.highest(service);
        let all = outcome.all();
        let mut figures = Figures::new(json!({
            "scenario": self.title, "question": "fleet", "seed": self.seed, "workers": self.workers,
            "promise": self.promise, "seconds": self.seconds, "service": service, "admission": AdmissionRule::DEFAULT,
        }));
        figures.add("model_fleet_proofs_per_minute", rate * 60.0, "proofs/min");
        figures.add("model_fleet_busy_per_cent", 100.0 * rate * service.mean() / f64::from(self.workers), "%");
        figures.add("model_fleet_p50_ms", all.sojourns.percentile(50) * 1e3, "ms");
        figures.add("model_fleet_p99_ms", all.sojourns.percentile(99) * 1e3, "ms");
        figures.into_all()
    }
}
