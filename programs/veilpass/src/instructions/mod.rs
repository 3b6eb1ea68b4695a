//! One file for each instruction, or for a few on the same accounts.

// Anchor's macros need each module's generated client types where the instructions are dispatched.
#![allow(ambiguous_glob_reexports)]

pub mod administer;
pub mod close_nullifier;
pub mod initialize_registry;
pub mod proof_buffer;
pub mod publish_root;
pub mod revoke_before;
pub mod verify_ownership;

pub use administer::*;
pub use close_nullifier::*;
pub use initialize_registry::*;
pub use proof_buffer::*;
pub use publish_root::*;
pub use revoke_before::*;
pub use verify_ownership::*;
