//! The leaves of a registry, as a device downloads them.

mod anonymity;
mod assets;
mod caches;
mod follow;
mod refusals;

use reqwest::{Response, StatusCode, header::HeaderMap, redirect::Policy};
use veilpass_cli::{holders, publish::publish};
use veilpass_leafset::LeafSet;
use veilpass_protocol::{MerkleRoot, Pepper};

use crate::stack::TestStack;

/// A client that follows nothing and decompresses nothing.
struct Downloader {
    http: reqwest::Client,
    leaves: String,
}

/// An answer and all of its body.
struct Download {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Download {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Downloader {
    fn of(stack: &TestStack) -> Self {
        let http = reqwest::Client::builder()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let leaves = format!("http://{}/v1/registries/{}/leaves", stack.client.authority(), stack.registry);
        Self { http, leaves }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Download {
        let mut request = self.http.get(format!("{}{path}", self.leaves));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Download { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// The newest version, as the redirect names it.
    async fn newest(&self) -> u64 {
        let redirect = self.get("", &[]).await;
        assert_eq!(redirect.status, StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(redirect.header("cache-control"), "public, max-age=5");
        let location = redirect.header("location");
        assert!(self.leaves.ends_with(location.rsplit_once('/').unwrap().0), "{location}");
        location.rsplit('/').next().unwrap().parse().unwrap()
    }

    async fn leaves(&self, version: u64) -> (LeafSet, Download) {
        let download = self.get(&format!("/{version}"), &[]).await;
        assert_eq!(download.status, StatusCode::OK);
        (LeafSet::decode(&download.body).unwrap(), download)
    }
}

/// Enrols more holders and publishes the root.
async fn grow(stack: &TestStack, first: u64, count: u64) -> MerkleRoot {
    stack.store.enrol(stack.registry, &holders::enrolments(&Pepper::new([3; 32]), first, count)).await.unwrap();
    publish(&stack.store, stack.registry).await.unwrap();
    newest_root(stack).await
}

async fn newest_root(stack: &TestStack) -> MerkleRoot {
    // Not from the API, whose view of a registry may be a second old.
    stack.store.newest_root(stack.registry).await.unwrap().unwrap().root
}
