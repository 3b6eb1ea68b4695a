//! The model beside what was measured.

use veilpass_capacity::{
    Load, OverloadFigures, Scenario, Simulation,
    measured::{self, CLOSED_LOOP, PROOFS_PER_MINUTE},
    run, standard,
};

/// A load of `./veilpass bench fleet`: two requests in flight for each worker.
fn closed_loop(workers: u32) -> veilpass_capacity::Outcome {
    let load = Load::Closed { in_flight: 2 * workers, requests: 30_000 };
    Simulation::plain(3, load, workers, measured::service(workers)).run()
}

fn within(modelled: f64, measured: f64, per_cent: f64) -> bool {
    100.0 * (modelled / measured - 1.0).abs() <= per_cent
}

#[test]
fn closed_loops_have_the_measured_throughput_and_latency() {
    for ((workers, per_minute), (_, p50, p99)) in PROOFS_PER_MINUTE.into_iter().zip(CLOSED_LOOP) {
        let outcome = closed_loop(workers);
        let all = outcome.all();
        let throughput = all.ended as f64 / outcome.end * 60.0;
        assert!(within(throughput, per_minute, 1.0), "{workers} workers: {throughput} a minute");
        assert!(within(all.sojourns.percentile(50), p50, 4.0), "{workers}: {}", all.sojourns.percentile(50));
        // Four workers on two cores have a longer tail than one distribution for all says.
        let tolerance = if workers == 4 { 15.0 } else { 6.0 };
        assert!(within(all.sojourns.percentile(99), p99, tolerance), "{workers}: {}", all.sojourns.percentile(99));
    }
}

/// The two runs that are as in the bench.
fn overloads() -> Vec<OverloadFigures> {
    let only = |scenario| if let Scenario::Overload(overload) = scenario { Some(overload) } else { None };
    standard(1.0)
        .into_iter()
        .filter_map(only)
        .filter(|overload| overload.admission.is_none())
        .map(|run| run.run())
        .collect()
}

#[test]
fn the_overload_is_as_measured() {
    let (p50, p99, refused) = measured::OVERLOAD;
    let [free, slowed] = <[_; 2]>::try_from(overloads()).unwrap();
    // Without anything fitted to it.
    assert!(within(free.p50, p50, 20.0) && within(free.p99, p99, 5.0), "{free:?}");
    assert!((free.refused - refused).abs() < 4.0, "{free:?}");
    assert!(within(slowed.p50, p50, 10.0) && within(slowed.p99, p99, 5.0), "{slowed:?}");
    assert!((slowed.refused - refused).abs() < 2.0, "{slowed:?}");
}

#[test]
fn the_readme_has_these_figures() {
    let readme = include_str!("../../../README.md");
    let list = |values: Vec<f64>| values.iter().map(f64::to_string).collect::<Vec<_>>().join(" / ");
    let (p50, p99, refused) = measured::OVERLOAD;
    let [one, two, four] = CLOSED_LOOP.map(|(_, p50, p99)| format!("{:.0} / {:.0}", p50 * 1e3, p99 * 1e3));
    for cell in [
        list(PROOFS_PER_MINUTE.map(|(_, value)| value).to_vec()),
        format!("{one}, {two}, {four} ms"),
        format!("{p50} / {p99} s; {refused} %"),
        format!("one core: solve, prove, verify, p50 / p95 | {:.0} /", measured::REPORTED_PROOF * 1e3),
        format!("in the API's process, p50 | {} ms", measured::CHECK * 1e3),
        format!("memory of a `bb` worker | {:.0} MB", measured::BB_BYTES / 1e6),
        format!("| {} / {} s |", measured::SETTLEMENT.0, measured::SETTLEMENT.1),
        format!("memory of a tree of 10^6 leaves | {:.0} MB", measured::TREE_BYTES_PER_LEAF),
        format!("| {} s / 0.5 us / {} ms |", measured::TREE_BUILD_PER_LEAF * 1e6, measured::TREE_INSERT * 1e3),
        "uploading it: legacy transactions / version 1 | 13 / 4 |".to_owned(),
        "| 25,000 / 2,282,880 lamports |".to_owned(),
    ] {
        assert!(readme.contains(&cell), "README.md has no {cell:?}: change src/measured.rs with it");
    }
    let program = include_str!("../../../programs/veilpass/README.md");
    for cell in
        ["| verify_cu_total | 707,151 |", "| upload_cu_total_legacy | 26,817 |", "| upload_cu_total_v1 | 9,150 |"]
    {
        assert!(program.contains(cell), "{cell}");
    }
}

#[test]
fn the_same_scenarios_have_the_same_figures() {
    let figures = run(&standard(0.02));
    assert_eq!(figures, run(&standard(0.02)));
    assert!(figures.iter().all(|figure| figure.value.is_finite() && figure.value >= 0.0));
}
