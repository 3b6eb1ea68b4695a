//! Where a message was signed: a frontend's origin and its host.

use std::{fmt, str::FromStr};

/// Longest domain or origin, in bytes.
const MAX_BYTES: usize = 256;

/// Host and port of a frontend, which the wallet shows and compares with the page that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

/// Origin of a frontend: scheme, host and port, such as `https://listen.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Not a domain, or not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParsePlaceError {
    /// The domain has other characters, or is empty or too long.
    #[error("not a domain: a host in lowercase, with its port if it is not the scheme's own")]
    Domain,
    /// The origin has other characters, or is too long, or lacks scheme or host.
    #[error("not an origin such as https://listen.example")]
    Origin,
}

impl Domain {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = ParsePlaceError;

    fn from_str(text: &str) -> Result<Self, ParsePlaceError> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b':' | b'[' | b']');
        match !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(allowed) {
            true => Ok(Self(text.to_owned())),
            false => Err(ParsePlaceError::Domain),
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Origin {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port.
    pub fn domain(&self) -> Domain {
        Domain(self.0.split("://").nth(1).unwrap_or_default().to_owned())
    }
}

impl FromStr for Origin {
    type Err = ParsePlaceError;

    fn from_str(text: &str) -> Result<Self, ParsePlaceError> {
        let (scheme, domain) = text.split_once("://").ok_or(ParsePlaceError::Origin)?;
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_lowercase());
        // An origin has no path: what follows the host would be text of somebody else's choice in what the wallet shows.
        if !is_scheme || text.len() > MAX_BYTES || Domain::from_str(domain).is_err() {
            return Err(ParsePlaceError::Origin);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
