//! The program: between a prover and the real `bb`.

use std::{
    fs::File,
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::{prctl, signal::Signal},
    unistd::{Pid, getpid, getppid},
};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    answer::Answer,
    frames,
    journal::Journal,
    plan::{BbFault, BbPlan, beside},
};

/// Most that growths take in all, in bytes: where a test forgot the limit, the machine has one.
const MOST_GROWTH: usize = 512 << 20;

/// Runs the program with this process' arguments, standard input and output.
pub fn run() -> io::Result<ExitCode> {
    let mut arguments = std::env::args_os();
    let program: PathBuf = arguments.next().ok_or_else(|| io::Error::other("started without a name"))?.into();
    let arguments: Vec<_> = arguments.collect();
    let plan = BbPlan::load(&program)?;
    if arguments != ["msgpack", "run"] {
        return Err(Command::new(&plan.bb).args(arguments).exec());
    }
    let mut journal = Journal::open(&program)?;
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    rng.set_stream(journal.start()?);
    let owner = Owner { requests: own(io::stdin().as_fd())?, answers: own(io::stdout().as_fd())? };
    let real = Real::start(&program, &plan)?;
    let mut shim =
        Shim { program, owner, real, journal, rng, last: None, last_proof: None, lied: false, grown: vec![] };
    // However it ended, the real bb ends with us.
    Ok(if shim.serve()? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn own(fd: impl AsFd) -> io::Result<File> {
    fd.as_fd().try_clone_to_owned().map(File::from)
}

/// Whoever started us.
struct Owner {
    requests: File,
    answers: File,
}

/// The real `bb`. Killed and reaped when dropped.
struct Real {
    child: Child,
    requests: File,
    answers: File,
}

impl Real {
    fn start(program: &Path, plan: &BbPlan) -> io::Result<Self> {
        let mut command = Command::new(&plan.bb);
        // Under a name of the test's folder, so that a search for what a test left behind finds it.
        command.arg0(beside(program, ".real")).args(["msgpack", "run"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let parent: Pid = getpid();
        // SAFETY: prctl and getppid are async-signal-safe and touch nothing of the parent.
        unsafe {
            command.pre_exec(move || {
                prctl::set_pdeathsig(Signal::SIGKILL)?;
                // It was too late if the parent is dead already.
                if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
            });
        }
        let mut child = command.spawn()?;
        let no_pipe = || io::Error::other("bb has no pipes");
        let requests = OwnedFd::from(child.stdin.take().ok_or_else(no_pipe)?).into();
        let answers = OwnedFd::from(child.stdout.take().ok_or_else(no_pipe)?).into();
        Ok(Self { child, requests, answers })
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Shim {
    program: PathBuf,
    owner: Owner,
    real: Real,
    journal: Journal,
    rng: ChaCha8Rng,
    last: Option<Answer>,
    last_proof: Option<Answer>,
    /// A proof that does not hold was passed off as one.
    lied: bool,
    grown: Vec<Vec<u8>>,
}

impl Shim {
    /// Serves until one side is gone. `false`: it was `bb`, or a fault ended us.
    fn serve(&mut self) -> io::Result<bool> {
        while let Some(request) = frames::read(&self.owner.requests)? {
            let since = Instant::now();
            frames::write(&self.real.requests, &request)?;
            if !frames::wait_for(&self.real.answers, &self.owner.requests)? {
                return Ok(true);
            }
            let Some(answer) = frames::read(&self.real.answers)? else { return Ok(false) };
            let plan = BbPlan::load(&self.program)?;
            if !frames::pause(since.elapsed() * plan.slowness.saturating_sub(1), &self.owner.requests)? {
                return Ok(true);
            }
            if !self.pass_on(&plan, Answer(answer))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Passes an answer on, or what a fault makes of it. `false`: the process ends.
    fn pass_on(&mut self, plan: &BbPlan, genuine: Answer) -> io::Result<bool> {
        let fault = plan.befalls(self.rng.random_range(0..1000));
        let mut answer = Answer(genuine.0.clone());
        // What is told of a proof that was a lie goes with the lie, whatever befalls it besides.
        if self.lied && answer.approve() {
            self.lied = false;
        }
        let befell = match fault {
            None => false,
            Some(BbFault::FlippedProof) => answer.flip(&mut self.rng),
            Some(BbFault::Lie) => {
                let former = self.last_proof.as_ref().filter(|_| self.rng.random());
                self.lied = former.is_some_and(|former| answer.graft(former)) || answer.flip(&mut self.rng);
                self.lied
            }
            Some(BbFault::Replayed) => self.replay(&mut answer),
            Some(_) => true,
        };
        if let Some(fault) = fault.filter(|_| befell) {
            self.journal.befell(fault)?;
        }
        let slot = if genuine.has_proof() { &mut self.last_proof } else { &mut self.last };
        *slot = Some(genuine);
        if fault == Some(BbFault::Growth) && !self.grow(plan.growth_mb) {
            return Ok(false);
        }
        let mut out = &self.owner.answers;
        match fault {
            Some(BbFault::Silence) => {}
            Some(BbFault::BogusLength) => out.write_all(&[0xff; 4])?,
            Some(BbFault::Truncated | BbFault::Exit) => {
                out.write_all(&frames::announced(&answer.0)?)?;
                out.write_all(&answer.0[..answer.0.len() / 2])?;
                return Ok(fault == Some(BbFault::Truncated));
            }
            Some(BbFault::Noise) => {
                self.rng.fill_bytes(&mut answer.0);
                frames::write(out, &answer.0)?;
            }
            Some(BbFault::Late) => {
                if !frames::pause(Duration::from_millis(plan.late_ms), &self.owner.requests)? {
                    return Ok(true);
                }
                frames::write(out, &answer.0)?;
            }
            _ => frames::write(out, &answer.0)?,
        }
        Ok(true)
    }

    /// Makes it an answer of before: in place of a proof now and then another proof, else whatever was said last.
    fn replay(&mut self, answer: &mut Answer) -> bool {
        let proof = self.last_proof.as_ref().filter(|_| self.last.is_none() || self.rng.random());
        let Some(former) = proof.or(self.last.as_ref()) else { return false };
        answer.0.clone_from(&former.0);
        true
    }

    /// Takes memory and touches it, so that it is resident. `false`: there is none to be had.
    fn grow(&mut self, megabytes: usize) -> bool {
        let bytes = megabytes << 20;
        if self.grown.iter().map(Vec::len).sum::<usize>() + bytes > MOST_GROWTH {
            return true;
        }
        let mut more = Vec::new();
        if more.try_reserve_exact(bytes).is_err() {
            return false;
        }
        more.resize(bytes, 1);
        self.grown.push(more);
        true
    }
}
