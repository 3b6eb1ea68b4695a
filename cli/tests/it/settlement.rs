//! From enrolment to the indexer's row, on a real chain.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::sys::signal::Signal;
use serde_json::Value;
use veilpass_cli::{
    client::{Answer, Client, DelegatedProof, JobEnd, Settle},
    holders::Holder,
};
use veilpass_protocol::ContextPreimage;

use crate::stack::{DATABASE, TestStack};

const PATIENCE: Duration = Duration::from_secs(60);

impl TestStack {
    pub(crate) async fn post(&self, proof: &DelegatedProof, session: &ContextPreimage, settle: Settle) -> Answer {
        let request = Client::verification_request(proof, session, settle);
        self.client.post("/v1/verifications", &request).await.unwrap()
    }

    /// Accepts a proof for settlement. Returns the path of its status.
    pub(crate) async fn settle(&self, proof: &DelegatedProof, session: &ContextPreimage) -> String {
        let answer = self.post(proof, session, Settle::OnChain).await;
        assert_eq!(answer.status.as_u16(), 202, "{}", answer.body);
        assert_eq!(answer.body["status"], "accepted");
        format!("/v1/verifications/{}", answer.body["id"].as_str().unwrap())
    }

    /// Waits until a status is one of these.
    pub(crate) async fn status(&self, path: &str, wanted: &[&str]) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let body = self.client.get(path).await.unwrap().body;
            if wanted.contains(&body["status"].as_str().unwrap_or_default()) {
                return body;
            }
            assert!(Instant::now() < deadline, "{path}: {body}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A proof of a holder for a session of another number.
    pub(crate) async fn prove_for(&self, holder: u64, session: &ContextPreimage) -> DelegatedProof {
        let of = Holder::new(holder);
        let statement = of.statement(self.registry, self.epoch, session);
        match self.client.prove(&self.key, &statement, &of.witness(holder as u32)).await.unwrap() {
            JobEnd::Proved(proof) => *proof,
            JobEnd::Failed(code) => panic!("holder {holder}: {code}"),
        }
    }
}

fn bytes(proof: &DelegatedProof) -> Vec<u8> {
    BASE64_STANDARD.decode(&proof.proof).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_settles_on_chain_once_and_a_second_settlement_is_refused_and_explained() {
    let mut stack = TestStack::start_on_chain().await;
    let (session, proof) = (stack.session(1), stack.prove(1).await);
    let path = stack.settle(&proof, &session).await;
    let verified = stack.status(&path, &["verified", "final"]).await;
    assert_eq!(
        (&verified["settle"], verified["transaction"]["slot"].is_u64()),
        (&"onchain".into(), true),
        "{verified}"
    );
    let signature = verified["transaction"]["signature"].as_str().unwrap().to_owned();
    // The relayer may say so a moment before the indexer.
    let deadline = Instant::now() + PATIENCE;
    let rows = loop {
        let rows = stack.store.chain_events_of(&veilpass_cli::holders::program_id(), &signature).await.unwrap();
        if !rows.is_empty() {
            break rows;
        }
        assert!(Instant::now() < deadline, "no row of {signature}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].content.kind(), "ownership_verified");

    // Here, by the same session and by another; and on chain, past the API.
    for settle in [Settle::OnChain, Settle::OffChain] {
        let again = stack.post(&proof, &session, settle).await;
        assert_eq!((again.status.as_u16(), again.problem()), (409, "nullifier-used"));
    }
    let other = stack.prove_for(1, &stack.session(77)).await;
    let again = stack.post(&other, &stack.session(77), Settle::OffChain).await;
    assert_eq!((again.status.as_u16(), again.problem()), (409, "nullifier-used"));
    let refused = stack.chain().settle_directly(&bytes(&other), &other.public_inputs, 1).await.unwrap_err();
    assert!(format!("{refused:#}").contains("NullifierUsed"), "{refused:#}");

    stack.status(&path, &["final"]).await;
    // The prover reports its trees from time to time.
    let registry = stack.store.registry(stack.registry).await.unwrap().unwrap();
    let found = stack.audit(&registry).await;
    assert!(found.is_sound(), "{found:#?}");
    for subject in ["database: roots", "database: leaves", "prover", "indexer", "chain: roots", "chain: revocation"] {
        assert!(found.findings.iter().any(|finding| finding.subject.starts_with(subject)), "{subject}: {found:#?}");
    }
    let (database, rpc) = (stack.postgres.url(DATABASE), stack.chain().rpc_url.clone());
    let command = async || {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_veilpass"));
        command.args(["registry", "audit", "--json", "--slug", "main", "--rpc", &rpc]).env("DATABASE_URL", &database);
        let output = command.output().await.unwrap();
        let lines: Vec<Value> =
            output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        (output.status.success(), lines.len(), lines.iter().all(|line| line["agrees"] == true))
    };
    assert_eq!(command().await, (true, found.findings.len(), true));
    // A root that was changed in the database is found, by all who know better.
    sqlx::query("UPDATE roots SET root = decode(repeat('05', 32), 'hex')").execute(&stack.pool).await.unwrap();
    let found = stack.audit(&registry).await;
    let wrong: Vec<_> = found.findings.iter().filter(|f| !f.agrees).map(|f| f.subject.as_str()).collect();
    assert!(wrong.len() >= 4 && wrong.contains(&"database: roots") && wrong.contains(&"chain: roots"), "{wrong:?}");
    assert_eq!(command().await, (false, found.findings.len(), false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_ends_old_proofs_here_and_on_chain_and_frees_what_it_refuses() {
    let mut stack = TestStack::start_on_chain().await;
    let database = stack.postgres.url(DATABASE);
    let (first, second) = (stack.prove(1).await, stack.prove(2).await);
    assert_eq!(stack.published().await, 1);
    // Accepted while no relayer runs: the chain revokes its root before it is settled.
    stack.chain().relayer.take().unwrap().kill().await;
    let path = stack.settle(&first, &stack.session(1)).await;
    assert!(stack.store.revoke(stack.registry, 3).await.unwrap());
    let change = stack.store.registry(stack.registry).await.unwrap().unwrap().change_seq;
    let root = veilpass_cli::publish::publish(&stack.store, stack.registry).await.unwrap();
    assert_eq!((root.seq, root.change_seq), (2, change));
    let published = veilpass_chain::publish_root(stack.chain().operator.address(), stack.registry, 1, root.root, true);
    let chain = stack.chain();
    chain.rpc.send(&chain.operator, &[published]).await.unwrap();
    assert_eq!(stack.published().await, 2);

    let stale = stack.post(&second, &stack.session(2), Settle::OnChain).await;
    assert_eq!((stale.status.as_u16(), stale.problem()), (422, "stale-root"));
    let refused = stack.chain().settle_directly(&bytes(&second), &second.public_inputs, 1).await.unwrap_err();
    assert!(format!("{refused:#}").contains("RootRevoked"), "{refused:#}");
    assert!(matches!(stack.attempt(3).await, JobEnd::Failed(code) if code == "not_a_member"));

    stack.chain().start_relayer(&database);
    let body = stack.status(&path, &["refused", "verified", "final"]).await;
    assert_eq!(body["status"], "refused", "{body}");
    assert!(body["refusal"]["detail"].as_str().unwrap().contains("RootRevoked"), "{body}");
    assert!(body["refusal"]["code"].is_u64(), "{body}");
    // The listener is not locked out: neither the chain nor the database has its nullifier.
    let again = stack.prove(1).await;
    let path = stack.settle(&again, &stack.session(1)).await;
    stack.status(&path, &["verified", "final"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chain_overrules_what_was_accepted_here_while_nobody_looked_at_it() {
    let mut stack = TestStack::start_on_chain().await;
    let database = stack.postgres.url(DATABASE);
    let (here, there) = (stack.prove(1).await, stack.prove_for(1, &stack.session(77)).await);
    let indexer = stack.chain().indexer.take().unwrap();
    indexer.stop(Signal::SIGTERM, PATIENCE).await;
    stack.chain().settle_directly(&bytes(&there), &there.public_inputs, 1).await.unwrap();
    // The indexer has been silent for seconds only.
    let answer = stack.post(&here, &stack.session(1), Settle::OffChain).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    let path = format!("/v1/verifications/{}", answer.body["id"].as_str().unwrap());
    // After a minute nothing is accepted here, what goes to the chain is.
    sqlx::query("UPDATE chain_cursors SET updated_at = now() - interval '1 min'").execute(&stack.pool).await.unwrap();
    let other = stack.prove(2).await;
    let refused = stack.post(&other, &stack.session(2), Settle::OffChain).await;
    assert_eq!((refused.status.as_u16(), refused.problem()), (503, "unavailable"), "{}", refused.body);
    stack.settle(&other, &stack.session(2)).await;

    stack.chain().start_indexer(&database);
    let body = stack.status(&path, &["refused"]).await;
    assert_eq!(body["settle"], "offchain");
    assert!(body["refusal"]["detail"].as_str().unwrap().contains("another session"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_on_no_chain_settles_nothing_there() {
    let stack = TestStack::start().await;
    let (session, proof) = (stack.session(1), stack.prove(1).await);
    let refused = stack.post(&proof, &session, Settle::OnChain).await;
    assert_eq!((refused.status.as_u16(), refused.problem(), refused.field()), (422, "not-anchored", "settle"));
    let answer = stack.post(&proof, &session, Settle::OffChain).await;
    assert_eq!(answer.status.as_u16(), 201);
    let path = format!("/v1/verifications/{}", answer.body["id"].as_str().unwrap());
    let body = stack.client.get(&path).await.unwrap().body;
    assert_eq!((&body["status"], &body["settle"]), (&"accepted".into(), &"offchain".into()));
    for unknown in ["/v1/verifications/00000000-0000-0000-0000-000000000000", "/v1/verifications/x"] {
        assert_eq!(stack.client.get(unknown).await.unwrap().status.as_u16(), 404);
    }
}
