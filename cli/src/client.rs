//! A client of the API, as a frontend would have one.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Method, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use veilpass_protocol::{ContextPreimage, ProofStatement, PublicInputs, RegistryId};
use veilpass_sealing::{OwnershipWitness, ProverPublicKey};

/// Talks to one API.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

/// A status and its JSON document.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// The body; `null` if it is not JSON.
    pub body: Value,
    /// The media type.
    pub content_type: String,
    /// All headers.
    pub headers: HeaderMap,
}

impl Answer {
    async fn read(response: Response) -> anyhow::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let header = response.headers().get(reqwest::header::CONTENT_TYPE);
        let content_type = header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = response.bytes().await?;
        Ok(Self { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), content_type, headers })
    }

    /// The last part of the problem's type, such as `nullifier-used`; empty for a success.
    pub fn problem(&self) -> &str {
        self.body["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default()
    }

    /// A header's text; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The first field that the problem names.
    pub fn field(&self) -> &str {
        self.body["errors"][0]["field"].as_str().unwrap_or_default()
    }
}

/// A finished delegated proof.
#[derive(Clone)]
pub struct DelegatedProof {
    /// The proof, base64.
    pub proof: String,
    /// What it proves.
    pub public_inputs: PublicInputs,
}

/// Where a proof is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// By the program.
    OnChain,
    /// By the API.
    OffChain,
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
    /// A client of the API at `base`.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy().build()?;
        Ok(Self { http, base: base.to_owned() })
    }

    /// Host and port of the API.
    pub fn authority(&self) -> &str {
        self.base.split("://").last().unwrap_or_default()
    }

    /// The same, from another address of this machine: another client to the API.
    pub fn at_address(self, address: std::net::IpAddr) -> anyhow::Result<Self> {
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy().local_address(address).build()?;
        Ok(Self { http, ..self })
    }

    /// GET.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        Answer::read(self.http.get(format!("{}{path}", self.base)).send().await?).await
    }

    /// POST of a JSON document.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.post_raw(path, "application/json", body.to_string()).await
    }

    /// POST of a JSON document, with more headers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> anyhow::Result<Answer> {
        let mut request = self.http.post(format!("{}{path}", self.base)).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await?).await
    }

    /// GET, with more headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let mut request = self.http.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await?).await
    }

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

    /// A request without a body that says by `Authorization: Bearer` who asks.
    pub async fn with_token(&self, method: Method, path: &str, token: &str) -> anyhow::Result<Answer> {
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        Answer::read(request.send().await?).await
    }

    /// POST of any body.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: String) -> anyhow::Result<Answer> {
        let request = self.http.post(format!("{}{path}", self.base)).header("content-type", content_type).body(body);
        Answer::read(request.send().await?).await
    }

    /// The newest key of a live prover, once there is one.
    pub async fn wait_for_prover_key(&self, patience: Duration) -> anyhow::Result<ProverPublicKey> {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.get("/v1/prover-keys").await?;
            if let Some(text) = answer.body["keys"][0]["public_key"].as_str() {
                let bytes: [u8; 32] = hex::decode(text)?.try_into().ok().context("a prover key has 32 bytes")?;
                return Ok(ProverPublicKey::from_bytes(&bytes)?);
            }
            if Instant::now() > deadline {
                bail!("no prover announced a key");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The current epoch of a registry.
    pub async fn epoch(&self, registry: RegistryId) -> anyhow::Result<veilpass_protocol::Epoch> {
        let answer = self.get(&format!("/v1/registries/{registry}")).await?;
        answer.body["epoch"].as_u64().map(veilpass_protocol::Epoch).context("the API does not know the registry")
    }

    /// The body of `POST /v1/proofs`, with the witness sealed.
    pub fn proof_request(key: &ProverPublicKey, statement: &ProofStatement, witness: &OwnershipWitness) -> Value {
        veilpass_client::proof_request(key, statement, witness)
    }

    /// The body of `POST /v1/verifications`.
    pub fn verification_request(proof: &DelegatedProof, session: &ContextPreimage, settle: Settle) -> Value {
        let settle = match settle {
            Settle::OnChain => "onchain",
            Settle::OffChain => "offchain",
        };
        json!({ "proof": proof.proof, "public_inputs": proof.public_inputs, "context": session, "settle": settle })
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
