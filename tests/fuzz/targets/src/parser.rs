//! Runs the parser: the same bytes give the same tokens however they are cut, and no byte is lost or invented.
//!
//! An input is two bytes and the module's bytes. The first byte selects the lines after which a prompt is awaited (a
//! bit for each of eight lines, cyclically), the second how the bytes are cut.

use simcom_mqtt::at::{LINE_LIMIT_BYTES, Line, Parser, Separator, Token};

use crate::findings::Findings;
use crate::{chunks, split_first};

/// The tokens; pieces of a line or of data that chunks have cut are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Line(Vec<u8>, bool),
    Rest(Vec<u8>),
    Prompt,
    Data(Vec<u8>),
    Separator(Separator),
}

/// Parses an input in several chunkings.
///
/// # Panics
///
/// On a defect of the parser.
pub fn check(input: &[u8]) -> Findings {
    let (prompts, input) = split_first(input);
    let (seed, bytes) = split_first(input);
    let whole = parse([bytes], prompts);
    is_accounted_for(bytes, &whole);
    assert_eq!(parse(bytes.chunks(1), prompts), whole, "byte by byte and as a whole");
    assert_eq!(parse(chunks(bytes, seed), prompts), whole, "in chunks and as a whole");
    Findings::new()
}

fn parse<'b>(chunks: impl IntoIterator<Item = &'b [u8]>, prompts: u8) -> Vec<Found> {
    let mut parser = Parser::new();
    let mut found = Vec::new();
    let mut lines = 0;
    let mut announced = 0;
    for mut chunk in chunks {
        while let Some(token) = parser.next(&mut chunk, prompts >> (lines % 8) & 1 == 1) {
            match token {
                Token::Line(line) => {
                    lines += 1;
                    found.push(Found::Line(line.bytes().to_vec(), line.is_cut()));
                    if let Some(length) = data_length(line) {
                        assert_eq!(announced, 0, "a line inside of data");
                        announced = length;
                        parser.expect_data(length);
                    }
                }
                Token::Rest(bytes) => match found.last_mut() {
                    Some(Found::Rest(all)) => all.extend(bytes),
                    _ => found.push(Found::Rest(bytes.to_vec())),
                },
                Token::Prompt => {
                    lines += 1;
                    found.push(Found::Prompt);
                }
                Token::Separator(separator) => found.push(Found::Separator(separator)),
                Token::Text(_) => panic!("no text was announced"),
                Token::Data(bytes) => {
                    assert!(!bytes.is_empty() && bytes.len() <= announced.into(), "more data than announced, or none");
                    announced -= bytes.len() as u16;
                    match found.last_mut() {
                        Some(Found::Data(all)) => all.extend(bytes),
                        _ => found.push(Found::Data(bytes.to_vec())),
                    }
                }
            }
        }
        assert!(chunk.is_empty(), "a part of the chunk was left");
    }
    found
}

/// Number of data bytes that a line announces to the session.
fn data_length(line: Line<'_>) -> Option<u16> {
    let name = ["+CMQTTRXTOPIC", "+CMQTTRXPAYLOAD"];
    let mut parameters = name.iter().find_map(|name| line.parameters(name))?;
    parameters.number()?;
    parameters.number()?.try_into().ok()
}

/// Checks that the tokens are the bytes of the input in their order, without line ends and without an incomplete last
/// line.
fn is_accounted_for(bytes: &[u8], found: &[Found]) {
    let mut rest = bytes;
    for token in found {
        match token {
            Found::Line(line, is_cut) => {
                rest = without_line_ends(rest);
                let length = line.len();
                assert!((1..=LINE_LIMIT_BYTES).contains(&length), "a line of {length} bytes");
                assert!(!line.iter().any(|byte| is_line_end(*byte)), "a line end inside of a line");
                rest = rest.strip_prefix(&line[..]).expect("a line that was not sent");
                assert_eq!(*is_cut, !rest.first().is_some_and(|byte| is_line_end(*byte)), "cut");
                assert!(!is_cut || length == LINE_LIMIT_BYTES, "a line was cut though it is short");
            }
            Found::Rest(more) => rest = rest.strip_prefix(&more[..]).expect("more of a line than was sent"),
            Found::Prompt => {
                rest = without_line_ends(rest).strip_prefix(b">").expect("a prompt that was not sent");
            }
            Found::Data(data) => {
                // The line end of the header: CR, LF or CR LF.
                let header_end = match rest {
                    [b'\r', b'\n', ..] => 2,
                    [b'\r' | b'\n', ..] => 1,
                    _ => 0,
                };
                rest = rest[header_end..].strip_prefix(&data[..]).expect("data that were not sent");
            }
            // Made of line ends, which belong to no other token.
            Found::Separator(_) => {}
        }
    }
    let unfinished = without_line_ends(rest);
    assert!(
        unfinished.len() <= LINE_LIMIT_BYTES && !unfinished.iter().any(|byte| is_line_end(*byte)),
        "bytes were lost"
    );
}

fn without_line_ends(bytes: &[u8]) -> &[u8] {
    let count = bytes.iter().take_while(|byte| is_line_end(**byte)).count();
    &bytes[count..]
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
