//! A faulty `bb` that runs before the real one, as its client sees it: asked for hashes over pipes.

use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{sys::signal::kill, unistd::Pid};
use veilpass_circuit::{Bb, Crs};
use veilpass_fault_proxy::bb::{BbFault, BbPlan, FaultyBb};

const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of an answer to [`request`].
pub(crate) const ANSWER: usize = 57;

pub(crate) struct Running {
    _dir: tempfile::TempDir,
    pub(crate) faulty: FaultyBb,
    pub(crate) plan: BbPlan,
    pub(crate) child: Child,
    /// None: closed.
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) stdout: ChildStdout,
}

pub(crate) fn install(dir: &Path) -> (FaultyBb, BbPlan) {
    let bb = Bb::locate(None).expect("bb is installed: run ./veilpass doctor");
    let plan = BbPlan::new(bb.path(), 5);
    (FaultyBb::install(dir, Path::new(env!("CARGO_BIN_EXE_veilpass-faulty-bb")), &plan).unwrap(), plan)
}

/// The hash of one byte, as `bb` is asked for it.
fn request(byte: u8) -> Vec<u8> {
    let mut request = b"\x91\x92\xa7Blake2s\x81\xa4data\xc4\x01".to_vec();
    request.push(byte);
    request
}

impl Running {
    pub(crate) fn start() -> Self {
        Self::start_after("")
    }

    /// The same, when those have run before it.
    pub(crate) fn start_after(log: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("bb.log"), log).unwrap();
        let (faulty, plan) = install(dir.path());
        let mut command = Command::new(faulty.path());
        command.args(["msgpack", "run"]).env_clear().env("CRS_PATH", Crs::locate().unwrap().dir());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        Self { _dir: dir, faulty, plan, child, stdin, stdout }
    }

    pub(crate) fn befall(&self, fault: BbFault) {
        self.faulty.set(&self.plan.clone().with(fault, 1000)).unwrap();
    }

    fn heal(&self) {
        self.faulty.set(&self.plan).unwrap();
    }

    pub(crate) fn ask(&mut self, byte: u8) {
        let (request, mut stdin) = (request(byte), self.stdin.as_ref().unwrap());
        stdin.write_all(&(request.len() as u32).to_le_bytes()).unwrap();
        stdin.write_all(&request).unwrap();
    }

    pub(crate) fn read(&mut self, bytes: usize) -> Vec<u8> {
        let mut read = vec![0; bytes];
        self.stdout.read_exact(&mut read).unwrap();
        read
    }

    pub(crate) fn answer(&mut self) -> Vec<u8> {
        let length = u32::from_le_bytes(self.read(4).try_into().unwrap());
        self.read(length as usize)
    }

    /// What the real `bb` says to this.
    pub(crate) fn truth(&mut self, byte: u8) -> Vec<u8> {
        self.heal();
        self.ask(byte);
        let answer = self.answer();
        assert!(answer.starts_with(b"\x92\xafBlake2sResponse") && answer.len() == ANSWER, "{answer:x?}");
        answer
    }

    /// Waits until a fault has befallen an answer.
    pub(crate) fn befell(&self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while self.faulty.befell().is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        !self.faulty.befell().is_empty()
    }

    /// The real `bb`, once it runs.
    pub(crate) fn real(&self) -> Pid {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let children = format!("/proc/{0}/task/{0}/children", self.child.id());
            if let Ok(pid) = std::fs::read_to_string(children).unwrap().trim().parse() {
                return Pid::from_raw(pid);
            }
            assert!(Instant::now() < deadline, "there is no bb");
        }
    }

    pub(crate) fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a process has ended.
pub(crate) fn ends(pid: Pid) {
    let deadline = Instant::now() + PATIENCE;
    while kill(pid, None).is_ok() {
        // A zombie is not reaped by everybody's init.
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if state.contains(") Z ") {
            return;
        }
        assert!(Instant::now() < deadline, "{pid} runs on");
        std::thread::sleep(Duration::from_millis(10));
    }
}
