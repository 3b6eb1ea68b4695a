//! State machines: calls in any order and overlap, against a model of each.

mod bench;
mod mirror;
mod outbox;
pub(crate) mod overlap;
mod queue;
mod step;

/// A signature by its number.
fn signature(number: usize) -> String {
    format!("{number:064}").replace('0', "z")
}
