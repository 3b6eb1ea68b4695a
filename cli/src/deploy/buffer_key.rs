//! The key of a deployment's buffer, kept until the deployment ends: an interrupted one goes on in the same buffer.

use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use nix::fcntl::{Flock, FlockArg};
use solana_address::Address;
use veilpass_chain::SigningKey;
use veilpass_circuit::cache_dir;

/// The key, and where it is kept.
pub(super) struct BufferKey {
    key: SigningKey,
    path: PathBuf,
    #[expect(dead_code, reason = "holds the lock until dropped")]
    lock: Option<Flock<fs::File>>,
}

impl BufferKey {
    /// The key for deploying this program to that chain: the one that is kept, or a new one, which is not kept yet. One
    /// process at a time may hold it.
    pub(super) fn hold(genesis_hash: &str, program: &Address) -> anyhow::Result<Self> {
        let path = path(genesis_hash, program);
        let dir = path.parent().unwrap_or(Path::new("."));
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let lock = path.with_extension("lock");
        let file = fs::File::create(&lock).with_context(|| format!("cannot write {}", lock.display()))?;
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|_| anyhow::anyhow!("{program} is being deployed by another process of this machine"))?;
        Ok(Self { lock: Some(lock), ..Self::look(genesis_hash, program)? })
    }

    /// The same, to look only.
    pub(super) fn look(genesis_hash: &str, program: &Address) -> anyhow::Result<Self> {
        let path = path(genesis_hash, program);
        let key = if path.exists() { SigningKey::read(&path)? } else { SigningKey::generate() };
        Ok(Self { key, path, lock: None })
    }

    pub(super) fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Whether a deployment left it.
    pub(super) fn is_kept(&self) -> bool {
        self.path.exists()
    }

    /// Keeps the key: its buffer is about to be made.
    pub(super) fn keep(&self) -> anyhow::Result<()> {
        if !self.is_kept() {
            self.key.write(&self.path)?;
        }
        Ok(())
    }

    /// Removes the key: its buffer is gone.
    pub(super) fn forget(&self) -> anyhow::Result<()> {
        if self.is_kept() {
            fs::remove_file(&self.path).with_context(|| format!("cannot remove {}", self.path.display()))?;
        }
        Ok(())
    }
}

/// One for each chain: a program may be deployed to several under one address.
fn path(genesis_hash: &str, program: &Address) -> PathBuf {
    let chain = genesis_hash.get(..8).unwrap_or(genesis_hash);
    cache_dir().join("deploy").join(format!("{chain}-{program}.json"))
}
