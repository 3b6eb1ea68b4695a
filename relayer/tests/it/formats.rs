//! Uploads by transactions of 1,232 and of 4,096 bytes.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use sqlx::PgPool;
use veilpass_chain::Format;
use veilpass_relayer::RelayerOptions;
use veilpass_svm::{Listener, ProofMaker};

use crate::{
    proxy::{Fault, Proxy},
    world::{TRACK, World, options},
};

/// What the first byte of a transaction of version 1 is.
const V1: u8 = 0x81;

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn an_upload_takes_the_newest_format_that_the_cluster_takes(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = ProofMaker::new((1..=4).map(|number| Listener::new(number, TRACK)).collect()).unwrap();
    let seq = world.publish(1, maker.root()).await;
    world.drain(&world.relayer()).await;

    let old = Proxy::start(&world.chain.url).await;
    old.fail(|method, params| {
        let is_new = || BASE64_STANDARD.decode(params[0].as_str().unwrap()).unwrap()[0] == V1;
        if matches!(method, "simulateTransaction" | "sendTransaction") && is_new() {
            Fault::Error(-32602)
        } else {
            Fault::None
        }
    });
    let cases = [
        ("legacy", Some(Format::Legacy), &world.chain.url, 13),
        ("version 1", Some(Format::V1), &world.chain.url, 4),
        ("the newest", None, &world.chain.url, 4),
        ("the newest of an old cluster", None, &old.url, 13),
    ];
    for (listener, (name, upload_format, url, expected)) in cases.into_iter().enumerate() {
        let (proof, inputs) = maker.prove(listener, world.registry, World::epoch(), 5).unwrap();
        let id = world.accept(&proof, inputs, seq).await;
        let options = RelayerOptions { upload_format, ..options() };
        world.drain(&world.relayer_at(&[url], Duration::from_secs(10), options)).await;
        assert!(world.receipt(&inputs).await.is_some(), "{name}");
        let uploads: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM chain_attempts a JOIN chain_outbox o ON o.id = a.outbox_id
             WHERE o.verification_id = $1 AND step IN ('open_buffer', 'write_buffer') AND outcome = 'landed'",
        )
        .bind(id)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(uploads, expected, "{name}");
    }
    assert_eq!(world.chain.proof_buffers().await, 0);
}
