//! The fuzz targets: each module has a `check` that panics on a defect of the code under test.
//!
//! The package does not need libFuzzer: ordinary tests replay the stored inputs.

pub mod answers;
pub mod core;
pub mod engine;
pub mod expectations;
pub mod findings;
pub mod module;
pub mod parser;
pub mod script;
pub mod seeds;

/// The `check` of a target.
pub fn target(name: &str) -> Option<fn(&[u8]) -> findings::Findings> {
    match name {
        "answers" => Some(answers::check),
        "core" => Some(core::check),
        "engine" => Some(engine::check),
        "expectations" => Some(expectations::check),
        "module" => Some(module::check),
        "parser" => Some(parser::check),
        _ => None,
    }
}

/// The first byte of an input, which selects how the rest is used; 0 for an empty input.
fn split_first(input: &[u8]) -> (u8, &[u8]) {
    input.split_first().map_or((0, input), |(&first, rest)| (first, rest))
}

/// Cuts bytes into chunks of 1 to 64 bytes, pseudo-randomly from `seed`.
fn chunks(bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed) | 1;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        // A linear congruential generator; its high bits are the better ones.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let count = (state >> 26) as usize + 1;
        let (chunk, behind) = rest.split_at(count.min(rest.len()));
        rest = behind;
        (!chunk.is_empty()).then_some(chunk)
    })
}
