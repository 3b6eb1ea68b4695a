//! The on-chain programs as files: built, described by their IDLs, and locked to what they were built from.
//!
//! | file | what |
//! |---|---|
//! | `programs/<name>/<file>.so` | the program as it is deployed |
//! | `idls/<file>.json` | its IDL, where `declare_program!` looks for it |
//! | `programs/programs.lock` | hashes of these, of their sources, versions of dependencies and tools |
//!
//! They are committed, so that tests and clients need no SBF tools. `veilpass program build` writes them, with
//! `--check` it compares a rebuild byte by byte; `veilpass program status` and a test compare hashes only.
//!
//! A package of its own, with few dependencies: the clients are compiled against the IDL that this writes, so it must not
//! be compiled after them.

mod build;
mod dependencies;
mod idl;
mod lock;
mod pins;
mod program;
mod sbf;
mod sources;
mod status;
mod target;
mod tools;

use std::process::ExitCode;

use veilpass_circuit::workspace_root;

pub use idl::print as print_idl;
pub use lock::{Artefact, Entry, LOCK_FILE, Lock};
pub use program::{PROGRAMS, Program};
pub use status::differences as status;

/// `veilpass program`
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Command {
    /// Build the on-chain programs and their IDLs; write them and programs/programs.lock.
    ///
    /// Builds with `cargo build-sbf` where that is installed, else with the build kit in $VEILPASS_SBF_KIT, else with
    /// ../shared/sbf/build.sh beside the checkout. The same sources give the same bytes in any folder.
    Build {
        /// Write nothing; rebuild, and fail if a committed file differs by one byte. Say what differs, and why.
        #[arg(long)]
        check: bool,
    },
    /// Write only the IDLs (idls/*.json), which needs no SBF tools.
    Idl {
        /// Write nothing; fail if a committed IDL is not what the sources say.
        #[arg(long)]
        check: bool,
    },
    /// Say whether the committed artefacts belong to the sources that are here. Builds nothing; takes a second.
    Status,
}

/// Runs one.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let root = workspace_root();
    match command {
        Command::Build { check: true } => build::check(&root),
        Command::Build { check: false } => build::write(&root),
        Command::Idl { check } => idl::run(&root, *check),
        Command::Status => status::run(&root),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// What would compile the programs on this machine; an error that says what to install.
pub fn tools() -> anyhow::Result<String> {
    Ok(match sbf::Builder::find(&workspace_root())? {
        sbf::Builder::BuildSbf => "cargo build-sbf".to_owned(),
        sbf::Builder::Kit(kit) => format!("the build kit in {}", kit.display()),
    })
}
