//! The polynomials of the arithmetisation and the order of their claimed evaluations.

use crate::backend::Scalar;
use crate::layout::EVALUATIONS;

/// Commitments in a verification key: the entities `S1..=PoseidonInternal`.
pub(crate) const PRECOMPUTED: usize = 28;

/// A polynomial of the arithmetisation. The number is its place among the claimed evaluations; place 0 is the masking
/// polynomial, and a key's commitment `i` is that of place `i + 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Entity {
    S1 = 1,
    S2,
    S3,
    S4,
    Id1,
    Id2,
    Id3,
    Id4,
    LagrangeFirst,
    LagrangeLast,
    QLookup,
    T1,
    T2,
    T3,
    T4,
    Qm,
    Qr,
    Qo,
    Qc,
    Ql,
    Q4,
    QArithmetic,
    QRange,
    QElliptic,
    QMemory,
    QNonNative,
    QPoseidonExternal,
    QPoseidonInternal,
    Wl,
    Wr,
    Wo,
    W4,
    GrandProduct,
    LookupInverses,
    LookupCounts,
    LookupTags,
    WlShift,
    WrShift,
    WoShift,
    W4Shift,
    GrandProductShift,
}

/// The places of the polynomials that are also opened shifted by one row: the four wires and the grand product.
pub(crate) const SHIFTABLE: core::ops::Range<usize> = Entity::Wl as usize..Entity::LookupInverses as usize;
/// The place of the first shifted evaluation.
pub(crate) const FIRST_SHIFT: usize = Entity::WlShift as usize;

/// The claimed evaluations at the sumcheck point.
pub(crate) struct Evaluations<F>(pub(crate) [F; EVALUATIONS]);

impl<F: Scalar> Evaluations<F> {
    pub(crate) fn at(&self, entity: Entity) -> F {
        self.0[entity as usize]
    }

    /// The four wires at this row.
    pub(crate) fn wires(&self) -> [F; 4] {
        [Entity::Wl, Entity::Wr, Entity::Wo, Entity::W4].map(|entity| self.at(entity))
    }

    /// The four wires at the next row.
    pub(crate) fn wire_shifts(&self) -> [F; 4] {
        [Entity::WlShift, Entity::WrShift, Entity::WoShift, Entity::W4Shift].map(|entity| self.at(entity))
    }
}
