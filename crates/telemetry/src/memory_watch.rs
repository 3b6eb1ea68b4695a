//! Watches the memory of this process: two thresholds, and clean-ups.

use std::time::Duration;

use anyhow::ensure;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::{
    alert::alert,
    memory::{ProcessMemory, process_memory},
};

/// How often memory is read.
const INTERVAL: Duration = Duration::from_secs(5);
/// The regular clean-up comes with every so many readings: each five minutes.
const READINGS_PER_CLEANUP: u32 = 60;

/// How much memory this process has, judged by its thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemoryLevel {
    /// Below both.
    #[default]
    Normal,
    /// Above the first: somebody should know.
    Warn,
    /// Above the second: caches are emptied, and nothing should be begun that can wait.
    Critical,
}

/// Thresholds of resident memory, in bytes. A level is left 5 % below the threshold that it is entered at.
#[derive(Clone, Copy, Debug)]
pub struct MemoryThresholds {
    /// From here on [`MemoryLevel::Warn`].
    pub warn_bytes: u64,
    /// From here on [`MemoryLevel::Critical`].
    pub critical_bytes: u64,
}

impl MemoryThresholds {
    /// Thresholds in MB (10^6 bytes).
    ///
    /// # Errors
    /// If they are not in order.
    pub fn from_mb(warn: u64, critical: u64) -> anyhow::Result<Self> {
        ensure!(
            0 < warn && warn <= critical && critical <= u64::MAX / 1_000_000,
            "the memory thresholds must be 0 < warn ({warn} MB) <= critical ({critical} MB)"
        );
        Ok(Self { warn_bytes: warn * 1_000_000, critical_bytes: critical * 1_000_000 })
    }

    fn level(self, before: MemoryLevel, resident_bytes: u64) -> MemoryLevel {
        let is_at_least = |level, threshold: u64| {
            let entered = resident_bytes >= threshold;
            entered || before >= level && resident_bytes >= threshold - threshold / 20
        };
        if is_at_least(MemoryLevel::Critical, self.critical_bytes) {
            MemoryLevel::Critical
        } else if is_at_least(MemoryLevel::Warn, self.warn_bytes) {
            MemoryLevel::Warn
        } else {
            MemoryLevel::Normal
        }
    }
}

type Callback = Box<dyn Fn() + Send>;

/// What to watch for and what to do; [`Self::start`] begins.
pub struct MemoryWatcher {
    thresholds: MemoryThresholds,
    emergency: Vec<Callback>,
    regular: Vec<Callback>,
    readings: u32,
    level: watch::Sender<MemoryLevel>,
}

impl MemoryWatcher {
    /// Watches, and does nothing yet.
    pub fn new(thresholds: MemoryThresholds) -> Self {
        Self { thresholds, emergency: Vec::new(), regular: Vec::new(), readings: 0, level: watch::Sender::default() }
    }

    /// The level and its changes, normal before the start. The last value stays readable after the watch ended.
    pub fn level(&self) -> watch::Receiver<MemoryLevel> {
        self.level.subscribe()
    }

    /// Calls this at every reading that is critical. It should give up what can be had again, and not block.
    #[must_use]
    pub fn on_critical(mut self, clean_up: impl Fn() + Send + 'static) -> Self {
        self.emergency.push(Box::new(clean_up));
        self
    }

    /// Calls this each five minutes. It should drop what has expired, and not block.
    #[must_use]
    pub fn regularly(mut self, clean_up: impl Fn() + Send + 'static) -> Self {
        self.regular.push(Box::new(clean_up));
        self
    }

    /// Reads the memory of this process each five seconds, until the returned value is dropped.
    pub fn start(self) -> MemoryWatch {
        let pid = std::process::id();
        let mut tasks = JoinSet::new();
        tasks.spawn(self.run(move || process_memory(pid)));
        MemoryWatch { _tasks: tasks }
    }

    async fn run(mut self, read: impl Fn() -> Option<ProcessMemory> + Send) {
        let mut tick = interval(INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            match read() {
                Some(memory) => self.observe(memory),
                None => return tracing::warn!("no /proc/self/status: the memory of this process is not watched"),
            }
        }
    }

    fn observe(&mut self, memory: ProcessMemory) {
        self.readings += 1;
        if self.readings.is_multiple_of(READINGS_PER_CLEANUP) {
            self.regular.iter().for_each(|clean_up| clean_up());
        }
        let before = *self.level.borrow();
        let level = self.thresholds.level(before, memory.resident_bytes);
        if level != before {
            self.level.send_replace(level);
            self.report(level, memory.resident_bytes);
        }
        if level == MemoryLevel::Critical {
            self.emergency.iter().for_each(|clean_up| clean_up());
        }
    }

    fn report(&self, level: MemoryLevel, resident_bytes: u64) {
        let MemoryThresholds { warn_bytes, critical_bytes } = self.thresholds;
        match level {
            MemoryLevel::Normal => tracing::info!(resident_bytes, "memory is below its thresholds again"),
            MemoryLevel::Warn => {
                tracing::warn!(resident_bytes, warn_bytes, critical_bytes, "memory is above its warning")
            }
            MemoryLevel::Critical => alert(
                "memory_critical",
                format_args!("{resident_bytes} bytes are resident, {critical_bytes} are critical: caches are emptied"),
            ),
        }
    }
}

/// Watching, until it is dropped.
#[must_use]
pub struct MemoryWatch {
    _tasks: JoinSet<()>,
}

#[cfg(test)]
mod tests;
