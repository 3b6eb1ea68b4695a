//! The message.

use std::fmt;

use veilpass_protocol::{Commitment, RegistryId, TrackId};

use crate::{Address, Cluster, Domain, Nonce, Origin, Timestamp};

/// What the wallet's owner agrees to; the same in every message.
pub const STATEMENT: &str =
    "Enrol this token so that I can prove privately that I own it. This is no transaction and moves nothing.";
/// More bytes than any message has: a longer text need not be parsed.
pub const MAX_MESSAGE_BYTES: usize = 2048;

pub(crate) const WANTS: &str = " wants you to sign in with your Solana account:";
pub(crate) const RESOURCE: &str = "- urn:veilpass:";

/// A wallet's wish to enrol a token for a track, under a commitment. `Display` gives the text to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentMessage {
    /// Host of the frontend.
    pub domain: Domain,
    /// Who signs.
    pub wallet: Address,
    /// Origin of the frontend; its host is `domain`.
    pub uri: Origin,
    /// The cluster that the token is on.
    pub cluster: Cluster,
    /// Single use.
    pub nonce: Nonce,
    /// When the service made the message.
    pub issued_at: Timestamp,
    /// Not accepted from then on.
    pub expires_at: Timestamp,
    /// The program that checks proofs of the registry.
    pub program: Address,
    /// Where to enrol.
    pub registry: RegistryId,
    /// What is enrolled.
    pub mint: Address,
    /// For which track.
    pub track: TrackId,
    /// `C = H(IDENTITY, s)` of the listener's secret.
    pub commitment: Commitment,
}

impl fmt::Display for EnrolmentMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}{WANTS}", self.domain)?;
        writeln!(f, "{}\n\n{STATEMENT}\n", self.wallet)?;
        writeln!(f, "URI: {}", self.uri)?;
        writeln!(f, "Version: 1")?;
        writeln!(f, "Chain ID: {}", self.cluster)?;
        writeln!(f, "Nonce: {}", self.nonce)?;
        writeln!(f, "Issued At: {}", self.issued_at)?;
        writeln!(f, "Expiration Time: {}", self.expires_at)?;
        writeln!(f, "Resources:")?;
        writeln!(f, "{RESOURCE}program:{}", self.program)?;
        writeln!(f, "{RESOURCE}registry:{}", digits(self.registry))?;
        writeln!(f, "{RESOURCE}mint:{}", self.mint)?;
        writeln!(f, "{RESOURCE}track:{}", digits(self.track))?;
        write!(f, "{RESOURCE}commitment:{}", digits(self.commitment))
    }
}

/// A field element as 64 lowercase hexadecimal digits, without the prefix that it has elsewhere.
fn digits(element: impl fmt::Display) -> String {
    element.to_string().trim_start_matches("0x").to_owned()
}
