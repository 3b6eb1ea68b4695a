//! `veilpass program deploy` against a chain of this machine: the real binary, the real loader.

mod operator;
mod tiny_program;

use std::{fs, os::unix::fs::PermissionsExt};

use operator::{FUNDS, Operator, somebody};
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;
use tiny_program::tiny_program;
use veilpass_circuit::workspace_root;

/// Lamports for a signature.
const SIGNATURE: u64 = 5_000;
/// Anchor's error of a program that is not where it says.
const DECLARED_PROGRAM_ID_MISMATCH: u32 = 4_100;

fn fails_with(code: u32) -> Option<TransactionError> {
    Some(TransactionError::InstructionError(0, InstructionError::Custom(code)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_deployed_byte_for_byte_and_once() {
    let operator = Operator::new().await;
    let program = operator.file("a.so", tiny_program(7, 24_000));
    let arguments = "--so a.so --program-keypair program.json";
    let done = operator.deploy(arguments).await;
    assert_eq!(done["outcome"], "done");
    assert_eq!(operator.deployed().await, (program, Some(operator.payer.address())));
    assert_eq!(operator.call().await, fails_with(7), "it runs");
    assert!(operator.is_gone(&done["plan"]["buffer"].as_str().unwrap().parse().unwrap()).await);
    assert_eq!(operator.kept().len(), 0);

    // Making the buffer takes its signature, deploying that of the program; nobody else wanted to be first.
    let transactions = operator.transactions().await;
    assert_eq!(done["plan"]["transactions"], transactions);
    let spent = FUNDS - operator.balance().await;
    assert_eq!(spent, operator.rent().await + (transactions + 2) * SIGNATURE);
    assert!(spent <= done["plan"]["lamports"]["spent_at_most"].as_u64().unwrap());

    let again = operator.deploy(&format!("{arguments} --final")).await;
    assert_eq!((&again["outcome"], &again["plan"]["transactions"]), (&"done".into(), &1.into()));
    assert_eq!(operator.deployed().await.1, None);
    for arguments in [arguments, "--so a.so --program-keypair program.json --final"] {
        let again = operator.deploy(arguments).await;
        assert_eq!((&again["outcome"], &again["plan"]["transactions"]), (&"nothing-to-do".into(), &0.into()));
    }
    assert_eq!(operator.transactions().await, transactions + 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: ./veilpass test --long"]
async fn a_committed_program_is_deployed_byte_for_byte() {
    let operator = Operator::new().await;
    operator.deploy("--program example-gate --program-keypair program.json").await;
    let so = fs::read(workspace_root().join("programs/example-gate/example_gate.so")).unwrap();
    assert_eq!(operator.deployed().await, (so, Some(operator.payer.address())));
    assert_eq!(
        operator.call().await,
        fails_with(DECLARED_PROGRAM_ID_MISMATCH),
        "it runs, and says that it is elsewhere"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_killed_goes_on_in_the_same_buffer() {
    let operator = Operator::new().await;
    let program = operator.file("a.so", tiny_program(7, 60_000));
    let arguments = "--so a.so --program-keypair program.json";
    let buffer = operator.deploy_and_kill(arguments, 20_000).await;

    let mode = fs::metadata(&operator.kept()[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let done = operator.deploy(arguments).await;
    assert_eq!(done["plan"]["buffer_action"], "resume");
    assert_eq!(done["plan"]["buffer"], buffer.to_string());
    assert!(done["plan"]["writes"].as_u64().unwrap() < 60_000 / 1_000, "what was written is not written again");

    assert_eq!(operator.deployed().await.0, program);
    assert_eq!(operator.call().await, fails_with(7));
    assert!(operator.is_gone(&buffer).await);
    assert_eq!(operator.kept().len(), 0);
    let fees = (operator.transactions().await + 2) * SIGNATURE;
    assert_eq!(FUNDS - operator.balance().await, operator.rent().await + fees, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buffer_for_another_content_is_closed_and_so_is_one_that_is_not_wanted() {
    let operator = Operator::new().await;
    operator.file("a.so", tiny_program(7, 60_000));
    let second = operator.file("b.so", tiny_program(9, 4_000));
    let arguments = "--so a.so --program-keypair program.json";
    let buffer = operator.deploy_and_kill(arguments, 1_000).await;
    let done = operator.deploy("--so b.so --program-keypair program.json").await;
    assert_eq!(done["plan"]["buffer_action"], "create");
    assert_eq!(done["plan"]["closes"], serde_json::json!([buffer.to_string()]));
    assert_eq!(operator.deployed().await.0, second);
    assert!(operator.is_gone(&buffer).await);
    let before = (operator.balance().await, operator.rent().await, operator.transactions().await);

    // Now an upgrade, which is given up.
    let buffer = operator.deploy_and_kill(arguments, 1_000).await;
    let close = format!("close-buffer --program-id {}", operator.program.address());
    let stranger = operator.key("stranger.json");
    let refused = operator.refused(&format!("{close} --upgrade-authority stranger.json")).await;
    assert!(refused.contains(&format!("not {}'s", stranger.address())), "{refused}");
    let closed = operator.run(&close).await;
    assert!(closed.is_success, "{}", closed.words);
    assert!(operator.is_gone(&buffer).await);
    assert_eq!(operator.kept().len(), 0);
    // The program's account has grown already; that stays. Making the buffer takes a second signature.
    let grown = operator.rent().await - before.1;
    assert_eq!(grown, 6_960 * (60_000 - 4_000));
    let fees = (operator.transactions().await - before.2 + 1) * SIGNATURE;
    assert_eq!(before.0 - operator.balance().await, grown + fees);
    assert!(operator.refused(&close).await.contains("left a buffer"), "it is closed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_authority_upgrades_and_nobody_what_is_final() {
    let operator = Operator::new().await;
    let authority = operator.key("authority.json");
    let first = operator.file("a.so", tiny_program(7, 800));
    let longer = operator.file("b.so", tiny_program(9, 16_000));
    let shorter = operator.file("c.so", tiny_program(11, 1_600));
    operator.deploy("--so a.so --program-keypair program.json --upgrade-authority authority.json").await;
    assert_eq!(operator.deployed().await, (first, Some(authority.address())));
    assert_eq!(operator.call().await, fails_with(7));

    let upgrade = |file: &str| format!("--so {file} --program-id {}", operator.program.address());
    let before = operator.transactions().await;
    let refused = operator.refused(&format!("deploy --yes {}", upgrade("b.so"))).await;
    assert!(refused.contains(&format!("is {}, not {}", authority.address(), operator.payer.address())), "{refused}");
    assert!(refused.contains("--upgrade-authority"), "{refused}");
    assert_eq!(operator.transactions().await, before);

    let done = operator.deploy(&format!("{} --upgrade-authority authority.json", upgrade("b.so"))).await;
    assert_eq!(done["plan"]["action"], "upgrade");
    assert_eq!(done["plan"]["extend_by"], 16_000 - 800);
    assert_eq!(operator.deployed().await, (longer.clone(), Some(authority.address())));
    assert_eq!(operator.call().await, fails_with(9));

    let done = operator.deploy(&format!("{} --upgrade-authority authority.json --final", upgrade("c.so"))).await;
    assert_eq!((&done["plan"]["extend_by"], &done["plan"]["finalize"]), (&0.into(), &true.into()));
    let (code, nobody) = operator.deployed().await;
    assert_eq!((code.len(), nobody), (longer.len(), None));
    assert!(code.starts_with(&shorter) && code[shorter.len()..].iter().all(|byte| *byte == 0));
    assert_eq!(operator.call().await, fails_with(11));
    let refused =
        operator.refused(&format!("deploy --yes {} --upgrade-authority authority.json", upgrade("b.so"))).await;
    assert!(refused.contains("is final"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_wanted_changes_nothing() {
    let operator = Operator::new().await;
    operator.file("a.so", tiny_program(0, 800));
    let dry = operator.run("deploy --dry-run --so a.so --program-keypair program.json").await;
    assert!(dry.is_success, "{}", dry.words);
    for said in ["a new program is made", "rent of its data", "creating the buffer succeeds", "nothing was sent"] {
        assert!(dry.words.contains(said), "{said}: {}", dry.words);
    }
    assert!(!operator.dir.path().join("cache").exists(), "a dry run leaves no key");

    let whole = "deploy --so a.so --program-keypair program.json";
    let devnet = format!("{whole} --yes --cluster devnet");
    let mut own = tiny_program(0, 800);
    own[200..232].copy_from_slice(operator.program.address().as_ref());
    operator.file("own.so", own);
    let strange = format!("deploy --yes --so a.so --program-id {}", somebody());
    let poor = operator.key("poor.json");
    let secret = fs::read_to_string(operator.dir.path().join("payer.json")).unwrap();
    for (arguments, expected) in [
        (whole, "there is no terminal"),
        (&devnet, "not compiled for"),
        (
            "deploy --yes --so own.so --program-keypair program.json --cluster devnet",
            "--cluster is devnet, but the RPC serves no public cluster",
        ),
        (&strange, "give --program-keypair"),
        ("deploy --yes --program-keypair program.json --so payer.json", "no ELF"),
        ("deploy --yes --program-keypair a.so --so a.so", "can be read by others (mode 644)"),
        ("deploy --yes --so a.so", "--program-keypair"),
    ] {
        let refused = operator.refused(arguments).await;
        assert!(refused.contains(expected), "{arguments}: {refused}");
        assert!(!refused.contains(secret.trim_matches(['[', ']'])));
    }
    let path = operator.dir.path().join("payer.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = operator.refused(&format!("{whole} --yes")).await;
    assert!(
        refused.contains("payer.json can be read by others (mode 644)") && refused.contains("chmod 600"),
        "{refused}"
    );

    fs::rename(operator.dir.path().join("poor.json"), &path).unwrap();
    let refused = operator.refused(&format!("{whole} --yes")).await;
    assert!(refused.contains(&format!("{} has 0 lamports and needs", poor.address())), "{refused}");
    assert_eq!((operator.transactions().await, operator.balance().await), (0, FUNDS));
    assert_eq!(operator.kept().len(), 0);
}
