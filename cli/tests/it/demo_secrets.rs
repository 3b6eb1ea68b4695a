//! The whole demo with everything logged: none of the secrets that it used is in a log.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use tokio::process::Command;

/// How a secret may look in a log.
fn forms(secret: &[u8]) -> Vec<String> {
    let mut forms = vec![
        hex::encode(secret),
        hex::encode_upper(secret),
        BASE64_STANDARD.encode(secret),
        BASE64_STANDARD_NO_PAD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
        bs58::encode(secret).into_string(),
        // As Rust prints a byte slice; the middle of it is enough.
        format!("{:?}", &secret[secret.len() / 4..secret.len() * 3 / 4]).trim_matches(['[', ']']).to_owned(),
    ];
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.push(text.to_owned());
        // Two thirds of a token are as good as all of it to whoever guesses the rest.
        forms.push(text[..text.len() * 2 / 3].to_owned());
    }
    forms
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_that_logs_everything_logs_no_secret() {
    let dir = tempfile::Builder::new().prefix("veilpass-trace-").tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let (data, secrets_file) = (dir.path().join("data"), dir.path().join("secrets"));
    let demo = Command::new(env!("CARGO_BIN_EXE_veilpass"))
        .args(["demo", "--once", "--leaves", "50", "--log-filter", "trace", "--data"])
        .arg(&data)
        .arg("--secrets-file")
        .arg(&secrets_file)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&demo.stdout).into_owned();
    assert!(demo.status.success(), "{said}\n{}", String::from_utf8_lossy(&demo.stderr));

    let mut secrets: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for line in std::fs::read_to_string(&secrets_file).unwrap().lines() {
        let (name, secret) = line.split_once('\t').unwrap();
        secrets.entry(name.to_owned()).or_default().push(hex::decode(secret).unwrap());
    }
    for name in [
        "a holder's secret",
        "a holder's token",
        "a job token",
        "a key file",
        "a renewed grant",
        "a sealed witness",
        "a session grant",
        "the database's password",
        "the listener's secret",
        "the mint",
        "the session's key",
        "the wallet",
        "the wallet's key",
        "the wallet's signature",
    ] {
        assert!(secrets.get(name).is_some_and(|found| !found.is_empty()), "the demo used no {name}");
    }

    let logs = data.join("logs");
    let mut texts = vec![("postgres.log", std::fs::read_to_string(data.join("postgres/postgres.log")).unwrap())];
    for log in ["api.log", "prover.log", "relayer.log", "indexer.log"] {
        let text = std::fs::read_to_string(logs.join(log)).unwrap();
        assert!(text.contains("TRACE") && text.len() > 20_000, "{log} is not at trace level");
        texts.push((log, text));
    }
    texts.push(("what the demo said", said));
    for (name, found) in &secrets {
        for form in found.iter().flat_map(|secret| forms(secret)) {
            for (log, text) in &texts {
                // The listener is told its own mint.
                let told = *log == "what the demo said" && name == "the mint";
                assert!(told || !text.contains(&form), "{name} is in {log}");
            }
        }
    }
}
