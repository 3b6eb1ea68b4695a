//! Finds the pinned `bb` and refuses any other.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{paths::cache_dir, pins::BB_VERSION};

/// A `bb` binary whose version was checked.
#[derive(Debug, Clone)]
pub struct Bb {
    path: PathBuf,
}

/// Why there is no usable `bb`.
#[derive(Debug, thiserror::Error)]
pub enum BbError {
    /// Nothing found anywhere.
    #[error(
        "bb {BB_VERSION} is not installed: run ./veilpass doctor, or set VEILPASS_BB to the binary (looked at: {looked_at})"
    )]
    NotFound {
        /// The places that were tried.
        looked_at: String,
    },
    /// It does not start.
    #[error("{path} does not run: {source}")]
    DoesNotRun {
        /// The binary.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is another version: its proofs would not verify under the pinned key.
    #[error(
        "{path} is bb {found}, but this build is pinned to {BB_VERSION}: \
         unset VEILPASS_BB and run ./veilpass doctor to install the pinned one"
    )]
    WrongVersion {
        /// The binary.
        path: PathBuf,
        /// What it says of itself.
        found: String,
    },
}

impl Bb {
    /// Where `./veilpass` installs the pinned version.
    pub fn install_path() -> PathBuf {
        cache_dir().join(format!("bb-{BB_VERSION}")).join("bb")
    }

    /// Finds `bb`: `explicit` (a setting), else `VEILPASS_BB`, else the installed one, else the first on `PATH`; then
    /// checks its version. An explicit path that is wrong is an error, not a reason to look further.
    pub fn locate(explicit: Option<&Path>) -> Result<Self, BbError> {
        if let Some(path) = explicit.map(Path::to_owned).or_else(|| env::var_os("VEILPASS_BB").map(PathBuf::from)) {
            return Self::at(path);
        }
        let installed = Self::install_path();
        if installed.is_file() {
            return Self::at(installed);
        }
        let on_path = env::var_os("PATH")
            .and_then(|path| env::split_paths(&path).map(|dir| dir.join("bb")).find(|candidate| candidate.is_file()));
        match on_path {
            Some(path) => Self::at(path),
            None => Err(BbError::NotFound { looked_at: format!("VEILPASS_BB, {}, PATH", installed.display()) }),
        }
    }

    /// Checks the version of one binary.
    pub fn at(path: PathBuf) -> Result<Self, BbError> {
        let output = Command::new(&path)
            .arg("--version")
            .output()
            .map_err(|source| BbError::DoesNotRun { path: path.clone(), source })?;
        let found = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().trim().to_owned();
        if found == BB_VERSION { Ok(Self { path }) } else { Err(BbError::WrongVersion { path, found }) }
    }

    /// The binary.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn another_version_is_refused_with_both_versions_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bb");
        std::fs::write(&path, "#!/bin/sh\necho 0.87.0\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let message = Bb::locate(Some(&path)).unwrap_err().to_string();
        assert!(message.contains("0.87.0") && message.contains(BB_VERSION), "{message}");
    }

    #[test]
    fn an_explicit_path_that_does_not_exist_is_named() {
        let message = Bb::locate(Some(Path::new("/nonexistent/bb"))).unwrap_err().to_string();
        assert!(message.contains("/nonexistent/bb"), "{message}");
    }
}
