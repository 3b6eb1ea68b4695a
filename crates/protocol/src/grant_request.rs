//! What a session key signs to get another grant.

use std::fmt::Display;

/// The text that the session key of a context signs (Ed25519, RFC 8032, without prehash) to ask for a session grant: three
/// lines in UTF-8, joined by single line feeds, without one at the end.
///
/// ```text
/// veilpass.v1.grant-request
/// 67e55044-10b1-426f-9247-bb680e5fe0c8
/// 1800000000
/// ```
///
/// The first names the purpose, so that a signature for anything else is none for this. The second is the verification's
/// id, a UUID in lowercase with hyphens. The third is the time of the request in seconds since the Unix epoch, decimal.
pub fn grant_request_text(verification_id: impl Display, issued_at: u64) -> String {
    format!("veilpass.v1.grant-request\n{verification_id}\n{issued_at}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_as_documented() {
        let text = grant_request_text("67e55044-10b1-426f-9247-bb680e5fe0c8", 1_800_000_000);
        assert_eq!(text, "veilpass.v1.grant-request\n67e55044-10b1-426f-9247-bb680e5fe0c8\n1800000000");
    }
}
