//! Reading limbs in program order.

/// `limbs[index]`.
#[cfg(not(target_os = "solana"))]
#[inline(always)]
pub(super) fn load<const N: usize>(limbs: &[i64; N], index: usize) -> i64 {
    limbs[index]
}

/// `limbs[index]`, by a volatile read. The machine has ten registers: left free, the compiler moves the reads of a whole
/// unrolled product to its beginning and spills them to the stack, which costs a quarter more.
#[cfg(target_os = "solana")]
#[inline(always)]
pub(super) fn load<const N: usize>(limbs: &[i64; N], index: usize) -> i64 {
    // SAFETY: a reference to an element is valid, aligned and initialized.
    unsafe { core::ptr::read_volatile(&limbs[index]) }
}
