//! What is not there, and what is not said.

use reqwest::StatusCode;

use super::{Downloader, grow};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_was_published_is_there() {
    let stack = TestStack::start().await;
    let downloader = Downloader::of(&stack);
    let version = downloader.newest().await;
    grow(&stack, 12, 40).await;
    let newer = downloader.newest().await;
    for (path, status, problem) in [
        (format!("/{}", version - 1), 404, "not-found"),
        (format!("/{}", u64::MAX), 404, "not-found"),
        ("/x".to_owned(), 400, "malformed-request"),
        ("/-1".to_owned(), 400, "malformed-request"),
        (format!("/{newer}/changes"), 400, "malformed-request"),
        (format!("/{newer}/changes?since=x"), 400, "malformed-request"),
        (format!("/{newer}/changes?since={version}&leaf=3"), 400, "malformed-request"),
        (format!("/{newer}/changes?since={}", version - 1), 404, "not-found"),
        (format!("/{version}/changes?since={newer}"), 400, "malformed-request"),
        // 40 of 52 leaves, and a change has 36 bytes where a leaf has 32.
        (format!("/{newer}/changes?since={version}"), 200, ""),
    ] {
        let answer = downloader.get(&path, &[]).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(status == 200 || String::from_utf8(answer.body).unwrap().contains(problem), "{path}");
    }
    grow(&stack, 52, 500).await;
    let newest = downloader.newest().await;
    let refused = downloader.get(&format!("/{newest}/changes?since={version}"), &[]).await;
    assert_eq!(refused.status, StatusCode::GONE, "as long as all leaves");
    assert!(String::from_utf8(refused.body).unwrap().contains("too-many-changes"));
    let nowhere = stack.client.get(&format!("/v1/registries/0x{:064x}/leaves", 99)).await.unwrap();
    assert_eq!(nowhere.status.as_u16(), 404);
}

/// No request can name a leaf or a path: the API could not even be asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_asked_about_one_leaf() {
    let stack = TestStack::start().await;
    let document = stack.client.get("/v1/openapi.json").await.unwrap().body;
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(!path.ends_with("/path") && !path.contains("leaf"), "{path}");
        for operation in item.as_object().unwrap().values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                assert!(!["leaf", "leaf_index", "index", "commitment"].contains(&name), "{path}: {name}");
            }
        }
    }
}
