//! Reading a proof: every word is checked to be canonical where it is read, and every word is read.

use crate::backend::{Backend, POINT_BYTES, Scalar};
use crate::error::VerifyError;
use crate::layout::{Section, proof_bytes};
use crate::word;

/// The bytes of a proof of the right length.
#[derive(Clone, Copy)]
pub(crate) struct Proof<'a> {
    bytes: &'a [u8],
    log_n: usize,
}

impl<'a> Proof<'a> {
    pub(crate) fn new(bytes: &'a [u8], log_n: usize) -> Result<Self, VerifyError> {
        let expected = proof_bytes(log_n);
        if bytes.len() != expected {
            return Err(VerifyError::ProofLength { actual: bytes.len(), expected });
        }
        Ok(Self { bytes, log_n })
    }

    pub(crate) fn section(&self, section: Section) -> &'a [u8] {
        &self.bytes[section.range(self.log_n)]
    }

    /// The bytes from the start of one section to the end of another.
    pub(crate) fn sections(&self, first: Section, last: Section) -> &'a [u8] {
        &self.bytes[first.range(self.log_n).start..last.range(self.log_n).end]
    }

    /// The scalar at `index` of a section of scalars.
    pub(crate) fn scalar<F: Scalar>(&self, section: Section, index: usize) -> Result<F, VerifyError> {
        let word = word::at(self.section(section), index);
        F::from_be_bytes(word).ok_or(VerifyError::ScalarNotCanonical { section, index })
    }

    /// `N` scalars of a section, from the one at `first` on.
    pub(crate) fn scalars<F: Scalar, const N: usize>(
        &self,
        section: Section,
        first: usize,
    ) -> Result<[F; N], VerifyError> {
        let mut scalars = [F::ZERO; N];
        for (offset, scalar) in scalars.iter_mut().enumerate() {
            *scalar = self.scalar(section, first + offset)?;
        }
        Ok(scalars)
    }

    /// The point at `index` of a section of points. The identity is taken, as the reference takes it: it is the
    /// commitment of the zero polynomial, and no equation is easier to satisfy with it than with another point.
    pub(crate) fn point<B: Backend>(&self, section: Section, index: usize) -> Result<B::Point, VerifyError> {
        let (points, _) = self.section(section).as_chunks::<POINT_BYTES>();
        B::point_from_bytes(&points[index]).map_err(|error| VerifyError::Point { section, index, error })
    }
}
