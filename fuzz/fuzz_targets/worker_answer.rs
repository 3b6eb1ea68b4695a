//! See `veilpass_fuzz_targets::worker_answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    veilpass_fuzz_targets::worker_answer(data);
});
