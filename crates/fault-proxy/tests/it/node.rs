//! A node with a list of transactions, and a client.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use veilpass_fault_proxy::{FaultProxy, Faults};

/// How far final slots are behind.
const TO_FINAL: u64 = 32;

#[derive(Default)]
pub(crate) struct Chain {
    pub(crate) slot: u64,
    /// Slot and signature, oldest first.
    pub(crate) transactions: Vec<(u64, String)>,
    /// Transactions that were sent, as they came.
    pub(crate) sent: Vec<String>,
}

impl Chain {
    fn answer(&mut self, call: &Value) -> Value {
        let (slot, params) = (self.slot, &call["params"]);
        let found =
            |signature: &Value| self.transactions.iter().find(|(_, one)| signature == one).map(|(slot, _)| *slot);
        let status = |slot: u64| if slot + TO_FINAL <= self.slot { "finalized" } else { "confirmed" };
        let result = match call["method"].as_str().unwrap() {
            "getSlot" if params[0]["commitment"] == "finalized" => json!(slot.saturating_sub(TO_FINAL)),
            "getSlot" => json!(slot),
            "getBlockHeight" => json!(slot - 10),
            "getLatestBlockhash" => json!({"context": {"slot": slot}, "value": {"blockhash": format!("of {slot}")}}),
            "getSignaturesForAddress" => {
                let listed = self.transactions.iter().rev();
                let after = |one: &&(u64, String)| params[1]["before"] != one.1;
                let skipped =
                    if params[1]["before"].is_null() { 0 } else { listed.clone().take_while(after).count() + 1 };
                let limit = params[1]["limit"].as_u64().unwrap() as usize;
                let entry = |(slot, signature): &(u64, String)| json!({"signature": signature, "slot": slot, "confirmationStatus": status(*slot)});
                listed.skip(skipped).take(limit).map(entry).collect()
            }
            "getTransaction" => found(&params[0]).map_or(Value::Null, |slot| json!({"slot": slot})),
            "getSignatureStatuses" => {
                let told = |signature: &Value| {
                    found(signature).map(|slot| {
                        let left = (status(slot) != "finalized").then_some(3);
                        json!({"slot": slot, "confirmations": left, "confirmationStatus": status(slot)})
                    })
                };
                let statuses: Vec<_> = params[0].as_array().unwrap().iter().map(told).collect();
                json!({"context": {"slot": slot}, "value": statuses})
            }
            "sendTransaction" => {
                self.sent.push(params[0].as_str().unwrap().to_owned());
                json!(format!("sent {}", self.sent.len()))
            }
            other => panic!("{other} is not asked for"),
        };
        json!({"jsonrpc": "2.0", "id": call["id"], "result": result})
    }
}

/// A chain, its node and a proxy before that.
pub(crate) struct World {
    pub(crate) chain: Arc<Mutex<Chain>>,
    pub(crate) proxy: FaultProxy,
    pub(crate) faults: Faults,
    pub(crate) client: reqwest::Client,
}

impl World {
    /// At slot 100, with a transaction in every third slot.
    pub(crate) async fn new() -> Self {
        let transactions = (1..=33).map(|number| (3 * number, format!("in {}", 3 * number))).collect();
        let chain = Arc::new(Mutex::new(Chain { slot: 100, transactions, ..Chain::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = Arc::clone(&chain);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let chain = Arc::clone(&serving);
                let service = service_fn(move |request: Request<Incoming>| {
                    let chain = Arc::clone(&chain);
                    async move {
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let answer = chain.lock().unwrap().answer(&serde_json::from_slice(&body).unwrap());
                        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(answer.to_string()))))
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        let proxy = FaultProxy::start(&url, "ws://127.0.0.1:1").await.unwrap();
        let faults = proxy.faults();
        let client = reqwest::Client::builder().timeout(Duration::from_millis(500)).build().unwrap();
        Self { chain, proxy, faults, client }
    }

    pub(crate) async fn post(&self, body: &Value) -> reqwest::Result<reqwest::Response> {
        self.client.post(self.proxy.rpc_url()).json(body).send().await
    }

    /// The answer to a call.
    pub(crate) async fn answer(&self, method: &str, params: Value) -> Value {
        let call = json!({"jsonrpc": "2.0", "id": 5, "method": method, "params": params});
        let answer: Value = self.post(&call).await.unwrap().json().await.unwrap();
        assert_eq!(answer["id"], 5);
        answer
    }

    pub(crate) async fn result(&self, method: &str, params: Value) -> Value {
        self.answer(method, params).await["result"].take()
    }
}
