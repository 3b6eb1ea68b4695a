//! With the real, pinned `bb`.

use std::{os::unix::fs::PermissionsExt, time::Instant};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use veilpass_circuit::PROOF_BYTES;

use super::*;
use crate::solver::{Solver, tests::holder};

fn config(timeout: Duration) -> EngineConfig {
    EngineConfig::locate(None, timeout).expect("bb is installed: run ./veilpass doctor")
}

fn is_alive(pid: u32) -> bool {
    kill(Pid::from_raw(pid.cast_signed()), None).is_ok()
}

#[test]
fn a_holder_gets_a_verified_proof_and_no_two_are_alike() {
    let (holder, solver) = (holder(), Solver::new().unwrap());
    let mut engine = ProvingEngine::start(&config(Duration::from_secs(30)), solver.bytecode()).unwrap();
    let (witness, public_inputs) = holder.witness(&solver);
    let first = engine.prove(&witness, &public_inputs).unwrap();
    let second = engine.prove(&witness, &public_inputs).unwrap();
    assert_eq!(first.as_bytes().len(), PROOF_BYTES);
    assert_ne!(first, second, "zero knowledge: the same statement, other randomness");
}

/// `bb` itself answers such a witness with a proof and no error.
#[test]
fn an_unsatisfied_witness_never_becomes_a_proof() {
    let (holder, solver) = (holder(), Solver::new().unwrap());
    let mut engine = ProvingEngine::start(&config(Duration::from_secs(30)), solver.bytecode()).unwrap();
    let (witness, public_inputs) = holder.witness(&solver);
    let mut bytes = witness.expose_bytes().to_vec();
    let secret = holder.secret.expose_be_bytes();
    let at = bytes.windows(32).position(|window| window == secret.as_slice()).expect("the witness holds the secret");
    bytes[at + 31] ^= 1;
    let outcome = engine.prove(&Witness::from_raw(bytes), &public_inputs);
    assert!(matches!(outcome, Err(EngineError::InvalidProof)), "{outcome:?}");
    let outcome = engine.prove(&Witness::from_raw(Vec::new()), &public_inputs);
    assert!(outcome.is_err(), "an empty witness");
}

#[test]
fn a_hung_worker_is_given_up_and_reaped() {
    let (holder, solver) = (holder(), Solver::new().unwrap());
    let mut engine = ProvingEngine::start(&config(Duration::from_secs(2)), solver.bytecode()).unwrap();
    let pid = engine.pid();
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGSTOP).unwrap();
    let (witness, public_inputs) = holder.witness(&solver);
    let started = Instant::now();
    let outcome = engine.prove(&witness, &public_inputs);
    assert!(matches!(outcome, Err(EngineError::Hung)), "{outcome:?}");
    assert!(started.elapsed() < Duration::from_secs(60), "it waited for ever");
    drop(engine);
    assert!(!is_alive(pid));
}

#[test]
fn a_killed_worker_is_an_error_not_a_wait() {
    let (holder, solver) = (holder(), Solver::new().unwrap());
    let mut engine = ProvingEngine::start(&config(Duration::from_secs(30)), solver.bytecode()).unwrap();
    kill(Pid::from_raw(engine.pid().cast_signed()), Signal::SIGKILL).unwrap();
    let (witness, public_inputs) = holder.witness(&solver);
    assert!(matches!(engine.prove(&witness, &public_inputs), Err(EngineError::Gone(_))));
}

/// A `bb` of the right version that answers with a bogus length: the reader must not allocate it.
#[test]
fn a_bogus_frame_length_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bb");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo {}; else printf '\\377\\377\\377\\377'; cat >/dev/null; fi\n",
        veilpass_circuit::BB_VERSION
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = EngineConfig::locate(Some(path), Duration::from_secs(10)).unwrap();
    let error = ProvingEngine::start(&config, Solver::new().unwrap().bytecode()).err().unwrap().to_string();
    assert!(error.contains("4294967295"), "{error}");
}

#[test]
fn another_circuit_is_refused_at_start() {
    let solver = Solver::new().unwrap();
    let mut other = solver.bytecode().to_vec();
    other.truncate(other.len() / 2);
    assert!(ProvingEngine::start(&config(Duration::from_secs(10)), &other).is_err());
}

/// Another reference string stands for anything that changes the key: circuit, compiler, `bb`.
#[test]
fn another_verification_key_is_refused_at_start_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let genuine = config(Duration::from_secs(30));
    let mut points = std::fs::read(genuine.crs.dir().join("bn254_g1.dat")).unwrap();
    let (first, second) = points[64 * 10..64 * 12].split_at_mut(64);
    first.swap_with_slice(second);
    std::fs::write(dir.path().join("bn254_g1.dat"), points).unwrap();
    let _ = std::fs::copy(genuine.crs.dir().join("bn254_g2.dat"), dir.path().join("bn254_g2.dat"));
    let swapped = EngineConfig { crs: Crs::at(dir.path().to_owned()).unwrap(), ..genuine };
    let error = ProvingEngine::start(&swapped, Solver::new().unwrap().bytecode()).err().unwrap();
    assert!(matches!(error, EngineError::OtherVerificationKey { .. }), "{error}");
    assert!(error.to_string().contains(&verification_key_hash()), "{error}");
}
