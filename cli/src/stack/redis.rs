//! A private Redis (or Valkey) server: its own folder, a free port on the loopback interface, a password, nothing on disk.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use rand::Rng;
use tokio::process::Command;

use super::{ensure_dir, process::ServiceProcess};

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running server. Stops when dropped.
pub struct RedisServer {
    process: Option<ServiceProcess>,
    binary: PathBuf,
    dir: PathBuf,
    port: u16,
    password: String,
}

/// The server's binary on `PATH`: Redis, else Valkey.
pub fn find_redis_server() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).collect();
    let in_folders = |name: &str| folders.iter().map(|dir| dir.join(name)).find(|file| file.is_file());
    ["redis-server", "valkey-server"].into_iter().find_map(in_folders)
}

impl RedisServer {
    /// Starts a server whose configuration and log are in `dir`.
    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        let binary = find_redis_server()
            .context("Redis is not installed: run ./veilpass doctor (it installs Debian's package redis-server)")?;
        ensure_dir(dir)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let password = hex::encode(rand::rng().random::<[u8; 16]>());
        let mut server = Self { process: None, binary, dir: dir.to_owned(), port, password };
        server.launch().await?;
        Ok(server)
    }

    /// URL with the password: for child processes' environments only.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts a stopped or killed server again, empty, on the same port.
    pub async fn launch(&mut self) -> anyhow::Result<()> {
        // The password stands in a file that others cannot read, not among the arguments.
        let file = self.dir.join("redis.conf");
        let _ = fs::remove_file(&file);
        let settings = format!(
            "bind 127.0.0.1\nport {}\nrequirepass {}\nsave \"\"\nappendonly no\ndaemonize no\n\
             maxmemory-policy noeviction\n",
            self.port, self.password
        );
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        std::io::Write::write_all(&mut options.open(&file)?, settings.as_bytes())?;
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.dir).arg(&file);
        let mut process =
            ServiceProcess::spawn("redis-server", &mut command, &self.dir.join("redis.log"), Signal::SIGTERM)?;
        let client = redis::Client::open(self.url())?;
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            process.check()?;
            match client.get_multiplexed_async_connection().await {
                Ok(_) => break,
                Err(error) if Instant::now() > deadline => {
                    bail!("Redis does not answer: {error}\n{}", process.tail())
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        self.process = Some(process);
        Ok(())
    }

    /// Kills the server at once, as the kernel would.
    pub async fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Freezes the server (SIGSTOP): connections stay open, and nothing is answered.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Goes on after [`Self::pause`] (SIGCONT).
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }

    /// Stops the server.
    pub async fn stop(mut self) {
        if let Some(process) = self.process.take() {
            process.stop(Signal::SIGTERM, Duration::from_secs(10)).await;
        }
    }
}
