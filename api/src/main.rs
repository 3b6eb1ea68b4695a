//! `veilpass-api`: see `--help`.

use std::process::ExitCode;

use veilpass_api::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config: Config = veilpass_settings::parse("api");
    veilpass_telemetry::init_logs("veilpass-api", &config.logs);
    match veilpass_api::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot go on");
            ExitCode::FAILURE
        }
    }
}
