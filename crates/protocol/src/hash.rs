//! `H`: one Poseidon2 permutation of width 4 over Fr, a domain constant first.
//!
//! `H(D, a, b, c) = permutation([D, a, b, c])[0]`, absent inputs are 0. Every domain has a fixed number of inputs, so two
//! different messages never share a state; one permutation serves up to three inputs, which is what keeps the circuit
//! small. The permutation (8 external rounds, 56 internal, x^5) has Barretenberg's constants: Poseidon2, Grassi,
//! Khovratovich, Schofnegger 2023, section 6, instance for BN254 with t = 4.

use ark_bn254::Fr;
use ark_ff::MontFp;
use taceo_poseidon2::bn254::t4;

use crate::{
    element::{Commitment, Leaf, Node, Nullifier, RegistryId, Scope, TokenId, TrackId},
    epoch::Epoch,
    field::FieldElement,
    identity::IdentitySecret,
};

/// A domain constant: the big-endian integer of an ASCII name.
struct Domain(Fr);

/// "veilpass.v1.identity"
const IDENTITY: Domain = Domain(MontFp!("675922469912162649009968795757894577335973803129"));
/// "veilpass.v1.leaf"
const LEAF: Domain = Domain(MontFp!("157375463729762157660436070467836928358"));
/// "veilpass.v1.node"
const NODE: Domain = Domain(MontFp!("157375463729762157660436070467871138917"));
/// "veilpass.v1.scope"
const SCOPE: Domain = Domain(MontFp!("40288118714819112361071634039796285796453"));
/// "veilpass.v1.nullifier"
const NULLIFIER: Domain = Domain(MontFp!("173036152297513638146552011714114472465555004155250"));

fn h(domain: &Domain, a: FieldElement, b: FieldElement, c: FieldElement) -> FieldElement {
    let mut state = [domain.0, a.0, b.0, c.0];
    t4::permutation_in_place(&mut state);
    FieldElement(state[0])
}

/// `C = H(IDENTITY, s)`.
pub(crate) fn hash_commitment(secret: &IdentitySecret) -> Commitment {
    Commitment::new(h(&IDENTITY, secret.element(), FieldElement::ZERO, FieldElement::ZERO))
}

/// `H(LEAF, C, token_id, track_id)`: one enrolled token of one track.
pub fn hash_leaf(commitment: Commitment, token_id: TokenId, track_id: TrackId) -> Leaf {
    Leaf::new(h(&LEAF, commitment.element(), token_id.element(), track_id.element()))
}

/// `H(NODE, left, right)`: an inner node. Its domain differs from a leaf's, so no inner node can pose as a leaf.
pub fn hash_node(left: Node, right: Node) -> Node {
    Node::new(h(&NODE, left.element(), right.element(), FieldElement::ZERO))
}

/// `H(SCOPE, registry_id, track_id, epoch)`: where one identity may be spent once.
pub fn hash_scope(registry_id: RegistryId, track_id: TrackId, epoch: Epoch) -> Scope {
    Scope::new(h(&SCOPE, registry_id.element(), track_id.element(), epoch.element()))
}

/// `H(NULLIFIER, s, scope)`: one per identity and scope, unlinkable across scopes.
pub fn hash_nullifier(secret: &IdentitySecret, scope: Scope) -> Nullifier {
    Nullifier::new(h(&NULLIFIER, secret.element(), scope.element(), FieldElement::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_the_integer_of_its_name() {
        for (domain, name) in [
            (IDENTITY, "veilpass.v1.identity"),
            (LEAF, "veilpass.v1.leaf"),
            (NODE, "veilpass.v1.node"),
            (SCOPE, "veilpass.v1.scope"),
            (NULLIFIER, "veilpass.v1.nullifier"),
        ] {
            let mut bytes = [0; 32];
            bytes[32 - name.len()..].copy_from_slice(name.as_bytes());
            assert_eq!(FieldElement(domain.0).to_be_bytes(), bytes, "{name}");
        }
    }

    /// The hashes are held to Noir in `tests/vectors.rs`; if they differ, this says whether it is the permutation.
    #[test]
    fn the_permutation_is_that_of_noir() {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../../circuits/ownership/vectors.json")).unwrap();
        let expected: [FieldElement; 4] =
            serde_json::from_value(file["vectors"][0]["output"]["permutation_of_0_1_2_3"].clone()).unwrap();
        let state = [0, 1, 2, 3].map(|word| FieldElement::from_u64(word).0);
        assert_eq!(t4::permutation(&state).map(FieldElement), expected);
    }
}
