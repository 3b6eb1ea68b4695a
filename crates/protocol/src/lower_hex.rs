//! Byte arrays in JSON as lowercase hexadecimal digits: one text for one value.
//!
//! For `#[serde(with = "veilpass_protocol::lower_hex")]`.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Writes `2 * N` lowercase digits.
pub fn serialize<const N: usize, S: Serializer>(bytes: &[u8; N], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

/// Reads exactly what [`serialize`] writes.
pub fn deserialize<'de, const N: usize, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; N], D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    let mut bytes = [0; N];
    let canonical = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    match hex::decode_to_slice(text.as_bytes(), &mut bytes) {
        Ok(()) if canonical => Ok(bytes),
        _ => Err(D::Error::custom(format_args!("expected {} lowercase hexadecimal digits", 2 * N))),
    }
}

#[cfg(test)]
mod tests {
    use crate::ProverKeyId;

    #[test]
    fn there_is_one_text() {
        let id = ProverKeyId::from_bytes([0xab; 16]);
        let text = serde_json::to_string(&id).unwrap();
        assert_eq!(text, format!("\"{}\"", "ab".repeat(16)));
        assert_eq!(serde_json::from_str::<ProverKeyId>(&text).unwrap(), id);
        for wrong in
            [text.to_uppercase(), text.replacen("ab", "", 1), text.replacen("ab", "abab", 1), "\"0xab\"".into()]
        {
            assert!(serde_json::from_str::<ProverKeyId>(&wrong).is_err(), "{wrong}");
        }
    }
}
