//! `veilpass-prover`: see `--help`.

use std::process::ExitCode;

use veilpass_prover::Config;

fn main() -> ExitCode {
    let config: Config = veilpass_settings::parse("prover");
    veilpass_telemetry::init_logs("veilpass-prover", &config.logs);
    forbid_core_dumps();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be started");
    let outcome = runtime.block_on(veilpass_prover::run(config));
    // Without waiting for a worker that hangs: its job was given back, and it ends when its pipe closes.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot go on");
            ExitCode::FAILURE
        }
    }
}

/// A core dump would hold witnesses. The limit passes on to the `bb` workers.
fn forbid_core_dumps() {
    use nix::sys::resource::{Resource, setrlimit};
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, 0, 0) {
        tracing::warn!(%error, "core dumps stay allowed");
    }
}
