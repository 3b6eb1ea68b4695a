//! A listener's device: asks for a proof over HTTP, from an address of its own, and waits for it.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use reqwest::{RequestBuilder, Response, StatusCode, header::RETRY_AFTER};
use serde_json::Value;
use tokio::time::sleep;

use super::crowd::Crowd;

/// An accepted job that has not ended by then counts as lost.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bounds of how long a device waits before it asks again: a twentieth of its wait so far, so that asking neither loads
/// the API nor adds more than that to what is measured.
const POLL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));

/// How a device waits for a proof.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waiting {
    /// It asks again and again.
    Poll,
    /// It asks the API to answer when the proof is there, at the latest after so many seconds (RFC 7240,
    /// `Prefer: wait`).
    Prefer(u32),
}

/// One device.
pub(super) struct Device {
    http: reqwest::Client,
    waiting: Waiting,
}

/// What became of a request.
pub(super) enum Outcome {
    /// The API refused it (503 or 429), and said when to come back.
    Refused {
        /// `Retry-After`.
        retry_after: Duration,
    },
    /// It was accepted, and ended.
    Ended(Ended),
    /// It was accepted, and never ended.
    Lost,
}

/// An accepted request that ended.
pub(super) struct Ended {
    /// From the first byte sent to the last received.
    pub(super) took: Duration,
    /// What the API announced when it accepted the request: `estimated_wait_seconds`, else `Retry-After`.
    pub(super) announced: Option<Duration>,
    /// How often a prover began.
    pub(super) attempts: u64,
    /// Why there is no proof, if there is none.
    pub(super) failure: Option<String>,
}

impl Device {
    /// Device `number`, at the loopback address 127.0.0.(2 + number).
    pub(super) fn new(number: u8, waiting: Waiting) -> anyhow::Result<Self> {
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2 + number));
        let timeout = match waiting {
            Waiting::Poll => Duration::from_secs(30),
            Waiting::Prefer(seconds) => Duration::from_secs(30 + u64::from(seconds)),
        };
        let http = reqwest::Client::builder().timeout(timeout).no_proxy().local_address(address).build()?;
        Ok(Self { http, waiting })
    }

    /// Asks for the crowd's next proof and waits for it. Fails if the API answers what it must not.
    pub(super) async fn prove(&self, crowd: &Crowd) -> anyhow::Result<Outcome> {
        let body = crowd.next_request();
        let since = Instant::now();
        let response = self.send(self.http.post(format!("{}/v1/proofs", crowd.base)).json(&body)).await?;
        let (status, retry_after) = (response.status(), retry_after(&response));
        let mut answer: Value = response.json().await.context("the answer is not JSON")?;
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            let retry_after = retry_after.with_context(|| format!("{status} without Retry-After: {answer}"))?;
            return Ok(Outcome::Refused { retry_after });
        }
        let id = answer["id"].as_str().filter(|_| status.is_success());
        let job = format!("{}/v1/proofs/{}", crowd.base, id.with_context(|| format!("{status}: {answer}"))?);
        let token = answer["job_token"].as_str().context("a job without a token")?.to_owned();
        let announced = answer["estimated_wait_seconds"].as_f64().map(Duration::from_secs_f64).or(retry_after);
        loop {
            if answer["status"] == "done" && !answer["proof"].is_string() {
                let fetch = self.http.post(format!("{job}/result")).bearer_auth(&token);
                answer = fetch.send().await?.error_for_status()?.json().await?;
            }
            if let Some(failure) = end_of(&answer)? {
                let attempts = answer["attempts"].as_u64().unwrap_or(1);
                return Ok(Outcome::Ended(Ended { took: since.elapsed(), announced, attempts, failure }));
            }
            if since.elapsed() > PATIENCE {
                return Ok(Outcome::Lost);
            }
            sleep((since.elapsed() / 20).clamp(POLL.0, POLL.1)).await;
            // An answer that does not come is asked for again, as long as patience lasts.
            if let Ok(response) = self.send(self.http.get(&job).bearer_auth(&token)).await
                && response.status().is_success()
            {
                answer = response.json().await.unwrap_or(answer);
            }
        }
    }

    async fn send(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        match self.waiting {
            Waiting::Poll => request.send().await,
            Waiting::Prefer(seconds) => request.header("prefer", format!("wait={seconds}")).send().await,
        }
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// `None` while the job is under way; then why there is no proof, if there is none.
fn end_of(answer: &Value) -> anyhow::Result<Option<Option<String>>> {
    match answer["status"].as_str().unwrap_or_default() {
        "queued" | "proving" => Ok(None),
        "done" if answer["proof"].is_string() => Ok(Some(None)),
        "failed" => Ok(Some(Some(answer["failure"]["code"].as_str().unwrap_or("without a reason").to_owned()))),
        other => bail!("an answer with status {other:?} and no proof"),
    }
}
