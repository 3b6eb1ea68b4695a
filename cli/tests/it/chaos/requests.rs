//! What clients ask for: proofs that can be made, and some that cannot.

use rand::Rng;
use serde_json::Value;
use veilpass_cli::{
    client::{Client, Job},
    holders::{self, Holder},
};
use veilpass_protocol::{Epoch, ProofStatement, RegistryId};
use veilpass_sealing::ProverPublicKey;

use super::ledger::{Accepted, Due};

/// How many holders the registry has.
pub(super) const HOLDERS: u64 = 50;

/// Whom clients talk to, and about what.
#[derive(Clone)]
pub(super) struct Parties {
    pub(super) client: Client,
    /// The API's URL.
    pub(super) base: String,
    pub(super) http: reqwest::Client,
    pub(super) key: ProverPublicKey,
    pub(super) registry: RegistryId,
    pub(super) epoch: Epoch,
    /// When all sessions end, in Unix seconds.
    pub(super) expires_at: u64,
}

impl Parties {
    fn statement(&self, who: &Holder, holder: u64) -> ProofStatement {
        who.statement(self.registry, self.epoch, &holders::session(holder, self.expires_at))
    }

    /// Submits a job and waits for its end in the request. Status and body.
    pub(super) async fn post_and_wait(&self, body: &Value) -> (u16, Value) {
        let url = format!("{}/v1/proofs", self.base);
        let answer = self.http.post(url).header("prefer", "wait=5").json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_else(|error| panic!("{status} without a document: {error}")))
    }

    /// DELETE. The status.
    pub(super) async fn cancel(&self, job: &Job) -> u16 {
        let request = self.http.delete(format!("{}{}", self.base, job.path)).bearer_auth(&job.token);
        request.send().await.unwrap().status().as_u16()
    }

    /// A request that a prover can fulfil.
    pub(super) fn good(&self, holder: u64) -> (Value, Accepted) {
        let who = Holder::new(holder);
        let statement = self.statement(&who, holder);
        let body = Client::proof_request(&self.key, &statement, &who.witness(holder as u32));
        (body, Accepted { holder, statement, due: Due::Proof })
    }

    /// Any request: one in five cannot be fulfilled.
    pub(super) fn draw(&self, random: &mut impl Rng) -> (Value, Accepted) {
        let holder = random.random_range(0..HOLDERS);
        let who = Holder::new(holder);
        let mut statement = self.statement(&who, holder);
        let refused = |statement, code| Accepted { holder, statement, due: Due::Refusal(code) };
        match random.random_range(0..15) {
            0 => {
                let stranger = Holder::new(HOLDERS + holder);
                let statement = self.statement(&stranger, holder);
                let body = Client::proof_request(&self.key, &statement, &stranger.witness(holder as u32));
                (body, refused(statement, "not_a_member"))
            }
            1 => {
                let other = Holder::new(holder + 3);
                statement.nullifier = self.statement(&other, holder).nullifier;
                let body = Client::proof_request(&self.key, &statement, &who.witness(holder as u32));
                (body, refused(statement, "witness_unsatisfied"))
            }
            2 => {
                // An envelope that belongs to another session.
                let (mut body, accepted) = self.good(holder);
                let (other, _) = self.good((holder + 1) % HOLDERS);
                body["sealed_witness"] = other["sealed_witness"].clone();
                (body, refused(accepted.statement, "sealed_witness_invalid"))
            }
            _ => self.good(holder),
        }
    }
}
