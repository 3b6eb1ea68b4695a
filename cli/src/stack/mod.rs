//! The development stack: a private Postgres, a local chain and the services, as child processes on free ports.

mod chain_services;
mod launch;
mod local_chain;
mod postgres;
mod process;
mod publisher;
mod redis;

use std::path::{Path, PathBuf};

use anyhow::Context;
pub use chain_services::{IndexerOptions, RelayerOptions, start_indexer, start_relayer};
pub use launch::{ApiOptions, ProverOptions, start_api, start_prover};
pub use local_chain::LocalChain;
pub use postgres::{PostgresServer, find_postgres_bin_dir, server_user_note};
pub use process::{ServiceProcess, children_of, service_binary};
pub use publisher::ChainPublisher;
pub use redis::{RedisServer, find_redis_server};

/// Where the stack keeps its data unless told otherwise: the user's cache; for root, whose home the database server's own
/// user cannot enter, `/var/cache/veilpass`.
pub fn default_data_dir() -> PathBuf {
    let cache = if nix::unistd::geteuid().is_root() && std::env::var_os("VEILPASS_CACHE").is_none() {
        PathBuf::from("/var/cache/veilpass")
    } else {
        veilpass_circuit::cache_dir()
    };
    cache.join("demo")
}

/// Creates a folder of the stack.
pub fn ensure_dir(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))
}

/// Lets the database server into a temporary folder: as root, it runs as another user.
pub fn open_to_server(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o711)).context("a temporary folder")
}

/// A lock on a data folder: two stacks on one folder would share a database.
pub struct DataDirLock(#[expect(dead_code, reason = "holds the lock until dropped")] nix::fcntl::Flock<std::fs::File>);

impl DataDirLock {
    /// Takes the lock, or says who holds it.
    pub fn acquire(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join("lock");
        let file = std::fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).map(Self).map_err(|_| {
            anyhow::anyhow!(
                "{} is in use by another ./veilpass demo; stop it, or choose another --data folder",
                dir.display()
            )
        })
    }
}
