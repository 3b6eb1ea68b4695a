//! See `veilpass_fuzz_targets::chain_data`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::chain_data(data);
});
