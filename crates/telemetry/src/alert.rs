//! Alerts: what somebody must look at.

use std::{
    collections::HashMap,
    fmt::Display,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The same alert is logged once in this time; the counter counts each.
const QUIET: Duration = Duration::from_secs(60);

static LOGGED: LazyLock<Mutex<Repeats>> = LazyLock::new(Mutex::default);

/// Raises an alert: a log line at level error with the field `alert`, and one more in the counter
/// `veilpass_alerts_total{alert}`. `name` is a stable snake_case name that docs/operations.md explains; `detail` says what
/// happened, and holds no secret.
///
/// A condition that repeats is logged at most once a minute, with the number of times since (`suppressed`).
pub fn alert(name: &'static str, detail: impl Display) {
    metrics::counter!("veilpass_alerts_total", "alert" => name).increment(1);
    let due = LOGGED.lock().unwrap_or_else(PoisonError::into_inner).due(name, Instant::now());
    if let Some(suppressed) = due {
        tracing::error!(alert = name, suppressed, "{detail}");
    }
}

/// Shows these alerts at zero, so that the first of one is an increase: call it once the recorder is installed.
pub fn describe_alerts(names: &[&'static str]) {
    for name in names {
        metrics::counter!("veilpass_alerts_total", "alert" => *name).increment(0);
    }
}

/// When each alert was last logged, and how often it was not since. As large as there are names in the code.
#[derive(Default)]
struct Repeats(HashMap<&'static str, (Instant, u64)>);

impl Repeats {
    /// Whether to log now, and how many were suppressed before.
    fn due(&mut self, name: &'static str, now: Instant) -> Option<u64> {
        let Some((logged, suppressed)) = self.0.get_mut(name) else {
            self.0.insert(name, (now, 0));
            return Some(0);
        };
        if now.duration_since(*logged) < QUIET {
            *suppressed += 1;
            return None;
        }
        *logged = now;
        Some(std::mem::take(suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_alert_is_logged_once_a_minute_with_the_number_that_was_not() {
        let mut repeats = Repeats::default();
        let start = Instant::now();
        let second = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(repeats.due("one", start), Some(0));
        assert_eq!(repeats.due("one", second(1)), None);
        assert_eq!(repeats.due("one", second(59)), None);
        assert_eq!(repeats.due("two", second(59)), Some(0), "another alert is not held back");
        assert_eq!(repeats.due("one", second(60)), Some(2));
        assert_eq!(repeats.due("one", second(61)), None, "the minute starts again");
        assert_eq!(repeats.due("one", second(120)), Some(1));
    }
}
