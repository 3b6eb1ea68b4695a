//! Enrolment: from a wallet's wish to a leaf of the tree.
//!
//! A challenge is the exact text to sign, with a nonce that is kept until it is used or forgotten. An enrolment is that text,
//! signed; then the chain says whether the wallet holds the token.

mod challenge;
mod keys;
mod owner;
mod signed;

pub(crate) use challenge::{ChallengeTerms, open_challenge, take_challenge};
pub(crate) use keys::EnrolmentKeys;
pub(crate) use owner::enrol;
pub(crate) use signed::check;
