//! A process that says every few seconds how it does.

use std::time::{Duration, Instant};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{ServiceInstance, Store, service_reports::ReportError};

/// How often a process reports.
const INTERVAL: Duration = Duration::from_secs(5);
/// For how long the database may think about it.
const PATIENCE: Duration = Duration::from_secs(4);
/// That reports fail is logged once in this time.
const QUIET: Duration = Duration::from_secs(60);

/// Reporting, until it is dropped.
#[must_use]
pub struct Reporting {
    _tasks: JoinSet<()>,
}

impl Store {
    /// Reports what `render` returns every five seconds. Nobody waits for it, and nothing fails with it: a report that cannot be
    /// kept is a line in the log, once a minute at most.
    pub fn keep_reporting(&self, from: ServiceInstance, render: impl Fn() -> String + Send + 'static) -> Reporting {
        let store = self.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut ticks = interval(INTERVAL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut logged = None::<Instant>;
            loop {
                ticks.tick().await;
                let text = render();
                let reason = match timeout(PATIENCE, store.report_service(&from, &text)).await {
                    Ok(Ok(())) => continue,
                    Ok(Err(error)) => words(&error),
                    Err(_) => "the database does not answer in time".to_owned(),
                };
                if logged.is_none_or(|at| at.elapsed() >= QUIET) {
                    logged = Some(Instant::now());
                    tracing::warn!(reason, "operators cannot be told how this process does");
                }
            }
        });
        Reporting { _tasks: tasks }
    }
}

fn words(error: &ReportError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
