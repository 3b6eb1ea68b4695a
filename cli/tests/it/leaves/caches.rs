//! What caches and those who resume need: entity tags, codings, ranges.

use std::io::Read;

use reqwest::StatusCode;
use veilpass_leafset::LeafSet;

use super::{Downloader, grow};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_can_be_kept_for_ever_in_each_coding() {
    let stack = TestStack::start().await;
    let downloader = Downloader::of(&stack);
    let path = format!("/{}", downloader.newest().await);
    let plain = downloader.get(&path, &[]).await;
    assert_eq!(plain.header("content-type"), "application/octet-stream");
    assert_eq!(plain.header("content-length"), plain.body.len().to_string());
    let mut tags = vec![plain.header("etag").to_owned()];
    for (accepted, coding) in [("gzip", "gzip"), ("gzip, br", "br")] {
        let coded = downloader.get(&path, &[("accept-encoding", accepted)]).await;
        assert_eq!(coded.header("content-encoding"), coding);
        let mut decoded = Vec::new();
        match coding {
            "gzip" => flate2::read::GzDecoder::new(&coded.body[..]).read_to_end(&mut decoded).unwrap(),
            _ => brotli::Decompressor::new(&coded.body[..], 4096).read_to_end(&mut decoded).unwrap(),
        };
        assert!(decoded == plain.body, "{coding}");
        tags.push(coded.header("etag").to_owned());
        assert_eq!(coded.header("vary"), "accept-encoding");
    }
    assert!(tags.iter().all(|tag| tag.starts_with('"') && tag.ends_with('"')), "strong: {tags:?}");
    let distinct: std::collections::BTreeSet<_> = tags.iter().collect();
    assert_eq!(distinct.len(), 3, "other bytes, another tag");
    for tag in &tags {
        let known = downloader.get(&path, &[("if-none-match", &format!("\"other\", {tag}"))]).await;
        assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert!(known.header("cache-control").contains("immutable") && !known.header("etag").is_empty());
    }
    assert_eq!(downloader.get(&path, &[("if-none-match", "\"other\"")]).await.status, StatusCode::OK);
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    // Only asked about, it says the same, and nothing that is not so.
    for (accepted, tag, length) in [("identity", &tags[0], plain.header("content-length")), ("gzip", &tags[1], "")] {
        let asked = downloader.http.head(format!("{}{path}", downloader.leaves)).header("accept-encoding", accepted);
        let told = asked.send().await.unwrap();
        let header = |name: &str| told.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!((told.status(), header("etag"), header("content-length")), (StatusCode::OK, tag.as_str(), length));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_can_be_resumed_but_no_leaf_singled_out() {
    let stack = TestStack::start().await;
    grow(&stack, 12, 5_000).await;
    let downloader = Downloader::of(&stack);
    let path = format!("/{}", downloader.newest().await);
    // The end first: its checksum is of what was not sent.
    let (mut parts, mut tag) = (Vec::new(), String::new());
    for range in ["bytes=65536-", "bytes=0-65535"] {
        let part = downloader.get(&path, &[("range", range), ("accept-encoding", "gzip, br")]).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!((part.header("content-encoding"), part.header("accept-ranges")), ("", "bytes"));
        assert_eq!(part.header("content-length"), part.body.len().to_string());
        tag = part.header("etag").to_owned();
        parts.insert(0, part);
    }
    let whole = downloader.get(&path, &[]).await;
    assert_eq!(whole.header("etag"), tag);
    assert!(parts.iter().flat_map(|part| &part.body).eq(&whole.body));
    let (last, length) = (whole.body.len() - 1, whole.body.len());
    assert_eq!(parts[1].header("content-range"), format!("bytes 65536-{last}/{length}"));
    assert_eq!(LeafSet::decode(&whole.body).unwrap().leaves.len(), 5_012);

    for range in ["bytes=128-159", "bytes=65536-65567", "bytes=-64", "bytes=0-65536", "bytes=131072-"] {
        let refused = downloader.get(&path, &[("range", range)]).await;
        assert_eq!(refused.status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
        assert_eq!(refused.header("content-range"), format!("bytes */{}", whole.body.len()));
        assert!(String::from_utf8(refused.body).unwrap().contains("range-not-aligned"), "{range}");
    }
    let beyond = downloader.get(&path, &[("range", "bytes=6553600-")]).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    // Of another version all is sent, and of this one the rest.
    for (known, status) in [("\"other\"", StatusCode::OK), (tag.as_str(), StatusCode::PARTIAL_CONTENT)] {
        let answer = downloader.get(&path, &[("range", "bytes=65536-"), ("if-range", known)]).await;
        assert_eq!(answer.status, status, "{known}");
    }
}
