//! `veilpass-relayer`: see `--help`.

use std::process::ExitCode;

use veilpass_relayer::Config;

fn main() -> ExitCode {
    let config: Config = veilpass_settings::parse("relayer");
    veilpass_telemetry::init_logs("veilpass-relayer", &config.logs);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be started");
    match runtime.block_on(veilpass_relayer::run(config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot go on");
            ExitCode::FAILURE
        }
    }
}
