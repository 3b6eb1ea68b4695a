//! The verifier against proofs of real circuits, and against what an attacker would send instead.

mod bytes;
mod encoding;
mod fixtures;
mod forgeries;
mod honest;
mod keys;
