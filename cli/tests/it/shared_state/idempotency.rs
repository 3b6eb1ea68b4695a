//! A request that is sent again is not done again, whichever replica it reaches.

use serde_json::{Value, json};
use veilpass_cli::client::{Answer, Client};

use super::Ground;

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";
const REPLAYED: &str = "idempotent-replayed";

pub(super) async fn submit(client: &Client, key: &str, body: &Value) -> Answer {
    client.post_with("/v1/proofs", &[("idempotency-key", key)], body).await.unwrap()
}

fn status_and_problem(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.problem())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_gets_the_first_answer_from_any_replica_and_a_stranger_gets_nothing() {
    let ground = Ground::prepare().await;
    let (one, two) = (ground.replica("one", &[]).await, ground.replica("two", &[]).await);
    let body = ground.request(1);
    let first = submit(&one.client, KEY, &body).await;
    assert_eq!((first.status.as_u16(), first.header(REPLAYED)), (202, ""), "{}", first.body);
    // Were it done again, there would be another token.
    let (job, token) = (first.header("location"), first.body["job_token"].as_str().unwrap());
    for api in [&two, &one] {
        let again = submit(&api.client, KEY, &body).await;
        assert_eq!((again.status.as_u16(), again.header(REPLAYED)), (202, "true"), "{}", again.body);
        assert_eq!((&again.body, again.header("location")), (&first.body, job));
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    }
    assert_eq!(
        status_and_problem(&submit(&two.client, KEY, &ground.request(2)).await),
        (422, "idempotency-key-reused")
    );
    for path in ["/v1/verifications", "/v1/proofs"] {
        for bad in ["a b", &"k".repeat(256), ""] {
            let refused = two.client.post_with(path, &[("idempotency-key", bad)], &body).await.unwrap();
            assert_eq!(status_and_problem(&refused), (400, "idempotency-key-malformed"), "{bad:?}");
        }
    }

    // A stranger who knows key and body.
    let stranger = two.client.clone().at_address("127.0.0.9".parse().unwrap()).unwrap();
    let answer = submit(&stranger, KEY, &body).await;
    assert_eq!(answer.header(REPLAYED), "");
    assert_ne!(answer.body["job_token"], token, "it was done anew");
    let answer = submit(&stranger, "another", &ground.request(3)).await;
    assert_eq!(answer.status, 202);
    let taken = submit(&one.client, "another", &ground.request(4)).await;
    assert_eq!((taken.status.as_u16(), taken.header(REPLAYED)), (202, ""), "a stranger cannot take our keys");

    // What stays false is kept as well, if not for long, nor at length; what may be otherwise later is not.
    for (key, body) in [("refused", json!({})), ("refused-at-length", json!({ ("name".repeat(2_500)): 1 }))] {
        let refused = submit(&one.client, key, &body).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.to_string().len() < 2_048, "all of it is repeated: {}", refused.body);
        assert_eq!(submit(&two.client, key, &body).await.header(REPLAYED), "true");
    }
    assert_eq!(kept_for_minutes(&ground).await, 2, "the refusals");
    nothing_is_readable(&ground, &[KEY, "127.0.0.1", job.rsplit('/').next().unwrap(), token, "queued"]).await;
}

/// All that is in Redis: keys, values, and their lives in milliseconds.
async fn stored(ground: &Ground) -> Vec<(String, Vec<u8>, i64)> {
    let client = redis::Client::open(ground.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    let mut stored = Vec::new();
    for key in keys {
        let value: Vec<u8> = redis::cmd("GET").arg(&key).query_async(&mut connection).await.unwrap();
        let life: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        stored.push((key, value, life));
    }
    stored
}

/// How many answers are not kept for longer.
async fn kept_for_minutes(ground: &Ground) -> usize {
    let of_answers = |key: &str| key.starts_with("veilpass:v1:idempotency:");
    stored(ground).await.iter().filter(|(key, _, life)| of_answers(key) && *life <= 600_000).count()
}

/// Nothing in Redis shows what these records are about.
async fn nothing_is_readable(ground: &Ground, secrets: &[&str]) {
    let stored = stored(ground).await;
    assert!(stored.len() >= 4, "{} entries", stored.len());
    for (key, value, life) in stored {
        assert!(key.starts_with("veilpass:v1:"), "{key}");
        assert!(life > 0, "{key} never expires");
        let shown = key.clone() + &String::from_utf8_lossy(&value);
        assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_in_progress_is_done_by_nobody_else_and_ends_without_its_client() {
    let ground = Ground::prepare().await;
    let (one, two) = (ground.replica("one", &[]).await, ground.replica("two", &[]).await);
    let (client, body) = (one.client.clone(), ground.request(1));
    // Waits for a proof that nobody makes.
    let headers = [("idempotency-key", KEY), ("prefer", "wait=20")];
    let waiting = tokio::spawn({
        let body = body.clone();
        async move { client.post_with("/v1/proofs", &headers, &body).await }
    });
    let deadline = std::time::Instant::now() + super::PATIENCE;
    let mut job = None;
    while job.is_none() {
        let lease = ground.store.lease_job(
            veilpass_protocol::ProverKeyId::of_public_key(&ground.key.public_key().to_bytes()),
            "test",
            std::time::Duration::from_secs(600),
        );
        job = lease.await.unwrap();
        assert!(std::time::Instant::now() < deadline);
    }
    let refused = submit(&two.client, KEY, &body).await;
    assert_eq!(status_and_problem(&refused), (409, "idempotency-key-in-use"));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(
        status_and_problem(&submit(&two.client, KEY, &ground.request(2)).await),
        (422, "idempotency-key-reused")
    );

    // The client goes away; the request does not, and its answer is there for the retry.
    waiting.abort();
    let _ = waiting.await;
    let job = job.unwrap();
    assert!(ground.store.fail_job(job.id, job.lease_id, veilpass_store::JobFailure::NotAMember).await.unwrap());
    loop {
        let answer = submit(&two.client, KEY, &body).await;
        if answer.status != 409 {
            assert_eq!((answer.status.as_u16(), answer.header(REPLAYED)), (200, "true"), "{}", answer.body);
            assert_eq!(answer.header("preference-applied"), "wait");
            break;
        }
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
