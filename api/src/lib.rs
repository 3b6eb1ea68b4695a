//! The Veilpass API: validates, coordinates and answers. It never proves, and links nothing that could.
//!
//! A request goes through [`router`]'s layers, is parsed (`body.rs`) into a strict type, handled in `routes`, and
//! answered as JSON, or as problem+json (RFC 9457) that names the offending field.
//!
//! - `serve.rs`, `config.rs`, `state.rs`: starting and stopping, settings, what handlers share
//! - `routes/`, `body.rs`, `problem.rs`, `openapi.rs`: what is asked, answered and refused, and the document of it
//! - `admission.rs`, `job_token.rs`, `event_streams.rs`: delegated proofs; `verifier.rs`, `refusals.rs`: proofs that are spent
//! - `enrolment/`, `chain/`, `sweep/`: whose token it is, and when it no longer is; `grants/`: what a session gets for a proof
//! - `download/`, `anonymity.rs`: the leaves for devices, and among how many one hides
//! - `client_address.rs`, `rate_limit.rs`, `limits.rs`, `idempotency/`: what stands before every handler
//! - `ops/`: the operators' listener

mod admission;
mod anonymity;
mod body;
mod cache;
mod chain;
mod client_address;
mod config;
mod cors;
mod download;
mod enrolment;
mod event_streams;
mod grants;
mod idempotency;
mod if_none_match;
mod job_token;
mod limits;
mod master_key;
mod metrics_layer;
mod network;
mod openapi;
mod ops;
mod prefer;
mod problem;
mod rate_limit;
mod reference_string;
mod refusals;
mod replicas;
mod request_id;
mod router;
mod routes;
mod schema;
mod security_headers;
mod serve;
mod stages;
mod state;
mod sweep;
mod verifier;

pub use anonymity::AnonymityPolicy;
pub use config::{Config, Days, ParseDaysError};
pub use cors::{Origin, ParseOriginError};
pub use grants::GrantPolicy;
pub use network::{Network, ParseNetworkError};
pub use openapi::document as openapi_document;
pub use ops::{OperatorKey, ParseOperatorKeyError};
pub use router::router;
pub use serve::run;
pub use state::{AppState, Policy};
pub use verifier::ProofChecks;
