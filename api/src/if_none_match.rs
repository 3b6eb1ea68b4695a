//! `If-None-Match`: what a client has already.

use axum::http::{HeaderMap, header};

/// Whether the header has a tag that `is_current`, or `*`. Weak comparison (RFC 9110, section 13.1.2): whatever compressed our
/// answer may have weakened the tag.
pub(crate) fn has_current(headers: &HeaderMap, is_current: impl Fn(&str) -> bool) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH);
    lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).map(str::trim).any(|known| {
        let known = known.strip_prefix("W/").unwrap_or(known);
        known == "*" || is_current(known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_in_lists_lines_and_weakened() {
        let has = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::IF_NONE_MATCH, line.parse().unwrap());
            }
            has_current(&headers, |known| known == "\"ours\"")
        };
        for known in ["\"ours\"", "W/\"ours\"", "*", "\"other\", \"ours\"", "\"other\",W/\"ours\" "] {
            assert!(has(&[known]), "{known}");
        }
        assert!(has(&["\"other\"", "\"ours\""]));
        for unknown in ["", "ours", "\"other\"", "w/\"ours\"", "\"ours"] {
            assert!(!has(&[unknown]), "{unknown}");
        }
        assert!(!has(&[]));
    }
}
