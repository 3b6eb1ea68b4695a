//! See `veilpass_fuzz_targets::sealed_witness`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::sealed_witness(data);
});
