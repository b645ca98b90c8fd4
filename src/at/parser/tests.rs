extern crate std;
use super::*;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// A token that compares equal for any chunks: data and rests are joined.
#[derive(Debug, PartialEq, Eq, Clone)]
enum Event {
    Line(String, bool),
    Rest(Vec<u8>),
    Prompt,
    Data(Vec<u8>),
    Separator(Separator),
    Text(String),
}

/// Feeds chunks to a parser; a line `DATA <n>` announces n bytes of data, as a header does.
fn parse<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, mut prompt_awaited: bool) -> Vec<Event> {
    let mut parser = Parser::new();
    let mut events: Vec<Event> = Vec::new();
    for mut chunk in chunks {
        loop {
            let mut announced = None;
            let event = match parser.next(&mut chunk, prompt_awaited) {
                None => break,
                Some(Token::Line(line)) => {
                    let text = String::from_utf8_lossy(line.bytes()).into_owned();
                    announced = text.strip_prefix("DATA ").map(|length| length.parse().unwrap());
                    Event::Line(text, line.is_cut())
                }
                Some(Token::Rest(bytes)) => Event::Rest(bytes.to_vec()),
                Some(Token::Prompt) => {
                    prompt_awaited = false;
                    Event::Prompt
                }
                Some(Token::Data(bytes)) => Event::Data(bytes.to_vec()),
                Some(Token::Separator(separator)) => Event::Separator(separator),
                Some(Token::Text(line)) => Event::Text(String::from_utf8_lossy(line.bytes()).into_owned()),
            };
            if let Some(length) = announced {
                parser.expect_data(length);
            }
            if matches!(&event, Event::Line(text, _) if text.starts_with("+CMT:")) {
                parser.expect_text();
            }
            match (events.last_mut(), event) {
                (Some(Event::Data(all)), Event::Data(more)) | (Some(Event::Rest(all)), Event::Rest(more)) => {
                    all.extend(more);
                }
                (_, event) => events.push(event),
            }
        }
    }
    events
}

fn line(text: &str) -> Event {
    Event::Line(text.into(), false)
}

const DIALOGUE: &[u8] = b"AT+X=1\r\r\n>\r\nOK\r\n\r\n+X: 0,0\r\n\r\nDATA 11\r\n\nOK\r\n>\r\n\0\xff\r\n\
    \r\n\r\nDATA 3\n\r\n\r\r\nEND\r\n+LONG: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n\
    EXACTLY SIXTY-FOUR BYTES: 89012345678901234567890123456789012345\rLAST\r\n";

fn dialogue() -> Vec<Event> {
    vec![
        line("AT+X=1"),
        Event::Prompt,
        line("OK"),
        line("+X: 0,0"),
        line("DATA 11"),
        Event::Data(b"\nOK\r\n>\r\n\0\xff\r".to_vec()),
        Event::Separator(Separator::Broken),
        line("DATA 3"),
        Event::Data(b"\r\n\r".to_vec()),
        Event::Separator(Separator::LineEnd),
        line("END"),
        Event::Line("+LONG: 012345678901234567890123456789012345678901234567890123456".into(), true),
        Event::Rest(b"7890123456789".to_vec()),
        line("EXACTLY SIXTY-FOUR BYTES: 89012345678901234567890123456789012345"),
        line("LAST"),
    ]
}

#[test]
fn the_whole_dialogue_in_one_chunk() {
    assert_eq!(parse([DIALOGUE], true), dialogue());
}

#[test]
fn the_same_bytes_give_the_same_tokens_whatever_the_chunks() {
    for size in 1..=DIALOGUE.len() {
        assert_eq!(parse(DIALOGUE.chunks(size), true), dialogue(), "chunks of {size}");
    }
    for split in 0..=DIALOGUE.len() {
        let (before, after) = DIALOGUE.split_at(split);
        assert_eq!(parse([before, after], true), dialogue(), "split at {split}");
    }
}

#[test]
fn a_prompt_is_only_a_prompt_while_one_is_awaited() {
    assert_eq!(parse([&b"\r\n>\r\nOK\r\n"[..]], false), [line(">"), line("OK")]);
    assert_eq!(parse([&b"a>b\r\n> "[..]], true), [line("a>b"), Event::Prompt]);
    assert_eq!(parse([&b"\r\n>\r\n>\r\n"[..]], true), [Event::Prompt, line(">")], "one prompt is awaited, not two");
}

#[test]
fn exactly_one_line_feed_belongs_to_a_header() {
    let data = |bytes: &[u8]| [Event::Data(bytes.to_vec()), Event::Separator(Separator::Nothing), line("X")];
    assert_eq!(parse([&b"DATA 2\r\n\n\nX\r\n"[..]], false)[1..], data(b"\n\n"));
    assert_eq!(parse([&b"DATA 2\n\n\nX\r\n"[..]], false)[1..], data(b"\n\n"));
    assert_eq!(parse([&b"DATA 2\rabX\r\n"[..]], false)[1..], data(b"ab"));
}

#[test]
fn what_stands_behind_data_shows_whether_a_byte_was_lost_or_added() {
    for (behind, separator) in [
        (&b"\r\nX\r\n"[..], Separator::LineEnd),
        (b"\r\n\r\nX\r\n", Separator::LineEnd),
        (b"X\r\n", Separator::Nothing),
        (b"\nX\r\n", Separator::Broken),
        (b"\r\r\nX\r\n", Separator::Broken),
        (b"\rX\r\n", Separator::Broken),
    ] {
        let bytes = [b"DATA 2\r\nab", behind].concat();
        let expected = [Event::Data(b"ab".to_vec()), Event::Separator(separator), line("X")];
        for size in 1..=bytes.len() {
            assert_eq!(parse(bytes.chunks(size), false)[1..], expected, "{behind:?} in chunks of {size}");
        }
    }
    let doubled =
        [Event::Separator(Separator::Broken), Event::Data(b"\r\n".to_vec()), Event::Separator(Separator::Nothing)];
    assert_eq!(parse([&b"DATA 2\r\r\nabX\r\n"[..]], false)[1..4], doubled, "the CR of a header");
}

#[test]
fn announced_text_is_neither_a_prompt_nor_a_line_and_may_be_empty() {
    for (bytes, text) in [
        (&b"+CMT: 1\r\n> x\r\nOK\r\n"[..], "> x"),
        (b"+CMT: 1\r\nOK\r\nOK\r\n", "OK"),
        (b"+CMT: 1\n\nOK\r\n", ""),
        (b"+CMT: 1\r\n\r\nOK\r\n", ""),
    ] {
        for size in 1..=bytes.len() {
            let expected = [line("+CMT: 1"), Event::Text(text.into()), line("OK")];
            assert_eq!(parse(bytes.chunks(size), true), expected, "{text:?} in chunks of {size}");
        }
    }
}

#[test]
fn a_line_in_one_chunk_is_borrowed_from_it() {
    let chunk = b"+X: 1\r\n";
    let mut parser = Parser::new();
    let mut input = &chunk[..];
    let Some(Token::Line(line)) = parser.next(&mut input, false) else { panic!("no line") };
    assert_eq!(line.bytes().as_ptr(), chunk.as_ptr());
}

#[test]
fn abandoned_data_lets_lines_through_again() {
    let mut parser = Parser::new();
    parser.expect_data(100);
    let mut input = &b"abc"[..];
    assert_eq!(parser.next(&mut input, false), Some(Token::Data(b"abc")));
    parser.abandon_data();
    let mut input = &b"\r\nOK\r\n"[..];
    assert_eq!(parser.next(&mut input, false), Some(Token::Line(Line { bytes: b"OK", is_cut: false })));
}
