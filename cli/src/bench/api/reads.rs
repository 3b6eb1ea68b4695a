//! Reads at a fixed rate, whatever the API does: a request that was due waits in its own account.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use veilpass_protocol::{Pepper, TrackId};

use super::stack::ApiStack;
use crate::{
    bench::report::{Report, Samples},
    holders::{self, TRACKS},
    publish::publish,
};

/// Holders whose anonymity sets are asked for.
const HOLDERS: u64 = 300;
/// Connections, caches and allocators fill up before anything counts.
const WARM_UP: Duration = Duration::from_secs(2);

/// How much, for how long.
pub(super) struct Plan {
    /// Requests a second.
    pub(super) rate: u64,
    /// Without the warm-up.
    pub(super) duration: Duration,
}

/// One answered request.
struct Read {
    path: usize,
    latency: Duration,
    ok: bool,
}

/// Measures and prints.
pub(super) async fn measure(stack: &ApiStack, plan: &Plan, report: &Report) -> anyhow::Result<()> {
    let enrolments = tokio::task::block_in_place(|| holders::enrolments(&Pepper::new([5; 32]), 0, HOLDERS));
    stack.store.enrol(stack.registry, &enrolments).await?;
    publish(&stack.store, stack.registry).await?;
    let paths = paths(stack);
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
    let warm_up = Plan { duration: WARM_UP, ..*plan };
    run(stack, &http, &paths, &warm_up).await;
    let reads = run(stack, &http, &paths, plan).await;
    let failed = reads.iter().filter(|read| !read.ok).count();
    ensure!(!reads.is_empty() && failed == 0, "{failed} of {} reads failed", reads.len());
    let (mut all, mut each) = (Samples::default(), paths.iter().map(|_| Samples::default()).collect::<Vec<_>>());
    for read in &reads {
        all.push(read.latency);
        each[read.path].push(read.latency);
    }
    let suffix = format!("{}rps", plan.rate);
    report.line(&format!("api_read_p50_ms_{suffix}"), all.percentile(50) * 1e3, "ms");
    report.line(&format!("api_read_p99_ms_{suffix}"), all.percentile(99) * 1e3, "ms");
    report.line(&format!("api_read_max_ms_{suffix}"), all.percentile(100) * 1e3, "ms");
    for ((name, _), samples) in paths.iter().zip(&each) {
        report.line(&format!("api_read_{name}_p99_ms_{suffix}"), samples.percentile(99) * 1e3, "ms");
    }
    report.line(&format!("api_rss_mb_{suffix}"), stack.memory()?.resident_mb(), "MB");
    Ok(())
}

fn paths(stack: &ApiStack) -> Vec<(&'static str, String)> {
    let (base, registry) = (&stack.base, stack.registry);
    let track = TrackId::from_slug(TRACKS[0]);
    vec![
        ("registry", format!("{base}/v1/registries/{registry}")),
        ("prover_keys", format!("{base}/v1/prover-keys")),
        ("anonymity", format!("{base}/v1/registries/{registry}/tracks/{track}/anonymity")),
        ("jwks", format!("{base}/.well-known/jwks.json")),
        ("info", format!("{base}/v1/info")),
    ]
}

async fn run(_stack: &ApiStack, http: &reqwest::Client, paths: &[(&'static str, String)], plan: &Plan) -> Vec<Read> {
    let paths: Arc<Vec<String>> = Arc::new(paths.iter().map(|(_, url)| url.clone()).collect());
    let (answered, mut answers) = mpsc::unbounded_channel();
    let mut due = interval(Duration::from_secs(1) / u32::try_from(plan.rate).unwrap_or(u32::MAX));
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let until = Instant::now() + plan.duration;
    for number in 0_usize.. {
        // The moment that the request is due, even if this loop comes late.
        let since = due.tick().await.into_std();
        if since >= until {
            break;
        }
        let (http, paths, answered) = (http.clone(), Arc::clone(&paths), answered.clone());
        tokio::spawn(async move {
            let path = number % paths.len();
            let ok = match http.get(&paths[path]).send().await {
                Ok(response) => response.status().is_success() && response.bytes().await.is_ok(),
                Err(_) => false,
            };
            let _ = answered.send(Read { path, latency: since.elapsed(), ok });
        });
    }
    drop(answered);
    let mut reads = Vec::new();
    while let Some(read) = answers.recv().await {
        reads.push(read);
    }
    reads
}
