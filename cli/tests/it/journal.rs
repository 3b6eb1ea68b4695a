//! What happened when. Shown when the test fails, with the seed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Instant,
};

/// Clones write the same one; what the last one knows is shown if the test panics.
#[derive(Clone)]
pub(crate) struct Journal(Arc<Inner>);

struct Inner {
    /// Of the test, in the name of its settings.
    name: &'static str,
    seed: u64,
    since: Instant,
    logs: PathBuf,
    lines: Mutex<Vec<String>>,
}

impl Journal {
    /// A journal of a test from now on. The logs in `logs` are kept if it panics.
    pub(crate) fn new(name: &'static str, seed: u64, logs: &Path) -> Self {
        Self(Arc::new(Inner { name, seed, since: Instant::now(), logs: logs.to_owned(), lines: Mutex::default() }))
    }

    pub(crate) fn note(&self, text: &str) {
        let line = format!("{:8.3} {text}", self.0.since.elapsed().as_secs_f64());
        self.0.lines.lock().unwrap().push(line);
    }
}

impl Drop for Journal {
    /// The test's own is the first to be dropped by a panic: clients may still hold theirs.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let Ok(mut lines) = self.0.lines.lock().map(|mut lines| std::mem::take(&mut *lines)) else { return };
        if lines.is_empty() {
            return;
        }
        lines.push(kept(self.0.name, &self.0.logs, self.0.seed));
        eprintln!(
            "{} failed: VEILPASS_{}_SEED={}\nseconds, and what happened:\n{}",
            self.0.name,
            self.0.name.to_uppercase(),
            self.0.seed,
            lines.join("\n")
        );
    }
}

/// Copies the logs to where they outlive the test's folder.
fn kept(name: &str, logs: &Path, seed: u64) -> String {
    let place = std::env::temp_dir().join(format!("veilpass-{name}-{seed}"));
    let _ = std::fs::create_dir_all(&place);
    for entry in std::fs::read_dir(logs).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "log") {
            let _ = std::fs::copy(entry.path(), place.join(entry.file_name()));
        }
    }
    format!("the services' logs are in {}", place.display())
}
