//! See `veilpass_fuzz_targets::witness_plaintext`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::witness_plaintext(data);
});
