//! Parts of a host program besides the driver: a clock, the two halves of a UART, and code that the examples share.

pub mod arguments;
pub mod clock;
pub mod dialogue;
pub mod ending;
pub mod family;
pub mod format;
pub mod messages;
pub mod network;
pub mod recording;
pub mod supervision;
pub mod tls;
pub mod uart;
/// The results of calls in a recording; the tests that replay it have the same words.
#[path = "../../tests/transcripts/words.rs"]
pub mod words;
