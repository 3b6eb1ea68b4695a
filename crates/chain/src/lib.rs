//! The client side of the Veilpass program: its addresses, instructions, accounts and events, and how a proof is uploaded.
//!
//! The types come from the program's IDL (`idls/veilpass.json`), so no client is compiled against another program than the
//! committed one. All stand on the types that Anchor 1.2, litesvm 0.16 and solana-client 4.2 share (solana-address 2,
//! solana-instruction 3.4); anchor-client is not used, because it brings RPC types of Solana 3.1 that do not mix with them.

mod address;
mod event;
mod instruction;
mod key_file;
mod submission;
mod transaction;
mod upload;

/// What Anchor generates from the IDL.
#[allow(missing_docs, unexpected_cfgs, unreachable_pub)]
mod program {
    use anchor_lang::{self, prelude::*};
    anchor_lang::declare_program!(veilpass);
}

pub use address::{event_authority, nullifier_address, proof_buffer_address, registry_address};
pub use event::Event;
pub use instruction::{
    accept_authority, close_nullifier, close_proof_buffer, initialize_registry, offer_authority, open_proof_buffer,
    publish_root, revoke_before, set_paused, set_publisher, verify_ownership, write_proof_buffer,
};
pub use key_file::{KeyFileError, SigningKey};
pub use program::veilpass::ID as PROGRAM_ID;
pub use program::veilpass::accounts::{Nullifier, ProofBuffer, Registry};
pub use program::veilpass::events;
pub use program::veilpass::types::{RegistryParameters, Statement};
pub use submission::{BUFFER_BYTES, ProofSubmission, SubmissionError};
pub use transaction::event_data;
pub use upload::{Format, UPLOAD_COMPUTE_UNITS, UploadPlan, buffer_space, priority_lamports};

/// Bytes that mark an account, before its content.
pub const DISCRIMINATOR_BYTES: usize = 8;

/// An account of the program.
pub trait AccountData: anchor_lang::Discriminator + bytemuck::AnyBitPattern {}
impl AccountData for Registry {}
impl AccountData for ProofBuffer {}
impl AccountData for Nullifier {}

/// Reads an account of the program, or `None` if the data are of another kind or length.
pub fn read_account<T: AccountData>(data: &[u8]) -> Option<T> {
    let body = data.strip_prefix(T::DISCRIMINATOR)?;
    (body.len() == size_of::<T>()).then(|| bytemuck::pod_read_unaligned(body))
}
