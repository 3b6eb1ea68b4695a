//! What a proving worker answers: field by field, and not to be believed.

use veilpass_circuit::PROOF_BYTES;
use veilpass_protocol::{FIELD_BYTES, PublicInputs};

/// The answer has another form than a proof of this statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Too many fields or too few, or one that has not 32 bytes.
    #[error("a proof of another length")]
    Length,
    /// Public inputs of something else.
    #[error("other public inputs than the statement's")]
    OtherStatement,
}

/// The proof's [`PROOF_BYTES`] bytes, if the answer is about this statement. Does not verify it.
pub fn proof_in_answer(
    proof: &[Vec<u8>],
    public_inputs: &[Vec<u8>],
    statement: &PublicInputs,
) -> Result<Vec<u8>, AnswerError> {
    if proof.len() * FIELD_BYTES != PROOF_BYTES || proof.iter().any(|field| field.len() != FIELD_BYTES) {
        return Err(AnswerError::Length);
    }
    // One field for each, as the circuit has them.
    if !public_inputs.iter().map(Vec::as_slice).eq(statement.to_bytes().chunks_exact(FIELD_BYTES)) {
        return Err(AnswerError::OtherStatement);
    }
    Ok(proof.concat())
}

#[cfg(test)]
mod tests {
    use veilpass_protocol::{
        Context, Epoch, FieldElement, MerkleRoot, Nullifier, PUBLIC_INPUT_COUNT, RegistryId, TrackId,
    };

    use super::*;

    #[test]
    fn only_whole_fields_about_the_statement_are_a_proof() {
        let number = FieldElement::from_u64;
        let statement = PublicInputs {
            registry_id: RegistryId::new(number(1)),
            merkle_root: MerkleRoot::new(number(2)),
            track_id: TrackId::new(number(3)),
            epoch: Epoch(4),
            nullifier: Nullifier::new(number(5)),
            context: Context::new(number(6)),
        };
        let inputs: Vec<Vec<u8>> = statement.to_bytes().chunks(FIELD_BYTES).map(<[u8]>::to_vec).collect();
        assert_eq!(inputs.len(), PUBLIC_INPUT_COUNT);
        let proof = vec![vec![7; FIELD_BYTES]; PROOF_BYTES / FIELD_BYTES];
        assert_eq!(proof_in_answer(&proof, &inputs, &statement), Ok(vec![7; PROOF_BYTES]));

        // The same bytes, cut elsewhere.
        let mut uneven = proof.clone();
        let moved = uneven[0].pop().unwrap();
        uneven[1].insert(0, moved);
        for wrong in [&uneven, &proof[1..].to_vec(), &vec![], &vec![vec![7; PROOF_BYTES]]] {
            assert_eq!(proof_in_answer(wrong, &inputs, &statement), Err(AnswerError::Length));
        }
        let (mut other, joined) = (inputs.clone(), vec![inputs.concat()]);
        other[4][31] ^= 1;
        for wrong in [&other, &inputs[1..].to_vec(), &vec![], &joined] {
            assert_eq!(proof_in_answer(&proof, wrong, &statement), Err(AnswerError::OtherStatement));
        }
    }
}
