//! What can go wrong.

use reqwest::StatusCode;
use serde::Deserialize;

/// Why a request has no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The API refused it.
    #[error("the API refused with {status}: {problem}")]
    Refused {
        /// The HTTP status.
        status: StatusCode,
        /// What it said.
        problem: Problem,
    },
    /// It could not be sent, or its answer not read.
    #[error("the API cannot be reached")]
    Transport(#[from] reqwest::Error),
    /// The answer is not one of the API's.
    #[error("the API's answer cannot be understood: {0}")]
    Unexpected(String),
    /// The job ended without a proof.
    #[error("no proof was made: {0}")]
    NotProved(String),
    /// What was downloaded is not what it says.
    #[error(transparent)]
    Leaves(#[from] crate::leaves::LeavesError),
}

impl ClientError {
    /// The problem's stable code, such as `nullifier-used`; none if the API did not refuse.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(problem.code()),
            _ => None,
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Problem {
    /// `urn:veilpass:problem:` and a stable code.
    #[serde(default)]
    pub r#type: String,
    /// In words.
    #[serde(default)]
    pub detail: String,
    /// Fields that are to blame.
    #[serde(default)]
    pub errors: Vec<FieldError>,
}

/// A field that is to blame.
#[derive(Debug, Clone, Deserialize)]
pub struct FieldError {
    /// Its path in the body.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// The last part of the type.
    pub fn code(&self) -> &str {
        self.r#type.rsplit(':').next().unwrap_or_default()
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.detail, self.code())?;
        match self.errors.first() {
            Some(error) => write!(f, ", field {}", error.field),
            None => Ok(()),
        }
    }
}
