//! What every service does the same way: logs, the memory of a process, and stopping.

mod logs;
mod memory;
mod shutdown;

pub use logs::{LogFormat, init_logs};
pub use memory::{ProcessMemory, process_memory};
pub use shutdown::shutdown_signal;
