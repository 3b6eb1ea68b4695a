//! What the tests share.

use solana_keypair::Keypair;
use veilpass_chain::ProofSubmission;
use veilpass_program::error::VeilpassError;
use veilpass_protocol::{FieldElement, RegistryId};
use veilpass_svm::{Deployment, Landed, Listener, ProofMaker, Refused};

/// The registry of most tests.
pub(crate) fn registry(number: u64) -> RegistryId {
    RegistryId::new(FieldElement::from_u64(number))
}

/// A registry whose root has three listeners in it, and their prover.
pub(crate) fn ready() -> (Deployment, ProofMaker, Keypair) {
    let listeners = (1..=3).map(|number| Listener::new(number, "first-light")).collect();
    let maker = ProofMaker::new(listeners).unwrap();
    let mut deployment = Deployment::new(registry(1)).unwrap();
    deployment.publish(maker.root()).unwrap();
    let owner = deployment.runtime.funded();
    (deployment, maker, owner)
}

/// A proof of the first listener for now.
pub(crate) fn proof_for_now(deployment: &Deployment, maker: &mut ProofMaker) -> ProofSubmission {
    maker.submission(0, deployment.registry, deployment.epoch(), 7).unwrap()
}

/// The code of an error on the wire.
pub(crate) fn code(error: VeilpassError) -> u32 {
    error.into()
}

/// Asserts that the program refused with this error.
#[track_caller]
pub(crate) fn assert_refused(result: Result<Landed, Refused>, error: VeilpassError) {
    let refused = result.err().expect("a refusal");
    assert_eq!(refused.code, Some(code(error)), "{:?}\n{:#?}", refused.error, refused.logs);
}
