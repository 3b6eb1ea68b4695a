//! IDLs, by Anchor's own generator: it runs a hidden test of the program on the host, so it needs no SBF tools.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};

use crate::{
    dependencies, pins,
    program::{PROGRAMS, Program},
    target::Target,
    tools,
};

/// The IDL of a program, as it is committed.
pub(crate) fn generate(root: &Path, program: &Program) -> anyhow::Result<String> {
    let target = Target::hold("idl", &dependencies::of(root, program)?.own_names())?;
    // In a process of its own: the generator reads the environment, which must be cleared of RUSTUP_TOOLCHAIN.
    let mut printer = tools::command(printer()?, root);
    printer.arg("print-idl").arg(root.join(program.dir())).arg("--target-dir").arg(target.dir());
    let text = tools::output(&mut printer).with_context(|| format!("the IDL of {}", program.name))?;
    Ok(text)
}

/// The binary of this package, beside the one that runs, or beside the folder of a test.
fn printer() -> anyhow::Result<PathBuf> {
    let current = env::current_exe()?;
    let mut dirs = current.ancestors().skip(1).take(2);
    dirs.find_map(|dir| Some(dir.join("veilpass-artefacts")).filter(|path| path.is_file()))
        .context("veilpass-artefacts is not built: cargo build --release -p veilpass-artefacts")
}

/// Prints the IDL of the package in `dir`. The generator runs cargo with this process' environment.
pub fn print(dir: PathBuf, target_dir: &Path) -> anyhow::Result<()> {
    ensure!(env::var_os("RUSTUP_TOOLCHAIN").is_none(), "anchor-lang-idl cannot run while RUSTUP_TOOLCHAIN is set");
    let arguments = ["--lib", "--release", "--locked", "--target-dir"].map(str::to_owned);
    let arguments = arguments.into_iter().chain([target_dir.to_string_lossy().into_owned()]).collect();
    let idl = anchor_lang_idl::build::IdlBuilder::new().program_path(dir).cargo_args(arguments).build()?;
    println!("{}", serde_json::to_string_pretty(&idl)?);
    Ok(())
}

/// `veilpass program idl`
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    pins::check(root)?;
    for program in &PROGRAMS {
        let (idl, path) = (generate(root, program)?, program.idl());
        let same = fs::read_to_string(root.join(&path)).is_ok_and(|committed| committed == idl);
        match (check, same) {
            (_, true) => println!("{}: the same, byte for byte", path.display()),
            (true, false) => bail!("{} is not what the sources say: run ./veilpass program build", path.display()),
            (false, false) => {
                write(root, &path, idl.as_bytes())?;
                println!("wrote {}; the lock needs ./veilpass program build", path.display());
            }
        }
    }
    Ok(())
}

/// Writes a file of the workspace, its folder too.
pub(crate) fn write(root: &Path, path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let path = root.join(path);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
}
