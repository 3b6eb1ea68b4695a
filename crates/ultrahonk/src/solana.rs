//! Solana's machine: the curve, the pairing and Keccak by system calls. Only there: a host has no such calls.

use solana_define_syscall::definitions::{sol_alt_bn128_group_op, sol_keccak256};

use crate::limbs::Word;
use crate::pinned::{Machine, Operands, PairingInput, PointWords};

/// Operations of `sol_alt_bn128_group_op`, big-endian.
const ADDITION: u64 = 0;
const MULTIPLICATION: u64 = 2;
const PAIRING: u64 = 3;

/// BN254 and Keccak-256 by system calls. They refuse points off the curve, but not every coordinate at or above `q`.
#[derive(Debug, Clone, Copy)]
pub struct Syscalls;

/// Runs an operation on whole words. Returns whether it succeeded.
#[inline(always)]
fn group_op<const IN: usize, const OUT: usize>(operation: u64, input: &[u64; IN], output: &mut [u64; OUT]) -> bool {
    // SAFETY: the call reads the input's bytes and writes the output's: 64 for a sum or a product, 32 for a pairing.
    let status = unsafe {
        sol_alt_bn128_group_op(operation, input.as_ptr().cast(), size_of_val(input) as u64, output.as_mut_ptr().cast())
    };
    status == 0
}

impl Machine for Syscalls {
    #[inline(always)]
    fn keccak256(parts: &[&[u8]]) -> Word {
        let mut hash = core::mem::MaybeUninit::<Word>::uninit();
        // SAFETY: a slice of slices is what the call reads, pointer and length each; it writes 32 bytes.
        unsafe {
            sol_keccak256(parts.as_ptr().cast(), parts.len() as u64, hash.as_mut_ptr().cast());
            hash.assume_init()
        }
    }

    #[inline(always)]
    fn multiply(operands: &Operands<12>, product: &mut PointWords) -> bool {
        group_op(MULTIPLICATION, operands, product)
    }

    #[inline(always)]
    fn add(operands: &Operands<16>, sum: &mut PointWords) -> bool {
        group_op(ADDITION, operands, sum)
    }

    #[inline(always)]
    fn pairing_check(input: &PairingInput) -> bool {
        let mut product = [0; 4];
        // 1, as a word of 32 big-endian bytes.
        group_op(PAIRING, input, &mut product) && product == [0, 0, 0, 1u64.to_be()]
    }
}
