//! The AT dialogue in readable form: `→` to the module, `←` from it.

use std::io::Write;
use std::mem::take;

/// The longest data of any command or message.
const LONGEST_DATA: usize = 10_240;
/// The longest part of a topic or payload that is shown.
const DATA_SHOWN: usize = 32;
/// The longest part of a line that is shown.
const LINE_SHOWN: usize = 160;

/// Writes each line when it is complete. Topics and payloads are abridged, passwords masked.
pub struct Dialogue {
    output: Box<dyn Write>,
    to_module: Half,
    from_module: Half,
    /// How many bytes the last command announced; they follow if the module prompts for them.
    announced: usize,
    /// Carriage returns that ended no line and were not printed yet: the driver sends thousands of them to a module
    /// that may wait for data.
    bare_returns: usize,
}

/// One direction.
struct Half {
    arrow: char,
    line: Vec<u8>,
    /// Bytes of data that follow the next line feed.
    behind_line_feed: usize,
    data: Vec<u8>,
    data_length: usize,
}

impl Half {
    fn new(arrow: char) -> Self {
        Self { arrow, line: Vec::new(), behind_line_feed: 0, data: Vec::new(), data_length: 0 }
    }

    /// Takes its data off `bytes`; returns it when it is complete.
    fn take_data(&mut self, bytes: &mut &[u8]) -> Option<String> {
        let missing = self.data_length - self.data.len();
        let (data, rest) = bytes.split_at(missing.min(bytes.len()));
        self.data.extend_from_slice(data);
        *bytes = rest;
        if self.data.len() < self.data_length {
            return None;
        }
        self.data_length = 0;
        Some(shown_data(&take(&mut self.data)))
    }
}

impl Dialogue {
    pub fn new(output: impl Write + 'static) -> Self {
        Self {
            output: Box::new(output),
            to_module: Half::new('→'),
            from_module: Half::new('←'),
            announced: 0,
            bare_returns: 0,
        }
    }

    /// Bytes went to the module.
    pub fn sent(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.to_module.data_length > 0 {
                if let Some(data) = self.to_module.take_data(&mut bytes) {
                    self.print(self.to_module.arrow, &data);
                }
                continue;
            }
            let [byte, rest @ ..] = bytes else { return };
            bytes = rest;
            if *byte != b'\r' {
                self.to_module.line.push(*byte);
                continue;
            }
            let line = take(&mut self.to_module.line);
            if line.is_empty() {
                self.bare_returns += 1;
                continue;
            }
            self.announced = second_number(&line);
            self.print(self.to_module.arrow, &shown_line(&line));
        }
    }

    /// Bytes came from the module.
    pub fn received(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.from_module.data_length > 0 {
                if let Some(data) = self.from_module.take_data(&mut bytes) {
                    self.print(self.from_module.arrow, &data);
                }
                continue;
            }
            let [byte, rest @ ..] = bytes else { return };
            bytes = rest;
            match byte {
                b'\r' => self.end_received_line(),
                b'\n' => {
                    self.end_received_line();
                    self.from_module.data_length = take(&mut self.from_module.behind_line_feed);
                }
                _ => self.from_module.line.push(*byte),
            }
            if self.announced > 0 && self.from_module.line == b">" {
                self.end_received_line();
                self.to_module.data_length = take(&mut self.announced);
            }
        }
    }

    fn end_received_line(&mut self) {
        let line = take(&mut self.from_module.line);
        if line.trim_ascii().is_empty() {
            return;
        }
        self.from_module.behind_line_feed = received_length(&line);
        self.print(self.from_module.arrow, &shown_line(&line));
    }

    fn print(&mut self, arrow: char, text: &str) {
        let bare_returns = take(&mut self.bare_returns);
        // A dialogue that cannot be written does not stop the program.
        if bare_returns > 0 {
            let _ = writeln!(self.output, "{} {bare_returns} × \\r", self.to_module.arrow);
        }
        let _ = writeln!(self.output, "{arrow} {text}");
    }
}

/// The second parameter of a line: `<req_length>` of a command that prompts, the length of a part of a message.
fn second_number(line: &[u8]) -> usize {
    let parameter = line.split(|&byte| byte == b',').nth(1).unwrap_or_default();
    let number = std::str::from_utf8(parameter.trim_ascii()).ok().and_then(|digits| digits.parse().ok());
    // A larger number belongs to a damaged line.
    number.filter(|number| *number <= LONGEST_DATA).unwrap_or(0)
}

/// How many bytes of a received message follow this line.
fn received_length(line: &[u8]) -> usize {
    let is_header = line.starts_with(b"+CMQTTRXTOPIC:") || line.starts_with(b"+CMQTTRXPAYLOAD:");
    if is_header { second_number(line) } else { 0 }
}

/// Address and user name are the first two texts in quotes; a quoted text after them is a password. Counting quotes
/// finds it in commands, echoes and answers alike, and in lines that lost a byte.
fn without_password(line: &[u8]) -> (&[u8], &'static str) {
    let user_end = line.iter().enumerate().filter(|(_, byte)| **byte == b'"').map(|(place, _)| place + 1).nth(3);
    match user_end.map(|place| line.split_at(place)) {
        Some((shown, rest)) if rest.contains(&b'"') => (shown, ",\"***\""),
        _ => (line, ""),
    }
}

fn shown_line(line: &[u8]) -> String {
    let (line, mask) = without_password(line);
    match line.get(..LINE_SHOWN) {
        Some(beginning) => format!("{}…{mask}", readable(beginning)),
        None => readable(line) + mask,
    }
}

fn shown_data(data: &[u8]) -> String {
    match data.get(..DATA_SHOWN) {
        Some(beginning) => format!("{}… {} bytes", readable(beginning), data.len()),
        None => readable(data),
    }
}

/// Text as it is, everything else escaped: bytes of a broker must not control the terminal.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match u8::try_from(character) {
                Ok(byte) if byte.is_ascii_control() => text.extend(std::ascii::escape_default(byte).map(char::from)),
                _ if character.is_control() => text.extend(character.escape_unicode()),
                _ => text.push(character),
            }
        }
        text.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct Lines(Sender<String>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is printed for `exchanges`: bytes to the module, bytes from it.
    fn printed(exchanges: &[(&[u8], &[u8])]) -> Vec<String> {
        let (sender, printed) = channel();
        let mut dialogue = Dialogue::new(Lines(sender));
        for (sent, received) in exchanges {
            for byte in sent.chunks(1) {
                dialogue.sent(byte);
            }
            for byte in received.chunks(1) {
                dialogue.received(byte);
            }
        }
        drop(dialogue);
        printed.iter().collect::<String>().lines().map(str::to_owned).collect()
    }

    #[test]
    fn data_of_a_prompt_is_shown_by_its_length() {
        let exchanges: [(&[u8], &[u8]); 3] = [
            (b"AT+CMQTTTOPIC=0,4\r", b"AT+CMQTTTOPIC=0,4\r\r\n>"),
            (b"a\rb>", b"\r\nOK\r\n"),
            (b"AT+CMQTTPUB=0,1,60,0,0\r", b"\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n"),
        ];
        let expected = [
            "→ AT+CMQTTTOPIC=0,4",
            "← AT+CMQTTTOPIC=0,4",
            "← >",
            "→ a\\rb>",
            "← OK",
            "→ AT+CMQTTPUB=0,1,60,0,0",
            "← OK",
            "← +CMQTTPUB: 0,0",
        ];
        assert_eq!(printed(&exchanges), expected);
    }

    #[test]
    fn parts_of_a_message_are_shown_by_their_lengths_and_abridged() {
        let mut received = b"\r\n+CMQTTRXTOPIC: 0,3\r\na\r\n\r\n+CMQTTRXPAYLOAD: 0,1500\r\n".to_vec();
        received.extend([b'x'; 1500]);
        received.extend(b"\r\n+CMQTTRXEND: 0\r\n");
        let payload = format!("← {}… 1500 bytes", "x".repeat(DATA_SHOWN));
        let expected = ["← +CMQTTRXTOPIC: 0,3", "← a\\r\\n", "← +CMQTTRXPAYLOAD: 0,1500", &payload, "← +CMQTTRXEND: 0"];
        assert_eq!(printed(&[(b"", &received)]), expected);
    }

    #[test]
    fn carriage_returns_without_a_line_are_counted() {
        let expected = ["→ AT", "→ 3 × \\r", "← ERROR"];
        assert_eq!(printed(&[(b"AT\r\r\r\r", b"\r\nERROR\r\n")]), expected);
    }

    #[test]
    fn a_password_shows_in_no_line_even_if_a_byte_of_it_was_lost() {
        let line = br#"AT+CMQTTCONNECT=0,"tcp://h:1883",60,1,"me","secret, "#;
        for lost in 0..line.len() {
            let mut line = line.to_vec();
            line.remove(lost);
            line.extend(b"word\"\r");
            let [printed] = &printed(&[(&line, b"")])[..] else { panic!("one line") };
            assert!(!printed.contains("word"), "{printed}");
        }
        let answer = br#"+CMQTTCONNECT: 0,"tcp://h:1883",60,1,"me","secret""#;
        let expected = r#"← +CMQTTCONNECT: 0,"tcp://h:1883",60,1,"me","***""#;
        assert_eq!(printed(&[(b"", &[&answer[..], b"\r\n"].concat())]), [expected]);
    }
}
