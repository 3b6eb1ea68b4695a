//! Processes below processes, and whatever is left of them.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use veilpass_cli::stack::children_of;

/// Whatever loses its parent becomes a child of this process, not of init, so that none gets away.
pub(crate) fn adopt_orphans() {
    prctl::set_child_subreaper(true).unwrap();
}

/// The process' arguments, with spaces between.
fn command_line(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// The processes at or below `pid` that run `program`, or something whose name begins so.
pub(crate) fn running_below(pid: u32, program: &Path) -> Vec<u32> {
    let (mut open, mut found) = (vec![pid], vec![]);
    while let Some(pid) = open.pop() {
        if command_line(pid).starts_with(&program.display().to_string()) {
            found.push(pid);
        }
        open.extend(children_of(pid));
    }
    found
}

/// Address space of a process, in bytes.
pub(crate) fn address_space(pid: u32) -> Option<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    Some(statm.split(' ').next()?.parse::<u64>().ok()? * 4096)
}

/// Fails if this process has a child, or if there is a process anywhere that was started in `folder`. Nothing of this process
/// may be waited for any more: all is reaped here.
pub(crate) async fn nothing_is_left(folder: &Path) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        reap();
        let mut left = children_of(std::process::id());
        left.extend(started_in(folder));
        if left.is_empty() {
            return;
        }
        let lines: Vec<_> = left.iter().map(|pid| format!("{pid} {}", command_line(*pid))).collect();
        assert!(Instant::now() < deadline, "left running:\n{}", lines.join("\n"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn reap() {
    loop {
        match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => panic!("waitpid: {error}"),
        }
    }
}

fn started_in(folder: &Path) -> Vec<u32> {
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| command_line(*pid).contains(&folder.display().to_string())).collect()
}
