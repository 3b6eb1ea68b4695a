//! One file for each instruction.

// Anchor's macros need each module's generated client types where the instructions are dispatched.
#![allow(ambiguous_glob_reexports)]

pub mod initialize_gate;
pub mod listen;

pub use initialize_gate::*;
pub use listen::*;
