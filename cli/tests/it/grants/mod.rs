//! Session grants and the operators' listener, over HTTP.

mod chain;
mod check;
mod issue;
mod keys;
mod operators;
mod revoke;

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use veilpass_cli::{
    client::{Answer, Client, Settle},
    holders::{AUDIENCE, session_key},
    stack::{ApiOptions, RedisServer, ServiceProcess, start_api},
};
use veilpass_protocol::{ContextPreimage, grant_request_text};

use crate::stack::{DATABASE, TestStack};

const MASTER_KEY: &str = "5e1c7a0f4b2d93868c1f0e5a7b3d2946105fa8c7e6b4d3921807f6e5d4c3b2a1";
const PATIENCE: Duration = Duration::from_secs(60);
const OPERATOR_KEY: &str = "vpo_the-key-that-ann-presents";

/// Another API on the database of a stack.
struct Replica {
    _process: ServiceProcess,
    client: Client,
}

/// What replicas share.
struct Redis {
    _dir: tempfile::TempDir,
    server: RedisServer,
}

impl Redis {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = RedisServer::start(&dir.path().join("redis")).await.unwrap();
        Self { _dir: dir, server }
    }
}

/// A verification, and its first grant as the API gave it.
struct Session {
    verification: String,
    context: ContextPreimage,
    key: SigningKey,
    grant: Value,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

impl Session {
    fn token(&self) -> &str {
        self.grant["token"].as_str().unwrap()
    }

    /// The body of `POST /v1/grants`, signed at some time.
    fn request(&self, issued_at: u64) -> Value {
        refresh(&self.verification, &self.context, &self.key, issued_at)
    }
}

fn refresh(verification: &str, context: &ContextPreimage, key: &SigningKey, issued_at: u64) -> Value {
    let signature = key.sign(grant_request_text(verification, issued_at).as_bytes());
    json!({
        "verification_id": verification,
        "context": context,
        "issued_at": issued_at,
        "signature": BASE64_STANDARD.encode(signature.to_bytes()),
    })
}

async fn introspect(client: &Client, token: &str) -> Value {
    let answer = client.post("/v1/grants/introspect", &json!({ "token": token })).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    answer.body
}

async fn is_active(client: &Client, token: &str) -> bool {
    let body = introspect(client, token).await;
    let active = body["active"].as_bool().unwrap();
    assert!(active || body == json!({ "active": false }), "more than that it is inactive: {body}");
    active
}

async fn kids(client: &Client) -> Vec<String> {
    let body = client.get("/.well-known/jwks.json").await.unwrap().body;
    body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

impl TestStack {
    /// A stack with a master key and an operator.
    async fn start_with_grants(filter: Option<&'static str>, on_chain: bool, flags: &[&str]) -> Self {
        Self::start_granting(filter, on_chain, flags, None).await
    }

    /// The same, sharing with other replicas by a Redis.
    async fn start_with_replicas(redis: &Redis, flags: &[&str]) -> Self {
        Self::start_granting(None, false, flags, Some(&redis.server.url())).await
    }

    async fn start_granting(
        filter: Option<&'static str>,
        on_chain: bool,
        flags: &[&str],
        redis_url: Option<&str>,
    ) -> Self {
        let operators = format!("ann:{}", hex::encode(Sha256::digest(OPERATOR_KEY)));
        let mut env = vec![("VEILPASS_MASTER_KEY", MASTER_KEY), ("VEILPASS_OPERATOR_KEYS", &operators)];
        env.extend(redis_url.map(|url| ("REDIS_URL", url)));
        let flags = [&["--ops-listen", "127.0.0.1:0"], flags].concat();
        Self::launch(filter, on_chain, &flags, &env).await
    }

    fn api_log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("api.log")).unwrap()
    }

    /// Where operators reach the API.
    fn ops(&self) -> String {
        let log = self.api_log();
        log.lines().find_map(|line| line.strip_prefix("ops listening on ")).unwrap().trim().to_owned()
    }

    /// A request of an operator; POST if there is a body.
    async fn operate(&self, path: &str, body: Option<&Value>) -> (u16, Value) {
        let (http, url) = (reqwest::Client::new(), format!("{}{path}", self.ops()));
        let request = body.map_or_else(|| http.get(&url), |body| http.post(&url).json(body));
        let answer = request.bearer_auth(OPERATOR_KEY).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// Verifies a proof of a holder for a session that ends then.
    async fn open_session(&self, holder: u64, expires_at: u64) -> Session {
        let context = ContextPreimage { expires_at, ..self.session(holder) };
        let proof = self.prove_for(holder, &context).await;
        let answer = self.post(&proof, &context, Settle::OffChain).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        let verification = answer.body["id"].as_str().unwrap().to_owned();
        Session { verification, context, key: session_key(holder), grant: answer.body["grant"].clone() }
    }

    async fn ask(&self, request: &Value) -> Answer {
        self.client.post("/v1/grants", request).await.unwrap()
    }

    /// Starts another API on the same database.
    async fn try_replica(
        &self,
        redis: &Redis,
        name: &str,
        flags: &[&str],
        master_key: &str,
    ) -> anyhow::Result<Replica> {
        let (url, log): (String, PathBuf) = (self.postgres.url(DATABASE), self.dir.path().join(format!("{name}.log")));
        let env = [("VEILPASS_MASTER_KEY", master_key)];
        let redis_url = redis.server.url();
        let options = ApiOptions {
            redis_url: Some(&redis_url),
            database_url: &url,
            audience: AUDIENCE,
            port: 0,
            log: &log,
            filter: None,
            flags,
            env: &env,
        };
        let (process, base) = start_api(&options).await?;
        Ok(Replica { _process: process, client: Client::new(&base)? })
    }
}
