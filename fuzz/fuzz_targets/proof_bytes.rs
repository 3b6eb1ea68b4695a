//! See `veilpass_fuzz_targets::proof_bytes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::proof_bytes(data);
});
