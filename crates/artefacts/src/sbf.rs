//! Compiling for the chain: by `cargo build-sbf`, or by the build kit.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};

use crate::{program::Program, sources::sha256, target::Target, tools};

/// What compiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Builder {
    /// Solana's platform-tools.
    BuildSbf,
    /// A folder with `build.sh`.
    Kit(PathBuf),
}

/// What one build left.
pub(crate) struct Built {
    pub(crate) so: Vec<u8>,
    /// What the compiler read, in make's syntax.
    pub(crate) dep_info: String,
}

const NOTHING: &str = "nothing here compiles for Solana: install the platform-tools (cargo build-sbf comes with the \
    Agave CLI, https://docs.anza.xyz/cli/install), or set VEILPASS_SBF_KIT to the folder of a build kit (build.sh \
    PROGRAM_DIR OUT.so), or put one at ../shared/sbf. Only building needs it: the tests run the committed programs";

/// The release profile of a program. By environment, because the workspace has one profile, which serves the host.
pub(crate) fn settings() -> BTreeMap<String, String> {
    [
        ("LTO", "fat"),
        ("CODEGEN_UNITS", "1"),
        ("OPT_LEVEL", "3"),
        ("OVERFLOW_CHECKS", "true"),
        ("PANIC", "abort"),
        ("STRIP", "none"),
        ("DEBUG", "false"),
        ("INCREMENTAL", "false"),
    ]
    .into_iter()
    .map(|(key, value)| (format!("CARGO_PROFILE_RELEASE_{key}"), value.to_owned()))
    .collect()
}

impl Builder {
    /// What this machine has.
    pub(crate) fn find(root: &Path) -> anyhow::Result<Self> {
        let kit = env::var_os("VEILPASS_SBF_KIT").filter(|value| !value.is_empty()).map(PathBuf::from);
        let platform_tools = Command::new("cargo").args(["build-sbf", "--version"]).stderr(Stdio::null()).output();
        if kit.is_none() && platform_tools.is_ok_and(|output| output.status.success()) {
            return Ok(Self::BuildSbf);
        }
        let kit = kit.unwrap_or_else(|| root.join("../shared/sbf"));
        // The variable may name the script itself.
        let kit = if kit.is_file() { kit.with_file_name("") } else { kit };
        if kit.join("build.sh").is_file() {
            return Ok(Self::Kit(kit.canonicalize()?));
        }
        bail!(NOTHING)
    }

    /// Name, version and compiler, for the lock.
    pub(crate) fn describe(&self, root: &Path) -> anyhow::Result<Vec<String>> {
        match self {
            Self::BuildSbf => {
                let version = tools::output(tools::command("cargo", root).args(["build-sbf", "--version"]))?;
                Ok(version.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
            }
            Self::Kit(kit) => {
                let mut files: Vec<PathBuf> =
                    fs::read_dir(kit)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
                files.retain(|path| path.is_file() && path.extension().is_none_or(|ending| ending != "md"));
                files.sort();
                let hashes =
                    files.iter().map(|path| Ok(sha256(&fs::read(path)?))).collect::<anyhow::Result<String>>()?;
                // The kit compiles with Debian's.
                let rustc = tools::output(tools::command("/usr/bin/rustc", root).arg("--version"))?;
                Ok(vec![format!("sbf-kit {}", &sha256(hashes.as_bytes())[..16]), rustc.trim().to_owned()])
            }
        }
    }

    /// Builds one program. `own` are the names of the workspace's packages in it.
    pub(crate) fn build(&self, root: &Path, program: &Program, own: &[String]) -> anyhow::Result<Built> {
        let root = root.canonicalize()?;
        ensure!(
            !root.to_string_lossy().contains(char::is_whitespace),
            "{}: RUSTFLAGS cannot say a folder with a space in its name; build in another",
            root.display()
        );
        // One for each program: the kit takes the newest .so in it.
        let target = Target::hold(&format!("sbf-{}", program.name), own)?;
        let out = tempfile::tempdir()?;
        let so = out.path().join(program.file).with_extension("so");
        let dir = root.join(program.dir());
        let cargo_home = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let cargo_home = cargo_home.unwrap_or_else(|| env::home_dir().unwrap_or_default().join(".cargo"));
        // The last that matches wins: nothing of this machine's folders gets into the program.
        let remap = format!(
            "--remap-path-prefix={}=/cargo --remap-path-prefix={}=/veilpass",
            cargo_home.display(),
            root.display()
        );
        let mut command = match self {
            Self::Kit(kit) => {
                let mut command = tools::command("bash", &root);
                command.arg(kit.join("build.sh")).arg(&dir).arg(&so).arg("--locked").env("EXTRA_RUSTFLAGS", remap);
                command
            }
            Self::BuildSbf => {
                let mut command = tools::command("cargo", &dir);
                command.args(["build-sbf", "--arch", "v3", "--sbf-out-dir"]).arg(out.path()).args(["--", "--locked"]);
                command.env("RUSTFLAGS", remap);
                command
            }
        };
        command.envs(settings()).env("CARGO_TARGET_DIR", target.dir()).stdout(Stdio::null());
        let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
        ensure!(status.success(), "building {} ended with {status}", program.name);
        let built = fs::read_dir(out.path())?.filter_map(|entry| Some(entry.ok()?.path()));
        let built = built.filter(|path| path.extension().is_some_and(|ending| ending == "so")).max();
        let so = fs::read(built.with_context(|| format!("building {} left no .so", program.name))?)?;
        Ok(Built { so, dep_info: target.dep_info()? })
    }
}
