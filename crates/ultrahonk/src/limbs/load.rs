//! Reading limbs in program order.

// The host's compiler does not know the name of the machine.
#![allow(unexpected_cfgs)]

/// `limbs[index]`.
#[cfg(not(target_os = "solana"))]
#[inline(always)]
pub(super) fn load<const N: usize>(limbs: &[u64; N], index: usize) -> u64 {
    limbs[index]
}

/// `limbs[index]`, by a volatile read. The machine has ten registers: left free, the compiler moves the reads of a whole
/// unrolled product to its beginning and spills them to the stack, which costs a quarter more.
#[cfg(target_os = "solana")]
#[inline(always)]
pub(super) fn load<const N: usize>(limbs: &[u64; N], index: usize) -> u64 {
    // SAFETY: a reference to an element is valid, aligned and initialized.
    unsafe { core::ptr::read_volatile(&limbs[index]) }
}
