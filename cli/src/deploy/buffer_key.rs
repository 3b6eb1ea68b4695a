//! The keys of buffers, kept until their deployments end: an interrupted one goes on in the same buffer.

use std::{fs, os::unix::fs::DirBuilderExt, path::PathBuf};

use anyhow::Context;
use nix::fcntl::{Flock, FlockArg};
use solana_address::Address;
use veilpass_chain::SigningKey;
use veilpass_circuit::cache_dir;

/// A buffer's key, and where it is kept.
pub(super) struct BufferKey {
    pub(super) key: SigningKey,
    path: PathBuf,
}

/// Where the keys for deploying one program to one chain are kept, one for each content: transactions that wrote another
/// content may land for a while after they were sent, and must not find a buffer then.
pub(super) struct BufferKeys {
    dir: PathBuf,
    /// Of the files' names.
    start: String,
    #[expect(dead_code, reason = "holds the lock until dropped")]
    lock: Option<Flock<fs::File>>,
}

impl BufferKeys {
    /// For one process at a time.
    pub(super) fn hold(genesis_hash: &str, program: &Address) -> anyhow::Result<Self> {
        let this = Self::look(genesis_hash, program);
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&this.dir);
        made.with_context(|| format!("cannot create {}", this.dir.display()))?;
        let path = this.dir.join(format!("{}.lock", this.start));
        let file = fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|_| anyhow::anyhow!("{program} is being deployed by another process of this machine"))?;
        Ok(Self { lock: Some(lock), ..this })
    }

    /// To look only.
    pub(super) fn look(genesis_hash: &str, program: &Address) -> Self {
        // A program may be deployed to several chains under one address.
        let chain = genesis_hash.get(..8).unwrap_or(genesis_hash);
        Self { dir: cache_dir().join("deploy"), start: format!("{chain}-{program}"), lock: None }
    }

    /// The key for deploying this content: the one that is kept, or a new one, which is not kept yet.
    pub(super) fn of(&self, sha256: &str) -> anyhow::Result<BufferKey> {
        let path = self.dir.join(format!("{}-{}.json", self.start, sha256.get(..16).unwrap_or(sha256)));
        let key = if path.exists() { SigningKey::read(&path)? } else { SigningKey::generate() };
        Ok(BufferKey { key, path })
    }

    /// All that are kept.
    pub(super) fn kept(&self) -> anyhow::Result<Vec<BufferKey>> {
        let mut found = Vec::new();
        if !self.dir.exists() {
            return Ok(found);
        }
        for entry in fs::read_dir(&self.dir).with_context(|| format!("cannot read {}", self.dir.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(&format!("{}-", self.start)) && path.extension().is_some_and(|ending| ending == "json")
            {
                found.push(BufferKey { key: SigningKey::read(&path)?, path });
            }
        }
        Ok(found)
    }
}

impl BufferKey {
    /// Keeps it: its buffer is about to be made.
    pub(super) fn keep(&self) -> anyhow::Result<()> {
        if !self.path.exists() {
            self.key.write(&self.path)?;
        }
        Ok(())
    }

    /// Removes it: its buffer is gone.
    pub(super) fn forget(&self) -> anyhow::Result<()> {
        if self.path.exists() {
            fs::remove_file(&self.path).with_context(|| format!("cannot remove {}", self.path.display()))?;
        }
        Ok(())
    }
}
