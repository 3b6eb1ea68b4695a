//! What a program is linked from: the packages that cargo resolves for it, for the chain.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::{program::Program, tools};

/// The packages that a program is compiled from.
#[derive(Debug, Default)]
pub(crate) struct Dependencies {
    /// `name version features`, from the registry, sorted. Macros are among them: their output is compiled.
    pub(crate) registry: Vec<String>,
    /// Folders of the workspace's own packages, the program's among them, from the workspace's folder; with their features.
    pub(crate) own: BTreeMap<PathBuf, String>,
}

impl Dependencies {
    /// The names of the workspace's own packages.
    pub(crate) fn own_names(&self) -> Vec<String> {
        self.own.values().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
    }
}

/// Asks cargo. Reads `Cargo.lock`, so a version counts only if this program uses it.
pub(crate) fn of(root: &Path, program: &Program) -> anyhow::Result<Dependencies> {
    let root = root.canonicalize().with_context(|| format!("{}", root.display()))?;
    let mut cargo = tools::command("cargo", &root);
    cargo.args(["tree", "--locked", "--package", program.package, "--edges", "normal,build", "--prefix", "none"]);
    // No toolchain of the host knows the chain's target. Its processor with `target_os` added resolves to the same
    // packages; cargo only asks for the `cfg`s.
    cargo.args(["--no-dedupe", "--format", "{p} {f}", "--target", "bpfel-unknown-none"]);
    cargo.env("RUSTFLAGS", r#"--cfg target_os="solana" -A explicit_builtin_cfgs_in_flags"#);
    let tree = tools::output(&mut cargo).with_context(|| {
        format!("cargo tree of {}: if Cargo.lock is not up to date, run cargo update --workspace", program.package)
    })?;
    parse(&tree, &root)
}

fn parse(tree: &str, root: &Path) -> anyhow::Result<Dependencies> {
    let mut dependencies = Dependencies::default();
    let lines: BTreeSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
    for line in lines {
        let line = line.replace(" (proc-macro)", "");
        let (name, rest) = line.split_once(" v").with_context(|| format!("cargo tree printed {line:?}"))?;
        match rest.split_once(" (") {
            None => dependencies.registry.push(format!("{name} {}", rest.trim_end())),
            Some((version, rest)) => {
                let (folder, features) =
                    rest.rsplit_once(')').with_context(|| format!("cargo tree printed {line:?}"))?;
                let Ok(folder) = Path::new(folder).strip_prefix(root) else {
                    bail!("{name} is neither of this workspace nor of a registry: {folder}");
                };
                let features = features.trim().to_owned();
                dependencies
                    .own
                    .insert(folder.to_owned(), format!("{name} {version} {features}").trim_end().to_owned());
            }
        }
    }
    Ok(dependencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_once_for_each_package() {
        let tree = "program v0.1.0 (/w/programs/a) default\nanchor v1.2.2 cpi,v3\nmacros v1.0.0 (proc-macro) \n\
                    own v0.1.0 (/w/crates/own) \nanchor v1.2.2 cpi,v3\n";
        let read = parse(tree, Path::new("/w")).unwrap();
        assert_eq!(read.registry, ["anchor 1.2.2 cpi,v3", "macros 1.0.0"]);
        let own: Vec<_> = read.own.iter().map(|(dir, line)| (dir.to_str().unwrap(), line.as_str())).collect();
        assert_eq!(own, [("crates/own", "own 0.1.0"), ("programs/a", "program 0.1.0 default")]);
        assert!(parse("other v1.0.0 (https://example.com/x.git#0123) \n", Path::new("/w")).is_err());
    }
}
