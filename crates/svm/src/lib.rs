//! The committed program in a real Solana runtime of this process (litesvm, with mainnet's features), and proofs to give it:
//! for tests and measurements. Nothing here is part of the product.

mod proofs;
mod runtime;
mod scenario;

pub use proofs::{Listener, ProofMaker};
pub use runtime::{Landed, Refused, Runtime};
pub use scenario::{Deployment, EPOCH_GRACE_SECONDS, EPOCH_LENGTH_SECONDS, ROOT_LIFETIME_SECONDS};
