//! Delegated proofs: their jobs, and what is sent of them.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use veilpass_client::Settle;
use veilpass_protocol::{ContextPreimage, ProofStatement, PublicInputs};
use veilpass_sealing::{OwnershipWitness, ProverPublicKey};

use super::{Answer, Client};

/// A finished delegated proof.
#[derive(Clone)]
pub struct DelegatedProof {
    /// The proof, base64.
    pub proof: String,
    /// What it proves.
    pub public_inputs: PublicInputs,
}

/// A job that was accepted, and the token without which nobody can ask about it.
#[derive(Clone)]
pub struct Job {
    /// Its path.
    pub path: String,
    /// The token, as it goes into a header.
    pub token: String,
}

impl Job {
    /// Of an answer to `POST /v1/proofs`.
    pub fn of(answer: &Value) -> anyhow::Result<Self> {
        let text = |name: &str| answer[name].as_str().with_context(|| format!("the answer has no {name}"));
        Ok(Self { path: format!("/v1/proofs/{}", text("id")?), token: text("job_token")?.to_owned() })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// Without the token.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("path", &self.path).finish_non_exhaustive()
    }
}

/// How a delegated proof ended.
pub enum JobEnd {
    /// With a proof.
    Proved(Box<DelegatedProof>),
    /// Without one, for this reason.
    Failed(String),
}

impl Client {
    /// POST of a proof request that waits in the request for the job's end.
    pub async fn post_waiting(&self, body: &Value, seconds: u32) -> anyhow::Result<Answer> {
        let request = self.http.post(format!("{}/v1/proofs", self.base)).header("prefer", format!("wait={seconds}"));
        Answer::read(request.header("content-type", "application/json").body(body.to_string()).send().await?).await
    }

    /// How far a job is.
    pub async fn job(&self, job: &Job) -> anyhow::Result<Answer> {
        self.with_token(Method::GET, &job.path, &job.token).await
    }

    /// Takes a job's proof, which can be done once.
    pub async fn fetch(&self, job: &Job) -> anyhow::Result<Answer> {
        self.with_token(Method::POST, &format!("{}/result", job.path), &job.token).await
    }

    /// Cancels a job.
    pub async fn cancel(&self, job: &Job) -> anyhow::Result<Answer> {
        self.with_token(Method::DELETE, &job.path, &job.token).await
    }

    /// The body of `POST /v1/proofs`, with the witness sealed.
    pub fn proof_request(key: &ProverPublicKey, statement: &ProofStatement, witness: &OwnershipWitness) -> Value {
        veilpass_client::proof_request(key, statement, witness)
    }

    /// The body of `POST /v1/verifications`.
    pub fn verification_request(proof: &DelegatedProof, session: &ContextPreimage, settle: Settle) -> Value {
        json!({ "proof": proof.proof, "public_inputs": proof.public_inputs, "context": session, "settle": settle.name() })
    }

    /// Submits a job.
    pub async fn submit(&self, body: &Value) -> anyhow::Result<Job> {
        let answer = self.post("/v1/proofs", body).await?;
        if answer.status != StatusCode::ACCEPTED {
            bail!("the API refused the proof request with {}: {}", answer.status, answer.body);
        }
        Job::of(&answer.body)
    }

    /// Waits for a job's end, telling `on_status` each status as it comes, and takes its proof.
    pub async fn wait(&self, job: &Job, patience: Duration, mut on_status: impl FnMut(&str)) -> anyhow::Result<JobEnd> {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.job(job).await?;
            let status = answer.body["status"].as_str().unwrap_or_default();
            on_status(status);
            match status {
                "done" => {
                    let answer = self.fetch(job).await?;
                    let refused = || format!("the proof cannot be fetched: {} {}", answer.status, answer.body);
                    let proof = answer.body["proof"].as_str().with_context(refused)?.to_owned();
                    let public_inputs = serde_json::from_value(answer.body["public_inputs"].clone())?;
                    return Ok(JobEnd::Proved(Box::new(DelegatedProof { proof, public_inputs })));
                }
                "failed" => {
                    let code = answer.body["failure"]["code"].as_str().context("a failed job says why")?;
                    return Ok(JobEnd::Failed(code.to_owned()));
                }
                _ if Instant::now() > deadline => bail!("{} did not end: {} {}", job.path, answer.status, answer.body),
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    /// Submits a job and waits for its proof.
    pub async fn prove(
        &self,
        key: &ProverPublicKey,
        statement: &ProofStatement,
        witness: &OwnershipWitness,
    ) -> anyhow::Result<JobEnd> {
        let job = self.submit(&Self::proof_request(key, statement, witness)).await?;
        self.wait(&job, Duration::from_secs(60), |_| {}).await
    }
}
