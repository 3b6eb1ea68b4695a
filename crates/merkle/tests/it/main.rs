//! The tree against a naive model, and the snapshot file against damage.

// Clippy knows tests, but not the helpers of an integration test.
#![allow(clippy::unwrap_used)]

mod memory;
mod model;
mod path;
mod snapshot;
mod tree;
