//! Snapshots that an operator imports.

use std::{fs, path::PathBuf};

use serde_json::json;
use veilpass_cli::holders::TRACKS;
use veilpass_siws::Address;

use super::{wallet::Wallet, world::secret};
use crate::stack::{DATABASE, MASTER_KEY, TestStack};

/// How a command ended, and what it said.
struct Said {
    success: bool,
    out: String,
    err: String,
}

async fn run(stack: &TestStack, command: &str, file: &PathBuf, flags: &[&str]) -> Said {
    let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_veilpass"));
    process.args(["registry", command]).arg(file).args(["--slug", "main"]).args(flags);
    process.env("DATABASE_URL", stack.postgres.url(DATABASE)).env("VEILPASS_MASTER_KEY", MASTER_KEY);
    let output = process.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { success: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

async fn counts(stack: &TestStack) -> (i64, i64, i64) {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM track_assets), (SELECT count(*) FROM enrollments),
                (SELECT change_seq FROM registries WHERE slug = 'main')",
    )
    .fetch_one(&stack.pool)
    .await
    .unwrap()
}

fn mint(number: u8) -> Address {
    Address::new([number; 32])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_checked_and_imported_once_as_a_whole() {
    let stack = TestStack::start().await;
    let (assets, enrolments) = (stack.dir.path().join("assets.csv"), stack.dir.path().join("enrolments.jsonl"));
    let track = TRACKS[0];
    let good: String = (1..=3).map(|number| format!("{track},{}\n", mint(number))).collect();
    fs::write(&assets, format!("track,mint\n{good}\nno-such-track,{}\n{track},0OIl\n{track}\n", mint(4))).unwrap();

    let said = run(&stack, "import-assets", &assets, &[]).await;
    assert!(!said.success && said.out.starts_with("6 lines: 3 could be added; nothing was written"), "{}", said.out);
    for reason in
        ["line 6: the registry has no track \"no-such-track\"", "line 7: mint: not an address", "line 8: 1 fields"]
    {
        assert!(said.err.contains(reason), "{reason}: {}", said.err);
    }
    assert_eq!(counts(&stack).await.0, 0);
    let said = run(&stack, "import-assets", &assets, &["--dry-run", "--skip-bad"]).await;
    assert!(said.out.contains("3 to be added (dry run"), "{}", said.out);
    assert_eq!(counts(&stack).await.0, 0);
    let said = run(&stack, "import-assets", &assets, &["--skip-bad"]).await;
    assert!(said.success && said.out.contains("3 added, 0 there already, 3 bad"), "{}", said.out);
    let said = run(&stack, "import-assets", &assets, &["--skip-bad"]).await;
    assert!(said.out.contains("0 added, 3 there already"), "{}", said.out);
    assert_eq!(counts(&stack).await.0, 3);

    let line = |mint: Address, wallet: &Wallet| {
        json!({
            "mint": mint.to_string(), "track": track, "wallet": wallet.address().to_string(),
            "commitment": secret().commitment(),
        })
        .to_string()
    };
    let (wallet, before) = (Wallet::new(), counts(&stack).await.2);
    let good: Vec<String> = (1..=3).map(|number| line(mint(number), &wallet)).collect();
    let mut lines = good.clone();
    lines.extend([line(mint(9), &wallet), line(mint(1), &wallet), "{}".into(), r#"{"mint":"x","extra":1}"#.into()]);
    fs::write(&enrolments, lines.join("\n")).unwrap();
    let said = run(&stack, "import-enrollments", &enrolments, &[]).await;
    assert!(!said.success && said.out.contains("7 lines: 3 could be added"), "{}{}", said.out, said.err);
    for reason in [
        "line 4: this mint does not unlock this track",
        "line 5: the same mint and track as line 1",
        "line 6: missing field `mint`",
        "line 7: unknown field `extra`",
    ] {
        assert!(said.err.contains(reason), "{reason}: {}", said.err);
    }
    assert!(!said.err.contains(&wallet.address().to_string()));
    fs::write(&enrolments, good.join("\n")).unwrap();
    let said = run(&stack, "import-enrollments", &enrolments, &["--dry-run"]).await;
    assert!(said.success && said.out.contains("3 to be added (dry run"), "{}{}", said.out, said.err);
    assert_eq!(counts(&stack).await.1, 0);
    assert!(run(&stack, "import-enrollments", &enrolments, &[]).await.success);
    assert_eq!(counts(&stack).await, (3, 3, before + 3));
    let said = run(&stack, "import-enrollments", &enrolments, &[]).await;
    assert!(said.success && said.out.contains("0 added, 3 there already, 0 bad"), "{}", said.out);
    assert_eq!(counts(&stack).await, (3, 3, before + 3));

    // A column too many or too few is told before anything is read.
    fs::write(&assets, format!("mint,track,color\n{},{track},red\n", mint(1))).unwrap();
    let said = run(&stack, "import-assets", &assets, &[]).await;
    assert!(!said.success && said.err.contains("\"color\" is none of the columns"), "{}", said.err);
}
