//! What a listener does: gets a token in, proves, opens a session, keeps it, and begins again with another token.

use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use veilpass_cli::holders::{self, TRACKS};
use veilpass_client::{ClientError, EnrolmentRequest, OwnershipProof, RegistryLeaves, Settle};
use veilpass_protocol::{ContextPreimage, IdentitySecret, ProofStatement, TokenId, TrackId, hash_leaf, hash_scope};
use veilpass_sealing::OwnershipWitness;

use super::{
    PATIENCE, session,
    world::{Device, World},
};
use crate::enrolment::{
    tokens::{Kind, Mint},
    wallet::Wallet,
};

pub(super) struct Listener<'a> {
    pub(super) world: &'a World,
    pub(super) device: Device<'a>,
    pub(super) random: ChaCha8Rng,
    /// Of the sessions that it opens.
    sessions: u64,
    leaves: Option<RegistryLeaves>,
}

/// A token that its wallet enrolled.
struct Membership {
    secret: IdentitySecret,
    token: TokenId,
    track: TrackId,
    hint: u32,
}

impl<'a> Listener<'a> {
    pub(super) fn new(world: &'a World, number: u8, seed: u64) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(100 + u64::from(number)));
        let sessions = u64::from(number) << 32;
        Self { world, device: Device::new(world, number), random, sessions, leaves: None }
    }

    /// Goes on until it is told that it is enough, and then to the end of what it began.
    pub(super) async fn live(mut self) {
        while !self.world.is_over() {
            let membership = self.enrol().await;
            self.find_leaf(&membership).await;
            let session = self.session();
            // A device may ask for more proofs than it uses.
            for _ in 0..self.random.random_range(0..10) {
                self.prove(&membership, &session).await;
                self.think(100..800).await;
            }
            let proof = self.prove(&membership, &session).await;
            let settle = if self.random.random_range(0..3) == 0 { Settle::OnChain } else { Settle::OffChain };
            session::run(&mut self, &proof, &session, settle).await;
            self.think(200..1500).await;
        }
    }

    pub(super) async fn think(&mut self, milliseconds: std::ops::Range<u64>) {
        tokio::time::sleep(Duration::from_millis(self.random.random_range(milliseconds))).await;
    }

    fn session(&mut self) -> ContextPreimage {
        self.sessions += 1;
        holders::session(self.sessions, self.world.expires_at)
    }

    pub(super) fn session_number(&self) -> u64 {
        self.sessions
    }

    /// Buys a token and enrols it, until it counts.
    async fn enrol(&mut self) -> Membership {
        let (world, wallet) = (self.world, Wallet::new());
        let kind = *[Kind::Spl, Kind::Token2022].choose(&mut self.random).unwrap();
        let track = TrackId::from_slug(TRACKS.choose(&mut self.random).unwrap());
        let mint = Mint::new(&world.chain, kind).await;
        mint.give(&world.chain, &wallet, 1).await;
        let token = TokenId::from_mint(&mint.address.to_bytes());
        self.allow(track, token).await;
        let secret = IdentitySecret::random(&mut self.random);
        let request = EnrolmentRequest {
            registry_id: world.registry,
            track_id: track,
            mint: mint.address.to_string(),
            wallet: wallet.address().to_string(),
            commitment: secret.commitment(),
            audience: None,
        };
        let since = Instant::now();
        let enrolment = loop {
            let challenge = self.device.persist("challenge", async |api| api.challenge(&request).await).await.unwrap();
            let signature = wallet.sign(&challenge.message);
            let enrolled = self.device.persist("enrolment", async |api| api.enrol(&challenge, &signature).await).await;
            match enrolled {
                Ok(enrolment) => break enrolment,
                // The answer to an attempt before was lost; or the RPC, which is behind, does not know of the token.
                Err(error) if matches!(error.code(), Some("unknown-nonce" | "not-owner")) => {
                    assert!(since.elapsed() < PATIENCE, "{error}");
                }
                Err(error) => panic!("{error}"),
            }
            self.think(300..800).await;
        };
        let active = self.device.persist("wait until active", async |api| api.wait_for_enrolment(enrolment.id).await);
        let active = active.await.unwrap();
        assert_eq!(active.status, "active", "{active:?}");
        world.promised.lock().unwrap().enrolments.insert(enrolment.id);
        Membership { secret, token, track, hint: active.leaf_index }
    }

    /// The operator lists the token. The database may be away.
    async fn allow(&self, track: TrackId, token: TokenId) {
        let since = Instant::now();
        while let Err(error) = self.world.store.allow_assets(self.world.registry, track, &[token]).await {
            assert!(since.elapsed() < PATIENCE, "{error}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Downloads the leaves, or what changed, and looks for its own.
    async fn find_leaf(&mut self, membership: &Membership) {
        let leaf = hash_leaf(membership.secret.commitment(), membership.token, membership.track);
        let since = Instant::now();
        loop {
            let registry = self.world.registry;
            let updated = match self.leaves.take() {
                Some(older) => self.device.api().update_leaves(older).await.ok(),
                None => None,
            };
            let leaves = match updated {
                Some(leaves) => {
                    self.world.tally.count("changed leaves", "done");
                    leaves
                }
                None => self.device.persist("leaves", async |api| api.leaves(registry).await).await.unwrap(),
            };
            let found = leaves.find(leaf).is_some();
            self.leaves = Some(leaves);
            if found {
                return;
            }
            // The other API may not have heard of the root.
            assert!(since.elapsed() < PATIENCE, "an active enrolment is not among the leaves");
            self.think(200..500).await;
        }
    }

    async fn prove(&mut self, membership: &Membership, session: &ContextPreimage) -> OwnershipProof {
        let registry = self.world.registry;
        let epoch = self.device.persist("registry", async |api| api.registry(registry).await).await.unwrap().epoch;
        let scope = hash_scope(registry, membership.track, epoch);
        let statement = ProofStatement {
            registry_id: registry,
            track_id: membership.track,
            epoch,
            nullifier: membership.secret.nullifier(scope),
            context: session.context(),
        };
        let since = Instant::now();
        loop {
            if let Some(proof) = self.try_prove(membership, &statement).await {
                assert_eq!(proof.public_inputs.nullifier, statement.nullifier);
                return proof;
            }
            assert!(since.elapsed() < 2 * PATIENCE, "no proof is made");
            self.think(200..800).await;
        }
    }

    /// One job. `None`: it is worth another.
    async fn try_prove(&mut self, membership: &Membership, statement: &ProofStatement) -> Option<OwnershipProof> {
        let keys = self.device.persist("prover keys", async |api| api.prover_keys().await).await.unwrap();
        let key = keys.first()?;
        let witness = || OwnershipWitness {
            identity_secret: IdentitySecret::from_be_bytes(&membership.secret.expose_be_bytes()).unwrap(),
            token_id: membership.token,
            leaf_index_hint: membership.hint,
        };
        let asked = async |api: &veilpass_client::Client| api.request_proof(key, statement, &witness()).await;
        let job = self.device.persist("proof request", asked).await.unwrap();
        self.world.promised.lock().unwrap().jobs.insert(format!("/v1/proofs/{}", job.id));
        if self.random.random_range(0..3) == 0 {
            // A stream of events that is opened and dropped.
            let patience = Duration::from_millis(self.random.random_range(10..300));
            let _ = tokio::time::timeout(patience, self.device.api().wait_for_proof(&job, |_| {})).await;
            self.world.tally.count("event stream", "dropped");
        }
        match self.device.persist("event stream", async |api| api.wait_for_proof(&job, |_| {}).await).await {
            Ok(()) => {}
            // Its worker failed each time.
            Err(ClientError::NotProved(why)) if why.contains("attempts_exhausted") => {
                self.world.tally.count("proof", "no attempt left");
                return None;
            }
            Err(error) => panic!("{error}"),
        }
        match self.device.persist("proof", async |api| api.fetch_proof(&job).await).await {
            Ok(proof) => Some(proof),
            // It was in an answer that was lost.
            Err(ClientError::Refused { status, .. }) if status.as_u16() == 410 => None,
            Err(error) => panic!("{error}"),
        }
    }
}
