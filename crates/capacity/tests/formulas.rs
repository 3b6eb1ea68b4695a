//! The simulation against what theory knows exactly, and what holds for every run.

use veilpass_capacity::{AdmissionRule, Arrivals, Load, Mix, Outcome, ServiceTime, Simulation};

const MEAN: f64 = 0.15;

/// A Poisson load of this utilisation, until about so many requests came.
fn poisson(utilisation: f64, workers: u32, service: ServiceTime, requests: f64) -> Outcome {
    let rate = utilisation * f64::from(workers) / service.mean();
    let load = Load::Open { arrivals: Arrivals::Poisson { rate }, seconds: requests / rate };
    Simulation { warm_up: 0.02 * requests / rate, ..Simulation::plain(11, load, workers, service) }.run()
}

fn assert_near(measured: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((measured / expected - 1.0).abs() < tolerance, "{what}: {measured}, not {expected}");
}

/// The probability that somebody waits, with `a` = arrival rate times service time.
fn erlang_c(workers: u32, a: f64) -> f64 {
    let blocking = (1..=workers).fold(1.0, |blocking, worker| a * blocking / (f64::from(worker) + a * blocking));
    let free = 1.0 - a / f64::from(workers);
    blocking / (free + (1.0 - free) * blocking)
}

#[test]
fn erlangs_formula_is_right_where_it_can_be_done_by_hand() {
    assert!((erlang_c(1, 0.7) - 0.7).abs() < 1e-12, "one worker: its utilisation");
    assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn one_worker_exponential_waits_as_m_m_1() {
    for utilisation in [0.3, 0.6, 0.8] {
        let outcome = poisson(utilisation, 1, ServiceTime::Exponential { mean: MEAN }, 400_000.0);
        let expected = utilisation / (1.0 - utilisation) * MEAN;
        assert_near(outcome.all().waits.mean(), expected, 0.04, &format!("utilisation {utilisation}"));
        // The time in the system is exponential too: its median is its mean times ln 2.
        let median = MEAN / (1.0 - utilisation) * std::f64::consts::LN_2;
        assert_near(outcome.all().sojourns.percentile(50), median, 0.04, "median");
    }
}

#[test]
fn one_worker_fixed_waits_as_m_d_1() {
    for utilisation in [0.3, 0.6, 0.8] {
        let outcome = poisson(utilisation, 1, ServiceTime::Fixed { mean: MEAN }, 400_000.0);
        let expected = utilisation / (2.0 * (1.0 - utilisation)) * MEAN;
        assert_near(outcome.all().waits.mean(), expected, 0.04, &format!("utilisation {utilisation}"));
    }
}

#[test]
fn one_worker_log_normal_waits_as_pollaczek_and_khinchine_say() {
    let variation: f64 = 0.5;
    let outcome = poisson(0.7, 1, ServiceTime::LogNormal { mean: MEAN, variation }, 400_000.0);
    let expected = 0.7 / 0.3 * (1.0 + variation * variation) / 2.0 * MEAN;
    assert_near(outcome.all().waits.mean(), expected, 0.04, "wait");
}

#[test]
fn several_workers_wait_as_m_m_c() {
    for (workers, utilisation) in [(2, 0.7), (4, 0.8), (16, 0.85)] {
        let outcome = poisson(utilisation, workers, ServiceTime::Exponential { mean: MEAN }, 600_000.0);
        let waits = erlang_c(workers, utilisation * f64::from(workers));
        let expected = waits * MEAN / (f64::from(workers) * (1.0 - utilisation));
        assert_near(outcome.all().waits.mean(), expected, 0.05, &format!("{workers} workers"));
    }
}

#[test]
fn littles_law_and_the_workers_utilisation_hold() {
    let service = ServiceTime::LogNormal { mean: MEAN, variation: 0.3 };
    let rate = 0.8 * 3.0 / MEAN;
    let load = Load::Open {
        arrivals: Arrivals::Bursty { mean: rate * 0.8, peak_factor: 2.0, share: 0.2, burst: 10.0 },
        seconds: 5000.0,
    };
    let outcome = Simulation::plain(5, load, 3, service).run();
    let all = outcome.all();
    // Exact over a whole run: it begins and ends empty.
    let mean_held = outcome.held / outcome.end;
    assert_near(mean_held, all.ended as f64 / outcome.end * all.sojourns.mean(), 1e-6, "L = lambda W");
    assert_near(outcome.busy / all.ended as f64, MEAN, 0.01, "service");
}

/// An overload with every way to be refused.
fn overload(seed: u64) -> Simulation {
    Simulation {
        mix: Mix::Turns(vec![0, 3, 3, 1, 3, 3, 2, 3]),
        returning: vec![0, 1, 2],
        admission: AdmissionRule { max_wait: 8.0, capacity: 60 },
        ..Simulation::plain(
            seed,
            Load::Open { arrivals: Arrivals::Poisson { rate: 40.0 }, seconds: 120.0 },
            2,
            ServiceTime::LogNormal { mean: MEAN, variation: 0.2 },
        )
    }
}

#[test]
fn every_request_ends_once() {
    for seed in 0..20 {
        for (capacity, max_wait) in [(60, 8.0), (27, 30.0), (1000, 3.0), (1, 30.0)] {
            let simulation = Simulation { admission: AdmissionRule { max_wait, capacity }, ..overload(seed) };
            for class in simulation.run().classes {
                assert_eq!(class.requests, class.accepted + class.refused());
                assert_eq!(class.accepted, class.ended);
                assert_eq!((class.waits.count() as u64, class.sojourns.count() as u64), (class.ended, class.ended));
                assert!(class.returned_accepted <= class.returned && class.returned <= class.requests);
                assert!(class.refused() > 0 && class.ended > 0);
            }
        }
    }
}

#[test]
fn a_queue_holds_no_more_than_it_may_and_workers_do_not_idle_under_an_overload() {
    let outcome = overload(1).run();
    assert!(outcome.longest_queue <= 60);
    assert!(outcome.busy / (2.0 * outcome.end) > 0.98, "{}", outcome.busy / outcome.end);
}

#[test]
fn a_seed_is_a_run() {
    let figures = |seed| {
        let outcome = overload(seed).run();
        (outcome.all().ended, outcome.end.to_bits(), outcome.all().sojourns.percentile(99).to_bits())
    };
    assert_eq!(figures(1), figures(1));
    assert_ne!(figures(1), figures(2));
}
