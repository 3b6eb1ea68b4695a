//! The download of all leaves: how large, how compressible, how fast, and what it costs the API.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use veilpass_protocol::Pepper;

use super::stack::ApiStack;
use crate::{bench::report::Report, holders, publish::publish};

/// Enrolments written in one transaction.
const BATCH: u64 = 10_000;
/// One leaf of this many was revoked: tokens are sold.
const REVOKED_OF: u32 = 20;
/// Beyond the holders of the other measurements.
const FIRST: u64 = 1_000_000;

/// Measures and prints.
pub(super) async fn measure(stack: &ApiStack, count: u64, report: &Report) -> anyhow::Result<()> {
    for first in (0..count).step_by(BATCH as usize) {
        let size = BATCH.min(count - first);
        let enrolments =
            tokio::task::block_in_place(|| holders::enrolments(&Pepper::new([5; 32]), FIRST + first, size));
        stack.store.enrol(stack.registry, &enrolments).await?;
    }
    for index in (0..u32::try_from(count)?).step_by(REVOKED_OF as usize) {
        stack.store.revoke(stack.registry, index).await?;
    }
    publish(&stack.store, stack.registry).await?;

    let url = format!("{}/v1/registries/{}/leaves", stack.base, stack.registry);
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(120)).build()?;
    let mut plain = 0.0;
    for encoding in ["identity", "gzip", "br"] {
        let since = Instant::now();
        let answer = http.get(&url).header("accept-encoding", encoding).send().await?.error_for_status()?;
        let sent_as =
            answer.headers().get("content-encoding").and_then(|value| value.to_str().ok()).unwrap_or("identity");
        ensure!(sent_as == encoding, "asked for {encoding}, got {sent_as}");
        let bytes = answer.bytes().await.context("the download broke off")?.len() as f64;
        report.line(&format!("leaves_download_{encoding}_mb"), bytes / 1e6, "MB");
        report.line(&format!("leaves_download_{encoding}_seconds"), since.elapsed().as_secs_f64(), "s");
        if encoding == "identity" {
            plain = bytes;
        } else {
            report.line(&format!("leaves_compression_ratio_{encoding}"), plain / bytes, "x");
        }
    }
    report.line("api_rss_peak_mb_leaves", stack.memory()?.peak_mb(), "MB");
    Ok(())
}
