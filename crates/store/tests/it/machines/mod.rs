//! State machines: calls in any order and overlap, against a model of each.

pub(crate) mod overlap;
