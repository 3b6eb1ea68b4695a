//! Real proofs, made by the prover's own solver and engine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use veilpass_chain::ProofSubmission;
use veilpass_merkle::MerkleTree;
use veilpass_protocol::{
    Context, Epoch, FieldElement, IdentitySecret, Leaf, MerkleRoot, ProofStatement, PublicInputs, RegistryId, TokenId,
    TrackId, hash_leaf, hash_scope,
};
use veilpass_prover::{EngineConfig, OwnershipInputs, ProvingEngine, Solver};

/// A listener with a token for a track.
pub struct Listener {
    secret: IdentitySecret,
    token_id: TokenId,
    track_id: TrackId,
}

impl Listener {
    /// Listener number `number`, of the track of that name.
    pub fn new(number: u8, track: &str) -> Self {
        Self {
            secret: IdentitySecret::random(&mut ChaCha20Rng::from_seed([number; 32])),
            token_id: TokenId::from_mint(&[number; 32]),
            track_id: TrackId::from_slug(track),
        }
    }

    fn leaf(&self) -> Leaf {
        hash_leaf(self.secret.commitment(), self.token_id, self.track_id)
    }

    fn statement(&self, registry_id: RegistryId, epoch: Epoch, session: u64) -> ProofStatement {
        let Self { track_id, .. } = *self;
        ProofStatement {
            registry_id,
            track_id,
            epoch,
            nullifier: self.secret.nullifier(hash_scope(registry_id, track_id, epoch)),
            context: Context::new(FieldElement::from_u64(session)),
        }
    }
}

/// Makes proofs for listeners who are all in one tree.
pub struct ProofMaker {
    solver: Solver,
    engine: ProvingEngine,
    listeners: Arc<[Listener]>,
    tree: MerkleTree,
}

impl ProofMaker {
    /// Starts a prover. Its bb and reference string are found as the prover service finds them.
    pub fn new(listeners: Vec<Listener>) -> anyhow::Result<Self> {
        let solver = Solver::new().context("the circuit")?;
        let config = EngineConfig::locate(None, Duration::from_secs(60))?;
        let engine = ProvingEngine::start(&config, solver.bytecode())?;
        let tree = MerkleTree::build(listeners.iter().map(Listener::leaf).collect());
        Ok(Self { solver, engine, listeners: listeners.into(), tree })
    }

    /// The root that proofs are made under.
    pub fn root(&self) -> MerkleRoot {
        self.tree.root()
    }

    /// A proof of a listener for an epoch, for a session of that number: 7,232 bytes, and its public inputs.
    pub fn prove(
        &mut self,
        listener: usize,
        registry: RegistryId,
        epoch: Epoch,
        session: u64,
    ) -> anyhow::Result<(Vec<u8>, PublicInputs)> {
        let holder = &self.listeners[listener];
        let public_inputs = holder.statement(registry, epoch, session).under_root(self.tree.root());
        let path = self.tree.path(listener as u32).context("every listener is in the tree")?;
        let inputs =
            OwnershipInputs { public_inputs, identity_secret: &holder.secret, token_id: holder.token_id, path: &path };
        let witness = self.solver.solve(&inputs)?;
        let proof = self.engine.prove(&witness, &public_inputs)?;
        Ok((proof.as_bytes().to_vec(), public_inputs))
    }

    /// A proof with its hints.
    pub fn submission(
        &mut self,
        listener: usize,
        registry: RegistryId,
        epoch: Epoch,
        session: u64,
    ) -> anyhow::Result<ProofSubmission> {
        let (proof, public_inputs) = self.prove(listener, registry, epoch, session)?;
        Ok(ProofSubmission::new(&proof, &public_inputs)?)
    }
}
