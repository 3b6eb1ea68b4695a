//! What the crate accepts, and all that it does not.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod canonical;
mod fixture;
mod signatures;
mod terms;
