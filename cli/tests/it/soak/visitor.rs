//! Who asks what is not so, reads what is there for all, and goes away in the middle.

use std::time::Duration;

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use uuid::Uuid;
use veilpass_cli::client::{Answer, Client};

use super::world::World;

/// More than any body may have.
const LARGE_BODY: usize = 200_000;

pub(super) struct Visitor<'a> {
    world: &'a World,
    apis: [Client; 2],
    random: ChaCha8Rng,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(world: &'a World, seed: u64) -> Self {
        let apis = world.bases.each_ref().map(|base| Client::new(base).unwrap());
        Self { world, apis, random: ChaCha8Rng::seed_from_u64(seed.wrapping_add(99)) }
    }

    pub(super) async fn live(mut self) {
        while !self.world.is_over() {
            match self.random.random_range(0..4) {
                0 => self.leaves_in_the_middle().await,
                1 => self.reads().await,
                _ => self.asks_badly().await,
            }
            tokio::time::sleep(Duration::from_millis(self.random.random_range(10..150))).await;
        }
    }

    fn api(&mut self) -> Client {
        self.apis[self.random.random_range(0..2)].clone()
    }

    fn number(&mut self) -> String {
        let mut bytes = [0; 32];
        self.random.fill_bytes(&mut bytes[1..]);
        format!("0x{}", hex::encode(bytes))
    }

    async fn reads(&mut self) {
        let registry = self.world.registry;
        let paths = [
            ("info", "/v1/info".to_owned()),
            ("prover keys", "/v1/prover-keys".to_owned()),
            ("grant keys", "/.well-known/jwks.json".to_owned()),
            ("document", "/v1/openapi.json".to_owned()),
            ("health", "/livez".to_owned()),
            ("registry", format!("/v1/registries/{registry}")),
            ("leaves", format!("/v1/registries/{registry}/leaves")),
        ];
        let (what, path) = &paths[self.random.random_range(0..paths.len())];
        let answer = self.api().get(path).await;
        self.expect(what, answer, &[200]);
    }

    async fn asks_badly(&mut self) {
        let (api, number) = (self.api(), self.number());
        let job = format!("/v1/proofs/{}", Uuid::from_bytes(self.random.random()));
        let wrong =
            json!({ "registry_id": number, "track_id": number, "commitment": number, "mint": "x", "wallet": 7 });
        let post = async |path: &str, body: &Value| api.post(path, body).await;
        let (what, answer, expected): (_, _, &[u16]) = match self.random.random_range(0..9) {
            0 => ("unknown path", api.get("/v1/no-such-path").await, &[404]),
            1 => ("unknown registry", api.get(&format!("/v1/registries/{number}")).await, &[404]),
            2 => ("unknown job", api.with_token(reqwest::Method::GET, &job, "x").await, &[401, 404]),
            3 => (
                "unknown stream",
                api.with_token(reqwest::Method::GET, &format!("{job}/events"), "x").await,
                &[401, 404],
            ),
            4 => ("malformed proof request", post("/v1/proofs", &wrong).await, &[400, 422]),
            5 => ("malformed challenge", post("/v1/challenges", &wrong).await, &[400, 422]),
            6 => ("not JSON", api.post_raw("/v1/verifications", "application/json", "{".into()).await, &[400]),
            7 => {
                let large = "x".repeat(LARGE_BODY);
                ("large body", api.post_raw("/v1/proofs", "application/json", large).await, &[413])
            }
            _ => ("no grant", post("/v1/grants/introspect", &json!({ "token": number })).await, &[200]),
        };
        self.expect(what, answer, expected);
    }

    /// Half a request, or an answer that nobody reads.
    async fn leaves_in_the_middle(&mut self) {
        let authority = self.api().authority().to_owned();
        let registry = self.world.registry;
        let texts = [
            "GET /v1/info HT".to_owned(),
            "POST /v1/proofs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"
                .to_owned(),
            format!("GET /v1/registries/{registry}/leaves/1 HTTP/1.1\r\nhost: x\r\n\r\n"),
        ];
        let text = &texts[self.random.random_range(0..texts.len())];
        let outcome = match TcpStream::connect(&authority).await {
            Ok(mut stream) => {
                let _ = stream.write_all(text.as_bytes()).await;
                "done"
            }
            Err(_) => "no connection",
        };
        self.world.tally.count("connection that is dropped", outcome);
    }

    /// An answer is what it should be, or says that something is away for a while.
    fn expect(&self, what: &str, answer: anyhow::Result<Answer>, expected: &[u16]) {
        let Ok(answer) = answer else { return self.world.tally.count(what, "no connection") };
        let status = answer.status.as_u16();
        self.world.tally.count(what, &status.to_string());
        assert!(expected.contains(&status) || matches!(status, 429 | 503), "{what}: {status} {}", answer.body);
    }
}
