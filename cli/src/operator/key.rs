//! Keys for the operators' listener of the API.

use std::process::ExitCode;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::Rng;
use serde_json::json;
use sha2::{Digest, Sha256};

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

/// Prints a new key, and what the API is told of it. Neither is kept anywhere.
pub fn make_key(options: &KeyOptions) -> anyhow::Result<ExitCode> {
    let KeyOptions { name, json } = options;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    anyhow::ensure!(
        (1..=64).contains(&name.len()) && name.bytes().all(is_name),
        "a name has 1 to 64 letters, digits, '-', '_' or '.'"
    );
    let secret: [u8; 32] = rand::rng().random();
    let key = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(secret));
    let setting = format!("{name}:{}", hex::encode(Sha256::digest(&key)));
    if *json {
        println!("{}", json!({ "key": key, "setting": setting }));
    } else {
        println!("{key}\n");
        eprintln!("The key is shown this once: keep it where {name} keeps secrets. The API is told its hash:\n");
        println!("VEILPASS_OPERATOR_KEYS={setting}");
    }
    Ok(ExitCode::SUCCESS)
}
