//! The demo leaves nothing behind when it is interrupted.

use std::{
    os::unix::fs::PermissionsExt,
    process::Stdio,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

/// Command lines of running processes that name `needle`.
fn processes_with(needle: &str) -> Vec<String> {
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(needle))
        .collect()
}

async fn interrupted_by(signal: Signal) {
    let dir = tempfile::Builder::new().prefix("veilpass-ctrlc-").tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let data = dir.path().join("data");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_veilpass"))
        .args(["demo", "--leaves", "50", "--data"])
        .arg(&data)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut ok = false;
    while let Some(line) = lines.next_line().await.unwrap() {
        ok |= line.starts_with("DEMO OK ");
        if line.contains("Ctrl-C stops everything") {
            break;
        }
    }
    assert!(ok, "the demo did not get to DEMO OK");
    let needle = dir.path().to_string_lossy().into_owned();
    assert!(processes_with(&needle).len() >= 3, "demo, prover and Postgres run");
    kill(Pid::from_raw(demo.id().unwrap().cast_signed()), signal).unwrap();
    let status = tokio::time::timeout(Duration::from_secs(60), demo.wait()).await.expect("it stops").unwrap();
    if signal != Signal::SIGKILL {
        assert_eq!(status.code(), Some(130));
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    while !processes_with(&needle).is_empty() {
        assert!(Instant::now() < deadline, "left behind: {:?}", processes_with(&needle));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_leaves_no_process() {
    interrupted_by(Signal::SIGINT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn even_a_killed_demo_leaves_no_process() {
    interrupted_by(Signal::SIGKILL).await;
}
