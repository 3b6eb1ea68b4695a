//! What a device needs beside the leaves: which tokens unlock a track, and the reference string.

use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};
use veilpass_protocol::{TokenId, TrackId};

use crate::stack::TestStack;

async fn get(stack: &TestStack, path: &str) -> reqwest::Response {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.get(format!("http://{}{path}", stack.client.authority())).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tokens_of_a_track_are_listed_page_by_page_and_nobody_is_asked_about_one() {
    let stack = TestStack::start().await;
    let track = TrackId::from_slug(veilpass_cli::holders::TRACKS[0]);
    let mut tokens: Vec<TokenId> = (0..=250).map(|number| TokenId::from_mint(&[number; 32])).collect();
    stack.store.allow_assets(stack.registry, track, &tokens).await.unwrap();
    tokens.sort_by_key(|token| token.to_be_bytes());
    let path = format!("/v1/registries/{}/tracks/{track}/assets", stack.registry);

    let mut listed = Vec::new();
    let mut query = "?limit=100".to_owned();
    loop {
        let answer = get(&stack, &format!("{path}{query}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["cache-control"], "public, max-age=15");
        let page: Value = answer.json().await.unwrap();
        let ids = page["token_ids"].as_array().unwrap();
        assert!(ids.len() <= 100);
        listed.extend(ids.iter().map(|id| id.as_str().unwrap().parse::<TokenId>().unwrap()));
        match page["next"].as_str() {
            Some(next) => query = format!("?limit=100&after={next}"),
            None => break,
        }
    }
    assert_eq!(listed, tokens);
    let all: Value = get(&stack, &path).await.json().await.unwrap();
    assert_eq!((all["token_ids"].as_array().unwrap().len(), &all["next"]), (251, &Value::Null));

    for (wrong, status) in [
        (format!("{path}?limit=0"), 400),
        (format!("{path}?limit=1"), 400),
        (format!("{path}?limit=99"), 400),
        (format!("{path}?limit=5001"), 400),
        (format!("{path}?limit=x"), 400),
        (format!("{path}?after=7"), 400),
        (format!("{path}?token={}", tokens[0]), 400),
        (format!("{path}/{}", tokens[0]), 404),
        (format!("/v1/registries/{}/tracks/{}/assets", stack.registry, TrackId::from_slug("unknown")), 404),
    ] {
        assert_eq!(get(&stack, &wrong).await.status(), status, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_get_the_pinned_reference_string_or_are_told_that_there_is_none() {
    let stack = TestStack::start().await;
    let info: Value = get(&stack, "/v1/info").await.json().await.unwrap();
    let pinned = info["reference_string_sha256"].as_str().unwrap();
    let answer = get(&stack, "/v1/reference-string").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["etag"], format!("\"{pinned}\""));
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(hex::encode(Sha256::digest(answer.bytes().await.unwrap())), pinned);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let again = http
        .get(format!("http://{}/v1/reference-string", stack.client.authority()))
        .header("if-none-match", format!("\"{pinned}\""))
        .send();
    assert_eq!(again.await.unwrap().status(), StatusCode::NOT_MODIFIED);

    // Another ceremony's, or a damaged one, is not passed on.
    let wrong = stack.dir.path().join("crs");
    std::fs::create_dir(&wrong).unwrap();
    std::fs::write(wrong.join("bn254_g1.dat"), vec![7; 4097 * 64]).unwrap();
    let mut stack = stack;
    stack.restart_api("http://127.0.0.1:1", &[("CRS_PATH", wrong.to_str().unwrap())]).await;
    let refused = get(&stack, "/v1/reference-string").await;
    assert_eq!(
        (refused.status(), refused.headers()["retry-after"].to_str().unwrap()),
        (StatusCode::SERVICE_UNAVAILABLE, "60")
    );
    let problem: Value = refused.json().await.unwrap();
    assert!(problem["type"].as_str().unwrap().ends_with("no-reference-string"), "{problem}");
}
