//! `veilpass-indexer`: see `--help`.

use std::process::ExitCode;

use veilpass_indexer::Config;

fn main() -> ExitCode {
    let config: Config = veilpass_settings::parse("indexer");
    veilpass_telemetry::init_logs("veilpass-indexer", &config.logs);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be started");
    let outcome = runtime.block_on(veilpass_indexer::run(config));
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot go on");
            ExitCode::FAILURE
        }
    }
}
