//! How a job gets on, as a stream of events (Server-Sent Events).

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_store::{ClaimedJob, JobFollower, JobNews, JobOutcome, JobStage, JobState, Store, TokenHash};

use super::{job_status::unknown_for, proof_view::FailureView};
use crate::{
    client_address::StreamClient,
    event_streams::{EventStreams, StreamPlace},
    job_token::Bearer,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

/// Comments in between, so that nobody takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// When a client that lost the stream is to come back.
const RETRY: Duration = Duration::from_secs(2);
/// A job ends long before; whoever still wants to know asks again.
const LONGEST: Duration = Duration::from_secs(600);
/// The same stage is not told again within this time.
const QUIET: Duration = Duration::from_secs(5);

/// Data of an event.
#[derive(Serialize, ToSchema)]
pub(crate) struct StageView {
    /// `queued`, `leased`, `path`, `witness`, `proving`, `verifying`, and then `done` or `failed`.
    stage: &'static str,
    /// Of which attempt.
    attempt: u32,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
}

/// How a job gets on: Server-Sent Events named `stage`, the first of which says where the job is now, whatever `Last-Event-ID`
/// says. The stream ends with the stage `done` or `failed`, or after ten minutes.
///
/// A client has three streams; one more ends the oldest with an event named `replaced`.
#[utoipa::path(get, path = "/v1/proofs/{id}/events", operation_id = "proofEvents", tag = "proofs",
    params(("id" = Uuid, Path, description = "The job")), security(("job_token" = [])),
    responses(
        (status = 200, description = "Events, each with JSON as its data", body = StageView,
            content_type = "text/event-stream"),
        (status = 401, description = "Without a job token", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such job for this token", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 410, description = "The job ended so long ago that its proof was removed", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn events(
    State(state): State<AppState>,
    client: StreamClient,
    Path(id): Path<String>,
    Bearer(token): Bearer,
) -> Result<Response, Problem> {
    let id: Uuid = id.parse().unwrap_or_default();
    // Followed first, so that nothing happens unheard between the two.
    let follower = state.signals.follow(id);
    let Some(job) = state.store.claimed_job(id, token).await? else {
        return Err(unknown_for(&state.store, id, token).await?);
    };
    let place = state.event_streams.enter(client).ok_or_else(Problem::overloaded)?;
    let stream = JobEvents {
        store: state.store,
        streams: state.event_streams,
        job: id,
        token,
        follower,
        place,
        ends: Instant::now() + LONGEST,
        told: None,
        next: Next::Tell(Box::new(job)),
    };
    let events = stream::unfold(stream, |mut stream| async {
        let event = stream.next().await?;
        Some((Ok::<_, Infallible>(event), stream))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("")).into_response())
}

/// A stream that is open.
struct JobEvents {
    store: Store,
    streams: Arc<EventStreams>,
    job: Uuid,
    token: TokenHash,
    follower: JobFollower,
    place: StreamPlace,
    ends: Instant,
    /// What was told last, and when.
    told: Option<((u32, JobStage), Instant)>,
    next: Next,
}

enum Next {
    /// The job as the database has it.
    Tell(Box<ClaimedJob>),
    Listen,
    End,
}

impl JobEvents {
    /// The next event; none when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            match std::mem::replace(&mut self.next, Next::Listen) {
                Next::Tell(job) => {
                    if let Some(event) = self.tell(&job) {
                        return Some(event);
                    }
                }
                Next::Listen => {}
                Next::End => return None,
            }
            let news = tokio::select! {
                news = self.follower.next() => news,
                () = sleep_until(self.ends) => return None,
                () = self.streams.stopping.cancelled() => return None,
                _ = &mut self.place.replaced => {
                    self.next = Next::End;
                    return Some(Event::default().event("replaced").data("{}"));
                }
            };
            match news {
                JobNews::Stage(message) => {
                    if let Some(event) = self.stage(message.attempt, message.stage) {
                        return Some(event);
                    }
                }
                // If the database cannot say how it ended, the client is to ask again.
                JobNews::Ended => {
                    let job = self.store.claimed_job(self.job, self.token).await.ok()??;
                    job.job.outcome.as_ref()?;
                    self.next = Next::Tell(Box::new(job));
                }
            }
        }
    }

    /// Where a job is, as the database has it.
    fn tell(&mut self, claimed: &ClaimedJob) -> Option<Event> {
        let job = &claimed.job;
        let attempt = job.attempts.unsigned_abs();
        let failure = match &job.outcome {
            None if job.state == JobState::Leased => return self.stage(attempt, JobStage::Leased),
            None => return self.stage(attempt + 1, JobStage::Queued),
            Some(JobOutcome::Proved { .. }) => None,
            Some(JobOutcome::Failed(failure)) => Some(FailureView::of(*failure, job.last_error)),
        };
        self.next = Next::End;
        let stage = if failure.is_some() { "failed" } else { "done" };
        Some(event(StageView { stage, attempt, failure }))
    }

    /// The event of a stage, unless it was told just now, or one that comes later was.
    fn stage(&mut self, attempt: u32, stage: JobStage) -> Option<Event> {
        let now = Instant::now();
        if let Some((told, at)) = self.told
            && (told > (attempt, stage) || told == (attempt, stage) && now < at + QUIET)
        {
            return None;
        }
        self.told = Some(((attempt, stage), now));
        Some(event(StageView { stage: stage.name(), attempt, failure: None }))
    }
}

fn event(view: StageView) -> Event {
    let id = format!("{}-{}", view.attempt, view.stage);
    let event = Event::default().event("stage").id(id).retry(RETRY);
    // Strings and a number are always JSON.
    event.json_data(view).unwrap_or_default()
}
