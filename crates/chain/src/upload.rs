//! Writing a proof to the chain in as few transactions as possible.

use core::ops::Range;

use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{VersionedMessage, legacy, v1};
use solana_system_interface::instruction::create_account_with_seed;

use crate::{
    BUFFER_BYTES, DISCRIMINATOR_BYTES, PROGRAM_ID, ProofBuffer, ProofSubmission, open_proof_buffer,
    proof_buffer_address, write_proof_buffer,
};

/// A format of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Every cluster takes it: 1,232 bytes.
    Legacy,
    /// Newer clusters take it: 4,096 bytes.
    V1,
}

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

impl Format {
    /// Bytes of the largest transaction.
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Legacy => 1232,
            Self::V1 => v1::MAX_TRANSACTION_SIZE,
        }
    }

    /// The message of these instructions, paid by the first signer, with a limit of compute units.
    ///
    /// A legacy transaction has 200,000 for each instruction without asking, and an instruction sets more. In version 1 the limits
    /// are part of the message, where a limit that is not set is none; compute-budget instructions are ignored there.
    pub fn message(
        self,
        payer: &Address,
        instructions: &[Instruction],
        blockhash: Hash,
        compute_units: u32,
    ) -> Result<VersionedMessage, solana_message::CompileError> {
        self.priced_message(payer, instructions, blockhash, compute_units, 0)
    }

    /// The same, with a priority fee for each compute unit, in millionths of a lamport.
    pub fn priced_message(
        self,
        payer: &Address,
        instructions: &[Instruction],
        blockhash: Hash,
        compute_units: u32,
        micro_lamports: u64,
    ) -> Result<VersionedMessage, solana_message::CompileError> {
        Ok(match self {
            // A price is for each unit of the limit: with one, the limit is set too.
            Self::Legacy if compute_units <= DEFAULT_COMPUTE_UNITS && micro_lamports == 0 => {
                VersionedMessage::Legacy(legacy::Message::new_with_blockhash(instructions, Some(payer), &blockhash))
            }
            Self::Legacy => {
                let limit = ComputeBudgetInstruction::set_compute_unit_limit(compute_units);
                let price =
                    (micro_lamports > 0).then(|| ComputeBudgetInstruction::set_compute_unit_price(micro_lamports));
                let all: Vec<_> = [limit].into_iter().chain(price).chain(instructions.iter().cloned()).collect();
                VersionedMessage::Legacy(legacy::Message::new_with_blockhash(&all, Some(payer), &blockhash))
            }
            Self::V1 => {
                let mut limits = v1::TransactionConfig::empty()
                    .with_compute_unit_limit(compute_units)
                    .with_loaded_accounts_data_size_limit(LOADED_BYTES);
                if micro_lamports > 0 {
                    limits = limits.with_priority_fee(priority_lamports(compute_units, micro_lamports));
                }
                VersionedMessage::V1(v1::Message::try_compile_with_config(payer, instructions, blockhash, limits)?)
            }
        })
    }

    /// Bytes that a limit of compute units and a priority fee take beyond what every message has: an address and
    /// instructions of 5 and 9 bytes with their headers of 3, or a number in the limits.
    const fn budget_bytes(self) -> usize {
        match self {
            Self::Legacy => 32 + (3 + 5) + (3 + 9),
            Self::V1 => 8,
        }
    }

    /// Bytes of the transaction, with the signatures that the message asks for.
    fn transaction_bytes(self, payer: &Address, instructions: &[Instruction]) -> usize {
        let Ok(message) = self.message(payer, instructions, Hash::default(), UPLOAD_COMPUTE_UNITS) else {
            return usize::MAX;
        };
        let signatures = SIGNATURE_BYTES * usize::from(message.header().num_required_signatures);
        match message {
            // The count of signatures takes a byte.
            VersionedMessage::Legacy(message) => 1 + signatures + message.serialize().len(),
            // The version takes one; the count is the message's.
            VersionedMessage::V1(message) => 1 + signatures + message.size(),
            VersionedMessage::V0(_) => usize::MAX,
        }
    }
}

/// What a legacy transaction may take without asking, for each of its instructions.
const DEFAULT_COMPUTE_UNITS: u32 = 200_000;

/// What a transaction of an upload may take: a whole upload in one of version 1 takes 9,150.
pub const UPLOAD_COMPUTE_UNITS: u32 = 100_000;

/// What a transaction of ours may load: the program is half a megabyte.
const LOADED_BYTES: u32 = 4 << 20;

/// The priority fee of a transaction, in lamports.
pub const fn priority_lamports(compute_units: u32, micro_lamports: u64) -> u64 {
    (micro_lamports.saturating_mul(compute_units as u64)).div_ceil(1_000_000)
}

/// The transactions that bring a proof into its buffer.
pub struct UploadPlan {
    /// The buffer.
    pub buffer: Address,
    /// The instructions of each transaction. The first opens the buffer; the others may go in any order after it.
    pub transactions: Vec<Vec<Instruction>>,
    /// Bytes of each transaction. There is room for a priority fee and, in legacy transactions, for the limit of compute units.
    pub bytes: Vec<usize>,
    /// What the last instruction of each transaction writes of the submission's content.
    pub ranges: Vec<Range<usize>>,
}

impl UploadPlan {
    /// Plans the upload into the owner's buffer of this seed. `rent` is what an account of [`buffer_space`] bytes must hold.
    ///
    /// Zeros at the beginning (the pairing points that no proof has) are not written: a new account is zero.
    pub fn new(format: Format, owner: &Address, seed: &str, submission: &ProofSubmission, rent: u64) -> Self {
        let buffer = proof_buffer_address(owner, seed);
        let open = vec![
            create_account_with_seed(owner, &buffer, owner, seed, rent, buffer_space() as u64, &PROGRAM_ID),
            open_proof_buffer(*owner, buffer),
        ];
        let content = submission.content();
        let mut written = content.iter().take_while(|byte| **byte == 0).count();
        let (mut transactions, mut bytes, mut ranges) = (vec![], vec![], vec![]);
        let mut next = open;
        loop {
            let room = room(format, owner, &buffer, &next);
            let end = content.len().min(written + room);
            next.push(write_proof_buffer(*owner, buffer, written as u32, &content[written..end]));
            bytes.push(format.transaction_bytes(owner, &next));
            transactions.push(core::mem::take(&mut next));
            ranges.push(written..end);
            written = end;
            if written == content.len() {
                return Self { buffer, transactions, bytes, ranges };
            }
        }
    }
}

/// How many bytes can be written in a transaction beside other instructions.
fn room(format: Format, owner: &Address, buffer: &Address, beside: &[Instruction]) -> usize {
    let with = |bytes: usize| {
        let mut instructions = beside.to_vec();
        instructions.push(write_proof_buffer(*owner, *buffer, 0, &vec![0; bytes]));
        format.transaction_bytes(owner, &instructions)
    };
    let most = format.max_bytes() - format.budget_bytes();
    let mut room = most - with(0);
    while with(room) > most {
        room -= 1;
    }
    room
}

/// Bytes of a proof buffer's account.
pub const fn buffer_space() -> usize {
    DISCRIMINATOR_BYTES + size_of::<ProofBuffer>()
}
const _: () = assert!(size_of::<ProofBuffer>() == 32 + BUFFER_BYTES);

#[cfg(test)]
mod tests {
    use solana_signature::Signature;
    use solana_transaction::versioned::VersionedTransaction;
    use veilpass_protocol::{FieldElement, PublicInputs};

    use super::*;

    /// A submission whose content tells its places apart, after the zeros that every proof begins with.
    fn submission() -> ProofSubmission {
        let content = (0..BUFFER_BYTES).map(|i| if i < 256 { 0 } else { (i * 7 / 5) as u8 | 1 }).collect();
        let elements: Vec<u8> = (1..=6).flat_map(|number| FieldElement::from_u64(number).to_be_bytes()).collect();
        ProofSubmission::unchecked(PublicInputs::from_bytes(&elements).unwrap(), content)
    }

    /// Offset and bytes of a write: after the discriminator, little-endian, with the length before the bytes.
    fn write(instruction: &Instruction) -> (usize, &[u8]) {
        let (offset, bytes) = instruction.data[8..].split_at(4);
        (u32::from_le_bytes(offset.try_into().unwrap()) as usize, &bytes[4..])
    }

    #[test]
    fn a_proof_is_uploaded_whole_in_few_transactions() {
        let (owner, submission) = (Address::new_unique(), submission());
        for (format, expected) in [(Format::Legacy, 13), (Format::V1, 4)] {
            let plan = UploadPlan::new(format, &owner, "proof", &submission, 1);
            assert_eq!(plan.transactions.len(), expected, "{format:?}");
            for (n, instructions) in plan.transactions.iter().enumerate() {
                let priced = format.priced_message(&owner, instructions, Hash::default(), 1_400_000, 1_000).unwrap();
                let transaction = VersionedTransaction { signatures: vec![Signature::default()], message: priced };
                let bytes = wincode::serialize(&transaction).unwrap().len();
                // Full, but for the last.
                assert!(bytes == format.max_bytes() || n == expected - 1 && bytes < format.max_bytes(), "{n}: {bytes}");
            }
            let mut content = vec![0; BUFFER_BYTES];
            for transaction in &plan.transactions {
                let (offset, bytes) = write(transaction.last().unwrap());
                content[offset..offset + bytes.len()].copy_from_slice(bytes);
            }
            assert!(content == submission.content(), "{format:?}");
        }
    }

    #[test]
    fn a_buffer_of_zeros_is_opened_and_nothing_more() {
        let zeros = ProofSubmission::unchecked(submission().public_inputs, vec![0; BUFFER_BYTES]);
        let plan = UploadPlan::new(Format::Legacy, &Address::new_unique(), "proof", &zeros, 1);
        assert_eq!(plan.transactions.len(), 1);
    }
}
