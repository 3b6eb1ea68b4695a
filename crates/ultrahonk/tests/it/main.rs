//! The verifier against proofs of real circuits, and against what an attacker would send instead.

mod agreement;
mod backend;
mod bytes;
mod encoding;
mod fixtures;
mod forgeries;
mod garbage;
mod honest;
mod keys;
mod pinned;
