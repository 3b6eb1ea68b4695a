//! Enrolments by listeners: made with proof of ownership, watched until they count, ended when the token moves.

mod assets;
mod enrol;
mod import;
mod status;
mod sweep;

pub use enrol::{ActiveEnrolment, EnrolOwnerError, HeldToken, NewOwnedEnrolment, OwnedEnrolment};
pub use import::{AssetLine, EnrolmentLine, Import, LineProblem};
pub use status::{EnrolmentState, EnrolmentStatus};
pub use sweep::EnrolmentToCheck;

/// Why an enrolment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolmentEnd {
    /// Its wallet no longer has the token.
    Sold,
    /// Its wallet enrolled the token again, under another commitment.
    Replaced,
    /// An operator revoked it.
    Operator,
}

impl EnrolmentEnd {
    /// As the database and clients name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sold => "sold",
            Self::Replaced => "replaced",
            Self::Operator => "operator",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Sold, Self::Replaced, Self::Operator].into_iter().find(|end| end.name() == name)
    }
}
