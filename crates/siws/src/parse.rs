//! From a text to a message.

use std::{fmt::Display, str::FromStr};

use crate::{
    EnrolmentMessage, MAX_MESSAGE_BYTES, ParsePlaceError, STATEMENT,
    message::{RESOURCE, WANTS},
};

/// Why a text is not an enrolment message. Says which line, and never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseMessageError {
    /// Longer than any message.
    #[error("longer than {MAX_MESSAGE_BYTES} bytes")]
    TooLong,
    /// A line is missing, or is not what it must be.
    #[error("line {line}: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What was expected.
        reason: String,
    },
    /// Every line can be read, but the text is not the canonical one.
    #[error("not the canonical text: sign exactly the message of the challenge")]
    NotCanonical,
}

/// The lines of a text, counted.
struct Lines<'a> {
    lines: std::str::Split<'a, char>,
    line: usize,
}

impl<'a> Lines<'a> {
    fn fail<T>(&self, reason: impl Display) -> Result<T, ParseMessageError> {
        Err(ParseMessageError::Line { line: self.line, reason: reason.to_string() })
    }

    fn next(&mut self) -> Result<&'a str, ParseMessageError> {
        self.line += 1;
        match self.lines.next() {
            Some(line) => Ok(line),
            None => self.fail("missing"),
        }
    }

    fn exactly(&mut self, expected: &str) -> Result<(), ParseMessageError> {
        if self.next()? == expected { Ok(()) } else { self.fail(format_args!("expected {expected:?}")) }
    }

    /// The value that follows a name.
    fn value<T: FromStr<Err: Display>>(&mut self, prefix: &str, name: &str) -> Result<T, ParseMessageError> {
        let line = self.next()?;
        let value = line.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(name));
        let Some(value) = value else { return self.fail(format_args!("expected \"{prefix}{name}...\"")) };
        value.parse().or_else(|error| self.fail(error))
    }
}

impl Lines<'_> {
    /// A field element: 64 hexadecimal digits after a resource's name.
    fn element<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<T, ParseMessageError> {
        let digits: String = self.value(RESOURCE, name)?;
        format!("0x{digits}").parse().or_else(|error| self.fail(error))
    }
}

impl FromStr for EnrolmentMessage {
    type Err = ParseMessageError;

    fn from_str(text: &str) -> Result<Self, ParseMessageError> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(ParseMessageError::TooLong);
        }
        let mut lines = Lines { lines: text.split('\n'), line: 0 };
        let Some(domain) = lines.next()?.strip_suffix(WANTS) else {
            return lines.fail(format_args!("expected \"...{WANTS}\""));
        };
        let domain = domain.parse().or_else(|error: ParsePlaceError| lines.fail(error))?;
        let wallet = lines.value("", "")?;
        for expected in ["", STATEMENT, ""] {
            lines.exactly(expected)?;
        }
        let uri = lines.value("", "URI: ")?;
        lines.exactly("Version: 1")?;
        let cluster = lines.value("", "Chain ID: ")?;
        let nonce = lines.value("", "Nonce: ")?;
        let issued_at = lines.value("", "Issued At: ")?;
        let expires_at = lines.value("", "Expiration Time: ")?;
        lines.exactly("Resources:")?;
        let program = lines.value(RESOURCE, "program:")?;
        let registry = lines.element("registry:")?;
        let mint = lines.value(RESOURCE, "mint:")?;
        let track = lines.element("track:")?;
        let commitment = lines.element("commitment:")?;
        let message = Self {
            domain,
            wallet,
            uri,
            cluster,
            nonce,
            issued_at,
            expires_at,
            program,
            registry,
            mint,
            track,
            commitment,
        };
        // One text for one message, whatever the parsers of the parts let pass; also refuses what follows the last line.
        if message.to_string() == text { Ok(message) } else { Err(ParseMessageError::NotCanonical) }
    }
}
