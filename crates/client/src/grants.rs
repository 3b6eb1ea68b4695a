//! Session grants.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use veilpass_protocol::{ContextPreimage, grant_request_text, unix_now};

use crate::{error::ClientError, transport::Client};

/// A session grant: a JWT for a CDN or media server.
#[derive(Clone, Deserialize)]
pub struct Grant {
    /// The JWT. Whoever has it listens.
    pub token: String,
    /// When it expires, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// Its name.
    pub jti: Uuid,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("jti", &self.jti).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Client {
    /// Another grant for a session, whose key signs for it.
    pub async fn renew_grant(
        &self,
        verification: Uuid,
        session: &ContextPreimage,
        session_key: &SigningKey,
    ) -> Result<Grant, ClientError> {
        let now = unix_now();
        let signature = session_key.sign(grant_request_text(verification, now).as_bytes());
        let body = json!({
            "verification_id": verification,
            "context": session,
            "issued_at": now,
            "signature": BASE64_STANDARD.encode(signature.to_bytes()),
        });
        self.post("/v1/grants", &body).await
    }

    /// What the API says of a grant: `{"active": false}`, or its claims.
    pub async fn introspect_grant(&self, token: &str) -> Result<Value, ClientError> {
        self.post("/v1/grants/introspect", &json!({ "token": token })).await
    }

    /// Ends a grant.
    pub async fn revoke_grant(&self, token: &str) -> Result<(), ClientError> {
        self.post_only("/v1/grants/revoke", &json!({ "token": token })).await
    }

    /// The public keys that grants are signed with, as a JSON Web Key Set.
    pub async fn grant_keys(&self) -> Result<Value, ClientError> {
        self.get("/.well-known/jwks.json").await
    }
}
