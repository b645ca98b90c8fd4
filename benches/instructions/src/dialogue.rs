//! The dialogue between driver and module, byte for byte.

use crate::module::Step;

pub const HOST: &str = "broker.example";
pub const PORT: u16 = 1883;
pub const CLIENT_ID: &str = "device-7";
pub const TOPIC: &str = "device-7/state";
pub const PAYLOAD: &[u8] = b"21.5";

/// Length of the received message in bytes.
pub const PAYLOAD_BYTES: usize = 10_240;

const OK: &[u8] = b"\r\nOK\r\n";
const PROMPT: &[u8] = b"\r\n>";

const fn step(sent: &'static [u8], answer: &'static [u8]) -> Step {
    Step { sent, answer }
}

/// From an unknown module to a connected client.
pub const CONNECT: &[Step] = &[
    step(b"AT\r", b"AT\r\r\nOK\r\n"),
    step(b"AT+CSQ\r", b"AT+CSQ\r\r\n+CSQ: 23,0\r\n\r\nOK\r\n"),
    step(b"ATE0\r", b"ATE0\r\r\nOK\r\n"),
    step(b"AT+CMQTTACCQ?\r", b"\r\nERROR\r\n"),
    step(b"AT+CMQTTSTART\r", b"\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"),
    step(b"AT+CMQTTACCQ=0,\"device-7\",0\r", OK),
    step(b"AT+CMQTTCFG=\"version\",0,4\r", OK),
    step(b"AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",60,1\r", b"\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n"),
];

/// A publish with QoS 1.
pub const PUBLISH: &[Step] = &[
    step(b"AT+CMQTTTOPIC=0,14\r", PROMPT),
    step(b"device-7/state", OK),
    step(b"AT+CMQTTPAYLOAD=0,4\r", PROMPT),
    step(b"21.5", OK),
    step(b"AT+CMQTTPUB=0,1,60,0,0\r", b"\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n"),
];

/// A received message, its payload in parts of 1,500 bytes. For the driver a line ends at its CR, and so does this
/// message: the LF at its beginning belongs to the message before.
pub static MESSAGE: [u8; MESSAGE_BYTES] = message();

const MESSAGE_START: &[u8] = b"\n\r\n+CMQTTRXSTART: 0,14,10240\r\n+CMQTTRXTOPIC: 0,14\r\ndevice-7/state";
const PART_HEADER: &[u8] = b"\r\n+CMQTTRXPAYLOAD: 0,1500\r\n";
const LAST_PART_HEADER: &[u8] = b"\r\n+CMQTTRXPAYLOAD: 0,1240\r\n";
const MESSAGE_END: &[u8] = b"\r\n+CMQTTRXEND: 0\r";

const PART_BYTES: usize = 1500;
const PARTS: usize = PAYLOAD_BYTES.div_ceil(PART_BYTES);
const _: () = assert!(PAYLOAD_BYTES % PART_BYTES == 1240, "the last part is as long as its header says");

pub const MESSAGE_BYTES: usize =
    MESSAGE_START.len() + (PARTS - 1) * PART_HEADER.len() + LAST_PART_HEADER.len() + PAYLOAD_BYTES + MESSAGE_END.len();

const fn message() -> [u8; MESSAGE_BYTES] {
    let mut message = [b'x'; MESSAGE_BYTES];
    let mut end = put(&mut message, 0, MESSAGE_START);
    let mut left = PAYLOAD_BYTES;
    while left > 0 {
        let (header, length) = if left < PART_BYTES { (LAST_PART_HEADER, left) } else { (PART_HEADER, PART_BYTES) };
        end = put(&mut message, end, header) + length;
        left -= length;
    }
    put(&mut message, end, MESSAGE_END);
    message
}

/// Writes `bytes` at `start`, and returns their end.
const fn put(message: &mut [u8; MESSAGE_BYTES], start: usize, bytes: &[u8]) -> usize {
    let mut index = 0;
    while index < bytes.len() {
        message[start + index] = bytes[index];
        index += 1;
    }
    start + index
}
