//! Closed-loop load: so many requests in flight, each followed by the next.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::bail;
use futures_util::future::try_join_all;
use indicatif::ProgressBar;

use super::{
    crowd::Crowd,
    device::{Device, Ended, Outcome, Waiting},
};
use crate::bench::report::Samples;

/// What a load met.
pub(super) struct Served {
    /// From POST to the proof in hand.
    pub(super) latencies: Samples,
    /// From the first request to the last proof.
    pub(super) elapsed: Duration,
    /// Jobs that failed, or that a prover began more than once.
    pub(super) failed: u64,
}

/// Gets so many proofs with so many in flight, each of these by a device of its own. Calls `each` with the number of
/// proofs after each.
pub(super) async fn closed_loop(
    crowd: &Crowd,
    waiting: Waiting,
    in_flight: u8,
    proofs: u64,
    bar: &ProgressBar,
    each: impl Fn(u64),
) -> anyhow::Result<Served> {
    let (started, ended) = (AtomicU64::new(0), AtomicU64::new(0));
    let since = Instant::now();
    let lanes = (0..in_flight).map(|lane| {
        let (started, ended, each) = (&started, &ended, &each);
        async move {
            let device = Device::new(lane, waiting)?;
            let mut mine = Vec::new();
            while started.fetch_add(1, Ordering::Relaxed) < proofs {
                match device.prove(crowd).await? {
                    Outcome::Ended(end) => mine.push(end),
                    Outcome::Refused { .. } => bail!("the API refuses {in_flight} requests in flight"),
                    Outcome::Lost => bail!("an accepted job does not end"),
                }
                bar.inc(1);
                each(1 + ended.fetch_add(1, Ordering::Relaxed));
            }
            Ok(mine)
        }
    });
    let ends: Vec<Ended> = try_join_all(lanes).await?.into_iter().flatten().collect();
    let elapsed = since.elapsed();
    let mut latencies = Samples::default();
    let mut failed = 0;
    for end in ends {
        latencies.push(end.took);
        failed += u64::from(end.failure.is_some() || end.attempts > 1);
    }
    Ok(Served { latencies, elapsed, failed })
}
