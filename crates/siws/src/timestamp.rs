//! Times of a message.

use std::{fmt, str::FromStr};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The last second of the year 9999, which RFC 3339 can still write.
const LAST: u64 = 253_402_300_799;

/// A whole second, in seconds since the Unix epoch. Written as RFC 3339 in UTC, `2026-01-02T03:04:05Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

/// Not such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form 2026-01-02T03:04:05Z")]
pub struct ParseTimestampError;

impl Timestamp {
    /// This many seconds after the Unix epoch; the end of the year 9999 if that is earlier.
    pub const fn from_unix(seconds: u64) -> Self {
        Self(if seconds < LAST { seconds } else { LAST })
    }

    /// Seconds since the Unix epoch.
    pub const fn unix(self) -> u64 {
        self.0
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| ParseTimestampError)?;
        let seconds = u64::try_from(time.unix_timestamp()).map_err(|_| ParseTimestampError)?;
        let parsed = Self::from_unix(seconds);
        // Other offsets, fractions and a small `t` or `z` are RFC 3339 too.
        if parsed.to_string() == text { Ok(parsed) } else { Err(ParseTimestampError) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0).map_err(|_| fmt::Error)?;
        let time = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| fmt::Error)?;
        f.write_str(&time.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}
