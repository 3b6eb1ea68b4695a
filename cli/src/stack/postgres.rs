//! A private Postgres server: its own folder, its own free port on the loopback interface, Debian's binaries.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use nix::{
    sys::signal::Signal,
    unistd::{Gid, Uid, User, chown},
};
use rand::Rng;
use sqlx::{Connection, PgConnection};
use tokio::process::Command;

use super::{
    ensure_dir,
    process::{ServiceProcess, children_of},
};

const START_TIMEOUT: Duration = Duration::from_secs(60);
const SUPERUSER: &str = "veilpass";

/// A running server. Stops when dropped.
pub struct PostgresServer {
    process: Option<ServiceProcess>,
    dir: PathBuf,
    bin_dir: PathBuf,
    port: u16,
    password: String,
}

/// The folder with `initdb` and `postgres`: the newest of Debian's, else that on `PATH`.
pub fn find_postgres_bin_dir() -> Option<PathBuf> {
    let mut debian: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|dir| dir.join("initdb").is_file())
        .collect();
    debian.sort_by_key(|dir| {
        let version = dir.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok());
        version.unwrap_or(0)
    });
    debian.pop().or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file())
    })
}

/// Postgres refuses to run as root: as root, the server runs as this user.
fn server_user() -> anyhow::Result<Option<(Uid, Gid)>> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some((user.uid, user.gid)));
        }
    }
    bail!("Postgres does not run as root, and there is no user postgres or nobody to run it as")
}

/// Says under which user the server will run, for `doctor`.
pub fn server_user_note() -> String {
    match server_user() {
        Ok(None) => "runs as you".to_owned(),
        Ok(Some((uid, _))) => format!("you are root: the server runs as uid {uid}"),
        Err(error) => error.to_string(),
    }
}

impl PostgresServer {
    /// Starts the server of `dir`, creating its cluster first if there is none.
    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        let bin_dir = find_postgres_bin_dir()
            .context("Postgres is not installed: run ./veilpass doctor (it installs Debian's package postgresql)")?;
        ensure_dir(dir)?;
        let user = server_user()?;
        if let Some((uid, gid)) = user {
            chown(dir, Some(uid), Some(gid)).with_context(|| format!("cannot give {} to Postgres", dir.display()))?;
        }
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        let password = initialize(dir, &bin_dir, user).await?;
        let mut server = Self { process: None, dir: dir.to_owned(), bin_dir, port: free_port()?, password };
        server.launch().await?;
        Ok(server)
    }

    /// URL of a database on the server, with its password: for child processes' environments only.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts a stopped or killed server again, on the same port.
    pub async fn launch(&mut self) -> anyhow::Result<()> {
        let mut command = as_server_user(Command::new(self.bin_dir.join("postgres")), server_user()?);
        command.current_dir(&self.dir).arg("-D").arg(self.dir.join("cluster"));
        for setting in [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            // Long folder names do not fit a socket's path.
            "unix_socket_directories=".to_owned(),
            "max_connections=200".to_owned(),
            // Data of a development stack: it survives every crash but that of the machine.
            "fsync=off".to_owned(),
            "log_statement=none".to_owned(),
        ] {
            command.args(["-c", &setting]);
        }
        let log = self.dir.join("postgres.log");
        // SIGINT is Postgres' fast shutdown.
        let mut process = ServiceProcess::spawn("postgres", &mut command, &log, Signal::SIGINT)?;
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            process.check()?;
            match PgConnection::connect(&self.url("postgres")).await {
                Ok(connection) => {
                    connection.close().await?;
                    break;
                }
                Err(error) if Instant::now() > deadline => {
                    bail!("Postgres does not answer: {error}\n{}", process.tail())
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        self.process = Some(process);
        Ok(())
    }

    /// Drops the database if it is there, and creates it empty.
    pub async fn recreate_database(&self, database: &str) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        for statement in
            [format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)"), format!("CREATE DATABASE \"{database}\"")]
        {
            sqlx::query(&statement).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    /// Kills the server and its children at once, as the kernel would.
    pub async fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            // Backends lead groups of their own, and a new server does not start while one holds the shared memory.
            let backends = process.pid().map(children_of).unwrap_or_default();
            process.kill().await;
            for backend in &backends {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(backend.cast_signed()), Signal::SIGKILL);
            }
            let deadline = Instant::now() + Duration::from_secs(10);
            while backends.iter().any(|backend| is_running(*backend)) && Instant::now() < deadline {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// Stops the server (fast shutdown).
    pub async fn stop(mut self) {
        if let Some(process) = self.process.take() {
            process.stop(Signal::SIGINT, Duration::from_secs(20)).await;
        }
    }
}

fn as_server_user(mut command: Command, user: Option<(Uid, Gid)>) -> Command {
    if let Some((uid, gid)) = user {
        command.uid(uid.as_raw()).gid(gid.as_raw());
    }
    command
}

/// Makes the cluster if there is none. Returns the superuser's password, which is kept in a file beside it.
async fn initialize(dir: &Path, bin_dir: &Path, user: Option<(Uid, Gid)>) -> anyhow::Result<String> {
    let (cluster, password_file) = (dir.join("cluster"), dir.join("password"));
    if cluster.join("PG_VERSION").is_file() && password_file.is_file() {
        let version = fs::read_to_string(cluster.join("PG_VERSION"))?;
        let installed = bin_dir.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        if installed.as_deref().is_some_and(|installed| installed.parse::<u32>().is_ok() && installed != version.trim())
        {
            bail!(
                "{} is a cluster of Postgres {}, but {} is installed: delete the folder, or choose another with --data",
                cluster.display(),
                version.trim(),
                installed.unwrap_or_default()
            );
        }
        return Ok(fs::read_to_string(password_file)?.trim().to_owned());
    }
    // What an interrupted initdb left behind.
    let _ = fs::remove_dir_all(&cluster);
    let _ = fs::remove_file(&password_file);
    let password = hex::encode(rand::rng().random::<[u8; 16]>());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    std::io::Write::write_all(&mut options.open(&password_file)?, password.as_bytes())?;
    if let Some((uid, gid)) = user {
        chown(&password_file, Some(uid), Some(gid))?;
    }
    let mut initdb = as_server_user(Command::new(bin_dir.join("initdb")), user);
    initdb
        .current_dir(dir)
        .args(["--username", SUPERUSER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .arg("--pwfile")
        .arg(&password_file)
        .arg("-D")
        .arg(&cluster);
    let output = initdb.output().await.with_context(|| format!("cannot run {}/initdb", bin_dir.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!(
            "initdb failed in {}: {said}\nIs the folder reachable for the user that the server runs as? Choose one with --data.",
            dir.display()
        );
    }
    Ok(password)
}

/// A process that has ended but was not waited for holds nothing any more.
fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).context("no free port on the loopback interface")?.local_addr()?.port())
}
