//! `SharedState` on a real Redis, as two replicas use it.

use std::{num::NonZeroU32, time::Duration};

use veilpass_cli::stack::RedisServer;
use veilpass_shared_state::{Claim, Quota, RateLimiter, RedisState, RedisUrl, SharedState, Unavailable};

const HOUR: Duration = Duration::from_secs(3600);

async fn replica(redis: &RedisServer) -> SharedState {
    let shared = SharedState::connect(Some(&redis.url().parse::<RedisUrl>().unwrap())).await.unwrap();
    assert_eq!(shared.redis_state(), RedisState::Up);
    shared
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_once_happens_once_in_all_replicas() {
    let dir = tempfile::tempdir().unwrap();
    let mut redis = RedisServer::start(dir.path()).await.unwrap();
    let (one, two) = (replica(&redis).await, replica(&redis).await);
    let attempts = (0..64).map(|n| {
        let shared = if n % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { shared.put_once("nonces", b"nonce", HOUR).await.unwrap() })
    });
    let first = futures_util::future::join_all(attempts).await.into_iter().filter(|first| *first.as_ref().unwrap());
    assert_eq!(first.count(), 1);
    assert_eq!(one.put_once("other", b"nonce", HOUR).await, Ok(true), "spaces are apart");

    two.put_value("values", b"key", b"\0value", HOUR).await.unwrap();
    assert_eq!(one.get_value("values", b"key").await.unwrap().unwrap(), b"\0value");
    let takers = (0..64).map(|n| {
        let shared = if n % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { shared.take_value("values", b"key").await.unwrap() })
    });
    let taken =
        futures_util::future::join_all(takers).await.into_iter().filter(|taken| taken.as_ref().unwrap().is_some());
    assert_eq!(taken.count(), 1);

    assert_eq!(one.claim("records", b"key", b"ours", HOUR, HOUR).await, Ok(Claim::Ours));
    assert_eq!(two.claim("records", b"key", b"theirs", HOUR, HOUR).await, Ok(Claim::Held(b"ours".to_vec())));
    assert_eq!(two.replace("records", b"key", b"theirs", None, HOUR).await, Ok(false));
    assert_eq!(one.replace("records", b"key", b"ours", Some((b"done", HOUR)), HOUR).await, Ok(true));
    assert_eq!(two.get_value("records", b"key").await.unwrap().unwrap(), b"done");
    assert_eq!(two.replace("records", b"key", b"done", None, HOUR).await, Ok(true));
    assert_eq!(one.get_value("records", b"key").await, Ok(None));

    redis.kill().await;
    assert_eq!(one.put_once("nonces", b"another", HOUR).await, Err(Unavailable), "fails closed");
    assert_eq!(one.take_value("values", b"key").await, Err(Unavailable));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_reach_all_replicas_once_also_after_redis_was_away() {
    let dir = tempfile::tempdir().unwrap();
    let mut redis = RedisServer::start(dir.path()).await.unwrap();
    let (one, two) = (replica(&redis).await, replica(&redis).await);
    let (mut here, mut there) = (one.subscribe("job"), two.subscribe("job"));
    for round in ["before", "after"] {
        // Listening begins soon after the connection, and what was said before is lost.
        let spoken = async {
            for number in 0.. {
                one.publish("job", format!("{round} {number}").into_bytes());
                one.publish("another job", b"not ours".to_vec());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let heard = async {
            let of_round = |message: &[u8]| String::from_utf8_lossy(message).strip_prefix(round).is_some();
            let (mut own, mut others) = (here.next().await, there.next().await);
            while !of_round(&own) {
                own = here.next().await;
            }
            while !of_round(&others) {
                others = there.next().await;
            }
            // Each once: the next is another.
            assert!(here.next().await != own && there.next().await != others);
        };
        tokio::select! {
            () = spoken => {}
            () = heard => {}
        }
        if round == "before" {
            redis.kill().await;
            redis.launch().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_count_requests_as_one_and_a_clock_set_back_shuts_nobody_out() {
    let dir = tempfile::tempdir().unwrap();
    let redis = RedisServer::start(dir.path()).await.unwrap();
    let number = |number| NonZeroU32::new(number).unwrap();
    let quota = Quota { per_minute: number(1), burst: number(100) };
    let (one, two) = (replica(&redis).await, replica(&redis).await);
    let limiters = [one, two].map(|shared| RateLimiter::new(shared, "limit", quota));
    let checks = (0..400).map(|n| {
        let limiter = limiters[n % 2].clone();
        tokio::spawn(async move { limiter.check(&[1; 32]).await.allowed })
    });
    let checks = futures_util::future::join_all(checks).await;
    assert_eq!(checks.into_iter().filter(|allowed| *allowed.as_ref().unwrap()).count(), 100);

    // A time that this clock will reach in a thousand years.
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    redis::cmd("SET").arg(&keys[0]).arg("33000000000000000").query_async::<()>(&mut connection).await.unwrap();
    let refused = limiters[0].check(&[1; 32]).await;
    assert!(!refused.allowed && refused.retry_after <= Duration::from_secs(60), "{refused:?}");
    redis::cmd("SET").arg(&keys[0]).arg("nonsense").query_async::<()>(&mut connection).await.unwrap();
    assert!(limiters[1].check(&[1; 32]).await.allowed);
}
