//! The committed program in a real runtime, with mainnet's features and real proofs.
#![expect(clippy::unwrap_used)]

mod buffers;
mod epochs;
mod forgeries;
mod happy;
mod nullifiers;
mod registries;
mod support;
