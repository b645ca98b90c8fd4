//! Parses the text of a transcript.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;
use std::path::{Path, PathBuf};

use super::call::{Call, DROPPED, check_result};
use super::escape::unescaped;
use super::{Expectation, Header, Step, Transcript};
use crate::family::Family;
use crate::pipe::Direction;

/// An error in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    file: Option<PathBuf>,
    /// 0 if it does not concern a single line.
    line: usize,
    problem: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}:", file.display())?,
            None => f.write_str("line ")?,
        }
        write!(f, "{}: {}", self.line, self.problem)
    }
}

impl core::error::Error for ParseError {}

impl Transcript {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The first error in the file, with path and line.
    pub fn read(path: &Path) -> Result<Self, ParseError> {
        let named = |error| ParseError { file: Some(path.to_owned()), ..error };
        let read = std::fs::read(path).map_err(|error| error.to_string());
        let text = read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned()));
        text.map_err(|problem| at(0, problem)).and_then(|text| text.parse()).map_err(named)
    }
}

impl FromStr for Transcript {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut fields = Fields::default();
        let mut calls = Calls::default();
        let mut steps = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let read = match direction(content) {
                Some((direction, rest)) => step(direction, rest, line).map(|step| steps.push(step)),
                None => key_and_value(content).and_then(|(key, value)| match key {
                    "call" => calls.begin(value, line, steps.len()),
                    "result" => calls.end(value, line, steps.len()),
                    _ if !steps.is_empty() => Err(format!("{key} stands in the header, above the dialogue")),
                    _ if !calls.is_empty() => Err(format!("{key} stands above the calls")),
                    _ => fields.take(key, value, line),
                }),
            };
            read.map_err(|problem| at(line, problem))?;
        }
        Ok(Self { header: fields.header()?, calls: calls.read(steps.len()), steps })
    }
}

fn at(line: usize, problem: String) -> ParseError {
    ParseError { file: None, line, problem }
}

/// The direction of a line of the dialogue, and the rest of the line.
fn direction(content: &str) -> Option<(Direction, &str)> {
    let to_modem = content.strip_prefix("->").map(|rest| (Direction::ToModem, rest));
    to_modem.or_else(|| content.strip_prefix("<-").map(|rest| (Direction::ToHost, rest)))
}

/// Reads ` +<seconds> <bytes>`.
fn step(direction: Direction, rest: &str, line: usize) -> Result<Step, String> {
    let shape = "not \"-> +<seconds> <bytes>\" or \"<- +<seconds> <bytes>\"";
    let (time, text) = rest.strip_prefix(" +").and_then(|rest| rest.split_once(' ')).ok_or(shape)?;
    let after = seconds(time).ok_or_else(|| format!("+{time} is not a time in seconds, as +0.030"))?;
    if text.is_empty() {
        return Err(shape.to_owned());
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err("a blank at either end of the bytes is written \\x20".to_owned());
    }
    Ok(Step { line, direction, after, bytes: unescaped(text)? })
}

/// A time with at most six digits before and after the point.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let micros: u32 = format!("{fraction:0<6}").parse().ok()?;
    Some(Duration::new(whole.parse().ok()?, micros * 1000))
}

fn key_and_value(content: &str) -> Result<(&str, &str), String> {
    let (key, value) = content.split_once(':').ok_or("neither \"key: value\" nor a line of the dialogue")?;
    match value.trim() {
        "" => Err(format!("{key} is empty")),
        value => Ok((key, value)),
    }
}

/// The calls read so far.
#[derive(Default)]
struct Calls {
    complete: Vec<Expectation>,
    /// A call whose result is not read yet, and the number of steps before it.
    open: Option<(Call, usize)>,
}

impl Calls {
    fn is_empty(&self) -> bool {
        self.complete.is_empty() && self.open.is_none()
    }

    fn begin(&mut self, text: &str, line: usize, steps: usize) -> Result<(), String> {
        match &self.open {
            Some((call, _)) => Err(format!("the result of {} in line {} is missing", call.name, call.line)),
            None => {
                self.open = Some((Call::read(text, line)?, steps));
                Ok(())
            }
        }
    }

    fn end(&mut self, result: &str, line: usize, steps: usize) -> Result<(), String> {
        let (call, begins_behind) = self.open.take().ok_or("no call stands above this result")?;
        check_result(result)?;
        self.complete.push(Expectation { call, begins_behind, result: result.to_owned(), line, ends_behind: steps });
        Ok(())
    }

    /// All calls. If the last result is missing, the host was stopped while the call ran.
    fn read(mut self, steps: usize) -> Vec<Expectation> {
        if let Some((call, begins_behind)) = self.open {
            let line = call.line;
            let result = DROPPED.to_owned();
            self.complete.push(Expectation { call, begins_behind, result, line, ends_behind: steps });
        }
        self.complete
    }
}

/// The header read so far.
#[derive(Default)]
struct Fields {
    module: Option<String>,
    firmware: Option<String>,
    origin: Option<String>,
    family: Option<Family>,
    before: Vec<Call>,
    last_line: usize,
}

impl Fields {
    fn take(&mut self, key: &str, value: &str, line: usize) -> Result<(), String> {
        self.last_line = line;
        match key {
            "module" => once(&mut self.module, value.to_owned(), key),
            "firmware" => once(&mut self.firmware, value.to_owned(), key),
            "origin" => once(&mut self.origin, value.to_owned(), key),
            "family" => {
                let family = value.parse().map_err(|error: crate::family::UnknownFamily| error.to_string())?;
                once(&mut self.family, family, key)
            }
            "before" => {
                self.before.push(Call::read(value, line)?);
                Ok(())
            }
            _ => Err(format!("unknown key {key:?}: known are module, firmware, family, origin, before, call, result")),
        }
    }

    fn header(self) -> Result<Header, ParseError> {
        let line = self.last_line;
        let missing = |key| at(line, format!("the header has no {key}"));
        Ok(Header {
            module: self.module.ok_or_else(|| missing("module"))?,
            firmware: self.firmware.ok_or_else(|| missing("firmware"))?,
            family: self.family.ok_or_else(|| missing("family"))?,
            origin: self.origin.ok_or_else(|| missing("origin"))?,
            before: self.before,
        })
    }
}

fn once<T>(field: &mut Option<T>, value: T, key: &str) -> Result<(), String> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("{key} stands there twice")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "module: A7670E\nfirmware: not known\nfamily: a76xx\norigin: written by hand\n";

    fn error(text: &str) -> String {
        text.parse::<Transcript>().unwrap_err().to_string()
    }

    #[test]
    fn a_transcript_is_written_as_it_was_read() {
        let text = format!(
            "{HEADER}before: echo_off\ncall: csq\nresult: ok -67\ncall: next_event\nresult: message 0 a b\n\n\
             -> +0.000 AT+CSQ\\r\n<- +0.031 \\r\\n+CSQ: 23,0\\r\\n\\r\\nOK\\r\\n\n<- +12.500 \\x20\\xff\\\\\n"
        );
        let transcript: Transcript = text.parse().unwrap();
        assert_eq!(transcript.to_string(), text);
        assert_eq!(transcript.bytes(Direction::ToModem), b"AT+CSQ\r");
        assert_eq!(transcript.steps[2].after, Duration::from_millis(12_500));
        assert_eq!((transcript.steps[2].line, &transcript.steps[2].bytes[..]), (13, &b" \xff\\"[..]));
    }

    #[test]
    fn calls_and_results_may_stand_where_they_happened() {
        let text = format!(
            "{HEADER}call: at\n\n-> +0.000 AT\\r\n<- +0.031 \\r\\nOK\\r\\n\nresult: ok\ncall: next_event\n\
             result: dropped\ncall: csq\n-> +0.000 AT+CSQ\\r\nresult: no_answer +CSQ\n"
        );
        let transcript: Transcript = text.parse().unwrap();
        assert_eq!(transcript.to_string(), text);
        let places = transcript.calls.iter().map(|it| (it.call.name, it.begins_behind, it.ends_behind, it.line));
        assert_eq!(places.collect::<Vec<_>>(), [("at", 0, 2, 9), ("next_event", 2, 2, 11), ("csq", 2, 3, 14)]);
    }

    #[test]
    fn the_last_call_was_dropped_where_its_result_is_missing() {
        let transcript: Transcript = format!("{HEADER}call: csq\n-> +0.000 AT+CSQ\\r\n").parse().unwrap();
        let [it] = &transcript.calls[..] else { panic!("{transcript}") };
        assert_eq!((&it.result[..], it.line, it.begins_behind, it.ends_behind), (DROPPED, 5, 0, 1));
        assert!(transcript.to_string().ends_with("-> +0.000 AT+CSQ\\r\nresult: dropped\n"));
    }

    #[test]
    fn comments_and_blank_lines_may_stand_anywhere() {
        let text = format!("# a comment\n\n{HEADER}\n# another\n-> +0 AT\\r\n\n# and one\n<- +0.1 OK\n");
        assert_eq!(text.parse::<Transcript>().unwrap().steps.len(), 2);
    }

    #[test]
    fn a_bad_line_is_named_with_what_is_wrong_with_it() {
        for (line, problem) in [
            ("modul: A7670E", "unknown key \"modul\": known are module, "),
            ("module: A7670E", "module stands there twice"),
            ("call: fly", "unknown call \"fly\""),
            ("result: ok", "no call stands above this result"),
            ("before:", "before is empty"),
            ("AT+CSQ", "neither \"key: value\" nor a line of the dialogue"),
            ("-> AT\\r", "not \"-> +<seconds> <bytes>\""),
            ("-> +0.1", "not \"-> +<seconds> <bytes>\""),
            ("-> +0.1 ", "not \"-> +<seconds> <bytes>\""),
            ("-> +1s AT", "+1s is not a time in seconds"),
            ("-> +1e3 AT", "+1e3 is not a time in seconds"),
            ("-> +9999999 AT", "+9999999 is not a time in seconds"),
            ("-> +-1 AT", "+-1 is not a time in seconds"),
            ("<- +0.1 > ", "a blank at either end"),
            ("<- +0.1 OK\\", "\\ at the end of the line"),
            ("<- +0.1 \\0", "\\0 is no escape"),
        ] {
            assert!(error(&format!("{HEADER}{line}\n")).starts_with(&format!("line 5: {problem}")), "{line}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let call = |rest: &str| error(&format!("{HEADER}call: stop\n{rest}"));
        assert_eq!(call("call: start\n"), "line 6: the result of stop in line 5 is missing");
        assert_eq!(call("-> +0 AT\\r\ncall: start\n"), "line 7: the result of stop in line 5 is missing");
        assert_eq!(call("result: ok\n-> +0 AT\\r\nresult: ok\n"), "line 8: no call stands above this result");
        assert!(call("result: fine\n").starts_with("line 6: unknown result \"fine\": known are ok, "));
        assert_eq!(call("result: ok\nbefore: start\n"), "line 7: before stands above the calls");
        assert_eq!(call("before: start\n"), "line 6: before stands above the calls");
        assert_eq!(error("module: A7670E\nfirmware: 1\nfamily: a76xx\n"), "line 3: the header has no origin");
        assert!(error("family: a9g\n").contains("no family \"a9g\""));
        let late = error(&format!("{HEADER}\n-> +0 AT\\r\nmodule: A7670E\n"));
        assert_eq!(late, "line 7: module stands in the header, above the dialogue");
    }

    #[test]
    fn an_error_of_a_file_names_the_file() {
        let missing = Transcript::read(Path::new("no/such.txt")).unwrap_err().to_string();
        assert!(missing.starts_with("no/such.txt:0: "), "{missing}");
        let path = std::env::temp_dir().join(format!("transcript-{}.txt", std::process::id()));
        std::fs::write(&path, format!("{HEADER}call: fly\n")).unwrap();
        let bad = Transcript::read(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(bad.starts_with(&format!("{}:5: unknown call", path.display())), "{bad}");
    }
}
