//! `veilpass bench all` makes one page of what the benches say. What they measure is of no account here.

use std::process::{Command, Output};

fn bench_all(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_veilpass")).args(["bench", "all"]).args(arguments).output().unwrap()
}

#[test]
fn the_page_has_the_targets_the_figures_and_what_was_not_measured() {
    let output = bench_all(&["--quick", "--markdown", "--only", "proof,model"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let page = String::from_utf8(output.stdout).unwrap();
    let row = |name: &str| page.lines().find(|line| line.starts_with(&format!("| {name} |"))).map(str::to_owned);
    assert!(page.contains("**A quick run: it shows that everything works, and measures nothing.**"), "{page}");
    let proof = row("proof, warm, depth 32, one core, p50").unwrap();
    assert!(!proof.contains("not measured") && proof.ends_with("| Semaphore v4: below |"), "{proof}");
    assert!(row("its compute units").is_some_and(|row| row.contains("not measured | **missed**")), "{page}");
    assert!(row("proof_warm_p50_ms").is_some() && row("proof_cli_p50_ms").is_some(), "{page}");
    assert!(row("machine").is_some() && row("code").is_some(), "{page}");
    assert!(page.contains("figures, by scenario: [docs/scaling.md]"), "{page}");
}

#[test]
fn a_part_of_it_or_a_quick_run_is_not_written_as_benchmarks() {
    for arguments in [&["--write", "--quick"][..], &["--write", "--only", "model"], &["--only", "nothing"]] {
        let output = bench_all(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}
