//! Keys for the operators' listener of the API.

use std::process::ExitCode;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::Rng;
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Before every key, so that a scanner for leaked secrets can know one.
const PREFIX: &str = "vpo_";

/// `veilpass operator-key`
#[derive(clap::Args, Clone, Debug)]
pub struct KeyOptions {
    /// Whose key it is: what the API's log says of each action.
    name: String,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// A key for `/ops/v1`. Shown by [`Self::expose`] only.
pub struct OperatorKey {
    name: String,
    key: Zeroizing<String>,
}

impl OperatorKey {
    /// Draws a key for an operator of this name.
    ///
    /// # Errors
    /// If the name is not 1 to 64 letters, digits, '-', '_' or '.'.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        anyhow::ensure!(
            (1..=64).contains(&name.len()) && name.bytes().all(is_name),
            "a name has 1 to 64 letters, digits, '-', '_' or '.'"
        );
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
        let key = Zeroizing::new(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(secret.as_slice())));
        Ok(Self { name: name.to_owned(), key })
    }

    /// The key itself.
    pub fn expose(&self) -> &str {
        &self.key
    }

    /// What the API is told of it: `NAME:SHA256`.
    pub fn setting(&self) -> String {
        format!("{}:{}", self.name, hex::encode(Sha256::digest(self.key.as_bytes())))
    }
}

/// Prints a new key, and what the API is told of it. Neither is kept anywhere.
pub fn make_key(options: &KeyOptions) -> anyhow::Result<ExitCode> {
    let KeyOptions { name, json } = options;
    let key = OperatorKey::new(name)?;
    let setting = key.setting();
    if *json {
        println!("{}", json!({ "key": key.expose(), "setting": setting }));
    } else {
        println!("{}\n", key.expose());
        eprintln!("The key is shown this once: keep it where {name} keeps secrets. The API is told its hash:\n");
        println!("VEILPASS_OPERATOR_KEYS={setting}");
    }
    Ok(ExitCode::SUCCESS)
}
