//! The proxy before a node that is a list of transactions.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod node;
mod requests;
mod view;
mod websocket;
