//! Parses bytes into lines, prompts and data.

use heapless::Vec;

use super::Parameters;

/// How many bytes of a line are delivered together. Every line that must be understood as a whole is shorter.
pub const LINE_LIMIT_BYTES: usize = 64;

/// The beginning of a line, at most 64 bytes, without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    bytes: &'a [u8],
    is_cut: bool,
}

impl<'a> Line<'a> {
    /// A whole line, without its line end.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, is_cut: false }
    }

    /// The bytes of the line, or its first 64 where it is longer.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the line is longer than [`bytes`](Self::bytes).
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The parameters after `name`, or `None` where the line does not begin with it.
    pub fn parameters(&self, name: &str) -> Option<Parameters<'a>> {
        Parameters::after(self.bytes, name)
    }

    /// The parameters of a line that is known to begin with the name of its command.
    pub(crate) fn parameters_of_answer(&self) -> Option<Parameters<'a>> {
        let colon = self.bytes.iter().position(|byte| *byte == b':')?;
        self.bytes.get(colon + 1..).map(Parameters::from_bytes)
    }
}

/// What the parser found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A line, or the first 64 bytes of a longer line.
    Line(Line<'a>),
    /// More of the line that was cut. How it is divided depends on the chunks; the joined bytes do not.
    Rest(&'a [u8]),
    /// `>` at the start of a line while a prompt was awaited.
    Prompt,
    /// Some of the bytes that [`Parser::expect_data`] announced.
    Data(&'a [u8]),
    /// The announced bytes have come, and are followed by this; or it is clear already that bytes were lost among them.
    Separator(Separator),
    /// The line that [`Parser::expect_text`] announced, even if it is empty.
    Text(Line<'a>),
}

/// What follows announced data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// CR LF.
    LineEnd,
    /// The next line, at once.
    Nothing,
    /// Something else: more or fewer bytes came than were announced.
    Broken,
}

/// A resumable parser: it keeps its place between chunks. So every byte is examined once, and the same bytes give the
/// same tokens in any chunks.
///
/// A line inside one chunk is borrowed from it. Only a line that the end of a chunk cuts is copied: the parser holds 64
/// bytes for that. Empty lines are no tokens.
///
/// The methods can be called in any order, with any bytes. `expect_data` and `expect_text` say what follows the line
/// that was taken last; called at another time, they change what the next bytes are taken for.
#[derive(Debug)]
pub struct Parser {
    buffer: Vec<u8, LINE_LIMIT_BYTES, u8>,
    place: Place,
    data_left: u16,
    /// The last line ended with CR: an LF that follows is not data.
    line_feed_may_follow: bool,
    /// The next line is text, whatever it looks like.
    text_follows: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    LineStart,
    InLine,
    InRest,
    BehindData,
    /// Behind the CR that follows data.
    BehindDataAndCr,
}

const fn ends_line(byte: u8) -> bool {
    byte == b'\r' || byte == b'\n'
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser at the beginning of a line.
    pub const fn new() -> Self {
        Self {
            buffer: Vec::new(),
            place: Place::LineStart,
            data_left: 0,
            line_feed_may_follow: false,
            text_follows: false,
        }
    }

    /// The next `length` bytes are data, whatever their content. Call it on the header line, before the next token is
    /// taken: one LF after a header that ended with CR still belongs to the header. No separator follows data of 0
    /// bytes.
    pub fn expect_data(&mut self, length: u16) {
        self.data_left = length;
    }

    /// Returns to lines although announced bytes are missing. Call it when they have stalled: without a clock, the
    /// parser would take the bytes of the next lines for them.
    #[inline]
    pub fn abandon_data(&mut self) {
        self.data_left = 0;
        if matches!(self.place, Place::BehindData | Place::BehindDataAndCr) {
            self.place = Place::LineStart;
        }
    }

    /// The next line is text: no prompt, and it may be empty. Call it on the line before, before the next token is
    /// taken. Such a line is the text of an SMS, behind `+CMT:` (3GPP TS 27.005 §3.4.1).
    pub fn expect_text(&mut self) {
        self.text_follows = true;
    }

    /// Takes the next token off the front of `input`; `None` means that all of it was taken. A `>` at the start of a
    /// line is a prompt only while a prompt is awaited.
    #[inline]
    pub fn next<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8], prompt_awaited: bool) -> Option<Token<'a>> {
        loop {
            let first = *input.first()?;
            if self.data_left > 0 {
                match self.take_data(input, first) {
                    None => continue,
                    token => return token,
                }
            }
            match self.place {
                Place::BehindData if first == b'\r' => {
                    take(input, 1);
                    self.place = Place::BehindDataAndCr;
                }
                Place::BehindData | Place::BehindDataAndCr => {
                    let is_behind_cr = self.place == Place::BehindDataAndCr;
                    self.place = Place::LineStart;
                    return Some(Token::Separator(match (is_behind_cr, first == b'\n') {
                        (true, true) => Separator::LineEnd,
                        (false, false) => Separator::Nothing,
                        _ => Separator::Broken,
                    }));
                }
                Place::LineStart if first == b'\n' && self.line_feed_may_follow => self.end_line(input, first),
                Place::LineStart if ends_line(first) && self.text_follows => {
                    self.text_follows = false;
                    return Some(Token::Text(Line { bytes: &[], is_cut: false }));
                }
                Place::LineStart if ends_line(first) => self.end_line(input, first),
                Place::LineStart if first == b'>' && prompt_awaited && !self.text_follows => {
                    take(input, 1);
                    return Some(Token::Prompt);
                }
                Place::LineStart => {
                    self.buffer.clear();
                    self.place = Place::InLine;
                }
                Place::InLine => {
                    let room = LINE_LIMIT_BYTES.saturating_sub(self.buffer.len());
                    let part = take_line(input, room);
                    let next = input.first().copied();
                    if next.is_none() || !self.buffer.is_empty() {
                        // At most as many bytes as there is room for, so none is refused.
                        part.iter().for_each(|&byte| self.buffer.push(byte).unwrap_or_default());
                    }
                    let next = next?;
                    let is_cut = !ends_line(next);
                    if is_cut {
                        self.place = Place::InRest;
                    } else {
                        self.end_line(input, next);
                    }
                    let is_text = core::mem::take(&mut self.text_follows);
                    let bytes = if self.buffer.is_empty() { part } else { &self.buffer };
                    let line = Line { bytes, is_cut };
                    return Some(if is_text { Token::Text(line) } else { Token::Line(line) });
                }
                Place::InRest => {
                    let part = take_line(input, usize::MAX);
                    if !part.is_empty() {
                        return Some(Token::Rest(part));
                    }
                    self.end_line(input, first);
                }
            }
        }
    }

    /// Takes data of a message, or before them the LF that ends the line of their header: that is no token.
    #[inline]
    fn take_data<'i>(&mut self, input: &mut &'i [u8], first: u8) -> Option<Token<'i>> {
        if core::mem::take(&mut self.line_feed_may_follow) {
            match first {
                b'\n' => {
                    take(input, 1);
                    return None;
                }
                // A doubled CR, or the LF was lost.
                b'\r' => return Some(Token::Separator(Separator::Broken)),
                _ => {}
            }
        }
        let data = take(input, self.data_left.into());
        #[expect(clippy::cast_possible_truncation, reason = "no more was taken than `data_left`")]
        let length = data.len() as u16;
        self.data_left = self.data_left.saturating_sub(length);
        if self.data_left == 0 {
            self.place = Place::BehindData;
        }
        Some(Token::Data(data))
    }

    /// Takes the byte that ends a line.
    fn end_line(&mut self, input: &mut &[u8], end: u8) {
        take(input, 1);
        self.line_feed_may_follow = end == b'\r';
        self.place = Place::LineStart;
    }
}

/// Takes up to `count` bytes off the front of `input`.
#[inline(never)]
fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at_checked(count).unwrap_or((input, &[]));
    *input = rest;
    taken
}

/// Takes up to `limit` bytes of a line, without its line end.
fn take_line<'a>(input: &mut &'a [u8], limit: usize) -> &'a [u8] {
    let line = input.get(..limit).unwrap_or(input);
    let length = line.iter().position(|&byte| ends_line(byte)).unwrap_or(line.len());
    take(input, length)
}

#[cfg(test)]
mod tests;
