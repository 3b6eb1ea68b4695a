//! Problems of enrolment, verifications and session grants.

use std::time::Duration;

use axum::http::StatusCode;

use super::Problem;

impl Problem {
    /// The nullifier was spent: 409.
    pub(crate) fn nullifier_used() -> Self {
        Self {
            field: Some("public_inputs.nullifier".to_owned()),
            ..Self::new(
                StatusCode::CONFLICT,
                "nullifier-used",
                "The nullifier was used before",
                "this identity has already been used for this track in this epoch; wait for the next epoch",
            )
        }
    }

    /// No master key: 503.
    pub(crate) fn no_enrolment() -> Self {
        Self::not_configured("this API enrols nobody: its operator must set a master key")
    }

    /// No RPC: 503.
    pub(crate) fn no_chain() -> Self {
        Self::not_configured("this API enrols nobody: its operator must name an RPC of the cluster")
    }

    /// The challenge is not open, or is for another message: 422.
    pub(crate) fn unknown_nonce() -> Self {
        Self::refused(
            "unknown-nonce",
            "message",
            "its challenge was used before, is too old or is for another message: ask for a new one",
        )
    }

    /// Another wallet enrolled the token and still has it: 409.
    pub(crate) fn enrolled_by_another() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "enrolled-by-another",
            "The token is enrolled by another wallet",
            "another wallet that still holds this token has enrolled it for this track",
        )
    }

    /// Somebody enrolled or revoked the token at the same time: 409.
    pub(crate) fn enrolment_changed() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "enrolment-changed",
            "The token was enrolled or revoked meanwhile",
            "nothing was changed; ask for a new challenge and try again",
        )
    }

    /// The wallet's own enrolment is too young to be replaced: 409.
    pub(crate) fn replaced_lately(left: Duration) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "replaced-lately",
            "The wallet enrolled the token a short while ago",
            "it did so under another commitment, which still counts; to replace it, ask for a new challenge after the seconds \
             in Retry-After",
        )
        .retry_after(left.as_secs().try_into().unwrap_or(u32::MAX))
    }

    /// The verification is to be settled on chain, and is not yet: 409.
    pub(crate) fn not_verified_yet() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "not-verified-yet",
            "Not verified yet",
            "the chain has not confirmed this verification; ask again after the seconds in Retry-After",
        )
        .retry_after(1)
    }

    /// The session gets no more grants: 409.
    pub(crate) fn session_ended() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "session-ended",
            "The session has ended",
            "its verification was refused or overruled by the chain, or an operator ended the session",
        )
    }

    /// A signature that is good once was used before: 409.
    pub(crate) fn signature_used() -> Self {
        Self {
            field: Some("signature".to_owned()),
            ..Self::new(
                StatusCode::CONFLICT,
                "signature-used",
                "The signature was used before",
                "sign again, with a later issued_at",
            )
        }
    }
}
