//! The questions that `docs/scaling.md` answers.

use crate::{
    AdmissionRule, Arrivals, BlockLimits, FleetScenario, LeavesScenario, MonthScenario, OverloadScenario, Promise,
    RootScenario, Scenario, SettlementScenario, UploadFormat, measured,
};

/// Seconds of a month of 30 days, of a day, and of a release night's first rush.
const MONTH: f64 = 30.0 * DAY;
const DAY: f64 = 86_400.0;
const RUSH: f64 = 1_800.0;
/// The part of a month's proofs that a rush brings.
const RUSH_PART: f64 = 0.1;
/// What a device downloads in a second: 20 Mbit.
const DEVICE_BYTES: f64 = 2.5e6;
/// How many times as long a worker takes for a job while the same two cores refuse more requests than they serve:
/// fitted to the measured share of refusals.
const OVERLOAD_SLOWDOWN: f64 = 1.08;
const SEED: u64 = 20_260_710;

/// All of them, in the order of the document. `wide` says how long they are simulated: 1 is what the document has, less
/// is quicker and rougher.
pub fn standard(wide: f64) -> Vec<Scenario> {
    let mut all = overloads();
    all.extend(fleets(wide));
    all.extend(months(wide));
    all.extend(roots(wide));
    all.extend(settlements(wide));
    all.extend(leaves());
    all
}

fn overloads() -> Vec<Scenario> {
    let per_second = measured::PROOFS_PER_MINUTE[1].1 / 60.0;
    let run = |title: &str, slowdown, seconds, admission| {
        Scenario::Overload(OverloadScenario {
            title: title.to_owned(),
            seed: SEED,
            runs: 20,
            workers: 2,
            per_second,
            service: measured::service(2),
            slowdown,
            seconds,
            admission,
        })
    };
    vec![
        run("as in the bench; workers as fast as ever", 1.0, 20.0, None),
        run("as in the bench; workers 8 % slower", OVERLOAD_SLOWDOWN, 20.0, None),
        run("the API's defaults, 10 minutes", OVERLOAD_SLOWDOWN, 600.0, Some(AdmissionRule::DEFAULT)),
    ]
}

fn fleets(wide: f64) -> Vec<Scenario> {
    let fleet = |workers: u32| {
        let seconds = wide * 60_000.0 * measured::service_on_own_core().mean() / f64::from(workers);
        let title = format!("{workers} workers");
        Scenario::Fleet(FleetScenario { title, seed: SEED, workers, promise: Promise::DEFAULT, seconds })
    };
    [1, 2, 4, 8, 16, 32, 64].map(fleet).to_vec()
}

fn months(wide: f64) -> Vec<Scenario> {
    let mut all = vec![];
    let mut add = |title: String, arrivals: Arrivals, seconds: f64, on_devices| {
        let promise = Promise::DEFAULT;
        all.push(Scenario::Month(MonthScenario { title, seed: SEED, arrivals, seconds, on_devices, promise }));
    };
    for (name, proofs) in [("10 K", 1e4), ("100 K", 1e5), ("1 M", 1e6)] {
        let mean = proofs / MONTH;
        add(format!("{name}, even"), Arrivals::Poisson { rate: mean }, wide * 2e4 / mean, 0.0);
        let days = wide * (1e4 / (mean * DAY)).max(3.0);
        let daily = Arrivals::Daily { mean, peak_factor: 4.0, share: 0.125, period: DAY };
        add(format!("{name}, 3 hours a day at 4 times the mean"), daily, libm::ceil(days) * DAY, 0.0);
        let bursty = Arrivals::Bursty { mean, peak_factor: 20.0, share: 0.02, burst: 600.0 };
        add(format!("{name}, bursts of 10 minutes at 20 times the mean"), bursty, wide * MONTH, 0.0);
        let rush = Arrivals::Poisson { rate: RUSH_PART * proofs / RUSH };
        add(format!("{name}, a tenth of it in half an hour"), rush, RUSH, 0.0);
    }
    for percent in [50, 90, 99] {
        let rush = Arrivals::Poisson { rate: RUSH_PART * 1e6 / RUSH };
        let title = format!("1 M, a tenth of it in half an hour, {percent} % on devices");
        add(title, rush, RUSH, f64::from(percent) / 100.0);
    }
    all
}

fn roots(wide: f64) -> Vec<Scenario> {
    let scenario = |(title, rate): (&str, f64)| {
        let arrivals = Arrivals::Poisson { rate };
        Scenario::Roots(RootScenario::new(title, SEED, arrivals, wide * (20_000.0 / rate).max(600.0)))
    };
    [("10 changes an hour", 10.0 / 3600.0), ("1 a second", 1.0), ("100 a second", 100.0), ("2,000 a second", 2000.0)]
        .map(scenario)
        .to_vec()
}

fn settlements(wide: f64) -> Vec<Scenario> {
    let mean = 1e6 / MONTH;
    let rush = Arrivals::Poisson { rate: RUSH_PART * 1e6 / RUSH };
    let scenario = |title: &str, arrivals, seconds, relayer_workers, format| {
        let title = title.to_owned();
        let limits = BlockLimits::MAINNET;
        Scenario::Settlement(SettlementScenario {
            title,
            seed: SEED,
            arrivals,
            seconds,
            relayer_workers,
            format,
            limits,
        })
    };
    let even = Arrivals::Poisson { rate: mean };
    let daily = Arrivals::Daily { mean, peak_factor: 4.0, share: 0.125, period: DAY };
    vec![
        scenario("1 M a month, even, 4 workers, legacy", even, wide * 5e4, 4, UploadFormat::Legacy),
        scenario("1 M a month, even, 4 workers, v1", even, wide * 5e4, 4, UploadFormat::V1),
        scenario("1 M a month, daily peak, 4 workers, v1", daily, 2.0 * DAY, 4, UploadFormat::V1),
        scenario("its rush, 4 workers, v1", rush, RUSH, 4, UploadFormat::V1),
        scenario("its rush, 64 workers, v1", rush, RUSH, 64, UploadFormat::V1),
        scenario("its rush, 64 workers, legacy", rush, RUSH, 64, UploadFormat::Legacy),
    ]
}

fn leaves() -> Vec<Scenario> {
    let scenario = |(title, leaves, registries): (&str, u64, u64)| {
        Scenario::Leaves(LeavesScenario {
            title: title.to_owned(),
            leaves,
            registries,
            changes_per_day: leaves as f64 / 100.0,
            device_bytes_per_second: DEVICE_BYTES,
        })
    };
    [
        ("10^5, one registry", 100_000, 1),
        ("10^6, one registry", 1_000_000, 1),
        ("10^7, one registry", 10_000_000, 1),
        ("10^8, one registry", 100_000_000, 1),
        ("10^8, 100 registries", 100_000_000, 100),
        ("10^8, 1,000 registries", 100_000_000, 1000),
    ]
    .map(scenario)
    .to_vec()
}
