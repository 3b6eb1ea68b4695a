//! What came of a run.

use crate::Time;

/// Durations, in seconds.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, sample: Time) {
        self.0.push(sample.seconds());
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Their mean; 0 of none.
    pub fn mean(&self) -> f64 {
        if self.0.is_empty() { 0.0 } else { self.0.iter().sum::<f64>() / self.0.len() as f64 }
    }

    /// The sample that `percent` of all are not above (nearest rank); 0 of none.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        let rank = (sorted.len() * percent).div_ceil(100).clamp(1, sorted.len().max(1));
        if sorted.is_empty() {
            return 0.0;
        }
        *sorted.select_nth_unstable_by(rank - 1, f64::total_cmp).1
    }
}

/// What came of the requests of one class of clients.
#[derive(Clone, Debug, Default)]
pub struct ClassOutcome {
    /// Requests, those that came back after a refusal among them.
    pub requests: u64,
    /// Requests that came back after a refusal.
    pub returned: u64,
    /// Taken by the admission rule.
    pub accepted: u64,
    /// Of those that came back.
    pub returned_accepted: u64,
    /// Refused because the queue was full.
    pub queue_full: u64,
    /// Refused because they would wait too long.
    pub too_long: u64,
    /// Refused because the client has its share of a long queue.
    pub share_used: u64,
    /// Accepted, and ended.
    pub ended: u64,
    /// From request to start, of those that ended.
    pub waits: Samples,
    /// From request to end.
    pub sojourns: Samples,
}

impl ClassOutcome {
    /// Refused, for whatever reason.
    pub fn refused(&self) -> u64 {
        self.queue_full + self.too_long + self.share_used
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.returned += other.returned;
        self.accepted += other.accepted;
        self.returned_accepted += other.returned_accepted;
        self.queue_full += other.queue_full;
        self.too_long += other.too_long;
        self.share_used += other.share_used;
        self.ended += other.ended;
        self.waits.0.extend(&other.waits.0);
        self.sojourns.0.extend(&other.sojourns.0);
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// By class of clients.
    pub classes: Vec<ClassOutcome>,
    /// When the last accepted request ended, in seconds from the start.
    pub end: f64,
    /// The sum of what all workers worked, in seconds.
    pub busy: f64,
    /// The integral of the number of requests that wait or are worked on, over time: request-seconds.
    pub held: f64,
    /// The most that waited at once.
    pub longest_queue: u64,
}

impl Outcome {
    /// All classes together.
    pub fn all(&self) -> ClassOutcome {
        let mut all = ClassOutcome::default();
        self.classes.iter().for_each(|class| all.add(class));
        all
    }

    /// Some classes together.
    pub(crate) fn of(&self, classes: &[usize]) -> ClassOutcome {
        let mut some = ClassOutcome::default();
        classes.iter().filter_map(|class| self.classes.get(*class)).for_each(|class| some.add(class));
        some
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let mut samples = Samples::default();
        for seconds in (1..=20).rev() {
            samples.push(Time::from_seconds(f64::from(seconds)));
        }
        assert_eq!((samples.percentile(50), samples.percentile(95), samples.percentile(100)), (10.0, 19.0, 20.0));
        assert_eq!((samples.mean(), samples.count()), (10.5, 20));
        assert_eq!(Samples::default().percentile(50), 0.0);
    }
}
