//! A client of the Veilpass API, as a frontend or a device in Rust would have one.
//!
//! ```no_run
//! # async fn example(registry: veilpass_protocol::RegistryId, statement: veilpass_protocol::ProofStatement,
//! #     witness: veilpass_sealing::OwnershipWitness, session: veilpass_protocol::ContextPreimage)
//! #     -> Result<(), veilpass_client::ClientError> {
//! use veilpass_client::{Client, Settle};
//!
//! let api = Client::new("https://api.listen.example")?;
//! let proof = api.prove(&statement, &witness, |stage| println!("{stage}")).await?;
//! let verification = api.verify(&proof, &session, Settle::OffChain).await?;
//! let grant = verification.grant;
//! # Ok(()) }
//! ```
//!
//! Requests that make something carry an `Idempotency-Key`, so that one whose answer was lost is repeated safely. What the API
//! answers 429 or 503 is repeated when it says (`Retry-After`), a few times.

mod enrolment;
mod error;
mod grants;
mod identity;
mod leaves;
mod proofs;
mod registries;
mod transport;
mod verifications;

pub use enrolment::{Challenge, Enrolment, EnrolmentRequest};
pub use error::{ClientError, FieldError, Problem};
pub use grants::Grant;
pub use identity::{RecoveryError, recover_identity};
pub use leaves::{LeavesError, Membership, RegistryLeaves};
pub use proofs::{Job, OwnershipProof, Stage, proof_request};
pub use registries::{AnonymitySet, RegistryState, RootState, TrackState};
pub use transport::Client;
pub use verifications::{Settle, Transaction, Verification};
