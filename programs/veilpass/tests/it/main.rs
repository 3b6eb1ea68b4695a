//! The committed program in a real runtime, with mainnet's features and real proofs.
#![expect(clippy::unwrap_used)]

mod bindings;
mod buffers;
mod encodings;
mod epochs;
mod fitted;
mod forgeries;
mod happy;
mod nullifiers;
mod opening;
mod registries;
mod substitutions;
mod support;
