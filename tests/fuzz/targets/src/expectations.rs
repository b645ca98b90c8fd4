//! The parser with chunks and expectations in any order: no panic, no endless loop, no byte lost or doubled, and the
//! same tokens byte by byte.
//!
//! An input is a [script](crate::script) of the module's bytes and of these operations, which also cut the chunks:
//!
//! | operation | |
//! |---|---|
//! | 1 *n* | nothing: two chunks |
//! | 2 *n* | *n*² bytes of data are expected |
//! | 3 | no more data are expected |
//! | 4 | a text is expected |
//! | 5 *n* | a prompt is awaited from now on, if *n* is odd |

use simcom_mqtt::at::{FinalResult, LINE_LIMIT_BYTES, Line, Parser, Separator, Token};
use simcom_mqtt::urc::Urc;

use crate::findings::Findings;
use crate::script::{Step, steps};

/// The tokens; pieces of a line or of data that chunks have cut are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Line(Vec<u8>, bool),
    Text(Vec<u8>, bool),
    Rest(Vec<u8>),
    Prompt,
    Data(Vec<u8>),
    Separator(Separator),
}

/// Parses an input in two chunkings.
///
/// # Panics
///
/// On a defect of the parser.
pub fn check(input: &[u8]) -> Findings {
    let steps = steps(input);
    let whole = parse(&steps, usize::MAX);
    assert_eq!(parse(&steps, 1), whole, "byte by byte and as a whole");
    Findings::new()
}

fn parse(steps: &[Step], chunk_bytes: usize) -> Vec<Found> {
    let mut parser = Parser::new();
    let mut found = Vec::new();
    let (mut prompt_awaited, mut data_left) = (false, 0_usize);
    for step in steps {
        match step {
            Step::Bytes(bytes) => {
                for mut chunk in bytes.chunks(chunk_bytes) {
                    take(&mut parser, &mut chunk, prompt_awaited, &mut data_left, &mut found);
                    assert!(chunk.is_empty(), "a part of the chunk was left");
                }
            }
            Step::Operation(2, argument) => {
                let length = u16::from(*argument).pow(2);
                data_left = length.into();
                parser.expect_data(length);
            }
            Step::Operation(3, _) => {
                data_left = 0;
                parser.abandon_data();
            }
            Step::Operation(4, _) => parser.expect_text(),
            Step::Operation(5, argument) => prompt_awaited = argument % 2 == 1,
            Step::Operation(..) => {}
        }
    }
    found
}

fn take(parser: &mut Parser, chunk: &mut &[u8], prompt_awaited: bool, data_left: &mut usize, found: &mut Vec<Found>) {
    // Every byte makes one token at most, and one more may stand behind data.
    let most = 2 * chunk.len() + 1;
    let mut tokens = 0;
    loop {
        let before = *chunk;
        let Some(token) = parser.next(chunk, prompt_awaited) else { return };
        tokens += 1;
        // What waits for a LF that was lost gives up the data.
        if token == Token::Separator(Separator::Broken) && *data_left > 0 {
            found.push(Found::Separator(Separator::Broken));
            *data_left = 0;
            parser.abandon_data();
            continue;
        }
        assert!(tokens <= most, "tokens without end");
        match token {
            Token::Line(line) => found.push(Found::Line(read(line), line.is_cut())),
            Token::Text(line) => found.push(Found::Text(read(line), line.is_cut())),
            Token::Rest(bytes) => {
                assert!(before.starts_with(bytes) && !bytes.is_empty(), "more of a line than was sent, or none");
                match found.last_mut() {
                    Some(Found::Rest(all)) => all.extend(bytes),
                    _ => found.push(Found::Rest(bytes.to_vec())),
                }
            }
            Token::Prompt => {
                assert!(prompt_awaited && before.contains(&b'>'), "a prompt that was not sent, or not awaited");
                found.push(Found::Prompt);
            }
            Token::Data(bytes) => {
                assert!(!bytes.is_empty() && bytes.len() <= *data_left, "more data than announced, or none");
                *data_left -= bytes.len();
                match found.last_mut() {
                    Some(Found::Data(all)) => all.extend(bytes),
                    _ => found.push(Found::Data(bytes.to_vec())),
                }
            }
            Token::Separator(separator) => found.push(Found::Separator(separator)),
        }
    }
}

/// Reads a line as everything that reads lines without a state.
fn read(line: Line<'_>) -> Vec<u8> {
    let bytes = line.bytes();
    assert!(
        bytes.len() <= LINE_LIMIT_BYTES && (!line.is_cut() || bytes.len() == LINE_LIMIT_BYTES),
        "a line of {}",
        bytes.len()
    );
    assert!(!bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n')), "a line end inside of a line");
    let both = (Urc::parse(bytes), FinalResult::parse(bytes));
    assert!(both.0.is_none() || both.1.is_none(), "a URC that is a final result: {both:?}");
    bytes.to_vec()
}
