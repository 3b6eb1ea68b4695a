//! The API at the level of HTTP, for demo, benches and tests: they look at statuses, headers and problems, and send what no client
//! should. It repeats nothing and refuses nothing. Whoever wants a proof rather than an answer takes `veilpass-client`.

mod answer;
mod jobs;

use std::time::{Duration, Instant};

pub use answer::Answer;
use anyhow::{Context, bail};
pub use jobs::{DelegatedProof, Job, JobEnd};
use reqwest::Method;
use serde_json::Value;
pub use veilpass_client::Settle;
use veilpass_protocol::{Epoch, RegistryId};
use veilpass_sealing::ProverPublicKey;

/// Talks to one API.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
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
    pub async fn epoch(&self, registry: RegistryId) -> anyhow::Result<Epoch> {
        let answer = self.get(&format!("/v1/registries/{registry}")).await?;
        answer.body["epoch"].as_u64().map(Epoch).context("the API does not know the registry")
    }
}
