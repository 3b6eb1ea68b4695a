//! The public inputs of the ownership circuit, and the part of them that a client fixes.

use serde::{Deserialize, Serialize};

use crate::{
    element::{Context, MerkleRoot, Nullifier, RegistryId, TrackId},
    epoch::Epoch,
    field::{FIELD_BYTES, FieldElement, ParseFieldError},
};

/// Number of public inputs.
pub const PUBLIC_INPUT_COUNT: usize = 6;
/// Bytes of the encoded public inputs.
pub const PUBLIC_INPUTS_BYTES: usize = PUBLIC_INPUT_COUNT * FIELD_BYTES;

/// The public inputs, in the order of the circuit's `main`. As bytes: six field elements, each 32 bytes big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicInputs {
    /// Registry that the root belongs to.
    pub registry_id: RegistryId,
    /// Root of the registry's tree.
    pub merkle_root: MerkleRoot,
    /// Track that the token unlocks.
    pub track_id: TrackId,
    /// Epoch of the nullifier; a field element below 2^64.
    pub epoch: Epoch,
    /// One per identity, registry, track and epoch.
    pub nullifier: Nullifier,
    /// Session that the proof is for.
    pub context: Context,
}

/// Why bytes are not the six public inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParsePublicInputsError {
    /// Not 192 bytes.
    #[error("expected 192 bytes: six field elements of 32 bytes")]
    Length,
    /// One of them is not a canonical field element.
    #[error("public input {index}: {source}")]
    Element {
        /// Position, from 0.
        index: usize,
        /// What is wrong with it.
        source: ParseFieldError,
    },
    /// The epoch does not fit 64 bits.
    #[error("the epoch is not below 2^64")]
    Epoch,
}

impl PublicInputs {
    /// The six elements in circuit order.
    pub fn elements(&self) -> [FieldElement; PUBLIC_INPUT_COUNT] {
        [
            self.registry_id.element(),
            self.merkle_root.element(),
            self.track_id.element(),
            self.epoch.element(),
            self.nullifier.element(),
            self.context.element(),
        ]
    }

    /// 192 bytes: the elements in circuit order, each 32 bytes big-endian.
    pub fn to_bytes(&self) -> [u8; PUBLIC_INPUTS_BYTES] {
        let mut bytes = [0; PUBLIC_INPUTS_BYTES];
        for (chunk, element) in bytes.chunks_exact_mut(FIELD_BYTES).zip(self.elements()) {
            chunk.copy_from_slice(&element.to_be_bytes());
        }
        bytes
    }

    /// Parses what [`Self::to_bytes`] writes, and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParsePublicInputsError> {
        if bytes.len() != PUBLIC_INPUTS_BYTES {
            return Err(ParsePublicInputsError::Length);
        }
        let mut elements = [FieldElement::ZERO; PUBLIC_INPUT_COUNT];
        for (index, (element, chunk)) in elements.iter_mut().zip(bytes.chunks_exact(FIELD_BYTES)).enumerate() {
            *element = FieldElement::from_be_slice(chunk)
                .map_err(|source| ParsePublicInputsError::Element { index, source })?;
        }
        let [registry_id, merkle_root, track_id, epoch, nullifier, context] = elements;
        let epoch_bytes = epoch.to_be_bytes();
        let (high, low) = epoch_bytes.split_at(24);
        if high.iter().any(|byte| *byte != 0) {
            return Err(ParsePublicInputsError::Epoch);
        }
        Ok(Self {
            registry_id: RegistryId::new(registry_id),
            merkle_root: MerkleRoot::new(merkle_root),
            track_id: TrackId::new(track_id),
            epoch: Epoch(u64::from_be_bytes(low.try_into().expect("8 of 32 bytes"))),
            nullifier: Nullifier::new(nullifier),
            context: Context::new(context),
        })
    }
}

/// What a client asks to have proved: the public inputs without the root, which the prover chooses (the newest one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofStatement {
    /// Registry of the token.
    pub registry_id: RegistryId,
    /// Track that the token unlocks.
    pub track_id: TrackId,
    /// Epoch of the nullifier.
    pub epoch: Epoch,
    /// The nullifier, computed by the client.
    pub nullifier: Nullifier,
    /// Session that the proof is for.
    pub context: Context,
}

impl ProofStatement {
    /// The statement's public inputs under a root.
    pub fn under_root(&self, merkle_root: MerkleRoot) -> PublicInputs {
        let Self { registry_id, track_id, epoch, nullifier, context } = *self;
        PublicInputs { registry_id, merkle_root, track_id, epoch, nullifier, context }
    }

    /// 160 bytes that name the statement: registry, track, epoch, nullifier, context, each 32 bytes big-endian. A
    /// sealed witness is authenticated together with them, so it cannot be moved to another job.
    pub fn to_bytes(&self) -> [u8; 5 * FIELD_BYTES] {
        let mut bytes = [0; 5 * FIELD_BYTES];
        let elements = [
            self.registry_id.element(),
            self.track_id.element(),
            self.epoch.element(),
            self.nullifier.element(),
            self.context.element(),
        ];
        for (chunk, element) in bytes.chunks_exact_mut(FIELD_BYTES).zip(elements) {
            chunk.copy_from_slice(&element.to_be_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> PublicInputs {
        let element = FieldElement::from_u64;
        PublicInputs {
            registry_id: RegistryId::new(element(1)),
            merkle_root: MerkleRoot::new(element(2)),
            track_id: TrackId::new(element(3)),
            epoch: Epoch(u64::MAX),
            nullifier: Nullifier::new(element(5)),
            context: Context::new(element(6)),
        }
    }

    #[test]
    fn bytes_round_trip() {
        assert_eq!(PublicInputs::from_bytes(&sample().to_bytes()), Ok(sample()));
    }

    #[test]
    fn a_statement_is_its_public_inputs_without_the_root() {
        let PublicInputs { registry_id, merkle_root, track_id, epoch, nullifier, context } = sample();
        let statement = ProofStatement { registry_id, track_id, epoch, nullifier, context };
        assert_eq!(statement.under_root(merkle_root), sample());
        let bytes = sample().to_bytes();
        assert_eq!(statement.to_bytes()[..], [&bytes[..32], &bytes[64..]].concat());
    }

    #[test]
    fn an_aliased_input_is_refused_at_every_position() {
        for index in 0..PUBLIC_INPUT_COUNT {
            let mut bytes = sample().to_bytes();
            bytes[index * 32..][..32].copy_from_slice(&FieldElement::modulus_be_bytes());
            let source = ParseFieldError::NotCanonical;
            assert_eq!(PublicInputs::from_bytes(&bytes), Err(ParsePublicInputsError::Element { index, source }));
        }
    }

    #[test]
    fn a_wide_epoch_and_wrong_lengths_are_refused() {
        let mut bytes = sample().to_bytes();
        bytes[3 * 32 + 23] = 1;
        assert_eq!(PublicInputs::from_bytes(&bytes), Err(ParsePublicInputsError::Epoch));
        assert_eq!(PublicInputs::from_bytes(&bytes[..191]), Err(ParsePublicInputsError::Length));
        assert_eq!(PublicInputs::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(ParsePublicInputsError::Length));
    }
}
