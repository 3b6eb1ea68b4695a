//! Whether a wallet signed a message, and whether it counts now.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::EnrolmentMessage;

/// By how much a message may be issued in the future, in seconds: replicas need not agree on the clock.
pub const CLOCK_SKEW_SECONDS: u64 = 60;
/// From issue to expiry at most, in seconds.
pub const MAX_LIFETIME_SECONDS: u64 = 15 * 60;

/// Why a message does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The URI's host is another than the domain.
    #[error("the host of the URI is not the domain")]
    OtherDomain,
    /// Its time is over.
    #[error("the message has expired")]
    Expired,
    /// It says that it will be made.
    #[error("the message was issued in the future")]
    FromTheFuture,
    /// It expires before it is issued, or too long after.
    #[error("the message must expire after it is issued, and within {MAX_LIFETIME_SECONDS} seconds")]
    Lifetime,
    /// The wallet is no key that can sign: not a point of the curve, or one of small order.
    #[error("the wallet is not an Ed25519 public key")]
    NotAKey,
    /// Not its signature, or not in canonical form.
    #[error("the signature is not the wallet's signature of this message")]
    Signature,
}

impl EnrolmentMessage {
    /// Checks that the URI is of the domain, and the times, at `now` in seconds since the Unix epoch.
    pub fn check_terms(&self, now: u64) -> Result<(), VerifyError> {
        if self.uri.domain() != self.domain {
            return Err(VerifyError::OtherDomain);
        }
        let (issued, expires) = (self.issued_at.unix(), self.expires_at.unix());
        if expires <= issued || expires - issued > MAX_LIFETIME_SECONDS {
            return Err(VerifyError::Lifetime);
        }
        if expires <= now {
            return Err(VerifyError::Expired);
        }
        if issued > now.saturating_add(CLOCK_SKEW_SECONDS) {
            return Err(VerifyError::FromTheFuture);
        }
        Ok(())
    }

    /// Checks the wallet's signature of the canonical text: Ed25519 (RFC 8032) without cofactor, S below the group's order,
    /// neither key nor R of small order. One key may have several valid signatures of a text all the same: a signature
    /// identifies nothing.
    pub fn check_signature(&self, signature: &[u8; 64]) -> Result<(), VerifyError> {
        let key = VerifyingKey::from_bytes(self.wallet.as_bytes()).map_err(|_| VerifyError::NotAKey)?;
        if key.is_weak() {
            return Err(VerifyError::NotAKey);
        }
        let signature = Signature::from_bytes(signature);
        key.verify_strict(self.to_string().as_bytes(), &signature).map_err(|_| VerifyError::Signature)
    }

    /// [`Self::check_terms`] at `now`, in Unix seconds, then [`Self::check_signature`].
    pub fn verify(&self, signature: &[u8; 64], now: u64) -> Result<(), VerifyError> {
        self.check_terms(now)?;
        self.check_signature(signature)
    }
}
