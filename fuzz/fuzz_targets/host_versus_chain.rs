//! See `veilpass_fuzz_targets::host_versus_chain`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::host_versus_chain(data);
});
