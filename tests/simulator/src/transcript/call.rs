//! The calls of the driver and their results.

use core::fmt;

use super::escape::{escaped, unescaped};
use super::mask::masked_data;

/// The type of an argument.
#[derive(Clone, Copy)]
enum Kind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Bytes,
    /// UTF-8 text that a recording shows masked.
    SecretText,
    /// Any bytes that a recording shows masked.
    SecretBytes,
    /// A number up to this value.
    Number(u32),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// An argument of a call: its name, its type, and whether it is optional.
#[derive(Clone, Copy)]
struct Argument(&'static str, Kind, bool);

const fn required(name: &'static str, kind: Kind) -> Argument {
    Argument(name, kind, false)
}

const fn optional(name: &'static str, kind: Kind) -> Argument {
    Argument(name, kind, true)
}

/// The MQTT client; 0 where it is missing.
const CLIENT: Argument = optional("client", Kind::Number(1));

/// A message; its payload comes as a slice or from a reader.
const PUBLISH: &[Argument] = &[
    CLIENT,
    required("topic", Kind::Bytes),
    required("payload", Kind::Bytes),
    required("qos", Kind::Number(2)),
    optional("retained", Kind::Flag),
    optional("timeout", Kind::Number(180)),
];

/// The options of a connection.
const CONNECT: &[Argument] = &[
    CLIENT,
    required("host", Kind::Text),
    required("port", Kind::Number(65_535)),
    required("id", Kind::Text),
    optional("user", Kind::Text),
    optional("password", Kind::SecretText),
    optional("keep_alive", Kind::Number(64_800)),
    optional("clean_session", Kind::Flag),
    optional("check_utf8", Kind::Flag),
    optional("version", Kind::Word(&["3.1", "3.1.1"])),
    optional("will_topic", Kind::Bytes),
    optional("will_message", Kind::Bytes),
    optional("will_qos", Kind::Number(2)),
    optional("tls", Kind::Word(&["server", "mutual", "client", "without_verification"])),
    optional("ignore_local_time", Kind::Flag),
    optional("sni", Kind::Flag),
    optional("ca", Kind::Text),
    optional("certificate", Kind::Text),
    optional("key", Kind::Text),
];

/// How a session is kept up: filters with their qualities of service, the seed of the waits, and the access point.
const SUPERVISION: &[Argument] =
    &[required("filters", Kind::Text), required("seed", Kind::Number(u32::MAX)), optional("apn", Kind::Text)];

/// The options of a connection, and how its session is kept up.
const SUPERVISE: &[Argument] = &{
    let mut all = [CLIENT; CONNECT.len() + SUPERVISION.len()];
    let (connect, supervision) = all.split_at_mut(CONNECT.len());
    connect.copy_from_slice(CONNECT);
    supervision.copy_from_slice(SUPERVISION);
    all
};

/// Every call that a transcript can have.
const CALLS: &[(&str, &[Argument])] = &[
    ("connect", CONNECT),
    ("supervise", SUPERVISE),
    ("disconnect", &[CLIENT]),
    ("subscribe", &[CLIENT, required("filter", Kind::Bytes), required("qos", Kind::Number(2))]),
    ("subscribe_all", &[CLIENT, required("filters", Kind::Text)]),
    ("unsubscribe_all", &[CLIENT, required("filters", Kind::Text)]),
    ("unsubscribe", &[CLIENT, required("filter", Kind::Bytes)]),
    ("publish", PUBLISH),
    ("publish_from", PUBLISH),
    ("shutdown", &[]),
    ("next_event", &[]),
    (
        "bring_up",
        &[
            required("apn", Kind::Text),
            optional("pin", Kind::SecretText),
            optional("user", Kind::SecretText),
            optional("password", Kind::SecretText),
            optional("time_limit", Kind::Number(86_400)),
        ],
    ),
    ("store_certificate", &[required("name", Kind::Text), required("data", Kind::SecretBytes)]),
    ("replace_certificate", &[required("name", Kind::Text), required("data", Kind::SecretBytes)]),
    ("list_certificates", &[]),
    ("delete_certificate", &[required("name", Kind::Text)]),
    ("at", &[]),
    ("echo_off", &[]),
    ("csq", &[]),
    ("cpin", &[]),
    ("cclk", &[]),
    ("accq_read", &[]),
    ("start", &[]),
    ("stop", &[]),
    ("accq", &[CLIENT, required("id", Kind::Text)]),
    ("rel", &[CLIENT]),
];

/// The result of a call that was dropped before its end.
pub const DROPPED: &str = "dropped";

/// The first word of every result.
const RESULTS: &[&str] = &[
    "ok",
    "opened",
    "adopted",
    "brought_up",
    "bring_up_failed",
    "reset",
    "connected",
    "connect_failed",
    "up",
    "subscription_refused",
    "lost",
    "suspected",
    "thrown_out",
    "network_back",
    "gave_up",
    "message",
    "message_aborted",
    "message_refused",
    "bytes_lost",
    "connection_lost",
    "network_lost",
    "modem_restarted",
    "invalid",
    "illegal",
    "refused",
    "no_tls",
    "no_mqtt",
    "no_answer",
    "outcome_unknown",
    DROPPED,
    "receive_failed",
    "transmit_failed",
    "source_failed",
    "source_ended",
    "sim_failure",
    "sim_locked",
    "pin_missing",
    "pin_refused",
    "denied",
    "timed_out",
];

/// A call of the driver with its checked arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The line of the file, 0 without one.
    pub line: usize,
    /// The name.
    pub name: &'static str,
    arguments: Vec<(&'static str, Vec<u8>)>,
}

impl Call {
    /// The bytes of an argument, if it is there.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.arguments.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_slice())
    }

    /// A text argument.
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// A numeric argument.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok()
    }

    /// Whether an argument is `true`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.text(name)?.parse().ok()
    }

    /// Reads `name key=value key="value" …`.
    pub(super) fn read(text: &str, line: usize) -> Result<Self, String> {
        let (name, mut rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut arguments = Vec::new();
        while !rest.trim_start().is_empty() {
            let (key, value, behind) = first_argument(rest.trim_start())?;
            rest = behind;
            arguments.push((key, value));
        }
        Ok(Self { line, ..Self::new(name, arguments)? })
    }

    /// A call with these arguments, checked against the format.
    pub(super) fn new<'a>(name: &str, given: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Result<Self, String> {
        let (name, allowed) = CALLS.iter().find(|(known, _)| *known == name).ok_or_else(|| unknown_call(name))?;
        let mut arguments: Vec<(&'static str, Vec<u8>)> = Vec::new();
        for (key, value) in given {
            let Argument(key, kind, _) = allowed
                .iter()
                .find(|Argument(known, ..)| *known == key)
                .ok_or_else(|| format!("{name} has no argument {key:?}: it has {}", names(allowed)))?;
            if arguments.iter().any(|(earlier, _)| earlier == key) {
                return Err(format!("{name} has {key} twice"));
            }
            check(key, *kind, &value)?;
            arguments.push((key, value));
        }
        let is_missing =
            |Argument(key, _, optional): &&Argument| !optional && arguments.iter().all(|(it, _)| it != key);
        match allowed.iter().find(is_missing) {
            Some(Argument(key, ..)) => Err(format!("{name} needs {key}")),
            None => Ok(Self { line: 0, name, arguments }),
        }
    }

    /// The call as a recording shows it.
    pub(super) fn masked(mut self) -> Self {
        let allowed = CALLS.iter().find(|(known, _)| *known == self.name).map_or(&[][..], |(_, allowed)| allowed);
        for (key, value) in &mut self.arguments {
            let is_secret = |Argument(known, kind, _): &Argument| {
                known == key && matches!(kind, Kind::SecretText | Kind::SecretBytes)
            };
            if allowed.iter().any(is_secret) {
                *value = masked_data(value);
            }
        }
        self
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.arguments.iter().try_for_each(|(key, value)| write!(f, " {key}={}", Value(value)))
    }
}

/// A value of an argument or of a result, in quotes where it needs them.
pub struct Value<'a>(pub &'a [u8]);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let text = escaped(self.0);
        if !self.0.is_empty() && self.0.iter().all(is_plain) {
            return f.write_str(&text);
        }
        write!(f, "\"{}\"", text.replace('"', "\\\""))
    }
}

/// Refuses a result that no call can have.
pub(super) fn check_result(text: &str) -> Result<(), String> {
    let word = text.split(' ').next().unwrap_or_default();
    if RESULTS.contains(&word) {
        Ok(())
    } else {
        Err(format!("unknown result {word:?}: known are {}", RESULTS.join(", ")))
    }
}

fn unknown_call(name: &str) -> String {
    let known: Vec<_> = CALLS.iter().map(|(name, _)| *name).collect();
    format!("unknown call {name:?}: known are {}", known.join(", "))
}

fn names(arguments: &[Argument]) -> String {
    match arguments.iter().map(|Argument(name, ..)| *name).collect::<Vec<_>>() {
        names if names.is_empty() => "none".to_owned(),
        names => names.join(", "),
    }
}

/// The first `key=value` of a text, and what is behind it.
fn first_argument(text: &str) -> Result<(&str, Vec<u8>, &str), String> {
    let shape = || format!("{text:?} is not key=value");
    let (key, rest) = text.split_once('=').ok_or_else(shape)?;
    let Some(quoted) = rest.strip_prefix('"') else {
        let (value, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        if value.is_empty() || value.contains(['"', '\\']) {
            return Err(format!("the value of {key} needs quotes: {key}=\"…\""));
        }
        return Ok((key, unescaped(value)?, behind));
    };
    let mut is_escaped = false;
    let end = quoted.find(|character| {
        let ends = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        ends
    });
    let (value, behind) = quoted.split_at(end.ok_or_else(|| format!("the quotes of {key} do not end"))?);
    let behind = &behind[1..];
    if !behind.is_empty() && !behind.starts_with(' ') {
        return Err(format!("a blank is missing behind the value of {key}"));
    }
    Ok((key, unescaped(value)?, behind))
}

fn check(key: &str, kind: Kind, value: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(value);
    match (kind, text) {
        (Kind::Bytes | Kind::SecretBytes, _) => Ok(()),
        (_, Err(_)) => Err(format!("{key} is not UTF-8")),
        (Kind::Text | Kind::SecretText, _) => Ok(()),
        (Kind::Number(most), Ok(text)) => match text.parse::<u32>() {
            Ok(number) if number <= most => Ok(()),
            _ => Err(format!("{key}={text} is not a number from 0 to {most}")),
        },
        (Kind::Flag, Ok("true" | "false")) => Ok(()),
        (Kind::Flag, Ok(text)) => Err(format!("{key}={text} is neither true nor false")),
        (Kind::Word(words), Ok(text)) if words.contains(&text) => Ok(()),
        (Kind::Word(words), Ok(text)) => Err(format!("{key}={text} is none of {}", words.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_written_as_it_was_read() {
        for text in [
            "connect client=1 host=broker.example port=1883 id=\"pump 4\" user=a password=xxxx",
            "publish topic=pump-4/level payload=\"\\r\\nOK\\r\\n\" qos=2 retained=true",
            "publish topic=a payload=\"say \\\"OK\\\" \\\\ \\x00\" qos=0",
            "publish topic=a payload=\"\" qos=0",
            "stop",
        ] {
            assert_eq!(Call::read(text, 1).unwrap().to_string(), text);
        }
    }

    #[test]
    fn secrets_of_a_call_are_masked() {
        for (text, masked) in [
            (
                "connect host=h port=1 id=i user=me password=\"se cret\"",
                "connect host=h port=1 id=i user=me password=xxxxxxx",
            ),
            ("bring_up apn=a pin=1234 user=me password=secret", "bring_up apn=a pin=xxxx user=xx password=xxxxxx"),
            ("store_certificate name=key.pem data=\"\\x00\\n\"", "store_certificate name=key.pem data=xx"),
            ("publish topic=a payload=1234 qos=0", "publish topic=a payload=1234 qos=0"),
        ] {
            assert_eq!(Call::read(text, 1).unwrap().masked().to_string(), masked);
        }
    }

    #[test]
    fn a_value_is_bytes_text_number_or_flag() {
        let call = Call::read("publish client=1 topic=a payload=\"\\xff\" qos=2 retained=true", 7).unwrap();
        assert_eq!((call.line, call.name, call.number("client")), (7, "publish", Some(1)));
        assert_eq!((call.bytes("payload"), call.text("payload")), (Some(&[0xff][..]), None));
        assert_eq!((call.flag("retained"), call.number("timeout")), (Some(true), None));
    }

    #[test]
    fn a_bad_call_says_what_is_wrong_with_it() {
        for (text, problem) in [
            ("conect host=h", "unknown call \"conect\": known are connect, "),
            ("connect host=h port=1883", "connect needs id"),
            ("subscribe topic=a qos=0", "subscribe has no argument \"topic\": it has client, filter, qos"),
            ("stop now=1", "stop has no argument \"now\": it has none"),
            ("subscribe filter=a filter=b qos=0", "subscribe has filter twice"),
            ("subscribe filter=a qos=3", "qos=3 is not a number from 0 to 2"),
            ("subscribe filter=a qos=one", "qos=one is not a number"),
            ("subscribe filter qos=1", "subscribe has no argument \"filter qos\""),
            ("subscribe filter= qos=1", "the value of filter needs quotes"),
            ("subscribe filter=\"a qos=1", "the quotes of filter do not end"),
            ("subscribe filter=\"a\"qos=1", "a blank is missing behind the value of filter"),
            ("subscribe_all filters=\"\\xff\"", "filters is not UTF-8"),
            ("publish topic=a payload=\"\\z\" qos=1", "\\z is no escape"),
            ("connect host=h port=1 id=i tls=yes", "tls=yes is none of server, mutual"),
            ("connect host=h port=1 id=i clean_session=1", "clean_session=1 is neither true nor false"),
        ] {
            let error = Call::read(text, 1).unwrap_err();
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
