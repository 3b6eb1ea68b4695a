//! How far a prover is with a job: told to whoever follows it, as far as messages arrive.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;
use uuid::Uuid;

/// What is done for a job. In the order of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobStage {
    /// It waits for a prover.
    Queued,
    /// A prover has it, and opens the envelope.
    Leased,
    /// The leaf is looked up in the tree.
    Path,
    /// The circuit is solved.
    Witness,
    /// The proof is made.
    Proving,
    /// The proof is checked before anybody sees it.
    Verifying,
}

impl JobStage {
    const ALL: [Self; 6] = [Self::Queued, Self::Leased, Self::Path, Self::Witness, Self::Proving, Self::Verifying];

    /// The stage's stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Path => "path",
            Self::Witness => "witness",
            Self::Proving => "proving",
            Self::Verifying => "verifying",
        }
    }
}

/// Name of the channel by which stages go through Redis.
pub const STAGE_CHANNEL: &str = "job-stages";

/// A job has reached a stage. As text, the id, the number of attempts begun, and the stage's name, with a space between: how it
/// travels, by `NOTIFY` or through Redis. Names a job by its id, which alone is of no use to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageMessage {
    /// The job.
    pub job: Uuid,
    /// Attempts begun, this one included.
    pub attempt: u32,
    /// Where it is.
    pub stage: JobStage,
}

/// Not a message of this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a job's id, an attempt and a stage")]
pub struct ParseStageError;

impl fmt::Display for StageMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.job, self.attempt, self.stage.name())
    }
}

impl FromStr for StageMessage {
    type Err = ParseStageError;

    fn from_str(text: &str) -> Result<Self, ParseStageError> {
        let mut parts = text.split(' ');
        let mut next = || parts.next().ok_or(ParseStageError);
        let (job, attempt, name) = (next()?, next()?, next()?);
        if next().is_ok() {
            return Err(ParseStageError);
        }
        Ok(Self {
            job: job.parse().map_err(|_| ParseStageError)?,
            attempt: attempt.parse().map_err(|_| ParseStageError)?,
            stage: JobStage::ALL.into_iter().find(|stage| stage.name() == name).ok_or(ParseStageError)?,
        })
    }
}

/// Messages that wait for one who follows; more are lost, and a later one says more.
const WAITING: usize = 8;

type Followers = HashMap<Uuid, Vec<mpsc::Sender<StageMessage>>>;

/// Who follows which job.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages(Arc<Mutex<Followers>>);

/// Follows one job, until dropped.
#[derive(Debug)]
pub(super) struct Follower {
    job: Uuid,
    messages: mpsc::Receiver<StageMessage>,
    stages: Stages,
}

impl Stages {
    fn lock(&self) -> MutexGuard<'_, Followers> {
        // Nothing that holds it panics half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn follow(&self, job: Uuid) -> Follower {
        let (sender, messages) = mpsc::channel(WAITING);
        self.lock().entry(job).or_default().push(sender);
        Follower { job, messages, stages: self.clone() }
    }

    pub(super) fn tell(&self, message: StageMessage) {
        if let Some(followers) = self.lock().get(&message.job) {
            for follower in followers {
                // Who has eight to read can do without this one.
                let _ = follower.try_send(message);
            }
        }
    }
}

impl Follower {
    pub(super) async fn next(&mut self) -> StageMessage {
        match self.messages.recv().await {
            Some(message) => message,
            // The sender lives in the map for as long as we do.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.messages.close();
        let mut followers = self.stages.lock();
        if let Some(of_job) = followers.get_mut(&self.job) {
            of_job.retain(|follower| !follower.is_closed());
            if of_job.is_empty() {
                followers.remove(&self.job);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(job: u128, stage: JobStage) -> StageMessage {
        StageMessage { job: Uuid::from_u128(job), attempt: 1, stage }
    }

    #[test]
    fn messages_are_read_as_written() {
        for stage in JobStage::ALL {
            assert_eq!(message(7, stage).to_string().parse(), Ok(message(7, stage)));
        }
        let text = message(7, JobStage::Path).to_string();
        for wrong in ["", "x", &text[1..], &format!("{text}s"), &format!("{text} "), &text.replace(" 1 ", " -1 ")] {
            assert_eq!(wrong.parse::<StageMessage>(), Err(ParseStageError), "{wrong}");
        }
    }

    #[tokio::test]
    async fn who_follows_hears_of_its_job_and_who_left_is_forgotten() {
        let stages = Stages::default();
        let (mut one, same, other) =
            (stages.follow(Uuid::from_u128(1)), stages.follow(Uuid::from_u128(1)), stages.follow(Uuid::from_u128(2)));
        // Nobody reads the others' messages, and nobody waits for them.
        (0..100).for_each(|_| stages.tell(message(2, JobStage::Leased)));
        stages.tell(message(1, JobStage::Leased));
        stages.tell(message(1, JobStage::Path));
        assert_eq!(one.next().await.stage, JobStage::Leased);
        assert_eq!(one.next().await.stage, JobStage::Path);
        drop((one, other));
        assert_eq!(stages.lock().len(), 1);
        drop(same);
        assert!(stages.lock().is_empty());
    }
}
