//! The pipe to a `bb` process: frames of `length (u32, little-endian) || msgpack`, capped, under a deadline.
//!
//! `barretenberg-rs` brings a pipe of its own, but without a deadline (well-framed garbage gets no answer at all), without
//! a cap (a bogus length makes a reader allocate gigabytes) and without the environment that we need.

use std::{
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::process::ExitStatusExt,
    },
    process::{Child, ChildStdin, ChildStdout, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use barretenberg_rs::{Backend, BarretenbergError};
use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::{EngineConfig, limit::WorkerCgroup, spawn::spawn};

/// Longest answer that is read, in bytes: a proof with its key is below 20 kB.
const LONGEST_ANSWER: usize = 1 << 20;

/// Why a worker cannot be talked to any more.
#[derive(Debug)]
pub(super) enum PipeFault {
    /// No answer before the deadline.
    Hung,
    /// It has ended.
    Gone(Option<ExitStatus>),
    /// It has ended because it needed more memory than it may have.
    OutOfMemory,
}

/// A `bb` child process, in a process group of its own. The group is killed, and the process reaped, when this is dropped.
pub(super) struct BbPipe {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    timeout: Duration,
    fault: Arc<Mutex<Option<PipeFault>>>,
    /// Whether its memory is limited.
    is_confined: bool,
    /// Removed when dropped, after the process was reaped.
    cgroup: Option<WorkerCgroup>,
}

impl BbPipe {
    pub(super) fn spawn(config: &EngineConfig) -> io::Result<Self> {
        let (mut child, cgroup) = spawn(config)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("bb has no pipes"));
        };
        for fd in [stdin.as_fd(), stdout.as_fd()] {
            fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(io::Error::from)?;
        }
        let is_confined = config.memory.bytes().is_some();
        Ok(Self { child, stdin, stdout, timeout: config.timeout, fault: Arc::default(), is_confined, cgroup })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where the reason is left when a call fails because of the process, not because of an answer.
    pub(super) fn fault(&self) -> Arc<Mutex<Option<PipeFault>>> {
        Arc::clone(&self.fault)
    }

    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, CallError> {
        let deadline = Instant::now() + self.timeout;
        let length = u32::try_from(request.len()).map_err(|_| CallError::Frame(request.len()))?;
        self.write_all(&length.to_le_bytes(), deadline)?;
        self.write_all(request, deadline)?;
        let mut length = [0; 4];
        self.read_exact(&mut length, deadline)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_ANSWER {
            return Err(CallError::Frame(length));
        }
        let mut answer = vec![0; length];
        self.read_exact(&mut answer, deadline)?;
        Ok(answer)
    }

    fn why_gone(&mut self) -> PipeFault {
        let status = self.exit_status();
        let is_out_of_memory = match &self.cgroup {
            Some(group) => group.has_run_out(),
            // What bb does when it is refused memory: std::bad_alloc ends it by SIGABRT.
            None => self.is_confined && status.and_then(|status| status.signal()) == Some(Signal::SIGABRT as i32),
        };
        if is_out_of_memory { PipeFault::OutOfMemory } else { PipeFault::Gone(status) }
    }

    /// How a process ended whose pipe has closed.
    fn exit_status(&mut self) -> Option<ExitStatus> {
        for _ in 0..20 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    fn write_all(&mut self, mut bytes: &[u8], deadline: Instant) -> Result<(), CallError> {
        while !bytes.is_empty() {
            match self.stdin.write(bytes) {
                Ok(0) => return Err(CallError::Gone),
                Ok(written) => bytes = &bytes[written..],
                Err(error) => wait(error, self.stdin.as_fd(), PollFlags::POLLOUT, deadline)?,
            }
        }
        Ok(())
    }

    fn read_exact(&mut self, mut buffer: &mut [u8], deadline: Instant) -> Result<(), CallError> {
        while !buffer.is_empty() {
            match self.stdout.read(buffer) {
                Ok(0) => return Err(CallError::Gone),
                Ok(read) => buffer = &mut buffer[read..],
                Err(error) => wait(error, self.stdout.as_fd(), PollFlags::POLLIN, deadline)?,
            }
        }
        Ok(())
    }
}

/// Why a call brought no answer.
enum CallError {
    Hung,
    Gone,
    Frame(usize),
}

/// Waits until the pipe is ready again, if `error` says that it is not.
fn wait(error: io::Error, fd: BorrowedFd<'_>, ready: PollFlags, deadline: Instant) -> Result<(), CallError> {
    match error.kind() {
        io::ErrorKind::Interrupted => return Ok(()),
        io::ErrorKind::WouldBlock => {}
        _ => return Err(CallError::Gone),
    }
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(CallError::Hung);
    }
    let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
    match poll(&mut [PollFd::new(fd, ready)], timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(_) => Err(CallError::Gone),
    }
}

impl Backend for BbPipe {
    fn call(&mut self, request: &[u8]) -> barretenberg_rs::Result<Vec<u8>> {
        let fault = match self.exchange(request) {
            Ok(answer) => return Ok(answer),
            Err(CallError::Frame(length)) => {
                return Err(BarretenbergError::Ipc(format!("a frame of {length} bytes")));
            }
            Err(CallError::Hung) => PipeFault::Hung,
            Err(CallError::Gone) => self.why_gone(),
        };
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        Err(BarretenbergError::Ipc("no answer".to_owned()))
    }

    fn destroy(&mut self) -> barretenberg_rs::Result<()> {
        // All of its group: whatever it started goes with it.
        let _ = killpg(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGKILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
        Ok(())
    }
}

impl Drop for BbPipe {
    fn drop(&mut self) {
        let _ = self.destroy();
    }
}
