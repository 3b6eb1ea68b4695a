//! The headers of the pages, from the one file that every server of them reads.

use std::collections::BTreeMap;

use anyhow::Context;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

const HEADERS: &str = include_str!("../../../../web/headers.json");

/// `web/headers.json`: of pages, and of the scripts of workers, which compile WebAssembly.
#[derive(Deserialize)]
struct Texts {
    page: BTreeMap<String, String>,
    worker: BTreeMap<String, String>,
}

/// The same for one deployment.
#[derive(Clone)]
pub(super) struct PageHeaders {
    page: HeaderMap,
    worker: HeaderMap,
}

impl PageHeaders {
    /// `api` and `rpc` are the origins that the pages may connect to.
    pub(super) fn new(api: &str, rpc: &str) -> anyhow::Result<Self> {
        let texts: Texts = serde_json::from_str(HEADERS).context("web/headers.json")?;
        let fill = |texts: BTreeMap<String, String>| -> anyhow::Result<HeaderMap> {
            let filled = texts.into_iter().map(|(name, value)| {
                let value = value.replace("{api}", api).replace("{rpc}", rpc);
                Ok((name.parse::<HeaderName>()?, HeaderValue::from_str(&value)?))
            });
            filled.collect()
        };
        Ok(Self { page: fill(texts.page)?, worker: fill(texts.worker)? })
    }

    /// Those of the answer for a path.
    pub(super) fn of(&self, path: &str) -> &HeaderMap {
        if path.contains("worker") { &self.worker } else { &self.page }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_workers_compile_wasm_and_nothing_runs_inline() {
        let headers = PageHeaders::new("http://127.0.0.1:8080", "http://127.0.0.1:8899").unwrap();
        let policy = |path: &str| headers.of(path)["content-security-policy"].to_str().unwrap().to_owned();
        let (page, worker) = (policy("/"), policy("/assets/prover.worker-1234.js"));
        assert!(page.contains("connect-src 'self' http://127.0.0.1:8080 http://127.0.0.1:8899;"), "{page}");
        assert!(!page.contains("wasm-unsafe-eval") && worker.contains("'wasm-unsafe-eval'"));
        for policy in [page, worker] {
            assert!(policy.starts_with("default-src 'none';"), "{policy}");
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains('{'));
        }
    }
}
