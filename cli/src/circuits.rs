//! `veilpass circuits`: the circuit's artefacts, made and checked.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command as Process, ExitCode},
};

use anyhow::{Context, bail, ensure};
use veilpass_circuit::{Bb, Crs, NOIR_VERSION, OWNERSHIP_GATES, cache_dir, workspace_root};

/// `veilpass circuits`
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Command {
    /// Compile with the pinned Noir, derive the key with the pinned bb, compute the test vectors; write them to
    /// circuits/ownership.
    Build {
        /// Write nothing; fail if a committed file differs by one byte, or the gate count from the pinned one.
        #[arg(long)]
        check: bool,
    },
}

const FILES: [&str; 4] = ["ownership.json", "vectors.json", "vk", "vk_hash"];

/// Where the pinned compiler is installed.
pub fn compiler_dir() -> PathBuf {
    cache_dir().join(format!("noir-{NOIR_VERSION}"))
}

/// Runs the command.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Build { check } = command;
    let circuits = workspace_root().join("circuits");
    install_compiler(&circuits)?;
    let out = tempfile::tempdir()?;
    compile(&circuits, out.path())?;
    let gates = derive_key(out.path())?;
    println!("ownership: {gates} gates of 4096 (2^12), depth 32");

    let committed = circuits.join("ownership");
    if !check {
        for file in FILES {
            fs::copy(out.path().join(file), committed.join(file)).with_context(|| format!("cannot write {file}"))?;
        }
        println!("wrote {} to {}", FILES.join(", "), committed.display());
        if gates != OWNERSHIP_GATES {
            println!("now set OWNERSHIP_GATES={gates} in pins.env");
        }
        return Ok(ExitCode::SUCCESS);
    }
    for file in FILES {
        let same = fs::read(out.path().join(file))? == fs::read(committed.join(file)).unwrap_or_default();
        ensure!(same, "circuits/ownership/{file} is not what the sources compile to: run ./veilpass circuits build");
        println!("circuits/ownership/{file}: the same, byte for byte");
    }
    ensure!(gates == OWNERSHIP_GATES, "{gates} gates, but pins.env says {OWNERSHIP_GATES}");
    Ok(ExitCode::SUCCESS)
}

/// Installs the compiler that circuits/package-lock.json pins, unless it is there.
fn install_compiler(circuits: &Path) -> anyhow::Result<()> {
    let dir = compiler_dir();
    if dir.join("node_modules/@noir-lang/noir_wasm").is_dir() {
        return Ok(());
    }
    println!("installing the Noir compiler {NOIR_VERSION} (npm) in {}", dir.display());
    let partial = dir.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(circuits.join(file), partial.join(file))?;
    }
    let mut npm = Process::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&partial);
    run_quietly(&mut npm, "npm ci")?;
    fs::rename(&partial, &dir).or_else(|error| if dir.is_dir() { Ok(()) } else { Err(error) })?;
    Ok(())
}

fn compile(circuits: &Path, out: &Path) -> anyhow::Result<()> {
    let mut node = Process::new("node");
    node.arg(circuits.join("compile.mjs")).arg(compiler_dir().join("node_modules")).arg(out);
    run_quietly(&mut node, "the Noir compiler")?;
    Ok(())
}

/// Writes `vk` and `vk_hash` beside the artefact in `out`. Returns the circuit's gates.
fn derive_key(out: &Path) -> anyhow::Result<u32> {
    let (bb, crs) = (Bb::locate(None)?, Crs::locate()?);
    let artifact = out.join("ownership.json");
    let mut write_vk = Process::new(bb.path());
    write_vk.args(["write_vk", "-t", "evm", "-c"]).arg(crs.dir()).arg("-b").arg(&artifact).arg("-o").arg(out);
    run_quietly(&mut write_vk, "bb write_vk")?;
    let mut count = Process::new(bb.path());
    count.args(["gates", "-t", "evm", "-b"]).arg(&artifact);
    let report: serde_json::Value = serde_json::from_slice(&run_quietly(&mut count, "bb gates")?)?;
    let gates = report["functions"][0]["circuit_size"].as_u64().context("bb gates printed no circuit_size")?;
    Ok(u32::try_from(gates)?)
}

/// Runs to the end; shows what it said only if it failed.
fn run_quietly(command: &mut Process, what: &str) -> anyhow::Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("cannot run {what}"))?;
    if !output.status.success() {
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        bail!("{what} failed ({}):\n{}", output.status, String::from_utf8_lossy(&said).trim());
    }
    Ok(output.stdout)
}
