//! A registry that is ready to use.

use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_chain::{
    Format, Nullifier, ProofSubmission, Registry, RegistryParameters, UPLOAD_COMPUTE_UNITS, UploadPlan, buffer_space,
    initialize_registry, nullifier_address, publish_root, read_account, registry_address, verify_ownership,
};
use veilpass_protocol::{Epoch, MerkleRoot, RegistryId};

use crate::{Landed, Refused, Runtime};

/// Length of an epoch: a day.
pub const EPOCH_LENGTH_SECONDS: u64 = 86_400;
/// For how long the previous epoch is accepted: an hour.
pub const EPOCH_GRACE_SECONDS: u64 = 3_600;
/// For how long a root is accepted: a week.
pub const ROOT_LIFETIME_SECONDS: u64 = 7 * 86_400;

/// A registry on a runtime, and the keys of its operators.
pub struct Deployment {
    /// The runtime.
    pub runtime: Runtime,
    /// The registry's number.
    pub registry: RegistryId,
    /// Administers the registry.
    pub authority: Keypair,
    /// Publishes its roots.
    pub publisher: Keypair,
}

impl Deployment {
    /// A registry without roots.
    pub fn new(registry: RegistryId) -> anyhow::Result<Self> {
        let mut runtime = Runtime::new()?;
        let (authority, publisher) = (runtime.funded(), runtime.funded());
        let mut deployment = Self { runtime, registry, authority, publisher };
        deployment.add_registry(registry).map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        Ok(deployment)
    }

    /// Makes another registry of the same operators.
    pub fn add_registry(&mut self, registry: RegistryId) -> Result<Landed, Refused> {
        let parameters = RegistryParameters {
            registry_id: registry.to_be_bytes(),
            publisher: self.publisher.pubkey(),
            epoch_length_seconds: EPOCH_LENGTH_SECONDS,
            epoch_grace_seconds: EPOCH_GRACE_SECONDS,
            root_lifetime_seconds: ROOT_LIFETIME_SECONDS,
        };
        let instruction = initialize_registry(self.authority.pubkey(), registry, parameters);
        self.runtime.send(&[instruction], &[&self.authority])
    }

    /// The registry's account.
    pub fn state(&self) -> Registry {
        self.state_of(self.registry)
    }

    /// Another registry's account.
    pub fn state_of(&self, registry: RegistryId) -> Registry {
        self.runtime.read(&registry_address(registry)).expect("a registry")
    }

    /// The current epoch.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.runtime.time().unsigned_abs() / EPOCH_LENGTH_SECONDS)
    }

    /// Publishes the next root.
    pub fn publish(&mut self, root: MerkleRoot) -> Result<Landed, Refused> {
        let sequence = self.state().sequence;
        self.publish_after(sequence, root)
    }

    /// Publishes a root if the newest has that number.
    pub fn publish_after(&mut self, sequence: u64, root: MerkleRoot) -> Result<Landed, Refused> {
        let instruction = publish_root(self.publisher.pubkey(), self.registry, sequence, root, false);
        self.runtime.send(&[instruction], &[&self.publisher])
    }

    /// Uploads a proof into the owner's buffer of a seed. Returns the plan that was carried out.
    pub fn upload(
        &mut self,
        format: Format,
        owner: &Keypair,
        seed: &str,
        submission: &ProofSubmission,
    ) -> Result<UploadPlan, Refused> {
        let rent = self.runtime.rent(buffer_space());
        let plan = UploadPlan::new(format, &owner.pubkey(), seed, submission, rent);
        for (instructions, bytes) in plan.transactions.iter().zip(&plan.bytes) {
            let landed = self.runtime.send_within(format, instructions, &[owner], UPLOAD_COMPUTE_UNITS)?;
            assert_eq!(landed.bytes, *bytes, "the plan knows the size of its transactions");
        }
        Ok(plan)
    }

    /// Uploads a proof and has it verified under the newest root.
    pub fn verify(&mut self, owner: &Keypair, submission: &ProofSubmission) -> Result<Landed, Refused> {
        let plan = self.upload(Format::Legacy, owner, "proof", submission)?;
        let inputs = &submission.public_inputs;
        let sequence = self.state_of(inputs.registry_id).sequence;
        self.runtime.send(&[verify_ownership(owner.pubkey(), plan.buffer, inputs, sequence)], &[owner])
    }

    /// The receipt of a proof.
    pub fn receipt(&self, submission: &ProofSubmission) -> Option<Nullifier> {
        let inputs = &submission.public_inputs;
        let address = nullifier_address(&registry_address(inputs.registry_id), inputs.nullifier);
        read_account(&self.runtime.account(&address)?.data)
    }
}
