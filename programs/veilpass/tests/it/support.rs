//! What the tests share.

use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_chain::{Format, ProofSubmission, verify_ownership, write_proof_buffer};
use veilpass_program::error::VeilpassError;
use veilpass_protocol::{FieldElement, PublicInputs, RegistryId};
use veilpass_svm::{Deployment, Landed, Listener, ProofMaker, Refused};

/// The registry of most tests is number 1.
pub(crate) fn registry(number: u64) -> RegistryId {
    RegistryId::new(FieldElement::from_u64(number))
}

/// A registry whose root has three listeners in it, their prover, and somebody with money.
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

/// Asserts that the program refused with this error.
#[track_caller]
pub(crate) fn assert_refused(result: Result<Landed, Refused>, error: VeilpassError) {
    assert_code(result, error.into());
}

/// Asserts that a program refused with this code.
#[track_caller]
pub(crate) fn assert_code(result: Result<Landed, Refused>, code: u32) {
    let refused = result.err().expect("a refusal");
    assert_eq!(refused.code, Some(code), "{:?}\n{:#?}", refused.error, refused.logs);
}

/// A proof in its owner's buffer, not verified yet.
pub(crate) struct Uploaded {
    pub(crate) deployment: Deployment,
    pub(crate) owner: Keypair,
    pub(crate) buffer: solana_address::Address,
    pub(crate) submission: ProofSubmission,
}

impl Uploaded {
    pub(crate) fn new() -> Self {
        let (mut deployment, mut maker, owner) = ready();
        let submission = proof_for_now(&deployment, &mut maker);
        let buffer = deployment.upload(Format::V1, &owner, "proof", &submission).unwrap().buffer;
        Self { deployment, owner, buffer, submission }
    }

    /// Writes into the buffer.
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let write = write_proof_buffer(self.owner.pubkey(), self.buffer, offset as u32, bytes);
        self.deployment.runtime.send(&[write], &[&self.owner]).unwrap();
    }

    /// Verifies what is in the buffer.
    pub(crate) fn verify(&mut self) -> Result<Landed, Refused> {
        let instruction = self.instruction();
        self.deployment.runtime.send(&[instruction], &[&self.owner])
    }

    /// Verifies the buffer for other public inputs: six words as they are.
    pub(crate) fn verify_words(&mut self, words: [[u8; 32]; 6]) -> Result<Landed, Refused> {
        let instruction = with_words(self.instruction(), self.deployment.registry, words);
        self.deployment.runtime.send(&[instruction], &[&self.owner])
    }

    pub(crate) fn instruction(&self) -> Instruction {
        verify_ownership(self.owner.pubkey(), self.buffer, &self.submission.public_inputs, 1)
    }

    /// The public inputs as words.
    pub(crate) fn words(&self) -> [[u8; 32]; 6] {
        words(&self.submission.public_inputs)
    }
}

pub(crate) fn words(inputs: &PublicInputs) -> [[u8; 32]; 6] {
    inputs.elements().map(|element| element.to_be_bytes())
}

/// The instruction with other public inputs, and the nullifier's address that goes with them.
fn with_words(mut instruction: Instruction, registry: RegistryId, words: [[u8; 32]; 6]) -> Instruction {
    use solana_address::Address;
    // After the instruction's own discriminator.
    instruction.data[8..200].copy_from_slice(words.as_flattened());
    let nullifier = words[4];
    let account = veilpass_chain::registry_address(registry);
    let seeds: [&[u8]; 3] = [b"nullifier", account.as_ref(), &nullifier];
    instruction.accounts[3].pubkey = Address::find_program_address(&seeds, &veilpass_chain::PROGRAM_ID).0;
    instruction
}

/// `word + r`: the same residue.
pub(crate) fn alias(word: &[u8; 32]) -> [u8; 32] {
    add(word, &veilpass_program::field::ORDER)
}

/// The sum of two big-endian integers, which fits.
pub(crate) fn add(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let (mut sum, mut carry) = ([0; 32], 0u16);
    for i in (0..32).rev() {
        carry += u16::from(a[i]) + u16::from(b[i]);
        sum[i] = carry as u8;
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    sum
}
