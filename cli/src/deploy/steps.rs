//! The transactions of a deployment.

use std::ops::Range;

use anyhow::Context;
use solana_address::Address;
use solana_hash::Hash;
use solana_loader_v3_interface::{instruction, state::UpgradeableLoaderState as State};
use veilpass_chain::SigningKey;

use super::{
    program_file::ProgramFile,
    send::{Budget, MOST_UNITS, Sender, Step},
};

/// Bytes of the largest legacy transaction.
const TRANSACTION_BYTES: usize = 1_232;

/// Who deploys what to where.
pub(super) struct Job<'a> {
    pub(super) file: &'a ProgramFile,
    pub(super) address: Address,
    /// Needed when the program is new.
    pub(super) program_key: Option<&'a SigningKey>,
    pub(super) payer: &'a SigningKey,
    pub(super) authority: &'a SigningKey,
    pub(super) buffer: &'a SigningKey,
}

impl<'a> Job<'a> {
    /// Makes the buffer.
    pub(super) fn create(&self, lamports: u64) -> anyhow::Result<Step<'a>> {
        let (payer, buffer, authority) = (self.payer.address(), self.buffer.address(), self.authority.address());
        let bytes = self.file.bytes.len();
        Ok(Step {
            what: "creating the buffer",
            instructions: instruction::create_buffer(&payer, &buffer, &authority, lamports, bytes)?,
            signers: vec![self.buffer.signer()],
        })
    }

    /// Writes a part of the program into the buffer.
    pub(super) fn write(&self, part: Range<usize>) -> anyhow::Result<Step<'a>> {
        let offset = u32::try_from(part.start)?;
        let bytes = self.file.bytes.get(part).context("a part beyond the program")?.to_vec();
        Ok(self.write_bytes(offset, bytes))
    }

    fn write_bytes(&self, offset: u32, bytes: Vec<u8>) -> Step<'a> {
        Step {
            what: "writing to the buffer",
            instructions: vec![instruction::write(&self.buffer.address(), &self.authority.address(), offset, bytes)],
            signers: vec![self.authority.signer()],
        }
    }

    /// Closes a buffer; the fee payer gets its lamports.
    pub(super) fn close(&self, buffer: Address) -> Step<'a> {
        close(buffer, self.payer, self.authority)
    }

    /// Makes the program out of the buffer, which is gone then.
    pub(super) fn deploy(&self, program_lamports: u64) -> anyhow::Result<Step<'a>> {
        let key = self.program_key.context("a new program needs the key of its address: give --program-keypair")?;
        let instructions = instruction::deploy_with_max_program_len(
            &self.payer.address(),
            &self.address,
            &self.buffer.address(),
            &self.authority.address(),
            program_lamports,
            self.file.bytes.len(),
        )?;
        Ok(Step { what: "deploying", instructions, signers: vec![key.signer(), self.authority.signer()] })
    }

    /// Replaces the program by the buffer, which is gone then; the fee payer gets its lamports.
    pub(super) fn upgrade(&self) -> Step<'a> {
        let (buffer, authority, payer) = (self.buffer.address(), self.authority.address(), self.payer.address());
        Step {
            what: "upgrading",
            instructions: vec![instruction::upgrade(&self.address, &buffer, &authority, &payer)],
            signers: vec![self.authority.signer()],
        }
    }

    /// Makes room for a longer program.
    pub(super) fn extend(&self, bytes: u32) -> Step<'a> {
        Step {
            what: "extending the program's account",
            instructions: vec![instruction::extend_program(&self.address, Some(&self.payer.address()), bytes)],
            signers: vec![],
        }
    }

    /// Takes everybody the right to change the program.
    pub(super) fn finalize(&self) -> Step<'a> {
        Step {
            what: "giving the upgrade authority up",
            instructions: vec![instruction::set_upgrade_authority(&self.address, &self.authority.address(), None)],
            signers: vec![self.authority.signer()],
        }
    }

    /// Bytes of the program that fit into a transaction.
    pub(super) fn part_bytes(&self, sender: &Sender<'_>) -> anyhow::Result<usize> {
        let budget = Budget { compute_units: MOST_UNITS, price: u64::MAX };
        // As long as this or longer, so that the length of the data takes as many bytes as it will.
        let probe = vec![0; 256];
        let transaction = sender.sign(&self.write_bytes(0, probe), Hash::default(), budget)?;
        let header = wincode::serialize(&transaction)?.len() - 256;
        TRANSACTION_BYTES.checked_sub(header).filter(|left| *left >= 256).context("no room in a transaction")
    }

    /// The parts of the program that are not in a buffer yet; a new buffer is full of zeros.
    pub(super) fn missing(&self, written: Option<&[u8]>, part_bytes: usize) -> Vec<Range<usize>> {
        let program = &self.file.bytes;
        let part = |start: usize| start..(start + part_bytes).min(program.len());
        let is_missing = |part: &Range<usize>| {
            let wanted = program.get(part.clone()).unwrap_or_default();
            match written {
                Some(written) => written.get(part.clone()) != Some(wanted),
                None => wanted.iter().any(|byte| *byte != 0),
            }
        };
        (0..program.len()).step_by(part_bytes).map(part).filter(is_missing).collect()
    }
}

/// Closes any buffer of the authority's.
pub(super) fn close<'a>(buffer: Address, payer: &SigningKey, authority: &'a SigningKey) -> Step<'a> {
    Step {
        what: "closing the buffer",
        instructions: vec![instruction::close(&buffer, &payer.address(), &authority.address())],
        signers: vec![authority.signer()],
    }
}

/// Bytes of the accounts of a program of so many bytes: the program's, its data's, the buffer's.
pub(super) const fn account_bytes(program: usize) -> [usize; 3] {
    [State::size_of_program(), State::size_of_programdata(program), State::size_of_buffer(program)]
}
