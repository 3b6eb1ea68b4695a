//! Logs: a message and fields, as text for people or as JSON lines for machines, on standard error.
//!
//! Never logged, at any level: identity secrets, witnesses (open or sealed), token ids, leaf indices, wallets, peppers,
//! private keys. Their types print as `redacted`.

use std::{fmt, io::IsTerminal};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        FmtContext, FormatEvent,
        format::{Format, Json, JsonFields, Writer},
    },
    registry::LookupSpan,
};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One line of text for a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How log lines look, and where they say that they are from.
#[derive(Clone, Debug, clap::Args)]
pub struct LogOptions {
    /// How log lines look.
    #[arg(long, env = "VEILPASS_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// Which deployment this is, as each JSON line says: letters, digits, '-', '_' and '.', such as production.
    #[arg(long, env = "VEILPASS_ENVIRONMENT", default_value = "local", value_parser = environment)]
    pub environment: String,
}

fn environment(name: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_good = (1..=64).contains(&name.len()) && name.bytes().all(is_plain);
    is_good.then(|| name.to_owned()).ok_or("expected 1 to 64 letters, digits, '-', '_' and '.'")
}

/// Sets up the process's logs once. The filter is `RUST_LOG`; if that is missing or is no filter,
/// `info,sqlx=warn,hyper=warn,tower_http=info`.
pub fn init_logs(service: &'static str, options: &LogOptions) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,hyper=warn,tower_http=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for a person at a terminal, who has not forbidden them.
    let builder = builder.with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let outcome = match options.log_format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().event_format(Labelled::new(service, &options.environment)).try_init(),
    };
    if outcome.is_ok() {
        tracing::info!(version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "{service} is starting");
    }
}

/// JSON lines that begin with the service and the environment.
struct Labelled {
    labels: String,
    json: Format<Json>,
}

impl Labelled {
    /// Both are plain words: nothing in them must be escaped.
    fn new(service: &str, environment: &str) -> Self {
        let labels = format!(r#"{{"service":"{service}","environment":"{environment}","#);
        Self { labels, json: Format::default().json().flatten_event(true).with_current_span(true) }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for Labelled {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.json.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&self.labels)?;
        writer.write_str(line.strip_prefix('{').ok_or(fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_a_plain_word() {
        assert_eq!(environment("eu-west.prod_2").as_deref(), Ok("eu-west.prod_2"));
        for wrong in ["", "a b", "a\"b", "ü", &"x".repeat(65)] {
            assert!(environment(wrong).is_err(), "{wrong:?}");
        }
    }
}
