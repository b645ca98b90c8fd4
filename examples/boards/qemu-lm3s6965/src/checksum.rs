//! A handler that streams: it keeps length and CRC-32 of a message of any size, and no byte of it.

use core::fmt;

use crc::{CRC_32_ISO_HDLC, Crc, Digest};
use simcom_mqtt::{ClientIndex, MessageHandler};

static CRC_32: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Length and CRC-32 of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    length: usize,
    crc_32: u32,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:08x}", self.length, self.crc_32)
    }
}

/// Takes received messages piece by piece, as they come out of the UART's ring.
pub struct Checksum {
    length: usize,
    digest: Digest<'static, u32>,
    complete: Option<Receipt>,
}

impl Checksum {
    /// A handler that has received nothing.
    pub fn new() -> Self {
        Self { length: 0, digest: CRC_32.digest(), complete: None }
    }

    /// The last complete message, once.
    pub fn take(&mut self) -> Option<Receipt> {
        self.complete.take()
    }
}

impl Default for Checksum {
    fn default() -> Self {
        Self::new()
    }
}

impl MessageHandler for Checksum {
    fn begin(&mut self, _: ClientIndex, _topic_length: usize, _payload_length: usize) -> bool {
        self.length = 0;
        self.digest = CRC_32.digest();
        true
    }

    fn payload(&mut self, part: &[u8]) {
        self.length += part.len();
        self.digest.update(part);
    }

    fn end(&mut self) -> bool {
        self.complete = Some(Receipt { length: self.length, crc_32: self.digest.clone().finalize() });
        true
    }
}
