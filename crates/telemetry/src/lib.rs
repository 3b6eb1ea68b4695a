//! What every service does the same way: logs, metrics, alerts, health, the memory of a process, bounded HTTP, stopping.
//!
//! A service calls [`init_logs`] first and waits for [`shutdown_signal`] last. Between them [`serve_http`] is for clients and
//! [`OpsServer`] for operators; [`MemoryWatcher`] looks at the process, and [`alert`] says what somebody must look at.

mod alert;
mod error_chain;
mod http;
mod logs;
mod memory;
mod memory_watch;
mod metrics;
mod open_files;
mod ops;
mod rpc;
mod shutdown;

pub use alert::{alert, describe_alerts};
pub use error_chain::error_chain;
pub use http::{HttpLimits, open_connections, serve_http};
pub use logs::{LogFormat, LogOptions, init_logs};
pub use memory::{ProcessMemory, process_memory};
pub use memory_watch::{MemoryLevel, MemoryThresholds, MemoryWatch, MemoryWatcher};
pub use metrics::{Metrics, install_metrics};
pub use open_files::allow_open_files;
pub use ops::OpsServer;
pub use rpc::{RpcOutcome, describe_rpc, record_rpc};
pub use shutdown::shutdown_signal;
