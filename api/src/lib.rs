//! The Veilpass API: validates, coordinates and answers. It never proves, and links nothing that could.
//!
//! A request goes through [`router`]'s layers, is parsed (`body.rs`) into a strict type, handled in `routes`, and
//! answered as JSON, or as problem+json (RFC 9457) that names the offending field.

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
mod job_token;
mod limits;
mod master_key;
mod metrics_layer;
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
pub use client_address::{Network, ParseNetworkError};
pub use config::{Config, Days, ParseDaysError};
pub use cors::{Origin, ParseOriginError};
pub use grants::GrantPolicy;
pub use openapi::document as openapi_document;
pub use ops::{OperatorKey, ParseOperatorKeyError};
pub use router::router;
pub use serve::run;
pub use state::{AppState, Policy};
pub use verifier::ProofChecks;
