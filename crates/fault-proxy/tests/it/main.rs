//! The proxy before a node that is a list of transactions; the faulty `bb` before the real one.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod faulty_bb;
mod node;
mod requests;
mod running_bb;
mod view;
mod websocket;
