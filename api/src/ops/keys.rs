//! Who may use the operators' listener.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

const MAX_NAME_BYTES: usize = 64;

/// The name of an operator's key, and its SHA-256. The key has 256 random bits, so its hash needs no salt.
#[derive(Clone)]
pub struct OperatorKey {
    name: String,
    digest: [u8; 32],
}

/// Not a name and a hash. Says nothing about what it was.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "an operator key is NAME:SHA256, a name of letters, digits, '-', '_' or '.' and 64 lowercase hexadecimal digits, as \
     `veilpass operator-key` prints it"
)]
pub struct ParseOperatorKeyError;

impl FromStr for OperatorKey {
    type Err = ParseOperatorKeyError;

    fn from_str(text: &str) -> Result<Self, ParseOperatorKeyError> {
        let (name, hash) = text.split_once(':').ok_or(ParseOperatorKeyError)?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let mut digest = [0; 32];
        let canonical = !hash.bytes().any(|byte| byte.is_ascii_uppercase());
        hex::decode_to_slice(hash, &mut digest).map_err(|_| ParseOperatorKeyError)?;
        if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(is_name) || !canonical {
            return Err(ParseOperatorKeyError);
        }
        Ok(Self { name: name.to_owned(), digest })
    }
}

impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperatorKey({}, redacted)", self.name)
    }
}

/// The name of whose key this is. Takes the same time whichever it is, or none.
pub(crate) fn operator_of<'k>(keys: &'k [OperatorKey], presented: &str) -> Option<&'k str> {
    let digest = Sha256::digest(presented);
    let mut found = u64::MAX;
    for (number, key) in (0u64..).zip(keys) {
        let same: Choice = key.digest.ct_eq(digest.as_slice());
        found.conditional_assign(&number, same);
    }
    usize::try_from(found).ok().and_then(|number| keys.get(number)).map(|key| key.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_the_name_with_its_hash() {
        let key = |name: &str, key: &str| format!("{name}:{}", hex::encode(Sha256::digest(key))).parse().unwrap();
        let keys: [OperatorKey; 3] = [key("ann", "one"), key("bob", "two"), key("cyd", "three")];
        assert_eq!(operator_of(&keys, "one"), Some("ann"));
        assert_eq!(operator_of(&keys, "three"), Some("cyd"));
        for wrong in ["", "four", "on", &hex::encode(Sha256::digest("one"))] {
            assert_eq!(operator_of(&keys, wrong), None, "{wrong}");
        }
        assert_eq!(operator_of(&[], ""), None);
    }

    #[test]
    fn what_is_not_a_name_and_a_hash_is_refused_and_not_quoted() {
        let hash = "ab".repeat(32);
        let parsed: OperatorKey = format!("ann:{hash}").parse().unwrap();
        assert!(!format!("{parsed:?}").contains("ab"));
        for wrong in [
            "",
            "ann",
            &hash,
            &format!(":{hash}"),
            &format!("a b:{hash}"),
            &format!("ann:{}", &hash[2..]),
            &format!("ann:{}", hash.to_uppercase()),
            &format!("{}:{hash}", "a".repeat(65)),
        ] {
            let error = wrong.parse::<OperatorKey>().unwrap_err();
            assert!(!error.to_string().contains("abab"), "{wrong}");
        }
    }
}
