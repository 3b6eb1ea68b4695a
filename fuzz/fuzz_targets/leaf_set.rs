//! See `veilpass_fuzz_targets::leaf_set`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::leaf_set(data);
});
