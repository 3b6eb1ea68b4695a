//! A Solana program that checks a Groth16 proof with groth16-solana, and does nothing else.
//!
//! The instruction's data is -A, B and C (256 bytes) and nine public inputs (288 bytes), all big-endian. The key is in the
//! program, as a program of that library has it. A refusal is the library's own error number.

#![cfg_attr(target_os = "solana", no_std)]

pub mod vector;

#[cfg(target_os = "solana")]
mod program {
    use groth16_solana::groth16::Groth16Verifier;
    use pinocchio::{AccountView, Address, ProgramResult, error::ProgramError};
    use pinocchio::{no_allocator, nostd_panic_handler, program_entrypoint};
    use solana_compiler_builtins as _;

    use crate::vector::{PUBLIC_INPUTS, VERIFYING_KEY};

    program_entrypoint!(verify, 1);
    no_allocator!();
    nostd_panic_handler!();

    fn verify(_program: &Address, _accounts: &[AccountView], data: &[u8]) -> ProgramResult {
        let read = || {
            let (a, rest) = data.split_first_chunk::<64>()?;
            let (b, rest) = rest.split_first_chunk::<128>()?;
            let (c, rest) = rest.split_first_chunk::<64>()?;
            let (inputs, rest) = rest.as_chunks::<32>();
            let inputs: &[_; PUBLIC_INPUTS.len()] = inputs.try_into().ok()?;
            rest.is_empty().then_some((a, b, c, inputs))
        };
        let (a, b, c, inputs) = read().ok_or(ProgramError::InvalidInstructionData)?;
        let refused = |error| ProgramError::Custom(u32::from(error));
        Groth16Verifier::new(a, b, c, inputs, &VERIFYING_KEY).map_err(refused)?.verify().map_err(refused)
    }
}
