//! Before the real `bb`, which is asked for hashes: it starts at once, and every answer tells which request it is of.
//! What befalls proofs is in the tests of `cli`, which can make one.

use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use veilpass_circuit::{BB_VERSION, Bb, Crs};
use veilpass_fault_proxy::bb::{BbFault, BbPlan, FaultyBb};

const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of an answer to [`request`].
const ANSWER: usize = 57;

struct Running {
    _dir: tempfile::TempDir,
    faulty: FaultyBb,
    plan: BbPlan,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
}

fn install(dir: &Path) -> (FaultyBb, BbPlan) {
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
    fn start() -> Self {
        Self::start_after("")
    }

    /// The same, when those have run before it.
    fn start_after(log: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("bb.log"), log).unwrap();
        let (faulty, plan) = install(dir.path());
        let mut command = Command::new(faulty.path());
        command.args(["msgpack", "run"]).env_clear().env("CRS_PATH", Crs::locate().unwrap().dir());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        Self { _dir: dir, faulty, plan, child, stdin, stdout }
    }

    fn befall(&self, fault: BbFault) {
        self.faulty.set(&self.plan.clone().with(fault, 1000)).unwrap();
    }

    fn heal(&self) {
        self.faulty.set(&self.plan).unwrap();
    }

    fn ask(&mut self, byte: u8) {
        let (request, mut stdin) = (request(byte), self.stdin.as_ref().unwrap());
        stdin.write_all(&(request.len() as u32).to_le_bytes()).unwrap();
        stdin.write_all(&request).unwrap();
    }

    fn read(&mut self, bytes: usize) -> Vec<u8> {
        let mut read = vec![0; bytes];
        self.stdout.read_exact(&mut read).unwrap();
        read
    }

    fn answer(&mut self) -> Vec<u8> {
        let length = u32::from_le_bytes(self.read(4).try_into().unwrap());
        self.read(length as usize)
    }

    /// What the real `bb` says to this.
    fn truth(&mut self, byte: u8) -> Vec<u8> {
        self.heal();
        self.ask(byte);
        let answer = self.answer();
        assert!(answer.starts_with(b"\x92\xafBlake2sResponse") && answer.len() == ANSWER, "{answer:x?}");
        answer
    }

    /// Waits until a fault has befallen an answer.
    fn befell(&self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while self.faulty.befell().is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        !self.faulty.befell().is_empty()
    }

    /// The real `bb`, once it runs.
    fn real(&self) -> Pid {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let children = format!("/proc/{0}/task/{0}/children", self.child.id());
            if let Ok(pid) = std::fs::read_to_string(children).unwrap().trim().parse() {
                return Pid::from_raw(pid);
            }
            assert!(Instant::now() < deadline, "there is no bb");
        }
    }

    fn resident_kb(&self) -> u64 {
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

fn ends(pid: Pid) {
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

#[test]
fn its_version_is_that_of_the_real_one() {
    let dir = tempfile::tempdir().unwrap();
    let (faulty, _) = install(dir.path());
    let found = Bb::at(faulty.path().to_owned()).unwrap();
    let output = Command::new(found.path()).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), BB_VERSION);
}

#[test]
fn without_faults_every_answer_is_that_of_its_request() {
    let mut running = Running::start();
    let (one, two) = (running.truth(1), running.truth(2));
    assert_ne!(one, two);
    assert_eq!(running.truth(1), one);
    assert!(running.faulty.befell().is_empty());
}

#[test]
fn each_fault_does_to_an_answer_what_it_says() {
    for fault in BbFault::ALL {
        let mut running = Running::start();
        let (one, two) = (running.truth(1), running.truth(2));
        let resident = running.resident_kb();
        running.befall(fault);
        let since = Instant::now();
        running.ask(1);
        let befell = match fault {
            BbFault::BogusLength => running.read(4) == [0xff; 4],
            BbFault::Truncated => {
                running.read(4) == (ANSWER as u32).to_le_bytes()
                    && running.read(ANSWER / 2) == one[..ANSWER / 2]
                    // And nothing before the next answer.
                    && running.truth(2) == two
            }
            BbFault::Noise => {
                let noise = running.answer();
                noise.len() == ANSWER && noise != one && running.truth(2) == two
            }
            // The next answer is that to the next request.
            BbFault::Silence => running.befell() && running.truth(2) == two,
            BbFault::Late => running.answer() == one && since.elapsed().as_millis() >= running.plan.late_ms.into(),
            BbFault::Exit => {
                let mut rest = vec![];
                running.stdout.read_to_end(&mut rest).unwrap();
                rest.len() == 4 + ANSWER / 2 && !running.child.wait().unwrap().success()
            }
            BbFault::Replayed => running.answer() == two,
            BbFault::Growth => {
                running.answer() == one && running.resident_kb() >= resident + 1024 * running.plan.growth_mb as u64
            }
            // There is no proof in it.
            BbFault::FlippedProof | BbFault::Lie => running.answer() == one,
        };
        assert!(befell, "{fault:?}");
        let expected = usize::from(!matches!(fault, BbFault::FlippedProof | BbFault::Lie));
        assert_eq!(running.faulty.befell().values().sum::<usize>(), expected, "{fault:?}");
    }
}

#[test]
fn where_there_is_no_memory_growth_ends_it() {
    let mut running = Running::start();
    running.truth(1);
    let pid = running.child.id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &pid, "--as=67108864"]).status().unwrap().success());
    running.plan.growth_mb = 100;
    running.befall(BbFault::Growth);
    running.ask(1);
    assert!(!running.child.wait().unwrap().success());
}

#[test]
fn processes_of_one_seed_draw_each_its_own() {
    let drawn = |mut running: Running| {
        running.faulty.set(&running.plan.clone().with(BbFault::Replayed, 500)).unwrap();
        let mut answers = vec![];
        for byte in 0..64 {
            running.ask(byte);
            answers.push(running.answer());
        }
        answers
    };
    let first = drawn(Running::start());
    assert_ne!(drawn(Running::start_after("start 1\n")), first);
    assert_eq!(drawn(Running::start()), first, "the same seed and the same number");
}

#[test]
fn the_real_bb_ends_with_it_however_it_ends() {
    let mut running = Running::start();
    let real = running.real();
    kill(Pid::from_raw(running.child.id().cast_signed()), Signal::SIGKILL).unwrap();
    running.child.wait().unwrap();
    ends(real);

    let mut running = Running::start();
    let real = running.real();
    running.truth(1);
    running.stdin = None;
    assert!(running.child.wait().unwrap().success());
    ends(real);
}

#[test]
fn it_ends_with_the_real_bb() {
    let mut running = Running::start();
    running.truth(1);
    kill(running.real(), Signal::SIGKILL).unwrap();
    running.ask(1);
    assert!(!running.child.wait().unwrap().success());
}

/// The real `bb` hangs, and whoever waits for it is gone.
#[test]
fn it_ends_with_its_reader_while_it_waits() {
    let mut running = Running::start();
    running.truth(1);
    let real = running.real();
    kill(real, Signal::SIGSTOP).unwrap();
    running.ask(1);
    running.stdin = None;
    assert!(running.child.wait().unwrap().success());
    ends(real);
}
