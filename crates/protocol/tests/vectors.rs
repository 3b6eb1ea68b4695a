//! Holds this crate to the Noir definition: `circuits/ownership/vectors.json` is computed by `circuits/vectors`.

use serde::Deserialize;
use veilpass_protocol::{
    Commitment, Context, ContextPreimage, Epoch, FieldElement, IdentitySecret, Leaf, Node, Nullifier, RegistryId,
    Scope, TREE_DEPTH, TokenId, TrackId, hash_leaf, hash_node, hash_nullifier, hash_scope,
};

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
    identifiers: Identifiers,
}

#[derive(Deserialize)]
struct Identifiers {
    #[serde(with = "veilpass_protocol::lower_hex")]
    address: [u8; 32],
    registry_id: RegistryId,
    token_id: TokenId,
    track_slug: String,
    track_id: TrackId,
    session: ContextPreimage,
    context: Context,
}

fn file() -> File {
    serde_json::from_str(include_str!("../../../circuits/ownership/vectors.json")).expect("the file parses")
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    input: Input,
    output: Output,
}

#[derive(Deserialize)]
struct Input {
    registry_id: RegistryId,
    track_id: TrackId,
    epoch: FieldElement,
    identity_secret: FieldElement,
    token_id: TokenId,
    leaf_index_bits: [bool; TREE_DEPTH],
    siblings: [Node; TREE_DEPTH],
}

#[derive(Deserialize)]
struct Output {
    commitment: Commitment,
    leaf: Leaf,
    node_of_commitment_and_leaf: Node,
    scope: Scope,
    nullifier: Nullifier,
    merkle_root: Node,
}

#[test]
fn rust_and_noir_agree() {
    let file = file();
    assert!(file.vectors.len() >= 5);
    for Vector { name, input, output } in file.vectors {
        let secret = IdentitySecret::from_be_bytes(&input.identity_secret.to_be_bytes()).unwrap();
        assert_eq!(secret.commitment(), output.commitment, "{name}");
        let leaf = hash_leaf(secret.commitment(), input.token_id, input.track_id);
        assert_eq!(leaf, output.leaf, "{name}");
        let node = hash_node(Node::new(output.commitment.element()), leaf.as_node());
        assert_eq!(node, output.node_of_commitment_and_leaf, "{name}");

        let epoch = Epoch(u64::from_be_bytes(input.epoch.to_be_bytes()[24..].try_into().unwrap()));
        let scope = hash_scope(input.registry_id, input.track_id, epoch);
        assert_eq!(scope, output.scope, "{name}");
        assert_eq!(hash_nullifier(&secret, scope), output.nullifier, "{name}");

        let root =
            input.siblings.iter().zip(input.leaf_index_bits).fold(leaf.as_node(), |node, (sibling, is_right)| {
                if is_right { hash_node(*sibling, node) } else { hash_node(node, *sibling) }
            });
        assert_eq!(root, output.merkle_root, "{name}");
    }
}

#[test]
fn identifiers_and_context_are_what_another_implementation_computes() {
    let Identifiers { address, registry_id, token_id, track_slug, track_id, session, context } = file().identifiers;
    assert_eq!(RegistryId::from_account(&address), registry_id);
    assert_eq!(TokenId::from_mint(&address), token_id);
    assert_eq!(TrackId::from_slug(&track_slug), track_id);
    assert_eq!(session.context(), context);
}
