//! A verification as clients see it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_protocol::{Epoch, TrackId};
use veilpass_store::{VerificationRecord, VerificationState, VerificationStatus};

use super::{grants::GrantView, verifications::Settle};
use crate::{
    anonymity::AnonymitySet,
    schema::{EpochNumber, FieldHex},
};

/// A verification and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerificationView {
    /// Names the verification.
    id: Uuid,
    /// The track.
    #[schema(value_type = FieldHex)]
    track_id: TrackId,
    /// The epoch.
    #[schema(value_type = EpochNumber)]
    epoch: Epoch,
    /// Number of the root that it was proved under.
    root_seq: u64,
    /// Where it is settled.
    settle: Settle,
    /// `accepted`, `uploading`, `verifying`, `verified` (confirmed by the cluster), `final` or `refused`. What is settled
    /// offchain stays `accepted`, unless the chain overrules it.
    status: &'static str,
    /// The transaction on chain, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<TransactionView>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalView>,
    /// What is in the way at the moment; it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    delayed_by: Option<String>,
    /// The session's first grant, when an offchain verification was just made. Later ones: `POST /v1/grants`.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantView>,
    /// In the answer to a request that is settled offchain: among how many holders of the track it hides.
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymity: Option<AnonymitySet>,
}

/// A transaction.
#[derive(Serialize, ToSchema)]
struct TransactionView {
    /// Base58.
    signature: String,
    /// Once it landed.
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<u64>,
}

/// A refusal.
#[derive(Serialize, ToSchema)]
struct RefusalView {
    /// The program's error number, if the program refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    /// In words.
    detail: String,
}

impl VerificationView {
    /// One that was recorded just now.
    pub(crate) fn accepted(id: Uuid, record: &VerificationRecord, settle: Settle) -> Self {
        Self {
            id,
            track_id: record.public_inputs.track_id,
            epoch: record.public_inputs.epoch,
            root_seq: record.root_seq,
            settle,
            status: name(VerificationState::Accepted),
            transaction: None,
            refusal: None,
            delayed_by: None,
            grant: None,
            anonymity: None,
        }
    }

    /// The same with the session's first grant, and with among how many it hides.
    pub(crate) fn for_session(self, grant: Option<GrantView>, anonymity: Option<AnonymitySet>) -> Self {
        Self { grant, anonymity, ..self }
    }

    /// One as the database has it.
    pub(crate) fn of(id: Uuid, status: VerificationStatus) -> Self {
        let slot = status.slot;
        let refused = status.state == VerificationState::Refused;
        let (reason, delayed_by) = if refused { (status.last_error, None) } else { (None, status.last_error) };
        Self {
            id,
            track_id: status.track_id,
            epoch: status.epoch,
            root_seq: status.root_seq,
            settle: if status.on_chain { Settle::OnChain } else { Settle::OffChain },
            status: name(status.state),
            transaction: status.tx_signature.map(|signature| TransactionView { signature, slot }),
            refusal: refused.then(|| RefusalView { code: status.error_code, detail: reason.unwrap_or_default() }),
            delayed_by,
            grant: None,
            anonymity: None,
        }
    }
}

fn name(state: VerificationState) -> &'static str {
    match state {
        VerificationState::Accepted => "accepted",
        VerificationState::Uploading => "uploading",
        VerificationState::Verifying => "verifying",
        VerificationState::Verified => "verified",
        VerificationState::Final => "final",
        VerificationState::Refused => "refused",
    }
}
