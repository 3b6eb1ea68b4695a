//! The leaves of a registry as one download, and what changed since.
//!
//! A device builds its own Merkle path from these, so that nobody learns which leaf it is interested in. What a *version* (the
//! number of a change, at which a root was published) holds never changes: a download can be kept for ever, by anyone between.
//!
//! All integers are unsigned and big-endian, field elements are their canonical 32 bytes.
//!
//! # Leaves
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `VPLEAVES` |
//! | 8 | 4 | format, 1 |
//! | 12 | 4 | depth of the tree, 32 |
//! | 16 | 32 | registry id |
//! | 48 | 8 | version: the newest change of the tree that is included |
//! | 56 | 8 | number of the first root that was published at this version |
//! | 64 | 32 | that root |
//! | 96 | 8 | `n`, the number of leaves: 1 to 2^32 |
//! | 104 | 24 | zero |
//! | 128 | 32 `n` | the leaves, in order; a place that was zeroed holds the empty leaf, 0 |
//! | 128 + 32 `n` | 32 | SHA-256 of all bytes before |
//!
//! # Changes
//!
//! What makes an older version into a newer one: of each place that changed the last change, in the order of the places.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `VPCHANGE` |
//! | 8 | 4 | format, 1 |
//! | 12 | 4 | depth of the tree, 32 |
//! | 16 | 32 | registry id |
//! | 48 | 8 | version that this leads to |
//! | 56 | 8 | number of the first root that was published at that version |
//! | 64 | 32 | that root |
//! | 96 | 8 | number of leaves at that version |
//! | 104 | 8 | version that this starts from |
//! | 112 | 8 | `m`, the number of changes |
//! | 120 | 8 | zero |
//! | 128 | 36 `m` | the changes: place (4), leaf (32); places grow |
//! | 128 + 36 `m` | 32 | SHA-256 of all bytes before |
//!
//! The checksum finds damage. What finds a lie is the root: whoever downloads builds the tree and compares it with the root
//! that the chain has.

mod decode;
mod encode;
mod header;

pub use decode::{Changes, DecodeError, LeafSet};
pub use encode::Encoder;
pub use header::{CHANGE_BYTES, CHECKSUM_BYTES, ChangesHeader, HEADER_BYTES, LEAF_BYTES, LeafSetHeader};
