//! `veilpass-faulty-bb`: see `veilpass_fault_proxy::bb`. For tests only.

use std::process::ExitCode;

fn main() -> ExitCode {
    veilpass_fault_proxy::bb::run().unwrap_or_else(|error| {
        eprintln!("veilpass-faulty-bb: {error}");
        ExitCode::FAILURE
    })
}
