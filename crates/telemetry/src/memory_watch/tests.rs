use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use metrics_exporter_prometheus::PrometheusBuilder;

use super::{MemoryLevel::*, *};

const THRESHOLDS: MemoryThresholds = MemoryThresholds { warn_bytes: 1000, critical_bytes: 2000 };

fn reading(resident_bytes: u64) -> ProcessMemory {
    ProcessMemory { resident_bytes, peak_bytes: 9000, heap_bytes: 0 }
}

fn counting() -> (Arc<AtomicUsize>, impl Fn() + Send + 'static) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    (count, move || _ = counted.fetch_add(1, Ordering::Relaxed))
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn containing(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).lines().filter(|line| line.contains(text)).count()
    }
}

#[test]
fn a_level_is_left_five_percent_below_where_it_is_entered() {
    let mut watcher = MemoryWatcher::new(THRESHOLDS);
    let level = watcher.level.subscribe();
    for (bytes, expected) in [
        (999, Normal),
        (1000, Warn),
        (950, Warn),
        (949, Normal),
        (999, Normal),
        (1999, Warn),
        (2000, Critical),
        (1900, Critical),
        (1899, Warn),
        (1999, Warn),
        (5000, Critical),
        (960, Warn),
        (2000, Critical),
        (100, Normal),
    ] {
        watcher.observe(reading(bytes));
        assert_eq!(*level.borrow(), expected, "at {bytes}");
    }
}

#[test]
fn each_crossing_is_reported_once() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let recorder = PrometheusBuilder::new().build_recorder();
    let shown = recorder.handle();
    let mut watcher = MemoryWatcher::new(THRESHOLDS);
    metrics::with_local_recorder(&recorder, || {
        tracing::subscriber::with_default(subscriber, || {
            for bytes in [10, 1000, 1500, 960, 1999, 2000, 3000, 1950, 1000, 990, 10, 10] {
                watcher.observe(reading(bytes));
            }
        });
    });
    // Up, and down from critical; not for what hysteresis holds.
    assert_eq!(lines.containing("memory is above its warning"), 2);
    assert_eq!(lines.containing("memory is below its thresholds again"), 1);
    let (shown, line) = (shown.render(), r#"veilpass_alerts_total{alert="memory_critical"} 1"#);
    assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
}

#[test]
fn critical_memory_cleans_up_at_each_reading_and_time_does_each_five_minutes() {
    let ((emergencies, on_critical), (rounds, regularly)) = (counting(), counting());
    let mut watcher = MemoryWatcher::new(THRESHOLDS).on_critical(on_critical).regularly(regularly);
    for reading_number in 1..=READINGS_PER_CLEANUP * 2 {
        watcher.observe(reading(if reading_number <= 3 { 2000 } else { 1500 }));
    }
    assert_eq!(emergencies.load(Ordering::Relaxed), 3);
    assert_eq!(rounds.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn this_process_is_watched_until_the_watch_is_dropped() {
    let (emergencies, on_critical) = counting();
    let one_mb = MemoryThresholds::from_mb(1, 1).unwrap();
    let watcher = MemoryWatcher::new(one_mb).on_critical(on_critical);
    let mut level = watcher.level();
    let watch = watcher.start();
    assert_eq!(*level.wait_for(|level| *level == Critical).await.unwrap(), Critical);
    drop(watch);
    assert!(level.changed().await.is_err(), "the task has ended");
    assert_eq!(emergencies.load(Ordering::Relaxed), 1);
}

#[test]
fn thresholds_must_be_in_order() {
    assert!(MemoryThresholds::from_mb(80, 95).is_ok());
    for (warn, critical) in [(0, 95), (96, 95), (80, u64::MAX)] {
        let error = MemoryThresholds::from_mb(warn, critical).unwrap_err().to_string();
        assert!(error.contains(&critical.to_string()), "{error}");
    }
}
