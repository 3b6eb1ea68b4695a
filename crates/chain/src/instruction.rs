//! The program's instructions.

use anchor_lang::{InstructionData, ToAccountMetas};
use solana_address::Address;
use solana_instruction::Instruction;
use veilpass_protocol::{MerkleRoot, Nullifier, PublicInputs, RegistryId};

use crate::program::veilpass::client::{accounts, args};
use crate::{PROGRAM_ID, RegistryParameters, Statement, event_authority, nullifier_address, registry_address};

const SYSTEM_PROGRAM: Address = solana_system_interface::program::ID;

fn instruction(accounts: &impl ToAccountMetas, data: &impl InstructionData) -> Instruction {
    Instruction { program_id: PROGRAM_ID, accounts: accounts.to_account_metas(None), data: data.data() }
}

/// Makes a registry; the authority signs and pays.
pub fn initialize_registry(authority: Address, registry: RegistryId, parameters: RegistryParameters) -> Instruction {
    let accounts = accounts::InitializeRegistry {
        registry: registry_address(registry),
        authority,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(),
        program: PROGRAM_ID,
    };
    instruction(&accounts, &args::InitializeRegistry { parameters })
}

/// Sets who publishes roots. The authority signs.
pub fn set_publisher(authority: Address, registry: RegistryId, publisher: Address) -> Instruction {
    let accounts = accounts::SetPublisher { registry: registry_address(registry), authority };
    instruction(&accounts, &args::SetPublisher { publisher })
}

/// Stops or resumes verification. The authority signs.
pub fn set_paused(authority: Address, registry: RegistryId, paused: bool) -> Instruction {
    let accounts = accounts::SetPaused { registry: registry_address(registry), authority };
    instruction(&accounts, &args::SetPaused { paused })
}

/// Offers a registry to another authority. The authority signs.
pub fn offer_authority(authority: Address, registry: RegistryId, to: Address) -> Instruction {
    let accounts = accounts::OfferAuthority { registry: registry_address(registry), authority };
    instruction(&accounts, &args::OfferAuthority { authority: to })
}

/// Takes a registry that was offered. The new authority signs.
pub fn accept_authority(authority: Address, registry: RegistryId) -> Instruction {
    let accounts = accounts::AcceptAuthority { registry: registry_address(registry), authority };
    instruction(&accounts, &args::AcceptAuthority {})
}

/// Publishes the root after the one of number `expected_sequence`. The publisher signs.
pub fn publish_root(
    publisher: Address,
    registry: RegistryId,
    expected_sequence: u64,
    root: MerkleRoot,
    revoke_earlier: bool,
) -> Instruction {
    let accounts = accounts::PublishRoot {
        registry: registry_address(registry),
        publisher,
        event_authority: event_authority(),
        program: PROGRAM_ID,
    };
    instruction(&accounts, &args::PublishRoot { expected_sequence, root: root.to_be_bytes(), revoke_earlier })
}

/// Ends the roots before a number. The publisher or the authority signs.
pub fn revoke_before(revoker: Address, registry: RegistryId, min_root_sequence: u64) -> Instruction {
    let accounts = accounts::RevokeBefore {
        registry: registry_address(registry),
        revoker,
        event_authority: event_authority(),
        program: PROGRAM_ID,
    };
    instruction(&accounts, &args::RevokeBefore { min_root_sequence })
}

/// Takes a new account as a proof buffer. The owner signs.
pub fn open_proof_buffer(owner: Address, buffer: Address) -> Instruction {
    instruction(&accounts::OpenProofBuffer { buffer, owner }, &args::OpenProofBuffer {})
}

/// Writes into a proof buffer. The owner signs.
pub fn write_proof_buffer(owner: Address, buffer: Address, offset: u32, bytes: &[u8]) -> Instruction {
    let accounts = accounts::WriteProofBuffer { buffer, owner };
    instruction(&accounts, &args::WriteProofBuffer { offset, bytes: bytes.to_vec() })
}

/// Closes a proof buffer. The owner signs and gets the rent.
pub fn close_proof_buffer(owner: Address, buffer: Address) -> Instruction {
    instruction(&accounts::CloseProofBuffer { buffer, owner }, &args::CloseProofBuffer {})
}

/// Checks the proof in a buffer, under the root of that number. The owner signs, pays for the nullifier, and gets the
/// buffer's rent.
pub fn verify_ownership(owner: Address, buffer: Address, inputs: &PublicInputs, root_sequence: u64) -> Instruction {
    let registry = registry_address(inputs.registry_id);
    let accounts = accounts::VerifyOwnership {
        registry,
        buffer,
        owner,
        nullifier: nullifier_address(&registry, inputs.nullifier),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(),
        program: PROGRAM_ID,
    };
    let statement = Statement::from(inputs);
    instruction(&accounts, &args::VerifyOwnership { statement, root_sequence })
}

/// Closes a nullifier whose epoch, and the one after it, are over. The payer signs and gets the rent.
pub fn close_nullifier(payer: Address, registry: RegistryId, nullifier: Nullifier) -> Instruction {
    let registry = registry_address(registry);
    let accounts = accounts::CloseNullifier { registry, nullifier: nullifier_address(&registry, nullifier), payer };
    instruction(&accounts, &args::CloseNullifier {})
}

impl From<&PublicInputs> for Statement {
    fn from(inputs: &PublicInputs) -> Self {
        let [registry_id, merkle_root, track_id, epoch, nullifier, context] =
            inputs.elements().map(|element| element.to_be_bytes());
        Self { registry_id, merkle_root, track_id, epoch, nullifier, context }
    }
}
