//! The proof that every worker makes before it gets a job: of a made-up listener, so that there is nothing to keep secret.

use veilpass_merkle::MerkleTree;
use veilpass_protocol::{
    Context, Epoch, FieldElement, IdentitySecret, ProofStatement, PublicInputs, RegistryId, TokenId, TrackId,
    hash_leaf, hash_scope,
};

use crate::solver::{OwnershipInputs, Solver, Witness};

/// A solved witness and what it proves.
pub(super) struct Canary {
    pub(super) witness: Witness,
    pub(super) public_inputs: PublicInputs,
}

impl Canary {
    /// A registry with one leaf, whose owner proves that it is there.
    pub(super) fn new(solver: &Solver) -> anyhow::Result<Self> {
        let element = FieldElement::from_u64;
        let mut secret = [0; 32];
        secret[24..].copy_from_slice(b"a canary");
        let identity_secret = IdentitySecret::from_be_bytes(&secret)?;
        let (registry_id, track_id, token_id) =
            (RegistryId::new(element(1)), TrackId::new(element(2)), TokenId::new(element(3)));
        let epoch = Epoch(0);
        let tree = MerkleTree::build(vec![hash_leaf(identity_secret.commitment(), token_id, track_id)]);
        let path = tree.path(0).ok_or_else(|| anyhow::anyhow!("the canary's tree has a leaf"))?;
        let nullifier = identity_secret.nullifier(hash_scope(registry_id, track_id, epoch));
        let statement = ProofStatement { registry_id, track_id, epoch, nullifier, context: Context::new(element(4)) };
        let public_inputs = statement.under_root(tree.root());
        let inputs = OwnershipInputs { public_inputs, identity_secret: &identity_secret, token_id, path: &path };
        Ok(Self { witness: solver.solve(&inputs)?, public_inputs })
    }
}
