//! One claim to prove again and again: that of holder 7 among 1,000.

use anyhow::Context;
use veilpass_merkle::{MerklePath, MerkleTree};
use veilpass_protocol::{Epoch, FieldElement, Leaf, PublicInputs, RegistryId, hash_leaf};
use veilpass_prover::{OwnershipInputs, Solver, Witness};

use crate::holders::{Holder, session};

const PLACE: u64 = 7;
const HOLDERS: u64 = 1_000;

/// What is proved, and all that proving it takes.
pub(super) struct Claim {
    /// The public inputs.
    pub(super) public_inputs: PublicInputs,
    holder: Holder,
    path: MerklePath,
}

impl Claim {
    pub(super) fn new() -> anyhow::Result<Self> {
        let holder = Holder::new(PLACE);
        let leaf = hash_leaf(holder.secret.commitment(), holder.token_id, holder.track_id);
        let other = |number: u64| Leaf::new(FieldElement::from_u64(1_000_000 + number));
        let tree =
            MerkleTree::build((0..HOLDERS).map(|number| if number == PLACE { leaf } else { other(number) }).collect());
        let registry = RegistryId::new(FieldElement::from_u64(1));
        let statement = holder.statement(registry, Epoch(1), &session(PLACE, 0));
        let path = tree.path(PLACE as u32).context("the tree has the place")?;
        Ok(Self { public_inputs: statement.under_root(tree.root()), holder, path })
    }

    /// Its witness.
    pub(super) fn solve(&self, solver: &Solver) -> anyhow::Result<Witness> {
        Ok(solver.solve(&OwnershipInputs {
            public_inputs: self.public_inputs,
            identity_secret: &self.holder.secret,
            token_id: self.holder.token_id,
            path: &self.path,
        })?)
    }
}
