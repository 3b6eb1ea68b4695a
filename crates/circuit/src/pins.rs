//! Reads `pins.env`, the one file that names the versions.

const PINS: &str = include_str!("../../../pins.env");

/// What the pinned `bb` prints for `--version`.
pub const BB_VERSION: &str = pin("BB_VERSION");
/// The Noir compiler that made the artefact.
pub const NOIR_VERSION: &str = pin("NOIR_VERSION");
/// Gates of the ownership circuit, as `bb gates` counts them.
pub const OWNERSHIP_GATES: u32 = match u32::from_str_radix(pin("OWNERSHIP_GATES"), 10) {
    Ok(gates) => gates,
    Err(_) => panic!("OWNERSHIP_GATES is a number"),
};

/// The value of `KEY=value` in `pins.env`. Evaluated at compile time for the constants above; panics on a missing key.
pub const fn pin(key: &str) -> &'static str {
    let (text, key) = (PINS.as_bytes(), key.as_bytes());
    let mut line = 0;
    while line < text.len() {
        let mut end = line;
        while end < text.len() && text[end] != b'\n' {
            end += 1;
        }
        let mut same = 0;
        while same < key.len() && line + same < end && text[line + same] == key[same] {
            same += 1;
        }
        if same == key.len() && line + same < end && text[line + same] == b'=' {
            let (_, rest) = text.split_at(line + same + 1);
            let (value, _) = rest.split_at(end - line - same - 1);
            match std::str::from_utf8(value) {
                Ok(value) => return value,
                Err(_) => panic!("pins.env is UTF-8"),
            }
        }
        line = end + 1;
    }
    panic!("no such key in pins.env")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_whole_words() {
        let line = PINS.lines().find_map(|line| line.strip_prefix("BB_VERSION="));
        assert_eq!(Some(pin("BB_VERSION")), line);
        assert!(std::panic::catch_unwind(|| pin("BB")).is_err());
    }
}
