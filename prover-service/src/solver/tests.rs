//! What the circuit accepts and what it refuses.

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use veilpass_merkle::MerkleTree;
use veilpass_protocol::{Context, Epoch, Leaf, ProofStatement, RegistryId, TrackId, hash_leaf, hash_node, hash_scope};

use super::*;

pub(crate) struct Holder {
    pub(crate) secret: IdentitySecret,
    pub(crate) token_id: TokenId,
    pub(crate) tree: MerkleTree,
    pub(crate) statement: ProofStatement,
}

/// A tree of five leaves with the holder at place 2.
pub(crate) fn holder() -> Holder {
    let element = FieldElement::from_u64;
    let secret = IdentitySecret::random(&mut ChaCha20Rng::seed_from_u64(1));
    let (registry_id, track_id, token_id) =
        (RegistryId::new(element(10)), TrackId::new(element(20)), TokenId::new(element(30)));
    let leaf = hash_leaf(secret.commitment(), token_id, track_id);
    let others = [101, 102, 103, 104].map(|value| Leaf::new(element(value)));
    let tree = MerkleTree::build(vec![others[0], others[1], leaf, others[2], others[3]]);
    let epoch = Epoch(40);
    let nullifier = secret.nullifier(hash_scope(registry_id, track_id, epoch));
    let statement = ProofStatement { registry_id, track_id, epoch, nullifier, context: Context::new(element(50)) };
    Holder { secret, token_id, tree, statement }
}

impl Holder {
    /// The solved witness and its public inputs.
    pub(crate) fn witness(&self, solver: &Solver) -> (Witness, PublicInputs) {
        let path = self.tree.path(2).unwrap();
        let public_inputs = self.statement.under_root(self.tree.root());
        let inputs =
            OwnershipInputs { public_inputs, identity_secret: &self.secret, token_id: self.token_id, path: &path };
        (solver.solve(&inputs).unwrap(), public_inputs)
    }

    /// The parameters in ABI order, for changing them.
    fn values(&self) -> Vec<AcirElement> {
        let path = self.tree.path(2).unwrap();
        let mut values: Vec<_> = self.statement.under_root(self.tree.root()).elements().map(to_acir).into();
        values.push(AcirElement::from_be_bytes_reduce(self.secret.expose_be_bytes().as_slice()));
        values.push(to_acir(self.token_id.element()));
        values.extend(path.index_bits().map(AcirElement::from));
        values.extend(path.siblings.map(|sibling| to_acir(sibling.element())));
        values
    }
}

const NULLIFIER: usize = 4;
const SECRET: usize = 6;
const TOKEN: usize = 7;
const BITS: usize = 8;
const SIBLINGS: usize = BITS + TREE_DEPTH;

#[test]
fn a_holder_is_accepted() {
    let holder = holder();
    let solver = Solver::new().unwrap();
    let (witness, _) = holder.witness(&solver);
    assert_eq!(witness.expose_bytes()[0], 3, "the format marker that bb reads");
    assert!(solver.solve_values(holder.values()).is_ok());
}

#[test]
fn every_input_but_the_context_is_bound_by_an_equation() {
    let (holder, solver) = (holder(), Solver::new().unwrap());
    for index in 0..holder.values().len() {
        let mut values = holder.values();
        values[index] += AcirElement::one();
        let outcome = solver.solve_values(values);
        if index == 5 {
            assert!(outcome.is_ok(), "the context is bound by the transcript, not by an equation");
        } else {
            assert!(matches!(outcome, Err(SolveError::Unsatisfied)), "parameter {index}");
        }
    }
}

#[test]
fn a_path_bit_that_is_not_boolean_is_refused() {
    let (holder, solver) = (holder(), Solver::new().unwrap());
    for bit in [0, 1, 31] {
        for value in [AcirElement::from(2u128), -AcirElement::one()] {
            let mut values = holder.values();
            values[BITS + bit] = value;
            assert!(matches!(solver.solve_values(values), Err(SolveError::Unsatisfied)), "bit {bit}");
        }
    }
}

/// The tree's own inner nodes and its empty places cannot be passed off as an enrolled leaf: whatever the prover picks
/// as secret and token, the lowest node of the path is a hash under the leaf's domain.
#[test]
fn an_inner_node_or_an_empty_leaf_is_not_a_member() {
    let (holder, solver) = (holder(), Solver::new().unwrap());
    // The path of the first empty place, 5: that of place 4, with leaf 4 as the lowest sibling.
    let neighbour = holder.tree.path(4).unwrap();
    let mut of_empty_place = holder.values();
    for (level, (bit, sibling)) in neighbour.index_bits().into_iter().zip(neighbour.siblings).enumerate() {
        of_empty_place[BITS + level] = AcirElement::from(bit || level == 0);
        of_empty_place[SIBLINGS + level] = to_acir(sibling.element());
    }
    of_empty_place[SIBLINGS] = to_acir(holder.tree.leaf(4).unwrap().as_node().element());
    let root = (0..TREE_DEPTH).fold(Leaf::EMPTY.as_node(), |node, level| {
        let mut path = neighbour.siblings;
        path[0] = holder.tree.leaf(4).unwrap().as_node();
        if 5u32 >> level & 1 == 1 { hash_node(path[level], node) } else { hash_node(node, path[level]) }
    });
    assert_eq!(root.element(), holder.tree.root().element(), "it is the path of an empty leaf");
    assert!(matches!(solver.solve_values(of_empty_place), Err(SolveError::Unsatisfied)));

    // The holder's path cut by its lowest level, so that an inner node would have to be the leaf.
    let mut raised = holder.values();
    for level in 0..TREE_DEPTH - 1 {
        raised[BITS + level] = raised[BITS + level + 1];
        raised[SIBLINGS + level] = raised[SIBLINGS + level + 1];
    }
    assert!(matches!(solver.solve_values(raised), Err(SolveError::Unsatisfied)));
}

#[test]
fn a_stranger_and_a_foreign_nullifier_are_refused() {
    let (holder, solver) = (holder(), Solver::new().unwrap());
    let stranger = IdentitySecret::random(&mut ChaCha20Rng::seed_from_u64(2));
    let scope = hash_scope(holder.statement.registry_id, holder.statement.track_id, holder.statement.epoch);
    let mut values = holder.values();
    values[SECRET] = AcirElement::from_be_bytes_reduce(stranger.expose_be_bytes().as_slice());
    assert!(matches!(solver.solve_values(values.clone()), Err(SolveError::Unsatisfied)));
    values[NULLIFIER] = to_acir(stranger.nullifier(scope).element());
    assert!(matches!(solver.solve_values(values), Err(SolveError::Unsatisfied)), "not a member");

    // The member with the nullifier of another epoch: it would be spent twice.
    let next = hash_scope(holder.statement.registry_id, holder.statement.track_id, Epoch(41));
    let mut values = holder.values();
    values[NULLIFIER] = to_acir(holder.secret.nullifier(next).element());
    assert!(matches!(solver.solve_values(values), Err(SolveError::Unsatisfied)));
    let mut values = holder.values();
    values[TOKEN] = to_acir(FieldElement::from_u64(31));
    assert!(matches!(solver.solve_values(values), Err(SolveError::Unsatisfied)));
}
