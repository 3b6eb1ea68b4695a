//! Prometheus' own check of its configuration and of the rules.

use std::{path::PathBuf, process::Command};

use veilpass_circuit::{cache_dir, workspace_root};

/// The tool, if it is installed: `./veilpass test` installs it.
fn promtool() -> Option<PathBuf> {
    let ours = cache_dir().join("tools/bin/promtool");
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::split_paths(&on_path).map(|dir| dir.join("promtool"));
    std::iter::once(ours).chain(all).find(|path| path.is_file())
}

#[test]
fn promtool_accepts_the_configuration_and_the_rules_do_what_their_tests_say() {
    let Some(promtool) = promtool() else {
        eprintln!("SKIPPED: there is no promtool on this machine");
        return;
    };
    let dir = workspace_root().join("infra/prometheus");
    for arguments in [["check", "config", "prometheus.yml"], ["test", "rules", "alerts_test.yml"]] {
        let output = Command::new(&promtool).args(arguments).current_dir(&dir).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}");
    }
}

#[test]
fn every_rule_has_a_test_that_it_fires() {
    let dir = workspace_root().join("infra/prometheus");
    let read = |file: &str| std::fs::read_to_string(dir.join(file)).unwrap();
    let (rules, tests) = (read("alerts.yml"), read("alerts_test.yml"));
    let names: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 20);
    for name in names {
        assert!(
            tests.contains(&format!("alertname=\"{name}\", alertstate=\"firing\"")),
            "{name} is not tested to fire"
        );
    }
    let fields = |field: &str| rules.matches(field).count();
    let count = fields("- alert: ");
    assert_eq!([fields("runbook: "), fields("summary: "), fields("threshold: ")], [count; 3]);
}
