//! One limit for a client, whichever replica it asks.

use super::Ground;

/// Four at once, and the next after a minute: none comes back during a test.
pub(super) const FOUR: [&str; 4] = ["--rate-limit-per-minute", "1", "--rate-limit-burst", "4"];
const PATH: &str = "/v1/info";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_count_a_client_together_and_nobody_escapes_by_a_header() {
    let ground = Ground::prepare().await;
    let (one, two) = (ground.replica("one", &FOUR).await, ground.replica("two", &FOUR).await);
    for (api, left) in [(&one, "3"), (&two, "2"), (&one, "1"), (&two, "0")] {
        let answer = api.client.get(PATH).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.header("x-ratelimit-remaining")), (200, left));
        assert_eq!(answer.header("ratelimit-policy"), "\"client\";q=4;w=240");
        assert!(answer.header("ratelimit").starts_with(&format!("\"client\";r={left};t=")));
    }
    for api in [&one, &two] {
        let refused = api.client.get(PATH).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.problem()), (429, "rate-limited"));
        assert_eq!(refused.content_type, "application/problem+json");
        let (wait, reset) = (refused.header("retry-after"), refused.header("x-ratelimit-reset"));
        assert!((1..=60).contains(&wait.parse::<u32>().unwrap()), "{wait}");
        assert!((181..=240).contains(&reset.parse::<u32>().unwrap()), "{reset}");
        // Nobody is a trusted proxy here, so nobody is believed.
        for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
            let refused = api.client.get_with(PATH, &[(header, "198.51.100.9")]).await.unwrap();
            assert_eq!(refused.status, 429, "{header}");
        }
        assert_eq!(api.client.get("/livez").await.unwrap().status, 200);
        assert_eq!(api.client.get("/readyz").await.unwrap().body["redis"], "ok");
    }
    let other = two.client.clone().at_address("127.0.0.9".parse().unwrap()).unwrap();
    assert_eq!(other.get(PATH).await.unwrap().header("x-ratelimit-remaining"), "3", "another client");
    assert!(one.metrics().await.contains(r#"veilpass_rate_limited_total{counted="redis"} 4"#));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_is_believed_and_the_default_is_a_hundred_a_minute() {
    let ground = Ground::prepare().await;
    let alone = ["--trusted-proxies", "127.0.0.1", "--rate-limit-per-minute", "100"];
    let api = ground.try_start("alone", None, &alone).await.unwrap();
    let ask = async |listener: &str| api.client.get_with(PATH, &[("x-forwarded-for", listener)]).await.unwrap();
    for _ in 0..3 {
        ask("2001:db8::1").await;
    }
    let answer = ask("2001:db8::ffff:2").await;
    let (limit, left) = (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining"));
    assert_eq!(limit, "100");
    // One of a hundred comes back in 0.6 s.
    assert!((96..=99).contains(&left.parse::<u32>().unwrap()), "one client is a /64: {left}");
    assert_eq!(ask("2001:db8:0:1::1").await.header("x-ratelimit-remaining"), "99", "another client");
    assert_eq!(api.client.get("/readyz").await.unwrap().body["redis"], "not configured");
}
