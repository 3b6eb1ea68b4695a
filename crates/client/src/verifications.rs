//! Verifications.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use veilpass_protocol::{ContextPreimage, Epoch, TrackId};

use crate::{error::ClientError, grants::Grant, proofs::OwnershipProof, transport::Client};

/// Where a proof is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// By the program.
    OnChain,
    /// By the API.
    OffChain,
}

impl Settle {
    /// As the API has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnChain => "onchain",
            Self::OffChain => "offchain",
        }
    }
}

/// A verification and how far it is.
#[derive(Debug, Clone, Deserialize)]
pub struct Verification {
    /// Its name.
    pub id: Uuid,
    /// The track.
    pub track_id: TrackId,
    /// The epoch.
    pub epoch: Epoch,
    /// `accepted`, `uploading`, `verifying`, `verified`, `final` or `refused`.
    pub status: String,
    /// The transaction on chain, once there is one.
    pub transaction: Option<Transaction>,
    /// The session's first grant, if it was settled off chain.
    pub grant: Option<Grant>,
}

/// A transaction.
#[derive(Debug, Clone, Deserialize)]
pub struct Transaction {
    /// Base58.
    pub signature: String,
    /// Once it landed.
    pub slot: Option<u64>,
}

impl Client {
    /// Has a proof checked and its nullifier spent.
    pub async fn verify(
        &self,
        proof: &OwnershipProof,
        session: &ContextPreimage,
        settle: Settle,
    ) -> Result<Verification, ClientError> {
        let body = json!({
            "proof": BASE64_STANDARD.encode(&proof.proof),
            "public_inputs": proof.public_inputs,
            "context": session,
            "settle": settle.name(),
        });
        self.post("/v1/verifications", &body).await
    }

    /// How far a verification is.
    pub async fn verification(&self, id: Uuid) -> Result<Verification, ClientError> {
        self.get(&format!("/v1/verifications/{id}")).await
    }
}
