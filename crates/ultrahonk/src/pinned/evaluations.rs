//! The claimed evaluations at the sumcheck point.

use super::key::ZERO;
use super::{Proof, section};
use crate::entity::Entity;
use crate::layout::{EVALUATIONS, Section};
use crate::limbs::Fr29;

/// The claimed evaluations, in plain form. Those of zero polynomials are 0.
pub(super) struct Evaluations([Fr29; EVALUATIONS]);

impl Evaluations {
    /// All 0.
    pub(super) const ZERO: Self = Self([Fr29::ZERO; EVALUATIONS]);

    /// Parses the section. Clears `canonical` for a value at or above `r`, and `zero` where one that must be 0 is not.
    ///
    /// Not a constructor: the array would be copied, which no frame of 4 KiB has room for.
    #[inline(never)]
    pub(super) fn read(&mut self, proof: &Proof, canonical: &mut bool, zero: &mut bool) {
        for (place, (evaluation, word)) in self.0.iter_mut().zip(section(proof, Section::Evaluations)).enumerate() {
            if ZERO.holds(place) {
                *zero &= *word == [0; 4];
            } else {
                *evaluation = Fr29::parse(word, canonical);
            }
        }
    }

    /// The evaluation at a place of the proof's section.
    #[inline(always)]
    pub(super) fn place(&self, place: usize) -> &Fr29 {
        &self.0[place]
    }

    #[inline(always)]
    pub(super) fn at(&self, entity: Entity) -> &Fr29 {
        &self.0[entity as usize]
    }
}
