//! A process as `/proc` shows it.

use veilpass_cli::stack::children_of;
use veilpass_telemetry::process_memory;

/// What a process has at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) resident_mb: f64,
    pub(super) descriptors: u64,
    pub(super) threads: u64,
    pub(super) children: u64,
    /// Children that ended and were not waited for.
    pub(super) zombies: u64,
    /// Seconds that it and its children that were waited for have computed.
    pub(super) cpu_seconds: f64,
}

/// `None` when there is no such process.
pub(super) fn read(pid: u32) -> Option<Reading> {
    let memory = process_memory(pid)?;
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64;
    let children = children_of(pid);
    let zombies = children.iter().filter(|child| stat(**child).is_some_and(|(state, _)| state == "Z")).count();
    Some(Reading {
        resident_mb: memory.resident_mb(),
        descriptors,
        threads: fields(pid, 16..17)?,
        children: children.len() as u64,
        zombies: zombies as u64,
        cpu_seconds: cpu_seconds(pid),
    })
}

/// Seconds that a process, whatever is below it now, and whatever ended there and was waited for have computed.
pub(super) fn cpu_seconds_of_tree(pid: u32) -> f64 {
    cpu_seconds(pid) + children_of(pid).into_iter().map(cpu_seconds_of_tree).sum::<f64>()
}

/// User and system time of its own and of its children, which are counted in hundredths.
fn cpu_seconds(pid: u32) -> f64 {
    fields(pid, 10..14).unwrap_or(0) as f64 / 100.0
}

/// The sum of some of the fields after the state.
fn fields(pid: u32, which: std::ops::Range<usize>) -> Option<u64> {
    let (_, fields) = stat(pid)?;
    Some(fields.get(which)?.iter().filter_map(|text| text.parse::<u64>().ok()).sum())
}

/// The state, and the fields after it, of `/proc/PID/stat`. The name before them may contain anything.
fn stat(pid: u32) -> Option<(String, Vec<String>)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(") ")?.1.split_whitespace().map(str::to_owned);
    let state = fields.next()?;
    Some((state, fields.collect()))
}

#[test]
fn this_process_is_read_and_its_dead_child_is_seen_until_it_is_waited_for() {
    let before = read(std::process::id()).unwrap();
    assert!(before.resident_mb > 1.0 && before.descriptors > 2 && before.threads >= 1, "{before:?}");
    let file = std::fs::File::open("/proc/self/stat").unwrap();
    assert!(read(std::process::id()).unwrap().descriptors > before.descriptors);
    drop(file);
    let mut child = std::process::Command::new("true").spawn().unwrap();
    while read(std::process::id()).unwrap().zombies == before.zombies {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.wait().unwrap();
    assert_eq!(read(std::process::id()).unwrap().zombies, before.zombies);
    assert!(read(u32::MAX).is_none());
}
