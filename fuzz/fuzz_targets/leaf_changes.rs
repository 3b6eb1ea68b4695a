//! See `veilpass_fuzz_targets::leaf_changes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::leaf_changes(data);
});
