//! Delegated proving.

use std::{fmt, pin::pin, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt, stream};
use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;
use veilpass_protocol::{ProofStatement, PublicInputs, SealedWitness};
use veilpass_sealing::{OwnershipWitness, ProverPublicKey};
use zeroize::Zeroizing;

use crate::{
    error::ClientError,
    transport::{Client, REQUEST_TIMEOUT, bearer},
};

/// How often a stream of events that breaks off is opened again.
const RECONNECTS: u32 = 5;
/// Without a byte for so long, a stream has broken off. The API sends a comment every 15 seconds.
const STALLED: Duration = Duration::from_secs(45);

/// A proof job. Whoever has its token fetches the proof.
#[derive(Clone)]
pub struct Job {
    /// Its name.
    pub id: Uuid,
    token: Zeroizing<String>,
}

impl Job {
    /// The token, as it goes into a header. Whoever has it fetches the proof.
    pub fn expose_token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A proof and what it proves.
#[derive(Debug, Clone)]
pub struct OwnershipProof {
    /// 7,232 bytes.
    pub proof: Vec<u8>,
    /// What it proves.
    pub public_inputs: PublicInputs,
}

/// How far a job is: `queued`, `leased`, `path`, `witness`, `proving`, `verifying`, `done`, `failed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage(String);

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
struct JobAnswer {
    id: Uuid,
    #[serde(deserialize_with = "wiped")]
    job_token: Zeroizing<String>,
}

fn wiped<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

#[derive(Deserialize)]
struct EventData {
    stage: String,
    failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
    detail: String,
}

#[derive(Deserialize)]
struct ProofAnswer {
    proof: String,
    public_inputs: PublicInputs,
}

impl Client {
    /// Seals the witness to a prover and queues the proof.
    pub async fn request_proof(
        &self,
        key: &ProverPublicKey,
        statement: &ProofStatement,
        witness: &OwnershipWitness,
    ) -> Result<Job, ClientError> {
        let JobAnswer { id, job_token } = self.post("/v1/proofs", &proof_request(key, statement, witness)).await?;
        Ok(Job { id, token: job_token })
    }

    /// Waits for a job's end, telling each stage as it comes. Fails if it ends without a proof.
    pub async fn wait_for_proof(&self, job: &Job, on_stage: impl FnMut(&Stage)) -> Result<(), ClientError> {
        self.follow(job, STALLED, on_stage).await
    }

    async fn follow(&self, job: &Job, stalled: Duration, mut on_stage: impl FnMut(&Stage)) -> Result<(), ClientError> {
        for _ in 0..=RECONNECTS {
            let request = self.request(Method::GET, &format!("/v1/proofs/{}/events", job.id));
            let request = request.header(AUTHORIZATION, bearer(&job.token)?).header(ACCEPT, "text/event-stream");
            // The stall is seen here: the parser would swallow the comments.
            let bytes = until_stalled(self.send(request).await?.bytes_stream(), stalled);
            let mut events = pin!(bytes.eventsource());
            while let Some(Ok(event)) = events.next().await {
                if event.event != "stage" {
                    continue;
                }
                let EventData { stage, failure } = serde_json::from_str(&event.data)
                    .map_err(|error| ClientError::Unexpected(format!("an event: {error}")))?;
                let (is_done, has_failed) = (stage == "done", stage == "failed");
                on_stage(&Stage(stage));
                if is_done {
                    return Ok(());
                }
                if has_failed {
                    let why = failure.map(|failure| format!("{} ({})", failure.detail, failure.code));
                    return Err(ClientError::NotProved(why.unwrap_or_default()));
                }
            }
        }
        Err(ClientError::Unexpected("the stream of events ends before the job does".into()))
    }

    /// Fetches the proof of a job that is done. This can be done once.
    pub async fn fetch_proof(&self, job: &Job) -> Result<OwnershipProof, ClientError> {
        let request = self.request(Method::POST, &format!("/v1/proofs/{}/result", job.id));
        let answer = self.send(request.timeout(REQUEST_TIMEOUT).header(AUTHORIZATION, bearer(&job.token)?)).await?;
        let ProofAnswer { proof, public_inputs } =
            answer.json().await.map_err(|error| ClientError::Unexpected(error.to_string()))?;
        let proof = BASE64_STANDARD.decode(proof).map_err(|error| ClientError::Unexpected(error.to_string()))?;
        Ok(OwnershipProof { proof, public_inputs })
    }

    /// Gives a job up.
    pub async fn cancel_proof(&self, job: &Job) -> Result<(), ClientError> {
        let request = self.request(Method::DELETE, &format!("/v1/proofs/{}", job.id));
        self.send(request.timeout(REQUEST_TIMEOUT).header(AUTHORIZATION, bearer(&job.token)?)).await.map(drop)
    }

    /// All of it: the newest key, the job, its stages, its proof.
    pub async fn prove(
        &self,
        statement: &ProofStatement,
        witness: &OwnershipWitness,
        on_stage: impl FnMut(&Stage),
    ) -> Result<OwnershipProof, ClientError> {
        let keys = self.prover_keys().await?;
        let key = keys.first().ok_or_else(|| ClientError::NotProved("no prover is there at the moment".into()))?;
        let job = self.request_proof(key, statement, witness).await?;
        self.wait_for_proof(&job, on_stage).await?;
        self.fetch_proof(&job).await
    }
}

/// What comes, until nothing does for so long.
fn until_stalled<S: Stream + Unpin>(bytes: S, stalled: Duration) -> impl Stream<Item = S::Item> {
    stream::unfold(bytes, move |mut bytes| async move {
        let next = timeout(stalled, bytes.next()).await.ok().flatten()?;
        Some((next, bytes))
    })
}

/// The body of `POST /v1/proofs`, with the witness sealed.
pub fn proof_request(key: &ProverPublicKey, statement: &ProofStatement, witness: &OwnershipWitness) -> Value {
    let sealed: SealedWitness = veilpass_sealing::seal(key, statement, witness, &mut rand::rng());
    json!({
        "registry_id": statement.registry_id,
        "track_id": statement.track_id,
        "epoch": statement.epoch,
        "nullifier": statement.nullifier,
        "context": statement.context,
        "sealed_witness": {
            "prover_key_id": key.id(),
            "envelope": BASE64_STANDARD.encode(sealed.as_bytes()),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::iter;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn a_stream_of_which_nothing_comes_any_more_is_opened_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            // Neither written to again nor closed.
            let mut silent = Vec::new();
            for stage in iter::once("proving").chain(iter::repeat("done")) {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    assert_ne!(connection.read_buf(&mut request).await.unwrap(), 0, "the request ends early");
                }
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
                let answer = format!("{head}event: stage\ndata: {{\"stage\":\"{stage}\"}}\n\n");
                connection.write_all(answer.as_bytes()).await.unwrap();
                silent.push(connection);
            }
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let api = Client::with_http(&base, http);
        let job = Job { id: Uuid::nil(), token: Zeroizing::new("token".to_owned()) };
        let mut stages = Vec::new();
        let follow = api.follow(&job, Duration::from_millis(200), |stage| stages.push(stage.to_string()));
        follow.await.unwrap();
        assert_eq!(stages, ["proving", "done"]);
    }
}
