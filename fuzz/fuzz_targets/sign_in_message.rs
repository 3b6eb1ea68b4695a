//! See `veilpass_fuzz_targets::sign_in_message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::sign_in_message(data);
});
