//! Streams of events.

use nix::sys::signal::Signal;
use reqwest::Response;
use serde_json::Value;
use veilpass_cli::{
    client::{Client, Job, JobEnd},
    holders::AUDIENCE,
    stack::{ApiOptions, ProverOptions, start_api, start_prover},
};

use super::PATIENCE;
use crate::{
    queue::{request, without_prover},
    stack::{DATABASE, TestStack},
};

const MASTER_KEY: (&str, &str) =
    ("VEILPASS_MASTER_KEY", "4c1f0c2a3e5b697887a9bacbdcedfe0f112233445566778899aabbccddeeff00");
const ALL: [&str; 7] = ["queued", "leased", "path", "witness", "proving", "verifying", "done"];

/// An open stream.
struct Events {
    response: Response,
    buffer: String,
}

/// Name, id and data of an event.
type Event = (String, String, Value);

impl Events {
    async fn open(stack: &TestStack, job: &Job) -> Response {
        Self::open_from(stack, job, "127.0.0.1").await
    }

    async fn open_from(stack: &TestStack, job: &Job, address: &str) -> Response {
        let http = reqwest::Client::builder().no_proxy().local_address(Some(address.parse().unwrap())).build().unwrap();
        let request = http.get(format!("http://{}{}/events", stack.client.authority(), job.path));
        let request = request.bearer_auth(&job.token).header("accept-encoding", "gzip, br");
        request.header("last-event-id", "1-proving").send().await.unwrap()
    }

    async fn of(stack: &TestStack, job: &Job) -> Self {
        Self::read(Self::open(stack, job).await)
    }

    fn read(response: Response) -> Self {
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"), "compressed, it would be held back");
        Self { response, buffer: String::new() }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        let reading = async {
            loop {
                if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                    let (event, rest) = (event.to_owned(), rest.to_owned());
                    self.buffer = rest;
                    let field = |name: &str| {
                        let prefix = format!("{name}: ");
                        event.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
                    };
                    if !event.starts_with(':') {
                        let data = serde_json::from_str(&field("data")).unwrap();
                        return Some((field("event"), field("id"), data));
                    }
                    continue;
                }
                let chunk = self.response.chunk().await.ok().flatten()?;
                self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("the stream says something, or ends")
    }

    /// All stages until the stream ends.
    async fn stages(mut self) -> Vec<Value> {
        let mut stages = Vec::new();
        while let Some((name, id, data)) = self.next().await {
            assert_eq!(name, "stage");
            assert_eq!(id, format!("{}-{}", data["attempt"], data["stage"].as_str().unwrap()));
            stages.push(data);
        }
        stages
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_tells_each_stage_once_and_in_order_and_ends_with_the_job() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    let job = stack.client.submit(&request(&stack, 1)).await.unwrap();
    let mut events = Events::of(&stack, &job).await;
    let (_, _, first) = events.next().await.unwrap();
    assert_eq!(first["stage"], "queued", "where it is comes first");
    let _prover = stack.start_prover();
    let stages = events.stages().await;
    let names: Vec<&str> = stages.iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!(names, ALL[1..]);
    // Whoever comes back hears how it ended, whatever it says it heard last.
    let again = Events::of(&stack, &job).await.stages().await;
    assert_eq!((again.len(), &again[0]["stage"]), (1, &"done".into()));
    assert!(matches!(stack.client.wait(&job, PATIENCE, |_| {}).await.unwrap(), JobEnd::Proved(_)));

    let mut refused = request(&stack, 2);
    refused["sealed_witness"] = request(&stack, 3)["sealed_witness"].clone();
    let failed = stack.client.submit(&refused).await.unwrap();
    let stages = Events::of(&stack, &failed).await.stages().await;
    let last = stages.last().unwrap();
    assert_eq!((&last["stage"], &last["failure"]["code"]), (&"failed".into(), &"sealed_witness_invalid".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_has_three_streams_and_the_oldest_gives_way() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    let job = stack.client.submit(&request(&stack, 1)).await.unwrap();
    let mut of_another = Events::read(Events::open_from(&stack, &job, "127.0.0.9").await);
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut stream = Events::of(&stack, &job).await;
        assert_eq!(stream.next().await.unwrap().2["stage"], "queued");
        streams.push(stream);
    }
    let mut oldest = streams.remove(0);
    assert_eq!(oldest.next().await.unwrap().0, "replaced");
    assert!(oldest.next().await.is_none(), "and nothing after that");
    assert_eq!(stack.client.cancel(&job).await.unwrap().status.as_u16(), 204);
    for mut stream in streams {
        assert_eq!(stream.next().await.unwrap().2["failure"]["code"], "cancelled");
        assert!(stream.next().await.is_none());
    }
    assert_eq!(of_another.next().await.unwrap().2["stage"], "queued");
    assert_eq!(of_another.next().await.unwrap().2["stage"], "failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_bounded_and_do_not_keep_the_api_from_stopping() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    // Streams are no requests in flight: one may be worked on at once, and two streams are open.
    stack.replace_api(&["--max-event-streams", "2", "--max-requests", "1"]).await;
    let job = stack.client.submit(&request(&stack, 1)).await.unwrap();
    let (mut first, second) = (Events::of(&stack, &job).await, Events::of(&stack, &job).await);
    assert_eq!(first.next().await.unwrap().2["stage"], "queued");
    let refused = Events::open(&stack, &job).await;
    assert_eq!(refused.status().as_u16(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    drop(second);
    let deadline = std::time::Instant::now() + PATIENCE;
    while Events::open(&stack, &job).await.status().as_u16() != 200 {
        assert!(std::time::Instant::now() < deadline, "the place of a client that left stays taken");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    stack.api.take().unwrap().stop(Signal::SIGTERM, PATIENCE).await;
    assert!(first.next().await.is_none());
    let log = std::fs::read_to_string(stack.dir.path().join("api.log")).unwrap();
    assert!(!log.contains("did not end in time"), "{log}");
}

/// Each stage reaches each replica: through Redis, and through Postgres while Redis is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_replica_hears_of_every_stage_with_redis_and_without() {
    let mut stack = TestStack::launch(None, false, &[], &[MASTER_KEY]).await;
    without_prover(&mut stack).await;
    let (database, redis) = (stack.postgres.url(DATABASE), stack.redis.as_ref().unwrap().url());
    let log = stack.dir.path().join("replica.log");
    let options = ApiOptions {
        redis_url: Some(&redis),
        database_url: &database,
        audience: AUDIENCE,
        port: 0,
        log: &log,
        filter: None,
        flags: &["--sweep-interval-seconds", "0"],
        env: &[MASTER_KEY],
    };
    let (_replica, base) = start_api(&options).await.unwrap();
    let log = stack.dir.path().join("sharing-prover.log");
    for with_redis in [true, false] {
        if !with_redis {
            stack.redis.as_mut().unwrap().kill().await;
        }
        let job = stack.client.submit(&request(&stack, u64::from(with_redis))).await.unwrap();
        let here = Events::of(&stack, &job).await;
        let home = std::mem::replace(&mut stack.client, Client::new(&base).unwrap());
        let there = Events::of(&stack, &job).await;
        stack.client = home;
        let prover = start_prover(&ProverOptions {
            database_url: &database,
            key_file: stack.dir.path().join("prover.key"),
            snapshot_dir: stack.dir.path().join("snapshots"),
            lease_seconds: 2,
            drain_seconds: 1,
            log: &log,
            filter: None,
            bb: None,
            flags: &["--workers", "1", "--redis-url", &redis],
        })
        .unwrap();
        for events in [here, there] {
            let stages = events.stages().await;
            let names: Vec<&str> = stages.iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
            assert_eq!(names, ALL, "with Redis: {with_redis}");
        }
        prover.stop(Signal::SIGTERM, PATIENCE).await;
        stack.store.announce_prover_key(&stack.key.to_bytes(), PATIENCE).await.unwrap();
    }
}
