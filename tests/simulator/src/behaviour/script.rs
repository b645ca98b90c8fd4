//! Bytes and answers scripted for single commands.

/// A point of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Between the command and its echo.
    BeforeEcho,
    /// After the echo, before anything else.
    AfterEcho,
    /// Right after the prompt.
    AfterPrompt,
    /// Between the last byte of data and the final result.
    AfterData,
    /// Right after the final result.
    AfterFinal,
    /// Right before the outcome line.
    BeforeOutcome,
    /// Right after the outcome line.
    AfterOutcome,
}

/// Bytes injected into the module's output at a point of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injection {
    /// The command line begins with this.
    pub prefix: String,
    /// It is the nth such line, counted from 1; 0 is every one.
    pub nth: usize,
    /// Where.
    pub point: Point,
    /// The bytes, framing included.
    pub bytes: Vec<u8>,
}

/// An answer that replaces the module's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The command line begins with this.
    pub prefix: String,
    /// It is the nth such line, counted from 1; 0 is every one.
    pub nth: usize,
    /// The answer.
    pub answer: ScriptedAnswer,
}

/// The replacement answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptedAnswer {
    /// Exactly these bytes after the echo; the command is not executed.
    Exactly(Vec<u8>),
    /// `+<command>: <i>,<code>` and `ERROR`; the command is not executed and prompts for nothing.
    Refuse(u8),
    /// The module's own prompt; exactly these bytes once the data have come. The command is not executed.
    AfterData(Vec<u8>),
    /// Nothing, not even the echo; the command is not executed.
    Silence,
}

/// How often each prefix of a script has been seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Occurrences {
    seen: Vec<(String, usize)>,
}

impl Occurrences {
    /// Counts `line` for every prefix it begins with.
    pub(crate) fn count<'a>(&mut self, line: &str, prefixes: impl Iterator<Item = &'a str>) {
        let mut counted: Vec<&str> = Vec::new();
        for prefix in prefixes {
            if !line.starts_with(prefix) || counted.contains(&prefix) {
                continue;
            }
            counted.push(prefix);
            match self.seen.iter_mut().find(|(known, _)| known == prefix) {
                Some((_, times)) => *times += 1,
                None => self.seen.push((prefix.to_owned(), 1)),
            }
        }
    }

    /// Whether `line` is the nth with this prefix.
    pub(crate) fn is_nth(&self, line: &str, prefix: &str, nth: usize) -> bool {
        line.starts_with(prefix)
            && (nth == 0 || self.seen.iter().any(|(known, times)| known == prefix && *times == nth))
    }
}
