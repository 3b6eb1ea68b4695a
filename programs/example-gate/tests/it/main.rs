//! The committed program in a Solana runtime: it counts true receipts of its registry, track and epoch, each once.
//!
//! Most receipts are set as accounts; `whole` has one that the Veilpass program left for a real proof. That
//! `veilpass-cpi` reads exactly those is tested there.
#![expect(clippy::unwrap_used)]

mod gate;
mod support;
mod whole;
