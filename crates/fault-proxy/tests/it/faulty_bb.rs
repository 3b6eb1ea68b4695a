//! Before the real `bb`, which is asked for hashes: it starts at once, and every answer tells which request it is of.
//! What befalls proofs is in the tests of `cli`, which can make one.

use std::{io::Read, process::Command, time::Instant};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use veilpass_circuit::{BB_VERSION, Bb};
use veilpass_fault_proxy::bb::BbFault;

use crate::running_bb::{ANSWER, Running, ends, install};

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
