//! The queue of proof jobs, as `veilpass queue --json` shows it.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Serialize;
use veilpass_protocol::ProverKeyId;
use veilpass_store::LiveProver;

use crate::{problem::Problem, state::AppState};

/// Dead letters of this time are shown.
const PERIOD: Duration = Duration::from_secs(24 * 3600);

#[derive(Serialize)]
pub(crate) struct Queue {
    queued: u64,
    leased: u64,
    oldest_queued_seconds: Option<f64>,
    provers: Vec<ProverView>,
    dead_letters_last_day: Vec<DeadLettersView>,
}

#[derive(Serialize)]
pub(crate) struct ProverView {
    name: String,
    prover_key_id: ProverKeyId,
    workers: u16,
    mean_proof_ms: u64,
    seen_seconds_ago: f64,
}

#[derive(Serialize)]
struct DeadLettersView {
    reason: Option<String>,
    count: u64,
}

impl From<LiveProver> for ProverView {
    fn from(LiveProver { report, age }: LiveProver) -> Self {
        Self {
            name: report.name,
            prover_key_id: report.key,
            workers: report.workers,
            mean_proof_ms: u64::try_from(report.mean_proof.as_millis()).unwrap_or(u64::MAX),
            seen_seconds_ago: age.as_secs_f64(),
        }
    }
}

/// `GET /ops/v1/queue`.
pub(crate) async fn queue(State(state): State<AppState>) -> Result<Json<Queue>, Problem> {
    let (depth, provers) = (state.store.queue_depth().await?, state.store.live_provers().await?);
    let dead = state.store.dead_letters(PERIOD).await?;
    Ok(Json(Queue {
        queued: depth.queued,
        leased: depth.leased,
        oldest_queued_seconds: depth.oldest_queued_age.map(|age| age.as_secs_f64()),
        provers: provers.into_iter().map(ProverView::from).collect(),
        dead_letters_last_day: dead
            .into_iter()
            .map(|letters| DeadLettersView { reason: letters.reason, count: letters.count })
            .collect(),
    }))
}
