//! An RPC endpoint in front of a chain's, which fails as it is told.
//!
//! `veilpass-fault-proxy` has the faults of nodes. This has what tests of a sender need besides: a rule that sees each request's
//! parameters, answers that are made up, another chain that answers in place of this one, and a list of what was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

/// What happens to a request.
pub(crate) enum Fault {
    /// The chain answers it.
    None,
    /// Another chain, at this URL, answers it.
    From(String),
    /// This is the result, and the chain hears nothing of it.
    Answer(Value),
    /// This JSON-RPC error.
    Error(i64),
    /// This HTTP status.
    Status(u16),
    /// Nobody answers.
    Silence,
    /// Half an answer.
    Truncated,
}

type Rule = Box<dyn Fn(&str, &Value) -> Fault + Send>;

struct Shared {
    chain: String,
    rule: Mutex<Rule>,
    /// The requests that came, in order.
    requests: Mutex<Vec<Value>>,
    client: reqwest::Client,
}

/// The endpoint.
pub(crate) struct Proxy {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// In front of the chain at a URL; it does not fail yet.
    pub(crate) async fn start(chain: &str) -> Self {
        let shared = Arc::new(Shared {
            chain: chain.to_owned(),
            rule: Mutex::new(Box::new(|_, _| Fault::None)),
            requests: Mutex::default(),
            client: reqwest::Client::new(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// From now on requests fail by this rule, which is given their method and parameters.
    pub(crate) fn fail(&self, rule: impl Fn(&str, &Value) -> Fault + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }

    /// The parameters of the requests of a method, in order.
    pub(crate) fn requests(&self, method: &str) -> Vec<Value> {
        let requests = self.shared.requests.lock().unwrap();
        requests.iter().filter(|request| request["method"] == method).map(|request| request["params"].clone()).collect()
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.shared.requests.lock().unwrap().len()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    shared.requests.lock().unwrap().push(request.clone());
    let fault = (shared.rule.lock().unwrap())(request["method"].as_str().unwrap(), &request["params"]);
    let whole = |key: &str, value: Value| {
        (StatusCode::OK, json!({"jsonrpc": "2.0", "id": request["id"], key: value}).to_string()).into_response()
    };
    match fault {
        Fault::Answer(result) => whole("result", result),
        Fault::Error(code) => whole("error", json!({"code": code, "message": "as the test wants it"})),
        Fault::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Fault::Silence => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            StatusCode::OK.into_response()
        }
        Fault::Truncated => (StatusCode::OK, "{\"jsonrpc\": \"2.0\", \"resu").into_response(),
        Fault::From(chain) => forward(&shared, &chain, body).await,
        Fault::None => forward(&shared, &shared.chain, body).await,
    }
}

async fn forward(shared: &Shared, chain: &str, body: Bytes) -> Response {
    let sent = shared.client.post(chain).header("content-type", "application/json").body(body).send().await;
    let Ok(answer) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
    (StatusCode::OK, answer.text().await.unwrap()).into_response()
}
