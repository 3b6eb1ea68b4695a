//! Whether a process stayed as large as it was: a rule on measurements, without a process.

use veilpass_cli::bench::slope::Series;

/// Shorter lives are not judged: what a process fills at its start would be taken for growth.
pub(super) const LEAST_LIFE_SECONDS: f64 = 300.0;
/// In less than that, what an allocator takes and keeps is a steeper slope than a leak's.
const LEAST_SLOPE_SECONDS: f64 = 900.0;
/// Most growth of resident memory after the first quarter of a life, in MB an hour, by least squares.
pub(super) const MOST_MB_PER_HOUR: f64 = 20.0;
/// Of the last quarter's median over that of the second.
const MOST_GROWTH: f64 = 1.1;
/// More than that share: allocators take memory in pieces.
const MEMORY_SLACK_MB: f64 = 3.0;
/// Descriptors or threads by which the last quarter may exceed the second.
const COUNT_SLACK: u64 = 8;
/// Descriptors or threads by which an idle process may exceed what it had before the load.
pub(super) const IDLE_SLACK: u64 = 3;

/// What was measured of a process at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sample {
    /// Seconds since the soak began.
    pub(super) at: f64,
    pub(super) resident_mb: f64,
    pub(super) descriptors: u64,
    pub(super) threads: u64,
}

/// The measurements of one process, from its start to its end, in order.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) name: String,
    pub(super) pid: u32,
    pub(super) samples: Vec<Sample>,
}

impl Life {
    pub(super) fn seconds(&self) -> f64 {
        let ends = self.samples.first().zip(self.samples.last());
        ends.map_or(0.0, |(first, last)| last.at - first.at)
    }

    /// Growth of resident memory after the first quarter, in MB an hour.
    pub(super) fn mb_per_hour(&self) -> f64 {
        let mut series = Series::default();
        for sample in self.samples.iter().skip(self.samples.len() / 4) {
            series.push(sample.at / 3600.0, sample.resident_mb);
        }
        series.slope()
    }

    /// One of the four quarters, by number of measurements.
    fn quarter(&self, number: usize) -> &[Sample] {
        let count = self.samples.len();
        &self.samples[count * number / 4..count * (number + 1) / 4]
    }
}

/// One of the numbers of a measurement.
type Count = fn(&Sample) -> u64;

/// What is wrong with a life; nothing, if it was too short to tell.
pub(super) fn complaints(life: &Life) -> Vec<String> {
    let mut found = vec![];
    if life.seconds() < LEAST_LIFE_SECONDS {
        return found;
    }
    let (second, last) = (life.quarter(1), life.quarter(3));
    let mut complain = |what: String| found.push(format!("{} {}: {what}", life.name, life.pid));
    let slope = life.mb_per_hour();
    if slope > MOST_MB_PER_HOUR && life.seconds() >= LEAST_SLOPE_SECONDS {
        complain(format!("memory grows by {slope:.1} MB an hour, more than {MOST_MB_PER_HOUR}"));
    }
    let (before, after) = (median_mb(second), median_mb(last));
    if after > before * MOST_GROWTH + MEMORY_SLACK_MB {
        complain(format!("{before:.1} MB in the second quarter of its life, {after:.1} MB in the last"));
    }
    let counts: [(&str, Count); 2] =
        [("descriptors", |sample| sample.descriptors), ("threads", |sample| sample.threads)];
    for (what, of) in counts {
        let most = |quarter: &[Sample]| quarter.iter().map(of).max().unwrap_or(0);
        let (before, after) = (most(second), most(last));
        if after > before + COUNT_SLACK {
            complain(format!("up to {before} {what} in the second quarter of its life, {after} in the last"));
        }
    }
    found
}

fn median_mb(samples: &[Sample]) -> f64 {
    let mut sizes: Vec<_> = samples.iter().map(|sample| sample.resident_mb).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or(0.0)
}

/// A life of 20 minutes with a measurement every five seconds, which fills up at first and then does as told, by the minute.
#[cfg(test)]
fn life(minutes: f64, change: impl Fn(f64, &mut Sample)) -> Life {
    let sample = |number: u32| {
        let at = f64::from(number) * 5.0;
        let minute = at / 60.0;
        // Noise of its own: a job now and then.
        let busy = number.is_multiple_of(3);
        let mut sample = Sample {
            at,
            resident_mb: 24.0 * (1.0 - (-minute).exp()) + if busy { 2.5 } else { 0.0 },
            descriptors: if busy { 44 } else { 38 },
            threads: if busy { 9 } else { 6 },
        };
        change(minute, &mut sample);
        sample
    };
    Life { name: "a process".into(), pid: 1, samples: (0..(minutes * 12.0) as u32).map(sample).collect() }
}

#[test]
fn who_stays_as_large_as_before_is_not_complained_about() {
    assert_eq!(complaints(&life(20.0, |_, _| {})), Vec::<String>::new());
    // A cache that fills later, once.
    let later = life(20.0, |minute, sample| sample.resident_mb += if minute > 8.0 { 2.0 } else { 0.0 });
    assert_eq!(complaints(&later), Vec::<String>::new());
    // Two megabytes in six minutes are no slope.
    let short = life(6.0, |minute, sample| sample.resident_mb += if minute > 4.0 { 2.0 } else { 0.0 });
    assert_eq!(complaints(&short), Vec::<String>::new());
}

#[test]
fn a_leak_of_two_megabytes_a_minute_is_complained_about() {
    for minutes in [6.0, 10.0, 20.0] {
        let leaking = life(minutes, |minute, sample| sample.resident_mb += 2.0 * minute);
        let found = complaints(&leaking);
        let expected = if minutes < 15.0 { "in the last" } else { "MB an hour" };
        assert!(found.iter().any(|what| what.contains(expected)), "{minutes} minutes: {found:?}");
    }
    // Not in a life of which nothing can be said.
    assert_eq!(complaints(&life(4.0, |minute, sample| sample.resident_mb += 2.0 * minute)), Vec::<String>::new());
}

#[test]
fn a_step_that_no_slope_shows_is_complained_about() {
    let stepped = life(20.0, |minute, sample| sample.resident_mb += if minute > 14.9 { 8.0 } else { 0.0 });
    let found = complaints(&stepped);
    assert!(found.iter().any(|what| what.contains("in the last")), "{found:?}");
}

#[test]
fn a_descriptor_or_a_thread_that_is_lost_each_minute_is_complained_about() {
    let descriptors = complaints(&life(20.0, |minute, sample| sample.descriptors += minute as u64));
    assert!(descriptors.len() == 1 && descriptors[0].contains("descriptors"), "{descriptors:?}");
    let threads = complaints(&life(20.0, |minute, sample| sample.threads += minute as u64));
    assert!(threads.len() == 1 && threads[0].contains("threads"), "{threads:?}");
}
