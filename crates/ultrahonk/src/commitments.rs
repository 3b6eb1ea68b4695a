//! The points of a proof.

use crate::backend::Backend;
use crate::entity::{FIRST_SHIFT, PRECOMPUTED};
use crate::error::VerifyError;
use crate::layout::Section;
use crate::proof::Proof;
use crate::vk::MAX_LOG_N;

/// Commitments to the witness: four wires, grand product, lookup inverses, counts and tags.
pub(crate) const WITNESS: usize = FIRST_SHIFT - 1 - PRECOMPUTED;

/// Where those are, in the order of the claimed evaluations. It is not the order of the proof.
const WITNESS_PLACES: [(Section, usize); WITNESS] = [
    (Section::Wires, 0),
    (Section::Wires, 1),
    (Section::Wires, 2),
    (Section::FourthWire, 0),
    (Section::GrandProduct, 0),
    (Section::LookupInverses, 0),
    (Section::LookupCounts, 0),
    (Section::LookupTags, 0),
];

/// Every point of a proof, each on the curve.
pub(crate) struct Commitments<B: Backend> {
    pub(crate) gemini_mask: B::Point,
    /// In the order of the claimed evaluations.
    pub(crate) witness: [B::Point; WITNESS],
    pub(crate) libra_concatenation: B::Point,
    pub(crate) libra_grand_sum: B::Point,
    pub(crate) libra_quotient: B::Point,
    /// `A_1 .. A_(n-1)`; the rest of the array is the identity.
    pub(crate) folds: [B::Point; MAX_LOG_N - 1],
    pub(crate) shplonk_quotient: B::Point,
    pub(crate) kzg_witness: B::Point,
}

impl<B: Backend> Commitments<B> {
    pub(crate) fn parse(proof: &Proof<'_>, log_n: usize) -> Result<Self, VerifyError> {
        let point = |section| proof.point::<B>(section, 0);
        let mut witness = [B::IDENTITY; WITNESS];
        for (commitment, (section, index)) in witness.iter_mut().zip(WITNESS_PLACES) {
            *commitment = proof.point::<B>(section, index)?;
        }
        let mut folds = [B::IDENTITY; MAX_LOG_N - 1];
        for (index, fold) in folds[..log_n - 1].iter_mut().enumerate() {
            *fold = proof.point::<B>(Section::FoldCommitments, index)?;
        }
        Ok(Self {
            gemini_mask: point(Section::GeminiMask)?,
            witness,
            libra_concatenation: point(Section::LibraConcatenation)?,
            libra_grand_sum: point(Section::LibraGrandSum)?,
            libra_quotient: point(Section::LibraQuotient)?,
            folds,
            shplonk_quotient: point(Section::ShplonkQuotient)?,
            kzg_witness: point(Section::KzgWitness)?,
        })
    }
}
