//! scan
use veilpass_capacity::*;
fn main() {
    for slow in [1.0, 1.05, 1.1, 1.15, 1.2, 1.25] {
        for returning in [true, false] {
            let mut s = OverloadScenario { title: "".into(), seed: 1, workers: 2, per_second: 13.15, service: measured::service(2), slowdown: slow, seconds: 20.0 }.simulation();
            if !returning { s.returning.clear(); }
            let o = s.run(); let a = o.all();
            println!("{slow} {returning} p50 {:.2} p95 {:.2} p99 {:.2} refused {:.1} n {} acc {} ret {}/{} polite {} greedy {} polite p50 {:.2} greedy p50 {:.2}", a.sojourns.percentile(50), a.sojourns.percentile(95), a.sojourns.percentile(99), 100.0*a.refused() as f64/a.requests as f64, a.requests, a.accepted, a.returned_accepted, a.returned,
              o.classes[0].ended, o.classes[3].ended, o.classes[0].sojourns.percentile(50), o.classes[3].sojourns.percentile(50));
        }
    }
}
