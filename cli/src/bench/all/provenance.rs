//! On what, and of what, a page was measured.

use std::{fs, path::Path, process::Command};

use veilpass_circuit::{BB_VERSION, NOIR_VERSION, OWNERSHIP_GATES, workspace_root};

use crate::bench::report::machine;

/// Rows of name and value, as of now.
pub(super) fn rows() -> Vec<(&'static str, String)> {
    let machine = machine();
    let root = workspace_root();
    let first = |path: &str| fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().to_owned();
    let memory = first("/proc/meminfo").split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse().ok());
    let memory = memory.map_or(0.0, |kilobytes: f64| kilobytes * 1024.0 / 1e9);
    vec![
        (
            "machine",
            format!(
                "{}, {} cores, {memory:.0} GB, Linux {}",
                machine["cpu"].as_str().unwrap_or("unknown"),
                machine["cores"],
                first("/proc/sys/kernel/osrelease")
            ),
        ),
        ("load when it began (1 minute)", first("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned()),
        ("code", commit(&root)),
        ("circuit", format!("{OWNERSHIP_GATES} gates, depth 32, UltraHonk with Keccak transcript, ZK")),
        ("proving", format!("bb {BB_VERSION}, Noir {NOIR_VERSION}")),
        ("compilers", said("rustc", &["--version"])),
        (
            "servers and browser",
            [said("postgres", &["--version"]), redis(), said("node", &["--version"]), said("chromium", &["--version"])]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("; "),
        ),
    ]
}

/// The commit that is checked out, and whether files differ from it.
fn commit(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else { return "not a checkout".to_owned() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|files| !files.is_empty());
    if changed { format!("{commit}, changed") } else { commit }
}

fn redis() -> String {
    let text = said("redis-server", &["--version"]);
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="));
    version.map_or(text.clone(), |version| format!("Redis {version}"))
}

/// The first line that a program says; nothing if it is not on the path or in Debian's folder of Postgres.
fn said(program: &str, arguments: &[&str]) -> String {
    let run = |program: &Path| {
        let output = Command::new(program).args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned();
        Some(if text.starts_with('v') { format!("Node {text}") } else { text })
    };
    let debian = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let newest = versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).max()?;
        run(&newest.join(program))
    };
    run(Path::new(program)).or_else(debian).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_something() {
        for (name, value) in rows() {
            assert!(!value.is_empty(), "{name}");
        }
        assert_eq!(said("no such program", &[]), "");
    }
}
