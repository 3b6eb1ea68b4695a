//! The verifier against proofs of real circuits, and against what an attacker would send instead.

mod fixtures;
mod honest;
