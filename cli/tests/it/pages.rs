//! The pages in a real browser, against the demo as a user starts it.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use veilpass_chain::ProofSubmission;
use veilpass_circuit::workspace_root;
use veilpass_protocol::PublicInputs;
use veilpass_svm::{Deployment, EPOCH_LENGTH_SECONDS};

/// A demo that serves.
struct Demo {
    process: Child,
    /// What it said.
    said: String,
    _dir: tempfile::TempDir,
}

impl Demo {
    async fn start() -> Self {
        assert!(
            workspace_root().join("web/dist/room/index.html").is_file(),
            "the pages are not built: ./veilpass test builds them"
        );
        let dir = tempfile::Builder::new().prefix("veilpass-pages-").tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_veilpass"))
            .args(["demo", "--leaves", "300", "--data"])
            .arg(dir.path().join("data"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            said += &line;
            said.push('\n');
            if line.contains("Ctrl-C stops everything") {
                // Nobody reads what it says later; there must be room for it.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Self { process, said, _dir: dir };
            }
        }
        panic!("the demo ended:\n{said}");
    }

    /// What follows `label` on its line.
    fn told(&self, label: &str) -> &str {
        let told = self.said.lines().find_map(|line| line.strip_prefix(label));
        told.unwrap_or_else(|| panic!("the demo did not say {label:?}:\n{}", self.said)).trim()
    }

    async fn stop(mut self) {
        kill(Pid::from_raw(self.process.id().unwrap().cast_signed()), Signal::SIGINT).unwrap();
        self.process.wait().await.unwrap();
    }
}

/// Where the screenshots of a run are.
pub(crate) fn screenshots(of: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots").join(of);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Runs one of `web/e2e` and returns what it said.
pub(crate) async fn drive(script: &str, arguments: &[&str], out: &Path) -> String {
    let run = Command::new("node")
        .arg(workspace_root().join("web/e2e").join(script))
        .args(arguments)
        .arg("--out")
        .arg(out)
        .current_dir(workspace_root())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    let complained = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}\n{complained}\nscreenshots are in {}", out.display());
    println!("{said}screenshots are in {}", out.display());
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_connect_to_sound_by_both_ways_of_proving_and_what_is_refused_says_why() {
    let demo = Demo::start().await;
    let out = screenshots("room");
    let said = drive("run.mjs", &["--url", demo.told("The listening room is open: ")], &out).await;
    assert!(said.lines().any(|line| line.starts_with("E2E OK ")), "{said}");
    let pictures = std::fs::read_dir(&out).unwrap().flatten().filter(|file| file.metadata().unwrap().len() > 5_000);
    assert!(pictures.count() >= 8, "there are too few screenshots in {}", out.display());
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sdk_proves_in_a_browser_and_a_claim_settles_on_chain_however_it_was_proved() {
    let dir = tempfile::tempdir().unwrap();
    let claim = dir.path().join("claim.json");
    let run = Command::new("node")
        .arg(workspace_root().join("sdk/test/browser/run.mjs"))
        .env("VEILPASS_BIN", env!("CARGO_BIN_EXE_veilpass"))
        .env("SAME_CLAIM", &claim)
        .current_dir(workspace_root())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.trim_end().ends_with("BROWSER OK"), "{said}");
    println!("{said}");

    let claim: Value = serde_json::from_slice(&std::fs::read(claim).unwrap()).unwrap();
    for way in ["device", "delegated"] {
        let inputs: PublicInputs = serde_json::from_value(claim[way]["publicInputs"].clone()).unwrap();
        let proof = hex::decode(claim[way]["proof"].as_str().unwrap()).unwrap();
        // A chain of its own for each: the nullifier is the same.
        let mut chain = Deployment::new(inputs.registry_id).unwrap();
        chain.runtime.set_time((inputs.epoch.0 * EPOCH_LENGTH_SECONDS + 10).cast_signed());
        chain.publish(inputs.merkle_root).unwrap();
        let owner = chain.runtime.funded();
        let submission = ProofSubmission::new(&proof, &inputs).unwrap();
        let landed = chain.verify(&owner, &submission).unwrap();
        assert!(chain.receipt(&submission).is_some(), "{way}: no receipt");
        println!("{way}: settled for {} compute units", landed.compute_units);
        let again = chain.runtime.funded();
        assert!(chain.verify(&again, &submission).is_err(), "{way}: settled twice");
    }
}
