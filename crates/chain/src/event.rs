//! Events, as the program emits them: instructions to itself, signed by its own event authority.

use anchor_lang::AnchorDeserialize;
use anchor_lang::Discriminator;

use crate::events::{MerkleRootUpdated, OwnershipVerified, RegistryInitialized, RootsRevoked};

/// What marks the data of an instruction as an event, before the event's own discriminator: the first 8 bytes of
/// SHA-256("anchor:event"), in the order of a little-endian integer.
const EVENT_INSTRUCTION: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];

/// An event of the program.
pub enum Event {
    /// A registry was made.
    RegistryInitialized(RegistryInitialized),
    /// A root was published.
    MerkleRootUpdated(MerkleRootUpdated),
    /// Roots do not count any more.
    RootsRevoked(RootsRevoked),
    /// A proof was accepted, and its nullifier burnt.
    OwnershipVerified(OwnershipVerified),
}

impl Event {
    /// Whether the data of an inner instruction of the program are an event's, known to this build or not.
    pub fn is_instruction_data(data: &[u8]) -> bool {
        data.starts_with(&EVENT_INSTRUCTION)
    }

    /// Reads the data of an inner instruction of the program. `None` for what is no event, or one that this build does not
    /// know. The caller has made sure that the transaction succeeded and that the instruction is one to the program: nobody
    /// else can send it there.
    pub fn from_instruction_data(data: &[u8]) -> Option<Self> {
        let event = data.strip_prefix(&EVENT_INSTRUCTION)?;
        fn read<T: AnchorDeserialize + Discriminator>(event: &[u8]) -> Option<T> {
            T::try_from_slice(event.strip_prefix(T::DISCRIMINATOR)?).ok()
        }
        read(event)
            .map(Self::RegistryInitialized)
            .or_else(|| read(event).map(Self::MerkleRootUpdated))
            .or_else(|| read(event).map(Self::RootsRevoked))
            .or_else(|| read(event).map(Self::OwnershipVerified))
    }
}
