//! Enrolment of a token by the wallet that owns it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use veilpass_protocol::{Commitment, RegistryId, TrackId};

use crate::{error::ClientError, transport::Client};

/// What a wallet enrols.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolmentRequest {
    /// Where.
    pub registry_id: RegistryId,
    /// For which track.
    pub track_id: TrackId,
    /// The token's mint, base58.
    pub mint: String,
    /// The wallet that owns the token, base58.
    pub wallet: String,
    /// Of the secret that proofs will be made with.
    pub commitment: Commitment,
    /// The frontend's origin, for whose domain the wallet signs. None: the API's only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

/// The text that the wallet is to sign.
#[derive(Debug, Clone, Deserialize)]
pub struct Challenge {
    /// To be signed exactly as it is, in UTF-8.
    pub message: String,
    /// RFC 3339.
    pub expires_at: String,
}

/// An enrolment and how far it is.
#[derive(Debug, Clone, Deserialize)]
pub struct Enrolment {
    /// Its name.
    pub id: Uuid,
    /// `pending_root`, `pending_chain`, `active` or `revoked`.
    pub status: String,
    /// Its place in the tree: the hint for the prover.
    pub leaf_index: u32,
    /// Number of the newest root that includes it.
    pub root_seq: Option<u64>,
    /// Why it is revoked.
    pub reason: Option<String>,
}

impl Client {
    /// Asks for the text that the wallet must sign.
    pub async fn challenge(&self, request: &EnrolmentRequest) -> Result<Challenge, ClientError> {
        self.post("/v1/challenges", request).await
    }

    /// Enrols, with the wallet's Ed25519 signature of the challenge.
    pub async fn enrol(&self, challenge: &Challenge, signature: &[u8; 64]) -> Result<Enrolment, ClientError> {
        let signature = bs58::encode(signature).into_string();
        self.post("/v1/enrollments", &json!({ "message": challenge.message, "signature": signature })).await
    }

    /// How far an enrolment is.
    pub async fn enrolment(&self, id: Uuid) -> Result<Enrolment, ClientError> {
        self.get(&format!("/v1/enrollments/{id}")).await
    }

    /// Asks every second until a root that counts includes the enrolment, or it was revoked.
    pub async fn wait_for_enrolment(&self, id: Uuid) -> Result<Enrolment, ClientError> {
        loop {
            let enrolment = self.enrolment(id).await?;
            if matches!(enrolment.status.as_str(), "active" | "revoked") {
                return Ok(enrolment);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}
