//! Delegated proving: tokens, proofs that are fetched once, events, keys that rotate.

mod events;
mod keys;
mod tokens;

use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
