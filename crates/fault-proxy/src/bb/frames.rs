//! Frames as `bb` speaks them: `length (u32, little-endian) || msgpack`.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Reads a frame. `None`: the writer is gone.
pub(super) fn read(mut from: &File) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        outcome => outcome?,
    }
    let mut frame = vec![0; u32::from_le_bytes(length) as usize];
    from.read_exact(&mut frame)?;
    Ok(Some(frame))
}

/// Writes a frame.
pub(super) fn write(mut to: &File, frame: &[u8]) -> io::Result<()> {
    to.write_all(&announced(frame)?)?;
    to.write_all(frame)
}

/// The length that stands before a frame.
pub(super) fn announced(frame: &[u8]) -> io::Result<[u8; 4]> {
    Ok(u32::try_from(frame.len()).map_err(io::Error::other)?.to_le_bytes())
}

/// Waits until `from` has something to read. `false`: `owner`, the pipe of whoever waits for it, was closed first.
pub(super) fn wait_for(from: &File, owner: &File) -> io::Result<bool> {
    loop {
        let mut fds = [PollFd::new(from.as_fd(), PollFlags::POLLIN), hang_up(owner.as_fd())];
        if polled(&mut fds, PollTimeout::NONE)? {
            return Ok(!fds[1].any().unwrap_or(true));
        }
    }
}

/// Waits for a while. `false`: `owner` was closed before it was over.
pub(super) fn pause(duration: Duration, owner: &File) -> io::Result<bool> {
    let end = Instant::now() + duration;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(true);
        }
        let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
        if polled(&mut [hang_up(owner.as_fd())], timeout)? {
            return Ok(false);
        }
    }
}

/// Asked about nothing, poll tells of a closed pipe only.
fn hang_up(fd: BorrowedFd<'_>) -> PollFd<'_> {
    PollFd::new(fd, PollFlags::empty())
}

fn polled(fds: &mut [PollFd<'_>], timeout: PollTimeout) -> io::Result<bool> {
    match poll(fds, timeout) {
        Err(nix::errno::Errno::EINTR) => Ok(false),
        outcome => Ok(outcome? > 0),
    }
}
