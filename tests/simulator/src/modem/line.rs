//! A command line and its parameters.

use core::ops::RangeInclusive;

use super::answer::Refusal;
use crate::referee::ComplaintKind;

/// A command line after `AT`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// `+CMQTTCONNECT` without its plus, `E0`, or nothing for `AT` alone.
    pub(super) name: String,
    pub(super) form: Form,
}

/// The four forms of a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    Execute,
    Read,
    Test,
    Write(Parameters),
}

/// The parameters of a write form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters(Vec<Parameter>);

#[derive(Debug, PartialEq, Eq)]
enum Parameter {
    Empty,
    Number(u32),
    /// `0x…`, used by cipher suites only.
    Hexadecimal(Vec<u8>),
    /// A number below 0, without its sign.
    Negative(u32),
    Text(Vec<u8>),
}

/// Parses a line that begins with `AT`, in upper or lower case.
pub(super) fn parse(line: &[u8]) -> Result<Line, Refusal> {
    let body = line.get(2..).unwrap_or_default();
    let Some(extended) = body.strip_prefix(b"+") else {
        return Ok(Line { name: name_of(body), form: Form::Execute });
    };
    let end = extended.iter().position(|byte| matches!(byte, b'=' | b'?'));
    let (name, rest) = extended.split_at(end.unwrap_or(extended.len()));
    let form = match rest {
        b"" => Form::Execute,
        b"?" => Form::Read,
        b"=?" => Form::Test,
        [b'=', parameters @ ..] => Form::Write(split(parameters)?),
        _ => return Err(Refusal::new(ComplaintKind::Malformed, "text after the question mark")),
    };
    Ok(Line { name: name_of(name), form })
}

fn name_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_ascii_uppercase()
}

fn split(mut rest: &[u8]) -> Result<Parameters, Refusal> {
    let mut parameters = Vec::new();
    loop {
        let (parameter, after) = match rest {
            [b'"', quoted @ ..] => quoted_parameter(quoted)?,
            _ => bare_parameter(rest)?,
        };
        parameters.push(parameter);
        match after {
            [] => return Ok(Parameters(parameters)),
            [b',', next @ ..] => rest = next,
            _ => return Err(Refusal::new(ComplaintKind::Malformed, "text after a closing quote")),
        }
    }
}

fn quoted_parameter(quoted: &[u8]) -> Result<(Parameter, &[u8]), Refusal> {
    let end = quoted
        .iter()
        .position(|&byte| byte == b'"')
        .ok_or_else(|| Refusal::new(ComplaintKind::Malformed, "a quote is not closed"))?;
    Ok((Parameter::Text(quoted[..end].to_vec()), &quoted[end + 1..]))
}

fn bare_parameter(rest: &[u8]) -> Result<(Parameter, &[u8]), Refusal> {
    let end = rest.iter().position(|&byte| byte == b',').unwrap_or(rest.len());
    let (bare, after) = rest.split_at(end);
    if bare.is_empty() {
        return Ok((Parameter::Empty, after));
    }
    let hexadecimal = bare.strip_prefix(b"0x").is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let number = |bytes: &[u8]| {
        let text = str::from_utf8(bytes).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        text.parse().ok()
    };
    if let Some(number) = bare.strip_prefix(b"-").and_then(number) {
        return Ok((Parameter::Negative(number), after));
    }
    match number(bare) {
        Some(number) => Ok((Parameter::Number(number), after)),
        None if hexadecimal => Ok((Parameter::Hexadecimal(bare.to_vec()), after)),
        None => {
            let what = format!("\"{}\" is no number and has no quotes", bare.escape_ascii());
            Err(Refusal::new(ComplaintKind::Malformed, what))
        }
    }
}

impl Parameters {
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn at_most(&self, most: usize) -> Result<(), Refusal> {
        if self.0.len() > most {
            let what = format!("{} parameters, at most {most}", self.0.len());
            return Err(Refusal::new(ComplaintKind::TooManyParameters, what));
        }
        Ok(())
    }

    pub(super) fn number(&self, index: usize, name: &str) -> Result<u32, Refusal> {
        match self.0.get(index) {
            Some(Parameter::Number(number)) => Ok(*number),
            Some(Parameter::Text(_) | Parameter::Hexadecimal(_) | Parameter::Negative(_)) => {
                Err(Refusal::new(ComplaintKind::Malformed, format!("{name} is not a number of this range")))
            }
            Some(Parameter::Empty) | None => Err(missing(name)),
        }
    }

    pub(super) fn number_in(&self, index: usize, name: &str, range: RangeInclusive<u32>) -> Result<u32, Refusal> {
        let number = self.number(index, name)?;
        if range.contains(&number) {
            return Ok(number);
        }
        let what = format!("{name} {number} is not in {}-{}", range.start(), range.end());
        Err(Refusal::new(ComplaintKind::OutOfRange, what))
    }

    /// A number that can be below 0.
    pub(super) fn signed_in(&self, index: usize, name: &str, most: u32) -> Result<i64, Refusal> {
        let number = match self.0.get(index) {
            Some(Parameter::Negative(number)) => -i64::from(*number),
            _ => self.number(index, name)?.into(),
        };
        if number.unsigned_abs() <= most.into() {
            return Ok(number);
        }
        Err(Refusal::new(ComplaintKind::OutOfRange, format!("{name} {number} is not in -{most}-{most}")))
    }

    pub(super) fn flag(&self, index: usize, name: &str) -> Result<bool, Refusal> {
        Ok(self.number_in(index, name, 0..=1)? == 1)
    }

    pub(super) fn flag_or_off(&self, index: usize, name: &str) -> Result<bool, Refusal> {
        if index < self.0.len() { self.flag(index, name) } else { Ok(false) }
    }

    /// `<client_index>`, the parameter at `index`.
    pub(super) fn client(&self, index: usize) -> Result<usize, Refusal> {
        Ok(self.number_in(index, "client_index", 0..=1)? as usize)
    }

    /// The bytes of a quoted parameter.
    pub(super) fn bytes(&self, index: usize, name: &str) -> Result<&[u8], Refusal> {
        match self.0.get(index) {
            Some(Parameter::Text(text)) => Ok(text),
            Some(Parameter::Number(_) | Parameter::Hexadecimal(_) | Parameter::Negative(_)) => {
                Err(Refusal::new(ComplaintKind::Malformed, format!("{name} has no quotes")))
            }
            Some(Parameter::Empty) | None => Err(missing(name)),
        }
    }

    /// A quoted parameter whose length in bytes is in `range`.
    pub(super) fn text(&self, index: usize, name: &str, range: RangeInclusive<usize>) -> Result<String, Refusal> {
        let text = self.bytes(index, name)?;
        if !range.contains(&text.len()) {
            let what = format!("{name} has {} bytes, not {}-{}", text.len(), range.start(), range.end());
            return Err(Refusal::new(ComplaintKind::OutOfRange, what));
        }
        String::from_utf8(text.to_vec())
            .map_err(|_| Refusal::new(ComplaintKind::Malformed, format!("{name} is not UTF-8")))
    }

    /// Digits, quoted or not; without quotes leading zeros do not count.
    pub(super) fn digits(&self, index: usize, name: &str, range: RangeInclusive<usize>) -> Result<String, Refusal> {
        let text = match self.0.get(index) {
            Some(Parameter::Number(number)) => number.to_string(),
            _ => self.text(index, name, range.clone())?,
        };
        if range.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text);
        }
        Err(Refusal::new(ComplaintKind::Malformed, format!("{name} is not {}-{} digits", range.start(), range.end())))
    }

    /// Everything from a parameter on, at least one, as it would be written without quotes.
    pub(super) fn remaining(&self, index: usize, name: &str) -> Result<String, Refusal> {
        let values = self.0.get(index..).filter(|values| !values.is_empty()).ok_or_else(|| missing(name))?;
        let texts = values.iter().map(|value| match value {
            Parameter::Empty => String::new(),
            Parameter::Number(number) => number.to_string(),
            Parameter::Negative(number) => format!("-{number}"),
            Parameter::Hexadecimal(text) | Parameter::Text(text) => String::from_utf8_lossy(text).into_owned(),
        });
        Ok(texts.collect::<Vec<_>>().join(","))
    }

    pub(super) fn optional_text(
        &self,
        index: usize,
        name: &str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<String>, Refusal> {
        if index < self.0.len() { self.text(index, name, range).map(Some) } else { Ok(None) }
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::new(ComplaintKind::MissingParameter, format!("{name} is missing"))
}
