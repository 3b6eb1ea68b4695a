//! Root batches: how long an enrolment or a revocation waits until it counts.

use serde_json::json;

use crate::{Arrivals, Figure, Random, Samples, ServiceTime, Time, arrivals::Source, figure::Figures, measured};

/// Roots that the program keeps.
const RING: f64 = 64.0;
/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Changes of one registry, and when a root has them (`relayer/src/root_batches.rs`).
#[derive(Clone, Debug)]
pub struct RootScenario {
    /// For tables.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// Enrolments and revocations.
    pub arrivals: Arrivals,
    /// For how long, in seconds.
    pub seconds: f64,
    /// A batch is complete at this many changes (`--batch-changes`)...
    pub batch_changes: usize,
    /// ...or when the oldest has waited for this long, in seconds (`--batch-age-ms`).
    pub batch_age: f64,
    /// From a root's record to its confirmation, in seconds; the next waits for it.
    pub confirmation: ServiceTime,
}

impl RootScenario {
    /// With the relayer's defaults; a root takes as long as a settlement.
    pub fn new(title: impl Into<String>, seed: u64, arrivals: Arrivals, seconds: f64) -> Self {
        let confirmation = measured::settlement();
        Self { title: title.into(), seed, arrivals, seconds, batch_changes: 1000, batch_age: 2.0, confirmation }
    }

    /// How long each change waited, and the number of changes of each root.
    pub fn run(&self) -> (Samples, Vec<usize>) {
        let mut random = Random::new(self.seed);
        let mut source = Source::new(self.arrivals, &mut random);
        let end = Time::from_seconds(self.seconds);
        let mut changes = vec![];
        let mut next = source.next(&mut random);
        while next < end {
            changes.push(next);
            next = source.next(&mut random);
        }
        let (mut waits, mut batches) = (Samples::default(), vec![]);
        let (mut first, mut free) = (0, Time::ZERO);
        while first < changes.len() {
            let aged = changes[first] + Time::from_seconds(self.batch_age);
            let full = changes.get(first + self.batch_changes - 1).copied();
            let due = full.map_or(aged, |full| full.min(aged)).max(free);
            // Whatever came meanwhile goes with it.
            let after = first + changes[first..].partition_point(|change| *change <= due);
            free = due + Time::from_seconds(self.confirmation.draw(&mut random));
            changes[first..after].iter().for_each(|change| waits.push(free - *change));
            batches.push(after - first);
            first = after;
        }
        (waits, batches)
    }

    pub(crate) fn figures(&self) -> Vec<Figure> {
        let (waits, batches) = self.run();
        let mut figures = Figures::new(json!({
            "scenario": self.title, "question": "roots", "seed": self.seed, "arrivals": self.arrivals,
            "seconds": self.seconds, "batch_changes": self.batch_changes, "batch_age_s": self.batch_age,
        }));
        let roots = batches.len().max(1) as f64;
        figures.add("model_root_wait_p50_s", waits.percentile(50), "s");
        figures.add("model_root_wait_p99_s", waits.percentile(99), "s");
        figures.add("model_roots_per_hour", roots / self.seconds * 3600.0, "roots/h");
        figures.add("model_changes_per_root", waits.count() as f64 / roots, "changes");
        figures.add("model_root_ring_minutes", RING * self.seconds / roots / 60.0, "min");
        figures.add("model_root_fees_sol_per_day", roots / self.seconds * DAY * measured::SIGNATURE_FEE / 1e9, "SOL");
        let inserting = waits.count() as f64 / self.seconds * measured::TREE_INSERT;
        figures.add("model_tree_insert_per_cent_of_core", 100.0 * inserting, "%");
        figures.into_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(arrivals: Arrivals) -> RootScenario {
        let confirmation = ServiceTime::Fixed { mean: 1.0 };
        RootScenario { confirmation, ..RootScenario::new("", 1, arrivals, 1000.0) }
    }

    #[test]
    fn a_lonely_change_waits_for_its_age_and_the_chain() {
        let (waits, batches) = scenario(Arrivals::Regular { rate: 0.1 }).run();
        assert_eq!((waits.percentile(1), waits.percentile(100)), (3.0, 3.0));
        assert_eq!((batches.len(), batches.iter().max()), (100, Some(&1)));
    }

    #[test]
    fn a_full_batch_does_not_wait_for_its_age_but_for_the_root_before() {
        let (waits, batches) = scenario(Arrivals::Regular { rate: 4000.0 }).run();
        // The first is complete after a quarter of a second; then each has what came in the second of the one before.
        assert_eq!(batches[0], 1000);
        assert!(batches[1..batches.len() - 1].iter().all(|batch| (3999..=4001).contains(batch)), "{batches:?}");
        assert!(waits.percentile(100) < 2.01, "{}", waits.percentile(100));
        assert_eq!(batches.iter().sum::<usize>(), waits.count());
        assert_eq!(waits.count(), 4_000_000);
    }
}
