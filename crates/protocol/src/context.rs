//! What a proof is bound to.

use serde::{Deserialize, Serialize};

use crate::{element::Context, identifier::sha256_248};

/// Longest audience, program id or cluster name, in bytes. API and SDK refuse longer ones; [`ContextPreimage`] does not.
pub const MAX_TEXT_BYTES: usize = 256;

/// The session that a proof is for. Its hash is the public input `context`, so a stolen proof is worthless elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextPreimage {
    /// Who will accept the proof: the frontend's origin, for example `https://listen.example`.
    pub audience: String,
    /// The Ed25519 public key of the listener's session, 32 bytes, as 64 lowercase hexadecimal digits in JSON.
    #[serde(with = "crate::lower_hex")]
    pub session_public_key: [u8; 32],
    /// When the proof stops being acceptable, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// The Solana program that checks the proof, base58.
    pub program_id: String,
    /// The Solana cluster of that program: `mainnet-beta`, `testnet`, `devnet` or `localnet`.
    pub cluster: String,
}

impl ContextPreimage {
    /// `context` = 248 bits of SHA-256 under `veilpass.v1.context` of (audience, session public key, expiry as u64
    /// big-endian, program id, cluster), each part preceded by its length.
    pub fn context(&self) -> Context {
        Context::new(sha256_248(
            "veilpass.v1.context",
            &[
                self.audience.as_bytes(),
                &self.session_public_key,
                &self.expires_at.to_be_bytes(),
                self.program_id.as_bytes(),
                self.cluster.as_bytes(),
            ],
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_changes_the_context() {
        let base = ContextPreimage {
            audience: "https://listen.example".into(),
            session_public_key: [1; 32],
            expires_at: 1_800_000_000,
            program_id: "11111111111111111111111111111111".into(),
            cluster: "devnet".into(),
        };
        let changed = [
            ContextPreimage { audience: "https://listen.example.org".into(), ..base.clone() },
            ContextPreimage { session_public_key: [2; 32], ..base.clone() },
            ContextPreimage { expires_at: base.expires_at + 1, ..base.clone() },
            ContextPreimage { program_id: "11111111111111111111111111111112".into(), ..base.clone() },
            ContextPreimage { cluster: "mainnet-beta".into(), ..base.clone() },
        ];
        let mut contexts: Vec<_> = changed.iter().chain([&base]).map(ContextPreimage::context).collect();
        contexts.sort();
        contexts.dedup();
        assert_eq!(contexts.len(), changed.len() + 1);
    }
}
