//! The pipe to a `bb` process: frames of `length (u32, little-endian) || msgpack`, capped, under a deadline.
//!
//! `barretenberg-rs` brings a pipe of its own, but without a deadline (well-framed garbage gets no answer at all), without
//! a cap (a bogus length makes a reader allocate gigabytes) and without the environment that we need.

use std::{
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::process::CommandExt,
    },
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use barretenberg_rs::{Backend, BarretenbergError};
use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::EngineConfig;

/// Longest answer that is read, in bytes: a proof with its key is below 20 kB.
const LONGEST_ANSWER: usize = 1 << 20;

/// A `bb` child process, in a process group of its own. Killed and reaped when dropped.
pub(super) struct BbPipe {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    timeout: Duration,
}

impl BbPipe {
    pub(super) fn spawn(config: &EngineConfig) -> Result<Self, BarretenbergError> {
        let mut child = Command::new(config.bb.path())
            .args(["msgpack", "run"])
            .env_clear()
            .env("CRS_PATH", config.crs.dir())
            .envs(std::env::var_os("HOME").map(|home| ("HOME", home)))
            // One core for each worker: at 2^12 rows a second thread costs more than it brings.
            .env("HARDWARE_CONCURRENCY", "1")
            // Barretenberg's newer multi-scalar multiplication: 164 ms instead of 232 ms a proof.
            .env("BB_MSM_NEW", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Its log lines say nothing that an error answer does not, and could name inputs.
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(BarretenbergError::Ipc("bb has no pipes".to_owned()));
        };
        for fd in [stdin.as_fd(), stdout.as_fd()] {
            fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(io::Error::from)?;
        }
        Ok(Self { child, stdin, stdout, timeout: config.timeout })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn write_all(&mut self, mut bytes: &[u8], deadline: Instant) -> Result<(), BarretenbergError> {
        while !bytes.is_empty() {
            match self.stdin.write(bytes) {
                Ok(0) => return Err(BarretenbergError::Ipc("bb closed its input".to_owned())),
                Ok(written) => bytes = &bytes[written..],
                Err(error) => wait(error, self.stdin.as_fd(), PollFlags::POLLOUT, deadline)?,
            }
        }
        Ok(())
    }

    fn read_exact(&mut self, mut buffer: &mut [u8], deadline: Instant) -> Result<(), BarretenbergError> {
        while !buffer.is_empty() {
            match self.stdout.read(buffer) {
                Ok(0) => return Err(BarretenbergError::Ipc("bb is gone".to_owned())),
                Ok(read) => buffer = &mut buffer[read..],
                Err(error) => wait(error, self.stdout.as_fd(), PollFlags::POLLIN, deadline)?,
            }
        }
        Ok(())
    }
}

/// Waits until the pipe is ready again, if `error` says that it is not.
fn wait(error: io::Error, fd: BorrowedFd<'_>, ready: PollFlags, deadline: Instant) -> Result<(), BarretenbergError> {
    match error.kind() {
        io::ErrorKind::Interrupted => return Ok(()),
        io::ErrorKind::WouldBlock => {}
        _ => return Err(error.into()),
    }
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(BarretenbergError::Ipc("bb did not answer in time".to_owned()));
    }
    let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
    match poll(&mut [PollFd::new(fd, ready)], timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

impl Backend for BbPipe {
    fn call(&mut self, request: &[u8]) -> barretenberg_rs::Result<Vec<u8>> {
        let deadline = Instant::now() + self.timeout;
        let length = u32::try_from(request.len())
            .map_err(|_| BarretenbergError::Ipc("the request is longer than a frame".to_owned()))?;
        self.write_all(&length.to_le_bytes(), deadline)?;
        self.write_all(request, deadline)?;
        let mut length = [0; 4];
        self.read_exact(&mut length, deadline)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_ANSWER {
            return Err(BarretenbergError::Ipc(format!("bb announced an answer of {length} bytes")));
        }
        let mut answer = vec![0; length];
        self.read_exact(&mut answer, deadline)?;
        Ok(answer)
    }

    fn destroy(&mut self) -> barretenberg_rs::Result<()> {
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
