//! Where received messages go.

mod inbox;
#[cfg(feature = "sync")]
mod sync_inbox;

pub use inbox::{Inbox, Message};
#[cfg(feature = "sync")]
pub use sync_inbox::SyncInbox;
#[cfg(feature = "shared")]
pub(crate) use sync_inbox::{AnyInbox, PIECE_BYTES};

use crate::at::Line;
use crate::command::ClientIndex;

/// Takes received messages piece by piece, as they arrive.
///
/// A message is one [`begin`](Self::begin), the parts of its topic, the parts of its payload, and one
/// [`end`](Self::end) or [`aborted`](Self::aborted). The parts are slices of the UART's own buffer, cut where that
/// buffer wraps or where the module cuts (1500 bytes). When `end` is called, the parts together have exactly the
/// announced lengths. Messages never overlap, not even those of different clients.
///
/// The methods run inside the call that is receiving at the moment, for example a publish. They must return quickly,
/// without waiting.
///
/// The module does not report the quality of service, the retain flag or the duplicate flag of a message.
///
/// [`Inbox`] is the ready-made handler. Firmware that streams a large payload to flash implements its own, without a
/// buffer:
///
/// ```
/// use simcom_mqtt::{ClientIndex, MessageHandler};
///
/// #[derive(Default)]
/// struct Checksum {
///     sum: u32,
///     complete: Option<u32>,
/// }
///
/// impl MessageHandler for Checksum {
///     fn begin(&mut self, _: ClientIndex, _topic_length: usize, payload_length: usize) -> bool {
///         self.sum = 0;
///         payload_length <= 10_240
///     }
///     fn payload(&mut self, part: &[u8]) {
///         self.sum = part.iter().fold(self.sum, |sum, &byte| sum.wrapping_add(byte.into()));
///     }
///     fn end(&mut self) -> bool {
///         self.complete = Some(self.sum);
///         true
///     }
/// }
/// ```
pub trait MessageHandler {
    /// A message begins. Return `false` to refuse it: no part of it is handed over, and
    /// [`Event::MessageRefused`](crate::Event::MessageRefused) reports it.
    fn begin(&mut self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool;

    /// The next part of the topic.
    fn topic(&mut self, part: &[u8]) {
        let _ = part;
    }

    /// The next part of the payload.
    fn payload(&mut self, part: &[u8]);

    /// The message is complete. Returns whether it was taken: `true` becomes [`Event::Message`](crate::Event::Message),
    /// `false` becomes [`Event::MessageRefused`](crate::Event::MessageRefused).
    fn end(&mut self) -> bool;

    /// The rest of the message will not arrive: bytes were lost, or the module restarted.
    fn aborted(&mut self) {}

    /// A line that no command awaits and that the driver does not know, such as `+CMTI: "SM",3` or `PB DONE`. Of a long
    /// line, the first 64 bytes.
    fn unknown_line(&mut self, line: Line<'_>) {
        let _ = line;
    }
}

impl<H: MessageHandler + ?Sized> MessageHandler for &mut H {
    fn begin(&mut self, client: ClientIndex, topic_length: usize, payload_length: usize) -> bool {
        (**self).begin(client, topic_length, payload_length)
    }

    fn topic(&mut self, part: &[u8]) {
        (**self).topic(part);
    }

    fn payload(&mut self, part: &[u8]) {
        (**self).payload(part);
    }

    fn end(&mut self) -> bool {
        (**self).end()
    }

    fn aborted(&mut self) {
        (**self).aborted();
    }

    fn unknown_line(&mut self, line: Line<'_>) {
        (**self).unknown_line(line);
    }
}

/// Refuses every message, for programs that only publish.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefuseAll;

impl MessageHandler for RefuseAll {
    fn begin(&mut self, _: ClientIndex, _: usize, _: usize) -> bool {
        false
    }

    fn payload(&mut self, _: &[u8]) {}

    fn end(&mut self) -> bool {
        false
    }
}
