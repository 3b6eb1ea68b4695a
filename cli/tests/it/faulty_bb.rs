//! A `bb` that fails, under the engine that drives it: nothing but a proof that holds ever becomes a proof.

use std::time::Duration;

use veilpass_cli::{
    holders::{Holder, session},
    stack::service_binary,
};
use veilpass_fault_proxy::bb::{BbFault, BbPlan, FaultyBb};
use veilpass_merkle::MerkleTree;
use veilpass_protocol::{Epoch, FieldElement, PublicInputs, RegistryId, hash_leaf};
use veilpass_prover::{EngineConfig, EngineError, OwnershipInputs, ProvingEngine, Solver, Witness};
use veilpass_verifier::OwnershipVerifier;

/// A holder alone in its registry.
fn solved(solver: &Solver, number: u64) -> (Witness, PublicInputs) {
    let holder = Holder::new(number);
    let tree = MerkleTree::build(vec![hash_leaf(holder.secret.commitment(), holder.token_id, holder.track_id)]);
    let registry = RegistryId::new(FieldElement::from_u64(1));
    let public_inputs = holder.statement(registry, Epoch(1), &session(number, 0)).under_root(tree.root());
    let path = tree.path(0).unwrap();
    let inputs =
        OwnershipInputs { public_inputs, identity_secret: &holder.secret, token_id: holder.token_id, path: &path };
    (solver.solve(&inputs).unwrap(), public_inputs)
}

#[test]
fn whatever_bb_answers_only_a_proof_that_holds_becomes_one() {
    let (solver, verifier) = (Solver::new().unwrap(), OwnershipVerifier::new().unwrap());
    let ((first, of_first), (second, of_second)) = (solved(&solver, 1), solved(&solver, 2));
    // The seed decides which kind of lie is told, and whether it is a proof or something else that is said again.
    for (fault, seed) in BbFault::ALL.into_iter().flat_map(|fault| [(fault, 1), (fault, 2), (fault, 3)]) {
        let dir = tempfile::tempdir().unwrap();
        let genuine = EngineConfig::locate(None, Duration::from_secs(60)).unwrap();
        let plan = BbPlan::new(genuine.bb.path(), seed);
        let faulty = FaultyBb::install(dir.path(), &service_binary("veilpass-faulty-bb").unwrap(), &plan).unwrap();
        // Where no answer comes, it is not waited for long; elsewhere a slow machine must not look like a silent bb.
        let answers = !matches!(fault, BbFault::Silence | BbFault::Truncated);
        let timeout = Duration::from_secs(if answers { 60 } else { 5 });
        let config = EngineConfig::locate(Some(faulty.path().to_owned()), timeout).unwrap();
        let mut engine = ProvingEngine::start(&config, solver.bytecode()).unwrap();
        engine.prove(&first, &of_first).unwrap();

        faulty.set(&plan.clone().with(fault, 1000)).unwrap();
        let outcome = engine.prove(&second, &of_second);
        let is_right = match (fault, &outcome) {
            (BbFault::Late | BbFault::Growth, Ok(proof)) => verifier.verify(proof.as_bytes(), &of_second).is_ok(),
            (BbFault::Silence | BbFault::Truncated, Err(EngineError::Hung)) => true,
            (BbFault::Exit, Err(EngineError::Gone(_))) => true,
            (BbFault::FlippedProof | BbFault::Lie, Err(EngineError::InvalidProof)) => true,
            (BbFault::Noise | BbFault::BogusLength, Err(EngineError::Answer(_))) => true,
            (BbFault::Replayed, Err(EngineError::Answer(_) | EngineError::Shape(_))) => true,
            _ => false,
        };
        assert!(is_right, "{fault:?}, seed {seed}: {outcome:?}");
        assert_eq!(faulty.befell().get(&fault), Some(&1), "{fault:?}, seed {seed}");
    }
}
