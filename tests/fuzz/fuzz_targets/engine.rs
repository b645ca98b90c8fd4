#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    simcom_fuzz_targets::engine::check(input);
});
