//! The committed program in a Solana runtime: it counts true receipts of its registry, track and epoch, each once.
//!
//! The receipts are set as accounts here. That the Veilpass program leaves such receipts is tested with it, and that
//! `veilpass-cpi` reads exactly those is tested there.
#![expect(clippy::unwrap_used)]

mod gate;
mod support;
