//! The binary at its edges.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    process::Stdio,
};

use serde_json::Value;
use solana_signer::Signer;
use sqlx::PgPool;

use crate::{publish::root, world::World};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_low_balance_is_warned_of_and_the_key_is_never_shown(pool: PgPool) {
    let world = World::new(&pool).await;
    let key = world.key_file();
    world.publish(1, root(101)).await;
    let rich = "2000000000000";
    let mut relayer = world.spawn(&pool, &key, &["--low-balance-lamports", rich], Stdio::piped());
    let mut log = BufReader::new(relayer.0.stderr.take().unwrap());
    let (mut text, mut warning) = (String::new(), None);
    while warning.is_none() {
        let start = text.len();
        assert!(log.read_line(&mut text).unwrap() > 0, "no warning: {text}");
        let line: Value = serde_json::from_str(&text[start..]).unwrap();
        warning = line["message"].as_str().is_some_and(|words| words.contains("balance is low")).then_some(line);
    }
    let warning = warning.unwrap();
    assert_eq!(warning["level"], "WARN");
    assert_eq!(warning["address"], world.operator.pubkey().to_string());
    assert!(warning["lamports"].as_u64().unwrap() > 0);

    world.until_drained().await;
    assert!(relayer.terminate().await.success(), "it ends when it is told to");
    log.read_to_string(&mut text).unwrap();
    let secret = world.operator.to_bytes();
    let written =
        [format!("{secret:?}"), bs58::encode(secret).into_string(), bs58::encode(&secret[..32]).into_string()];
    assert!(written.iter().all(|secret| !text.contains(&secret[..secret.len() - 1])));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_key_that_others_may_read_is_not_used(pool: PgPool) {
    let world = World::new(&pool).await;
    let key = world.key_file();
    fs::set_permissions(key.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let mut relayer = world.spawn(&pool, &key, &[], Stdio::piped());
    let mut log = String::new();
    relayer.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(!relayer.0.wait().unwrap().success());
    assert!(log.contains("chmod 600"), "{log}");
}
