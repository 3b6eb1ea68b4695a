//! What the demo shows: one accepted claim, and every kind of refusal.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::StatusCode;
use veilpass_protocol::{ContextPreimage, Epoch, unix_now};

use super::{Environment, figures::Figures, secrets::Secrets, settlement::settle};
use crate::{
    client::{Answer, Client, DelegatedProof, JobEnd, Settle},
    holders::{self, Holder},
    operator::wait_for_roots,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// Nobody enrolled this one.
const STRANGER: u64 = u64::MAX;

pub(super) async fn run(environment: &Environment, figures: &mut Figures, secrets: &Secrets) -> anyhow::Result<()> {
    let client = environment.client()?;
    let epoch = client.epoch(environment.registry).await?;
    let demo = Scenario { environment, client, epoch, expires_at: unix_now() + 3_600, secrets };

    println!("\nHolder 1 proves that it owns a token that unlocks its track, and has that settled on chain:");
    let session = demo.session(1);
    let since = Instant::now();
    let proof = demo.prove(1, &session).await?;
    figures.proof = since.elapsed();
    figures.step("prove", since, "sealed witness in, verified proof out, over HTTP");
    let since = Instant::now();
    let request = Client::verification_request(&proof, &session, Settle::OnChain);
    let settlement = settle(environment, client, &request, &proof).await?;
    figures.settled(since, settlement);

    println!("\nWhat must be refused:");
    let since = Instant::now();
    demo.refused("a second use", &demo.verify(&proof, &session).await?, 409, "nullifier-used")?;

    let (session2, stolen_for) = (demo.session(2), demo.session(666));
    let unspent = demo.prove(2, &session2).await?;
    let said = demo.verify(&unspent, &stolen_for).await?;
    demo.refused("a stolen proof, other session", &said, 422, "context-mismatch")?;
    let mut rebound = unspent.clone();
    rebound.public_inputs.context = stolen_for.context();
    demo.refused("the same, its context rewritten", &demo.verify(&rebound, &stolen_for).await?, 422, "invalid-proof")?;

    match demo.attempt(STRANGER, &demo.session(3)).await? {
        JobEnd::Failed(code) if code == "not_a_member" => println!("  refused  {:<34} {code}", "a non-holder"),
        JobEnd::Failed(code) => bail!("a non-holder was refused with {code}"),
        JobEnd::Proved(_) => bail!("a non-holder got a proof"),
    }

    // Holder 3 sells its token: its leaf is zeroed, and all older roots end.
    let store = environment.store()?;
    ensure!(store.revoke(environment.registry, 3).await?, "there is no leaf 3 to revoke");
    wait_for_roots(store, environment.registry, PATIENCE, || Ok(())).await?;
    demo.refused("a root from before a revocation", &demo.verify(&unspent, &session2).await?, 422, "stale-root")?;
    match demo.attempt(3, &demo.session(4)).await? {
        JobEnd::Failed(code) if code == "not_a_member" => {
            println!("  refused  {:<34} {code}", "a holder that was revoked")
        }
        JobEnd::Failed(code) => bail!("a revoked holder was refused with {code}"),
        JobEnd::Proved(_) => bail!("a revoked holder got a proof"),
    }
    let again = demo.prove(2, &session2).await?;
    let verifying = Instant::now();
    let answer = demo.verify(&again, &session2).await?;
    figures.verify = verifying.elapsed();
    ensure!(answer.status == StatusCode::CREATED, "under the new root: {} {}", answer.status, answer.body);
    println!("  accepted {:<34} 201", "holder 2 under the new root, offchain");
    figures.step("the refusals", since, "6 refused, 1 accepted under the new root");

    let (nullifiers, verifications) = store.verification_counts().await?;
    ensure!(nullifiers == verifications, "{nullifiers} nullifiers for {verifications} verifications");
    Ok(())
}

struct Scenario<'a> {
    environment: &'a Environment,
    client: &'a Client,
    epoch: Epoch,
    expires_at: u64,
    secrets: &'a Secrets,
}

impl Scenario<'_> {
    fn session(&self, number: u64) -> ContextPreimage {
        holders::session(number, self.expires_at)
    }

    /// Asks for a proof for a holder, showing how far it is.
    async fn attempt(&self, number: u64, session: &ContextPreimage) -> anyhow::Result<JobEnd> {
        let holder = Holder::new(number);
        self.secrets.add("a holder's secret", holder.secret.expose_be_bytes().as_slice());
        self.secrets.add("a holder's token", &holder.token_id.to_be_bytes());
        let statement = holder.statement(self.environment.registry, self.epoch, session);
        let witness = holder.witness(u32::try_from(number).unwrap_or(u32::MAX));
        let request = Client::proof_request(self.environment.prover_key()?, &statement, &witness);
        let spinner =
            ProgressBar::new_spinner().with_style(ProgressStyle::with_template("  {spinner} {msg} {elapsed}")?);
        spinner.enable_steady_tick(Duration::from_millis(80));
        self.secrets.add_text("a sealed witness", request["sealed_witness"]["envelope"].as_str().unwrap_or_default());
        let job = self.client.submit(&request).await?;
        self.secrets.add_text("a job token", &job.token);
        let end = self.client.wait(&job, PATIENCE, |status| spinner.set_message(status.to_owned())).await;
        spinner.finish_and_clear();
        end
    }

    async fn prove(&self, number: u64, session: &ContextPreimage) -> anyhow::Result<DelegatedProof> {
        match self.attempt(number, session).await? {
            JobEnd::Proved(proof) => Ok(*proof),
            JobEnd::Failed(code) => bail!("holder {number} got no proof: {code}"),
        }
    }

    async fn verify(&self, proof: &DelegatedProof, session: &ContextPreimage) -> anyhow::Result<Answer> {
        self.client.post("/v1/verifications", &Client::verification_request(proof, session, Settle::OffChain)).await
    }

    fn refused(&self, what: &str, answer: &Answer, status: u16, problem: &str) -> anyhow::Result<()> {
        ensure!(
            answer.status.as_u16() == status && answer.problem() == problem,
            "{what}: expected {status} {problem}, got {} {}",
            answer.status,
            answer.body
        );
        println!("  refused  {what:<34} {status} {problem}");
        Ok(())
    }
}
