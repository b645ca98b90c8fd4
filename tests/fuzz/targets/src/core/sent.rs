//! The bytes that a call sends; checks that data follow a prompt.

use super::places;

/// The commands that prompt for data.
const WITH_DATA: [&str; 10] = [
    "AT+CMQTTTOPIC=",
    "AT+CMQTTPAYLOAD=",
    "AT+CMQTTSUB=",
    "AT+CMQTTUNSUB=",
    "AT+CMQTTSUBTOPIC=",
    "AT+CMQTTUNSUBTOPIC=",
    "AT+CMQTTWILLTOPIC=",
    "AT+CMQTTWILLMSG=",
    "AT+CCERTDOWN=",
    "AT+CMGS=",
];

/// The bytes sent by a call.
#[derive(Debug, Default)]
pub(super) struct Sent {
    bytes: Vec<u8>,
    /// Start of the current line.
    line: usize,
    /// Number of received bytes when the line of a command with data had been sent.
    asked_at: Option<usize>,
}

impl Sent {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A call begins.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes sent bytes. Data are sent only after a prompt for their command. Without one, only the next command may
    /// follow, or the bytes that end a command or fill an unseen prompt (slashes and carriage returns).
    pub(super) fn push(&mut self, bytes: &[u8], received: &[u8]) {
        if let Some(asked_at) = self.asked_at.take()
            && !matches!(bytes, [b'A' | b'/' | b'\r' | b'~', ..])
        {
            let has_prompt = places(&received[asked_at..], b">").next().is_some();
            assert!(has_prompt, "data without a prompt: {}", bytes.escape_ascii());
        }
        self.bytes.extend(bytes);
        if bytes.ends_with(b"\r") {
            let line = &self.bytes[self.line..];
            if WITH_DATA.iter().any(|command| line.starts_with(command.as_bytes())) {
                self.asked_at = Some(received.len());
            }
            self.line = self.bytes.len();
        } else if places(bytes, b"AT").next() == Some(0) {
            self.line = self.bytes.len() - bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_may_be_sent_after_a_prompt() {
        let mut sent = Sent::default();
        sent.push(b"AT+CMQTTTOPIC=0,1\r", b"OK\r\n");
        sent.push(b"x", b"OK\r\n\r\n>");
        sent.push(b"AT+CMQTTPAYLOAD=0,3\r", b"OK\r\n\r\n>\r\nOK\r\n");
        sent.push(b"///", b"OK\r\n\r\n>\r\nOK\r\n");
    }

    #[test]
    #[should_panic = "data without a prompt"]
    fn data_must_not_be_sent_without_one() {
        let mut sent = Sent::default();
        sent.push(b"AT+CMQTT", b">");
        sent.push(b"TOPIC=0,1\r", b">");
        sent.push(b"x", b">\r\nOK\r\n");
    }
}
