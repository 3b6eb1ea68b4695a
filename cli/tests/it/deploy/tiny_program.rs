//! Programs of any size that do nothing but end with a number.

/// Bytes of an ELF header and of a program header.
const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
/// Where SBPF version 3 has its code.
const CODE_ADDRESS: u64 = 0x1_0000_0000;

/// A program of SBPF version 3 with `filler` bytes (a multiple of 8) of constants. Each instruction fails with
/// `code`, or succeeds if that is 0.
pub(crate) fn tiny_program(code: u32, filler: usize) -> Vec<u8> {
    assert_eq!(filler % 8, 0);
    // Never zero, so that each part of the program has to be written.
    let constants: Vec<u8> = (0..filler).map(|place| (place * 31 + code as usize) as u8 | 1).collect();
    // r0 = code; exit
    let mut text = vec![0xb7, 0, 0, 0];
    text.extend(code.to_le_bytes());
    text.extend([0x95, 0, 0, 0, 0, 0, 0, 0]);

    let constants_at = HEADER + 2 * PROGRAM_HEADER;
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(16, 0);
    // A shared object for BPF, version 1.
    elf.extend([3, 0, 247, 0, 1, 0, 0, 0]);
    elf.extend(CODE_ADDRESS.to_le_bytes());
    elf.extend((HEADER as u64).to_le_bytes());
    elf.extend(0_u64.to_le_bytes());
    // The version of SBPF; sizes and numbers of headers; no sections.
    elf.extend(3_u32.to_le_bytes());
    for number in [HEADER, PROGRAM_HEADER, 2, 64, 0, 0] {
        elf.extend((number as u16).to_le_bytes());
    }
    for (flags, at, address, bytes) in
        [(4_u32, constants_at, 0, constants.len()), (1, constants_at + filler, CODE_ADDRESS, text.len())]
    {
        elf.extend(1_u32.to_le_bytes());
        elf.extend(flags.to_le_bytes());
        for number in [at as u64, address, address, bytes as u64, bytes as u64, 0] {
            elf.extend(number.to_le_bytes());
        }
    }
    assert_eq!(elf.len(), constants_at);
    elf.extend(constants);
    elf.extend(text);
    elf
}
