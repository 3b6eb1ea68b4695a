//! Who is taken: the rule of `api/src/admission.rs` and `api/src/routes/queueing.rs`.

use crate::Time;

/// For how long figures of the database are used; what is admitted meanwhile is added.
const FRESH_SECONDS: f64 = 1.0;
/// Jobs that any client may have waiting, however slow the provers are.
const LEAST_SHARE: u64 = 16;

/// What is admitted.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct AdmissionRule {
    /// The longest wait by estimate, in seconds (`--max-queue-wait-seconds`).
    pub max_wait: f64,
    /// Jobs that may wait (`--queue-capacity`).
    pub capacity: u64,
}

impl AdmissionRule {
    /// The API's defaults.
    pub const DEFAULT: Self = Self { max_wait: 30.0, capacity: 1000 };
    /// Everybody is taken: for comparison with formulas.
    pub const ALL: Self = Self { max_wait: f64::INFINITY, capacity: u64::MAX };
}

/// Why a job is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    QueueFull,
    TooLong,
    ShareUsed,
}

/// The queue at a moment.
pub(crate) struct Queue {
    pub(crate) waiting: u64,
    pub(crate) worked_on: u64,
    /// Rounds of the client who asks.
    pub(crate) backlog: u64,
}

/// The estimate of one API, with figures that are up to a second old.
pub(crate) struct Admission {
    rule: AdmissionRule,
    workers: u32,
    /// What provers report as their mean, in seconds.
    proof: f64,
    read: Option<(Time, u64)>,
    admitted: u64,
}

impl Admission {
    pub(crate) fn new(rule: AdmissionRule, workers: u32, proof: f64) -> Self {
        Self { rule, workers: workers.max(1), proof, read: None, admitted: 0 }
    }

    /// Takes a job, or says why not and after how many whole seconds it is worth asking again.
    pub(crate) fn admit(&mut self, now: Time, queue: &Queue) -> Result<(), (Refusal, f64)> {
        let open = match self.read {
            Some((at, open)) if now - at < Time::from_seconds(FRESH_SECONDS) => open,
            _ => {
                self.read = Some((now, queue.waiting + queue.worked_on));
                self.admitted = 0;
                queue.waiting + queue.worked_on
            }
        };
        let ahead = (open + self.admitted) as f64;
        let wait = self.proof * ahead / f64::from(self.workers);
        let share = (ahead as u64 / 8).max(LEAST_SHARE);
        if wait >= self.rule.max_wait / 2.0 && queue.backlog >= share {
            return Err((Refusal::ShareUsed, whole_seconds(wait - self.rule.max_wait / 2.0)));
        }
        if wait > self.rule.max_wait {
            return Err((Refusal::TooLong, whole_seconds(wait - self.rule.max_wait)));
        }
        // Counted before the capacity is looked at, as in the API: the insertion is another statement.
        self.admitted += 1;
        if queue.waiting >= self.rule.capacity {
            let room = (self.rule.capacity as f64 / 10.0).max(1.0);
            return Err((Refusal::QueueFull, whole_seconds(self.proof * room / f64::from(self.workers))));
        }
        Ok(())
    }
}

/// As in a `Retry-After`.
fn whole_seconds(wait: f64) -> f64 {
    libm::ceil(wait).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(waiting: u64, backlog: u64) -> Queue {
        Queue { waiting, worked_on: 2, backlog }
    }

    #[test]
    fn a_job_that_would_wait_too_long_is_told_when_the_queue_will_have_drained() {
        // The cases of api/src/admission.rs.
        let rule = AdmissionRule { max_wait: 30.0, capacity: u64::MAX };
        let mut admission = Admission::new(rule, 2, 0.2);
        assert_eq!(admission.admit(Time::ZERO, &queue(298, 0)), Ok(()), "exactly the longest");
        assert_eq!(Admission::new(rule, 2, 0.2).admit(Time::ZERO, &queue(423, 0)), Err((Refusal::TooLong, 13.0)));
    }

    #[test]
    fn figures_are_old_by_up_to_a_second_and_what_was_admitted_is_added() {
        let rule = AdmissionRule { max_wait: 1.0, capacity: u64::MAX };
        let mut admission = Admission::new(rule, 1, 0.5);
        let empty = Queue { waiting: 0, worked_on: 0, backlog: 0 };
        let at = Time::from_seconds;
        let verdicts = [0.0, 0.1, 0.2, 0.3].map(|time| admission.admit(at(time), &empty).is_ok());
        assert_eq!(verdicts, [true, true, true, false], "two are ahead of the third: exactly the longest");
        assert!(admission.admit(at(1.1), &empty).is_ok(), "read again");
    }

    #[test]
    fn the_capacity_and_the_share_of_one_client_are_held() {
        let rule = AdmissionRule { max_wait: 30.0, capacity: 10 };
        assert_eq!(Admission::new(rule, 2, 0.2).admit(Time::ZERO, &queue(9, 0)), Ok(()));
        assert_eq!(Admission::new(rule, 2, 0.2).admit(Time::ZERO, &queue(10, 0)), Err((Refusal::QueueFull, 1.0)));
        let rule = AdmissionRule::DEFAULT;
        assert_eq!(Admission::new(rule, 2, 0.2).admit(Time::ZERO, &queue(158, 19)), Ok(()));
        assert_eq!(Admission::new(rule, 2, 0.2).admit(Time::ZERO, &queue(158, 20)), Err((Refusal::ShareUsed, 1.0)));
    }
}
