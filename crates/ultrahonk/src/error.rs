//! Why a key or a proof is refused.

use core::fmt;

use crate::backend::PointError;
use crate::layout::Section;

/// Why bytes are not a verification key of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VkError {
    /// A key has 1,888 bytes.
    Length {
        /// The length that was given, in bytes.
        actual: usize,
    },
    /// The number of rows is not `2^log_n` with `log_n` from 4 to 20.
    LogN,
    /// The key does not have 1 to 32 public inputs, or they do not lie in rows where the relations hold: from row 5 to the
    /// last.
    PublicInputs,
    /// A commitment is not a point of the curve.
    Commitment {
        /// Its index among the 28 commitments of the key, from 0.
        index: usize,
        /// What is wrong with it.
        error: PointError,
    },
}

/// Why a proof is refused. Which check fails first is no secret: a verifier holds nothing that a prover does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// The proof's length is not that of the key's circuit.
    ProofLength {
        /// The length that was given, in bytes.
        actual: usize,
        /// The length of every proof under this key, in bytes.
        expected: usize,
    },
    /// The number of public inputs is not that of the key's circuit.
    PublicInputsLength {
        /// The length that was given, in bytes.
        actual: usize,
        /// The length under this key, in bytes.
        expected: usize,
    },
    /// A public input is at or above `r`.
    PublicInputNotCanonical {
        /// Its index, from 0, in the order of `main`.
        index: usize,
    },
    /// A scalar of the proof is at or above `r`.
    ScalarNotCanonical {
        /// Where it is.
        section: Section,
        /// Its index among the section's words, from 0.
        index: usize,
    },
    /// Bytes of the proof are not a point of the curve.
    Point {
        /// Where they are.
        section: Section,
        /// Its index among the section's points, from 0.
        index: usize,
        /// What is wrong with it.
        error: PointError,
    },
    /// A limb of the pairing points is at or above its bound, 2^136 for the lower and 2^120 for the upper.
    PairingPointLimb {
        /// Its index, from 0.
        index: usize,
    },
    /// The pairing points are not the default and one of them is the identity, or not a point of the curve.
    PairingPoint {
        /// Which of the two.
        index: usize,
    },
    /// A challenge makes a denominator of the protocol 0. The chance is about `2^(log_n - 127)`.
    ZeroDenominator,
    /// A round polynomial does not have the sum that the previous round claims.
    SumcheckRound {
        /// The round, from 0.
        round: usize,
    },
    /// The relations at the claimed evaluations are not what the last round claims.
    SumcheckFinal,
    /// Libra's masking polynomial is inconsistent.
    LibraConsistency,
    /// The opening is wrong.
    Pairing,
}

impl fmt::Display for VkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { actual } => write!(f, "a verification key has 1888 bytes, not {actual}"),
            Self::LogN => write!(f, "the number of rows is not 2^4 to 2^20"),
            Self::PublicInputs => write!(f, "the key does not have 1 to 32 public inputs inside the circuit's rows"),
            Self::Commitment { index, error } => write!(f, "commitment {index} of the key: {error}"),
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProofLength { actual, expected } => write!(f, "the proof has {actual} bytes, not {expected}"),
            Self::PublicInputsLength { actual, expected } => {
                write!(f, "the public inputs have {actual} bytes, not {expected}")
            }
            Self::PublicInputNotCanonical { index } => write!(f, "public input {index} is not below the modulus"),
            Self::ScalarNotCanonical { section, index } => {
                write!(f, "scalar {index} of {section:?} is not below the modulus")
            }
            Self::Point { section, index, error } => write!(f, "point {index} of {section:?}: {error}"),
            Self::PairingPointLimb { index } => write!(f, "limb {index} of the pairing points is out of range"),
            Self::PairingPoint { index } => write!(f, "pairing point {index} is not a finite point of the curve"),
            Self::ZeroDenominator => write!(f, "a denominator is 0"),
            Self::SumcheckRound { round } => write!(f, "sumcheck fails at round {round}"),
            Self::SumcheckFinal => write!(f, "sumcheck's last claim is not the value of the relations"),
            Self::LibraConsistency => write!(f, "the Libra masking polynomial is inconsistent"),
            Self::Pairing => write!(f, "the opening does not verify"),
        }
    }
}

impl fmt::Display for PointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CoordinateNotCanonical => "a coordinate is not below the modulus",
            Self::NotOnCurve => "not on the curve",
        })
    }
}

impl core::error::Error for VkError {}
impl core::error::Error for VerifyError {}
impl core::error::Error for PointError {}
