//! See `veilpass_fuzz_targets::public_inputs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::public_inputs(data);
});
