//! The queue's order: start-time fair queueing, as in `crates/store/src/jobs/enqueue.rs` and `lease.rs`.

use std::collections::{BTreeMap, HashMap};

/// Rounds by which those who do not wait in their request let others go first (`turn` of migration 0005).
const PATIENT_ROUNDS: u64 = 8;

/// Jobs that wait, by turn, then by age.
#[derive(Debug)]
pub(crate) struct FairQueue<Job> {
    /// The round that is being served (`prover_keys.round`).
    round: u64,
    /// Each client's next round (`queue_rounds.next_round`).
    next_rounds: HashMap<u32, u64>,
    waiting: BTreeMap<(u64, u64), (u64, Job)>,
    arrived: u64,
}

impl<Job> FairQueue<Job> {
    pub(crate) fn new() -> Self {
        Self { round: 0, next_rounds: HashMap::new(), waiting: BTreeMap::new(), arrived: 0 }
    }

    pub(crate) fn len(&self) -> u64 {
        self.waiting.len() as u64
    }

    pub(crate) fn push(&mut self, client: u32, patient: bool, job: Job) {
        let next = self.next_rounds.entry(client).or_insert(0);
        let round = (*next).max(self.round);
        *next = round + 1;
        self.arrived += 1;
        let turn = round + if patient { PATIENT_ROUNDS } else { 0 };
        self.waiting.insert((turn, self.arrived), (round, job));
    }

    pub(crate) fn pop(&mut self) -> Option<Job> {
        let (_, (round, job)) = self.waiting.pop_first()?;
        self.round = self.round.max(round);
        Some(job)
    }

    /// Rounds between the queue's and the client's next one (`Store::client_backlog`).
    pub(crate) fn backlog(&self, client: u32) -> u64 {
        self.next_rounds.get(&client).map_or(0, |next| next.saturating_sub(self.round + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_one_job_in_a_round() {
        let mut queue = FairQueue::new();
        for job in ["a1", "a2", "a3"] {
            queue.push(1, false, job);
        }
        queue.push(2, false, "b1");
        assert_eq!((queue.len(), queue.backlog(1), queue.backlog(3)), (4, 2, 0));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, ["a1", "b1", "a2", "a3"]);
        assert_eq!(queue.backlog(1), 0);
    }

    #[test]
    fn who_comes_later_begins_at_the_round_that_is_served_and_the_patient_wait_eight_rounds() {
        let mut queue = FairQueue::new();
        (0..4).for_each(|job| queue.push(1, false, job));
        assert_eq!((queue.pop(), queue.pop()), (Some(0), Some(1)));
        queue.push(2, false, 10);
        queue.push(3, true, 20);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [10, 2, 3, 20]);
    }
}
