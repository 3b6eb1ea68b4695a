//! Redis or Postgres go away and come back.

use super::{Ground, idempotency::submit, limits::FOUR};

const PATH: &str = "/v1/info";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_limits_are_local_and_nothing_is_done_that_must_be_done_once() {
    let mut ground = Ground::prepare().await;
    let (one, two) = (ground.replica("one", &FOUR).await, ground.replica("two", &FOUR).await);
    one.client.get(PATH).await.unwrap();
    ground.redis.kill().await;
    one.shows("redis", "away").await;
    two.shows("redis", "away").await;
    assert_eq!(one.client.get("/readyz").await.unwrap().status, 200, "degraded, not out of service");
    // Each replica for itself.
    for api in [&one, &two] {
        let answers = async || api.client.get(PATH).await.unwrap().status.as_u16();
        assert_eq!([answers().await, answers().await, answers().await, answers().await], [200; 4]);
        assert_eq!(answers().await, 429);
        assert!(api.metrics().await.contains(r#"veilpass_rate_limited_total{counted="fallback"} 1"#));
        assert!(api.metrics().await.contains("veilpass_redis_up 0"));
        assert!(api.metrics().await.contains(r#"veilpass_alerts_total{alert="redis_away"}"#));
    }
    let body = ground.request(1);
    let client = |last: u8| one.client.clone().at_address([127, 0, 0, last].into()).unwrap();
    let refused = submit(&client(9), "key", &body).await;
    assert_eq!((refused.status.as_u16(), refused.problem()), (503, "unavailable"));
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(ground.store.queue_depth().await.unwrap().queued, 0, "nothing was done");
    assert_eq!(client(9).post("/v1/proofs", &body).await.unwrap().status, 202, "without a key it goes on");

    ground.redis.launch().await.unwrap();
    one.shows("redis", "ok").await;
    two.shows("redis", "ok").await;
    let other = |api: &super::Api| api.client.clone().at_address([127, 0, 0, 10].into()).unwrap();
    assert_eq!(submit(&other(&one), "key", &body).await.status, 202);
    let again = submit(&other(&two), "key", &body).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (202, "true"));
    assert_eq!(again.header("x-ratelimit-remaining"), "2", "counted together again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_does_not_answer_is_waited_for_once_and_not_by_each_request() {
    const REQUESTS: usize = 200;
    let ground = Ground::prepare().await;
    let api = ground.replica("one", &["--rate-limit-per-minute", "60000"]).await;
    let timeouts = async || {
        let metrics = api.metrics().await;
        let line =
            metrics.lines().find_map(|line| line.strip_prefix(r#"veilpass_redis_errors_total{kind="timeout"} "#));
        line.map_or(0, |number| number.parse::<usize>().unwrap())
    };
    assert_eq!(api.client.get(PATH).await.unwrap().status, 200);
    assert_eq!(timeouts().await, 0);
    ground.redis.pause();
    for _ in 0..REQUESTS {
        assert_eq!(api.client.get(PATH).await.unwrap().status, 200);
    }
    // Each of these was a wait of half a second. One opens the circuit; whatever was in flight then may follow.
    let waited = timeouts().await;
    assert!((1..=5).contains(&waited), "{waited} of {REQUESTS} requests waited for Redis");
    api.shows("redis", "away").await;
    ground.redis.resume();
    api.shows("redis", "ok").await;
    assert_eq!(submit(&api.client, "key", &ground.request(1)).await.status, 202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_postgres_requests_are_refused_until_it_is_back() {
    let mut ground = Ground::prepare().await;
    let alone = ground.try_start("alone", None, &[]).await.unwrap();
    let body = ground.request(1);
    ground.postgres.kill().await;
    alone.shows("database", "unavailable").await;
    let refused = submit(&alone.client, "key", &body).await;
    assert_eq!((refused.status.as_u16(), refused.problem()), (503, "unavailable"));
    assert_eq!(alone.client.get(PATH).await.unwrap().status, 200, "what needs no database goes on");
    ground.postgres.launch().await.unwrap();
    alone.shows("database", "ok").await;
    let done = submit(&alone.client, "key", &body).await;
    assert_eq!((done.status.as_u16(), done.header("idempotent-replayed")), (202, ""), "a refusal frees the key");
    // Its place was lost with the connection, and is taken again: nobody else gets in.
    let deadline = std::time::Instant::now() + super::PATIENCE;
    while place_is_free(&ground).await {
        assert!(std::time::Instant::now() < deadline, "the place was not taken again");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let refused = ground.try_start("second", None, &["--replica-wait-seconds", "0"]).await;
    assert!(refused.err().unwrap().to_string().contains("set REDIS_URL"));
}

async fn place_is_free(ground: &Ground) -> bool {
    match ground.store.try_take_place(false).await.unwrap() {
        veilpass_store::PlaceAttempt::Held(place) => {
            place.give_up().await;
            true
        }
        veilpass_store::PlaceAttempt::Taken(_) => false,
    }
}
