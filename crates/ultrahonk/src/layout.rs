//! The bytes of a proof: sections, their offsets and lengths. Everything is a sequence of 32-byte big-endian words.

/// Words of the smallest layout: what does not grow with the circuit.
const FIXED_WORDS: usize = 82;
/// Words for each sumcheck round: 9 values of the round polynomial, one fold commitment (2), one fold evaluation.
const WORDS_PER_ROUND: usize = 12;

/// Words of pairing points at the start of a proof, which are also the last public inputs: two points, two coordinates
/// each, two limbs each.
pub const PAIRING_POINT_LIMBS: usize = 8;
/// Values of one round polynomial: it has degree 8 and is sent at 0..=8.
pub(crate) const ROUND_VALUES: usize = 9;
/// Claimed evaluations: the masking polynomial, then the entities (see `crate::entity`).
pub(crate) const EVALUATIONS: usize = 42;

/// A section of the proof, in the order of the bytes. Names say what the words are, not where they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Section {
    /// Eight limbs, `x_lo, x_hi, y_lo, y_hi` of two points: `lo` below 2^136, `hi` below 2^120. All zero means none.
    PairingPoints,
    /// Commitment of the polynomial that masks the batched evaluation.
    GeminiMask,
    /// Commitments of the first three wires.
    Wires,
    /// Commitment of the lookup read counts.
    LookupCounts,
    /// Commitment of the lookup read tags.
    LookupTags,
    /// Commitment of the fourth wire.
    FourthWire,
    /// Commitment of the lookup inverses.
    LookupInverses,
    /// Commitment of the permutation grand product.
    GrandProduct,
    /// Commitment of Libra's concatenated masking univariates.
    LibraConcatenation,
    /// Claimed sum of the Libra masking polynomial over the hypercube.
    LibraSum,
    /// The round polynomials of sumcheck: for each round the values at 0..=8.
    Univariates,
    /// Claimed evaluations at the sumcheck point.
    Evaluations,
    /// Claimed evaluation of the Libra masking polynomial at the sumcheck point.
    LibraEvaluation,
    /// Commitment of Libra's grand sum.
    LibraGrandSum,
    /// Commitment of Libra's quotient.
    LibraQuotient,
    /// Gemini's fold commitments `A_1 .. A_(n-1)`.
    FoldCommitments,
    /// `A_i(-r^(2^i))` for `i` in `0..n`.
    FoldEvaluations,
    /// Libra's concatenation at `r`, grand sum at `g r` and at `r`, quotient at `r`.
    LibraPolynomialEvaluations,
    /// Commitment of Shplonk's batched quotient.
    ShplonkQuotient,
    /// KZG's opening witness.
    KzgWitness,
}

impl Section {
    /// Every section, in the order of the bytes.
    pub const ALL: [Self; 20] = [
        Self::PairingPoints,
        Self::GeminiMask,
        Self::Wires,
        Self::LookupCounts,
        Self::LookupTags,
        Self::FourthWire,
        Self::LookupInverses,
        Self::GrandProduct,
        Self::LibraConcatenation,
        Self::LibraSum,
        Self::Univariates,
        Self::Evaluations,
        Self::LibraEvaluation,
        Self::LibraGrandSum,
        Self::LibraQuotient,
        Self::FoldCommitments,
        Self::FoldEvaluations,
        Self::LibraPolynomialEvaluations,
        Self::ShplonkQuotient,
        Self::KzgWitness,
    ];

    /// Words (32 bytes) of this section in a proof of a circuit with `2^log_n` rows.
    pub const fn words(self, log_n: usize) -> usize {
        match self {
            Self::PairingPoints => PAIRING_POINT_LIMBS,
            Self::Wires => 6,
            Self::LibraSum | Self::LibraEvaluation => 1,
            Self::Univariates => ROUND_VALUES * log_n,
            Self::Evaluations => EVALUATIONS,
            Self::FoldCommitments => 2 * (log_n - 1),
            Self::FoldEvaluations => log_n,
            Self::LibraPolynomialEvaluations => 4,
            _ => 2,
        }
    }

    /// Words before this section in a proof of a circuit with `2^log_n` rows.
    pub const fn first_word(self, log_n: usize) -> usize {
        let (mut words, mut i) = (0, 0);
        while i < self as usize {
            words += Self::ALL[i].words(log_n);
            i += 1;
        }
        words
    }

    /// The byte range of this section in a proof of a circuit with `2^log_n` rows.
    pub const fn range(self, log_n: usize) -> core::ops::Range<usize> {
        let first = self.first_word(log_n);
        32 * first..32 * (first + self.words(log_n))
    }

    /// Whether the words of this section are coordinates of points.
    pub const fn holds_points(self) -> bool {
        !matches!(
            self,
            Self::PairingPoints
                | Self::LibraSum
                | Self::Univariates
                | Self::Evaluations
                | Self::LibraEvaluation
                | Self::FoldEvaluations
                | Self::LibraPolynomialEvaluations
        )
    }
}

/// Bytes of a proof of a circuit with `2^log_n` rows.
pub const fn proof_bytes(log_n: usize) -> usize {
    32 * (FIXED_WORDS + WORDS_PER_ROUND * log_n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sections_fill_the_proof_in_order() {
        for log_n in 4..=20 {
            let mut end = 0;
            for (index, section) in Section::ALL.into_iter().enumerate() {
                assert_eq!(section as usize, index);
                let range = section.range(log_n);
                assert_eq!(range.start, end, "{section:?}");
                end = range.end;
            }
            assert_eq!(end, proof_bytes(log_n));
        }
    }

    #[test]
    fn offsets_at_log_n_12() {
        let start = |section: Section| section.range(12).start;
        assert_eq!(start(Section::Univariates), 928);
        assert_eq!(start(Section::Evaluations), 4384);
        assert_eq!(start(Section::FoldCommitments), 5888);
        assert_eq!(start(Section::LibraPolynomialEvaluations), 6976);
        assert_eq!(proof_bytes(12), 7232);
    }
}
