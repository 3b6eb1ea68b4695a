//! What the services tell operators: metrics, reports, and the page that shows them.

mod names;
mod page;
mod reports;
mod rules;
mod under_load;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use crate::stack::TestStack;

const PATIENCE: Duration = Duration::from_secs(60);
/// The services, and the files of their logs.
const LOGS: [&str; 4] = ["api.log", "prover.log", "indexer.log", "relayer.log"];

/// Where the operators' listener is that a log tells of.
fn ops_address(stack: &TestStack, log: &str) -> Option<String> {
    let text = std::fs::read_to_string(stack.dir.path().join(log)).ok()?;
    text.lines().find_map(|line| line.strip_prefix("ops listening on ")).map(|url| url.trim().to_owned())
}

/// Names of the metrics of all services, as they stand at their listeners now.
async fn exported(stack: &TestStack) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for log in LOGS {
        let Some(url) = ops_address(stack, log) else { continue };
        let text = reqwest::get(format!("{url}/metrics")).await.unwrap().text().await.unwrap();
        names
            .extend(text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).map(str::to_owned));
    }
    names
}

/// Waits until something is so.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
