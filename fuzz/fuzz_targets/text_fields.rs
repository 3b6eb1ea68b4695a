//! See `veilpass_fuzz_targets::text_fields`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::text_fields(data);
});
