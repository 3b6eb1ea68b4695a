//! The registry tree: every enrolled token of one registry is a leaf of a binary Merkle tree of depth [`TREE_DEPTH`].
//!
//! An inner node is `hash_node(left, right)`, a place that is free or was zeroed holds [`Leaf::EMPTY`], and a subtree
//! without leaves has the hash that follows from those two. Places are used in order and never freed: a revoked token's
//! place is zeroed and stays counted.
//!
//! Only the populated part of a level is stored, so the tree costs two nodes a leaf, and an index by value on top.
//! What takes time is hashing, 13 us each; the README has what was measured.
//!
//! | what | hashes |
//! |---|---|
//! | [`MerkleTree::build`], [`MerkleTree::apply`] | one for each inner node, on all cores |
//! | [`MerkleTree::push`], [`set`](MerkleTree::set), [`clear`](MerkleTree::clear) | 32 |
//! | [`MerkleTree::path`], [`MerkleTree::find`] | none |
//! | [`snapshot::write_snapshot`] | none |
//! | [`snapshot::read_snapshot`] | 32, as a check |
//!
//! A leaf costs 64 bytes for nodes and 6 to 12 for the index (whose tables double); the file has 64. Pushing allocates up
//! to an eighth of the nodes ahead.
//!
//! Everything here blocks and computes: an async caller wraps it in its runtime's `spawn_blocking`. Parallel work runs
//! in rayon's global pool.
//!
//! ```
//! use veilpass_merkle::MerkleTree;
//! use veilpass_protocol::{FieldElement, Leaf};
//!
//! let leaf = Leaf::new(FieldElement::from_u64(7));
//! let mut tree = MerkleTree::new();
//! let index = tree.push(leaf)?;
//! let path = tree.path(index).expect("the place is in use");
//! assert!(path.verify(leaf, tree.root()));
//!
//! tree.clear(index)?;
//! assert!(!path.verify(leaf, tree.root()));
//! # Ok::<(), veilpass_merkle::TreeError>(())
//! ```
//!
//! [`TREE_DEPTH`]: veilpass_protocol::TREE_DEPTH
//! [`Leaf::EMPTY`]: veilpass_protocol::Leaf::EMPTY

mod empty;
mod error;
mod index;
mod levels;
mod path;
pub mod snapshot;
mod tree;
mod update;

pub use error::TreeError;
pub use path::MerklePath;
pub use tree::MerkleTree;
