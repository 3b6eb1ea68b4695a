//! A proof settled on chain, and whether everybody saw the same.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::StatusCode;
use solana_signature::Signature;
use veilpass_chain::Event;
use veilpass_store::ChainEventContent;

use super::{Environment, figures::Figures};
use crate::client::{Client, DelegatedProof};

const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// What the chain made of a proof.
#[derive(Debug, Clone)]
pub(super) struct Settlement {
    /// The transaction that checked it.
    pub(super) signature: String,
    /// That transaction's slot.
    pub(super) slot: u64,
    /// Compute units that it took.
    pub(super) compute_units: u64,
    /// From the request to the answer that it is confirmed.
    pub(super) took: Duration,
}

/// Has a proof settled on chain, waits until the API says that it is, and compares the indexer's row with the event that the
/// transaction itself carries.
pub(super) async fn settle(
    environment: &Environment,
    client: &Client,
    request: &serde_json::Value,
    proof: &DelegatedProof,
) -> anyhow::Result<Settlement> {
    let since = Instant::now();
    let answer = client.post("/v1/verifications", request).await?;
    ensure!(answer.status == StatusCode::ACCEPTED, "the proof was refused: {} {}", answer.status, answer.body);
    let path = format!("/v1/verifications/{}", answer.body["id"].as_str().context("the answer has no id")?);
    let spinner = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("  {spinner} {msg} {elapsed}")?);
    spinner.enable_steady_tick(Duration::from_millis(80));
    let body = loop {
        let body = client.get(&path).await?.body;
        let status = body["status"].as_str().unwrap_or_default();
        spinner.set_message(status.to_owned());
        match status {
            "verified" | "final" => break body,
            "refused" => bail!("the chain refused the proof: {}", body["refusal"]),
            _ if since.elapsed() > PATIENCE => bail!("the proof does not settle: {body}"),
            _ => tokio::time::sleep(POLL).await,
        }
    };
    let took = since.elapsed();
    spinner.finish_and_clear();
    let signature = body["transaction"]["signature"].as_str().context("no transaction")?.to_owned();
    let landed = environment.chain()?.rpc.landed(&Signature::from_str(&signature)?).await?;
    let event = landed.events.iter().find_map(|event| match event {
        Event::OwnershipVerified(event) => Some(event),
        _ => None,
    });
    let event = event.context("the transaction carries no OwnershipVerified")?;
    let inputs = &proof.public_inputs;
    ensure!(
        event.nullifier == inputs.nullifier.to_be_bytes()
            && event.context == inputs.context.to_be_bytes()
            && event.track_id == inputs.track_id.to_be_bytes()
            && event.epoch == inputs.epoch.0,
        "the transaction's event is about another proof"
    );
    let row = indexed(environment, &signature).await?;
    let ChainEventContent::OwnershipVerified { track_id, epoch, nullifier, context, root_sequence } = row.content
    else {
        bail!("the indexer's row of {signature} is a {}", row.content.kind())
    };
    ensure!(
        (row.slot, row.event_slot) == (landed.slot, Some(event.slot))
            && row.registry_id == environment.registry
            && nullifier.to_be_bytes() == event.nullifier
            && context.to_be_bytes() == event.context
            && track_id.to_be_bytes() == event.track_id
            && epoch.0 == event.epoch
            && root_sequence == event.root_sequence,
        "the indexer's row differs from the transaction's event"
    );
    Ok(Settlement { signature, slot: landed.slot, compute_units: landed.compute_units, took })
}

/// The indexer's row of a transaction, when it is there.
async fn indexed(environment: &Environment, signature: &str) -> anyhow::Result<veilpass_store::ChainEvent> {
    let (store, program) = (environment.store()?, crate::holders::program_id());
    let deadline = Instant::now() + PATIENCE;
    loop {
        let rows = store.chain_events_of(&program, signature).await?;
        if let Some(row) = rows.into_iter().find(|row| row.content.kind() == "ownership_verified") {
            return Ok(row);
        }
        ensure!(Instant::now() < deadline, "the indexer does not see {signature}");
        tokio::time::sleep(POLL).await;
    }
}

impl Figures {
    /// Notes a settlement.
    pub(super) fn settled(&mut self, since: Instant, settlement: Settlement) {
        let Settlement { signature, slot, compute_units, .. } = &settlement;
        println!("  tx {signature}");
        println!("  slot {slot}, {compute_units} compute units, and the indexer's row matches the event");
        self.step("settle on chain", since, format!("{compute_units} CU in slot {slot}, indexed"));
        self.settlement = Some(settlement);
    }
}
