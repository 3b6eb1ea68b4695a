//! Who may work beside whom at one database.

use nix::sys::signal::Signal;

use super::{Ground, PATIENCE};

const AT_ONCE: [&str; 2] = ["--replica-wait-seconds", "0"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_api_needs_redis_on_both_sides_and_waits_for_the_first_to_leave() {
    let ground = Ground::prepare().await;
    let redis = ground.redis.url();
    let first = ground.try_start("first", None, &[]).await.unwrap();
    for redis in [None, Some(redis.as_str())] {
        let refused = ground.try_start("refused", redis, &AT_ONCE).await.err().unwrap().to_string();
        for said in
            ["set REDIS_URL, or stop the other API", "application_name veilpass-api", "client address 127.0.0.1"]
        {
            assert!(refused.contains(said), "{refused}");
        }
        assert!(!refused.contains("redis://"), "a password");
    }
    // As in a rolling deployment: the next one starts when this one has left.
    let next = ground.try_start("next", Some(&redis), &["--replica-wait-seconds", "300"]);
    let leave = async {
        let waits = async || std::fs::read_to_string(ground.log("next")).unwrap_or_default();
        while !waits().await.contains("waiting for another API at this database to stop") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        first.process.stop(Signal::SIGTERM, PATIENCE).await;
    };
    let (next, ()) = tokio::join!(next, leave);
    let next = next.unwrap();
    let beside = ground.replica("beside", &AT_ONCE).await;
    for api in [&next, &beside] {
        assert_eq!(api.client.get("/readyz").await.unwrap().status, 200);
    }
    assert!(ground.try_start("alone", None, &AT_ONCE).await.is_err(), "those who share let nobody be alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_needs_a_master_key_and_a_url_that_is_one() {
    let ground = Ground::prepare().await;
    let refused = ground.try_start("bad", Some("http://secret@nowhere"), &[]).await.err().unwrap().to_string();
    assert!(refused.contains("expected redis://") && !refused.contains("secret"), "{refused}");
    let options = veilpass_cli::stack::ApiOptions {
        database_url: &ground.postgres.url(crate::stack::DATABASE),
        redis_url: Some(&ground.redis.url()),
        audience: veilpass_cli::holders::AUDIENCE,
        port: 0,
        log: &ground.log("keyless"),
        filter: None,
        flags: &[],
        env: &[],
    };
    let refused = veilpass_cli::stack::start_api(&options).await.err().unwrap().to_string();
    assert!(refused.contains("set VEILPASS_MASTER_KEY"), "{refused}");
}
