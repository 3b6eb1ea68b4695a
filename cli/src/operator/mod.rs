//! What an operator does at the chain and the queue: keys, registries, reading back what happened.

mod audit;
mod import;
mod key;
mod migrate;
mod queue;
mod registry;
mod rpc;

pub use audit::{Audit, AuditFinding, audit};
pub use import::{EnrolmentImportOptions, Format, ImportOptions, Outcome, import_assets, import_enrolments};
pub use key::{KeyOptions, OperatorKey, make_key};
pub use migrate::{MigrateOptions, migrate};
pub use queue::{QueueOptions, show_queue};
pub use registry::{Command, NewAnchoredRegistry, create_anchored_registry, run, wait_for_roots};
pub use rpc::{ChainRpc, Landed, explained};
