//! The committed program in a real Solana runtime of this process (litesvm, with mainnet's features), and proofs to give it:
//! for tests, measurements, and a look at a program before it is deployed. No service links it.

mod proofs;
mod runtime;
mod scenario;

pub use proofs::{Listener, ProofMaker};
pub use runtime::{Landed, Refused, Runtime, loads};
pub use scenario::{Deployment, EPOCH_GRACE_SECONDS, EPOCH_LENGTH_SECONDS, ROOT_LIFETIME_SECONDS};
