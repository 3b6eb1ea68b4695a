//! Settling a proof: the receipt, the registry and the buffer say what is left to do.

use core::ops::Range;

use solana_address::Address;
use uuid::Uuid;
use veilpass_chain::{
    BUFFER_BYTES, Format, Nullifier, ProofBuffer, ProofSubmission, Registry, UploadPlan, buffer_space,
    close_proof_buffer, nullifier_address, proof_buffer_address, registry_address, verify_ownership,
};
use veilpass_protocol::{EpochPolicy, PublicInputs};
use veilpass_store::ChainStep;

use crate::{
    plan::Plan,
    relayer::Relayer,
    sender::Outgoing,
    trouble::Trouble,
    verdict::{CLUSTER, OPERATOR, Verdict, refused},
    view::{Certainty, ChainView, RawAccount},
};

/// A proof that is to be settled.
pub(crate) struct Settling {
    buffer_seed: Uuid,
    inputs: PublicInputs,
    root_seq: u64,
    /// The proof with its hints, or why it is none.
    submission: Result<ProofSubmission, String>,
}

impl Settling {
    pub(crate) fn new(buffer_seed: Uuid, inputs: PublicInputs, root_seq: u64, proof: Option<&[u8]>) -> Self {
        let submission = match proof {
            Some(proof) => ProofSubmission::new(proof, &inputs).map_err(|error| error.to_string()),
            None => Err("the proof is no longer kept".into()),
        };
        Self { buffer_seed, inputs, root_seq, submission }
    }

    /// The seed of its buffer.
    fn seed(&self) -> String {
        self.buffer_seed.simple().to_string()
    }
}

impl Relayer {
    /// `verdict` is what a transaction was refused for before: with it, only the buffer is left to be closed.
    pub(crate) async fn plan_settlement(
        &self,
        wanted: &Settling,
        verdict: Option<&Verdict>,
        certainty: Certainty,
    ) -> Result<Plan, Trouble> {
        let payer = self.fee_payer.address();
        let registry_at = registry_address(wanted.inputs.registry_id);
        let buffer_at = proof_buffer_address(&payer, &wanted.seed());
        let nullifier_at = nullifier_address(&registry_at, wanted.inputs.nullifier);
        let addresses = [registry_at, nullifier_at, buffer_at, ChainView::clock(), payer];
        let [registry, nullifier, buffer, clock, purse] = self.view().accounts(addresses, certainty).await?;
        let is_there = buffer.is_some();
        let balance = purse.map_or(0, |account| account.lamports);
        let buffer = buffer.filter(|buffer| buffer.read::<ProofBuffer>().is_some_and(|buffer| buffer.owner == payer));

        let receipt = nullifier.as_ref().and_then(|account| account.read::<Nullifier>());
        let ended = match (receipt, verdict) {
            (Some(receipt), _) if receipt.context == wanted.inputs.context.to_be_bytes() => Some(Plan::Done),
            (Some(_), _) => Some(Plan::Refused(refused("NullifierUsed"))),
            (None, Some(verdict)) => Some(Plan::Refused(verdict.clone())),
            (None, None) => None,
        };
        let ended = match ended {
            Some(ended) => Some(ended),
            None => self.obstacle(wanted, registry.as_ref(), clock.as_ref()),
        };
        match ended {
            // What is over leaves no buffer behind: its rent comes back.
            Some(Plan::Done | Plan::Refused(_)) if buffer.is_some() => {
                let close = vec![close_proof_buffer(payer, buffer_at)];
                Ok(Plan::Send(vec![Outgoing::new(ChainStep::CloseBuffer, Format::Legacy, close)]))
            }
            Some(ended) => Ok(ended),
            None if is_there && buffer.is_none() => Ok(Plan::RenewBuffer),
            None => self.next_step(wanted, buffer_at, buffer.as_ref(), balance).await,
        }
    }

    /// What the program would refuse, seen before an upload is paid for.
    fn obstacle(&self, wanted: &Settling, registry: Option<&RawAccount>, clock: Option<&RawAccount>) -> Option<Plan> {
        let wait = |after, words: Option<&str>| Some(Plan::Wait { after, words: words.map(str::to_owned) });
        let Some(registry) = registry.and_then(|account| account.read::<Registry>()) else {
            return wait(OPERATOR, Some("the registry is not on the chain: initialize it"));
        };
        if let Err(reason) = &wanted.submission {
            return Some(Plan::Refused(Verdict::Refused { code: None, words: reason.clone() }));
        }
        if registry.sequence < wanted.root_seq {
            // Its root is on its way.
            return wait(CLUSTER / 4, None);
        }
        let entry = &registry.roots[(wanted.root_seq % registry.roots.len() as u64) as usize];
        if entry.sequence != wanted.root_seq || entry.root != wanted.inputs.merkle_root.to_be_bytes() {
            return Some(Plan::Refused(refused("UnknownRoot")));
        }
        if wanted.root_seq < registry.min_root_sequence {
            return Some(Plan::Refused(refused("RootRevoked")));
        }
        // Without the time, the program says it.
        if let Some(now) = ChainView::time(clock) {
            if u64::try_from(entry.expires_at).unwrap_or(0) <= now {
                return Some(Plan::Refused(refused("RootExpired")));
            }
            let epochs = EpochPolicy {
                length_seconds: registry.epoch_length_seconds,
                grace_seconds: registry.epoch_grace_seconds,
            };
            // One that is yet to come may be ours before it is the chain's, whose clock lags.
            if wanted.inputs.epoch > epochs.at(now) {
                return wait(CLUSTER, Some("the epoch has not begun on the chain yet"));
            }
            if !epochs.accepts(wanted.inputs.epoch, now) {
                return Some(Plan::Refused(refused("StaleEpoch")));
            }
        }
        if registry.paused != 0 {
            return wait(OPERATOR, Some("the registry is paused: its authority can resume it with set_paused"));
        }
        None
    }

    /// Opens the buffer, or writes what it lacks, or has it verified. `balance` is the fee payer's.
    async fn next_step(
        &self,
        wanted: &Settling,
        at: Address,
        buffer: Option<&RawAccount>,
        balance: u64,
    ) -> Result<Plan, Trouble> {
        let Ok(submission) = &wanted.submission else { return Ok(Plan::Refused(refused("ProofHint"))) };
        let payer = self.fee_payer.address();
        let format = self.upload_format().await?;
        let rent = self.view().rent(buffer_space()).await?;
        let upload = UploadPlan::new(format, &payer, &wanted.seed(), submission, rent);
        let receipt = self.view().rent(veilpass_chain::DISCRIMINATOR_BYTES + size_of::<Nullifier>()).await?;
        let Some(buffer) = buffer else {
            // A buffer that cannot be verified locks its rent, and the next intent would open another.
            let to_come = self.options.most_after_opening(upload.transactions.len(), receipt);
            let needed = rent.saturating_add(to_come).saturating_add(self.options.reserve_for_roots());
            if balance < needed {
                let words = format!("the fee payer has {balance} lamports and should have {needed}: send SOL to it");
                return Ok(Plan::Wait { after: OPERATOR, words: Some(words) });
            }
            let open = upload.transactions.into_iter().next().unwrap_or_default();
            return Ok(Plan::Send(vec![Outgoing { to_come, ..Outgoing::new(ChainStep::OpenBuffer, format, open) }]));
        };
        let held = buffer.data.get(buffer_space() - BUFFER_BYTES..).unwrap_or_default();
        let is_missing = |range: &Range<usize>| held.get(range.clone()) != submission.content().get(range.clone());
        let missing = upload.transactions.iter().zip(&upload.ranges).filter(|(_, range)| is_missing(range));
        let writes: Vec<_> = missing
            .filter_map(|(instructions, _)| instructions.last())
            .map(|write| Outgoing::new(ChainStep::WriteBuffer, format, vec![write.clone()]))
            .collect();
        if !writes.is_empty() {
            return Ok(Plan::Send(writes));
        }
        let verify = verify_ownership(payer, at, &wanted.inputs, wanted.root_seq);
        let verify = Outgoing::new(ChainStep::Verify, Format::Legacy, vec![verify]);
        Ok(Plan::Send(vec![Outgoing { deposit: receipt, ..verify }]))
    }
}
