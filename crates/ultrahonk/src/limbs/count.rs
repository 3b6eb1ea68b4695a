//! How often each routine of the field runs, for measurements on a host. Without the feature `count` this is nothing.

/// A routine of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Routine {
    /// A product of two elements, reduced.
    Product,
    /// A square, reduced.
    Square,
    /// A product by an integer of 127 bits.
    Short,
    /// A product that joins a sum of products.
    Term,
    /// The reduction of a sum of products, or of one element.
    Reduction,
}

/// Notes a call on this thread.
#[cfg(not(feature = "count"))]
#[inline(always)]
pub(super) fn note(_: Routine) {}

#[cfg(feature = "count")]
mod counting {
    use core::cell::Cell;
    use std::thread_local;

    use super::Routine;

    thread_local!(static CALLS: Cell<[u64; 5]> = const { Cell::new([0; 5]) });

    /// Notes a call on this thread.
    pub(in super::super) fn note(routine: Routine) {
        let mut calls = CALLS.get();
        calls[routine as usize] += 1;
        CALLS.set(calls);
    }

    /// The calls of each [`Routine`], in their order, on this thread since the last time that somebody asked.
    pub fn take() -> [u64; 5] {
        CALLS.take()
    }
}
#[cfg(feature = "count")]
pub(super) use counting::note;
#[cfg(feature = "count")]
pub use counting::take;
