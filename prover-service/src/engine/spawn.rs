//! Starting a `bb` process so that it can neither outlive the prover nor take more memory than it may.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
};

use nix::{
    sys::{
        prctl,
        resource::{Resource, setrlimit},
        signal::Signal,
    },
    unistd::getppid,
};

use super::{
    EngineConfig,
    limit::{MemoryLimit, WorkerCgroup},
};

type Task = Box<dyn FnOnce() + Send>;

/// Runs `task` on a thread that lives as long as the process. The kernel kills a worker when the *thread* that started it
/// ends, and tokio's threads come and go.
fn on_spawner<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    static SPAWNER: OnceLock<mpsc::Sender<Task>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, tasks) = mpsc::channel::<Task>();
        // If there is no thread, the receiver is gone and each task says so.
        let _ = std::thread::Builder::new().name("bb-spawner".to_owned()).spawn(move || {
            for task in tasks {
                task();
            }
        });
        sender
    });
    let gone = || io::Error::other("the thread that starts workers is gone");
    let (answer, answered) = mpsc::sync_channel(1);
    spawner.send(Box::new(move || drop(answer.send(task())))).map_err(|_| gone())?;
    answered.recv().map_err(|_| gone())
}

/// A started worker, and the control group that it is alone in, if there is one.
pub(super) fn spawn(config: &EngineConfig) -> io::Result<(Child, Option<WorkerCgroup>)> {
    let mut command = Command::new(config.bb.path());
    command
        .args(["msgpack", "run"])
        .env_clear()
        .env("CRS_PATH", config.crs.dir())
        .envs(std::env::var_os("HOME").map(|home| ("HOME", home)))
        // One core for each worker: at 2^12 rows a second thread costs more than it brings.
        .env("HARDWARE_CONCURRENCY", "1")
        // Barretenberg's newer multi-scalar multiplication: when it was tried, a proof took 164 ms instead of 232.
        .env("BB_MSM_NEW", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Its log lines say nothing that an error answer does not, and could name inputs.
        .stderr(Stdio::null())
        .process_group(0);
    let cgroup = config.memory.cgroup()?;
    let mut member = cgroup.as_ref().map(WorkerCgroup::membership).transpose()?;
    let address_space = match &config.memory {
        MemoryLimit::AddressSpace { bytes } => Some(*bytes),
        _ => None,
    };
    let prover = nix::unistd::getpid();
    // SAFETY: system calls only, and none allocates: allowed between fork and exec.
    unsafe {
        command.pre_exec(move || {
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            if getppid() != prover {
                // The prover died before the line above.
                return Err(io::Error::from_raw_os_error(nix::libc::ESRCH));
            }
            if let Some(procs) = &mut member {
                procs.write_all(b"0")?;
            }
            if let Some(bytes) = address_space {
                setrlimit(Resource::RLIMIT_AS, bytes, bytes)?;
            }
            Ok(())
        });
    }
    let child = on_spawner(move || command.spawn())??;
    Ok((child, cgroup))
}
