//! How often what was done, and what came of it.

use std::{collections::BTreeMap, fmt, sync::Mutex};

#[derive(Default)]
pub(super) struct Tally(Mutex<BTreeMap<String, BTreeMap<String, u64>>>);

impl Tally {
    pub(super) fn count(&self, what: &str, outcome: &str) {
        let mut counts = self.0.lock().unwrap();
        *counts.entry(what.to_owned()).or_default().entry(outcome.to_owned()).or_default() += 1;
    }

    /// How often this came of it.
    pub(super) fn of(&self, what: &str, outcome: &str) -> u64 {
        self.0.lock().unwrap().get(what).and_then(|outcomes| outcomes.get(outcome)).copied().unwrap_or(0)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, outcomes) in &*self.0.lock().unwrap() {
            let total: u64 = outcomes.values().sum();
            let each: Vec<_> = outcomes.iter().map(|(outcome, times)| format!("{outcome} {times}")).collect();
            writeln!(f, "  {what}: {total} ({})", each.join(", "))?;
        }
        Ok(())
    }
}
