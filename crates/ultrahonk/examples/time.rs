//! Prints how long one verification takes on this machine, one line for each fixture.
//!
//! ```text
//! cargo run --release -p veilpass-ultrahonk --example time
//! ```

use std::path::Path;
use std::time::{Duration, Instant};

use veilpass_ultrahonk::{VerificationKey, verify};

const RUNS: usize = 200;

fn main() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for name in ["square", "ownership", "wide", "gates"] {
        let read = |file: &str| std::fs::read(fixtures.join(name).join(file)).expect("a fixture");
        let key = VerificationKey::parse(&read("vk")).expect("a key of bb");
        let (proof, public_inputs) = (read("proof"), read("public_inputs"));
        let mut times = [Duration::ZERO; RUNS];
        for time in &mut times {
            let start = Instant::now();
            verify(&key, &proof, &public_inputs).expect("a proof of bb");
            *time = start.elapsed();
        }
        times.sort();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "host_verify_ms {name}: p50 {:.2}, p99 {:.2} (log_n {}, {} public inputs, {RUNS} runs)",
            milliseconds(times[RUNS / 2]),
            milliseconds(times[RUNS * 99 / 100]),
            key.log_n(),
            key.public_inputs(),
        );
    }
}
