//! Demo holders, all from one fixed seed: the same tree on every machine.

use ed25519_dalek::SigningKey;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use veilpass_protocol::{
    ContextPreimage, Epoch, IdentitySecret, Pepper, ProofStatement, RegistryId, TokenId, TrackId, WalletHash,
    hash_leaf, hash_scope,
};
use veilpass_sealing::OwnershipWitness;
use veilpass_store::Enrolment;

/// The demo's tracks.
pub const TRACKS: [&str; 3] = ["first-light", "night-bus", "salt-and-static"];
/// A track with so few holders ([`rare_enrolments`]) that a proof of it would hide nobody.
pub const RARE_TRACK: &str = "attic-tape";
/// The audience that the demo's proofs are for.
pub const AUDIENCE: &str = "https://listen.example";
/// The cluster of the demo's registry.
pub const CLUSTER: &str = "localnet";

/// The program of the demo's registry, base58.
pub fn program_id() -> String {
    veilpass_chain::PROGRAM_ID.to_string()
}

/// One listener with one token for one track.
pub struct Holder {
    /// The listener's secret.
    pub secret: IdentitySecret,
    /// Its token.
    pub token_id: TokenId,
    /// The track that the token unlocks.
    pub track_id: TrackId,
    wallet: [u8; 32],
}

fn derive(label: &str, number: u64) -> [u8; 32] {
    Sha256::new()
        .chain_update("veilpass demo ")
        .chain_update(label)
        .chain_update(number.to_be_bytes())
        .finalize()
        .into()
}

impl Holder {
    /// Holder number `number`; its track is one of [`TRACKS`], in turn.
    pub fn new(number: u64) -> Self {
        Self {
            secret: IdentitySecret::random(&mut ChaCha20Rng::from_seed(derive("secret", number))),
            token_id: TokenId::from_mint(&derive("mint", number)),
            track_id: TrackId::from_slug(TRACKS[(number % TRACKS.len() as u64) as usize]),
            wallet: derive("wallet", number),
        }
    }

    fn enrolment(&self, pepper: &Pepper) -> Enrolment {
        Enrolment {
            wallet_hash: WalletHash::new(pepper, &self.wallet),
            token_id: self.token_id,
            track_id: self.track_id,
            leaf: hash_leaf(self.secret.commitment(), self.token_id, self.track_id),
        }
    }

    /// What this holder wants proved in an epoch, for a session.
    pub fn statement(&self, registry_id: RegistryId, epoch: Epoch, session: &ContextPreimage) -> ProofStatement {
        ProofStatement {
            registry_id,
            track_id: self.track_id,
            epoch,
            nullifier: self.secret.nullifier(hash_scope(registry_id, self.track_id, epoch)),
            context: session.context(),
        }
    }

    /// What this holder seals to the prover.
    pub fn witness(&self, leaf_index_hint: u32) -> OwnershipWitness {
        let identity_secret =
            IdentitySecret::from_be_bytes(&self.secret.expose_be_bytes()).expect("a secret is canonical");
        OwnershipWitness { identity_secret, token_id: self.token_id, leaf_index_hint }
    }
}

/// The enrolments of holders `first..first + count`, computed on all cores.
pub fn enrolments(pepper: &Pepper, first: u64, count: u64) -> Vec<Enrolment> {
    (first..first + count).into_par_iter().map(|number| Holder::new(number).enrolment(pepper)).collect()
}

/// The two holders of [`RARE_TRACK`].
pub fn rare_enrolments(pepper: &Pepper) -> Vec<Enrolment> {
    let holder = |number| Holder { track_id: TrackId::from_slug(RARE_TRACK), ..Holder::new(number) };
    [u64::MAX - 2, u64::MAX - 1].map(|number| holder(number).enrolment(pepper)).into()
}

/// The key of session `number`.
pub fn session_key(number: u64) -> SigningKey {
    SigningKey::from_bytes(&derive("session", number))
}

/// A session of the demo's frontend, number `number`.
pub fn session(number: u64, expires_at: u64) -> ContextPreimage {
    ContextPreimage {
        audience: AUDIENCE.to_owned(),
        session_public_key: session_key(number).verifying_key().to_bytes(),
        expires_at,
        program_id: program_id(),
        cluster: CLUSTER.to_owned(),
    }
}
