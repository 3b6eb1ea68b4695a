//! Accounts.

mod nullifier;
mod proof_buffer;
mod registry;

pub use nullifier::Nullifier;
pub use proof_buffer::ProofBuffer;
pub use registry::{ROOT_RING, Registry, RootEntry};
