//! The line discipline: it knows AT, but not MQTT.
//!
//! An encoder turns a command into bytes, one window at a time: [`Encoded`](crate::command::Encoded). The [`Parser`]
//! turns bytes into a [`Line`], a prompt or data, whatever the chunks they arrive in. [`FinalResult`] is the line that
//! ends a command, and [`Parameters`] reads the parameters of any other.
//!
//! Nothing in here panics, whatever the bytes and the order of the calls.
//!
//! # Examples
//!
//! The module's bytes as a stream, with a message in it:
//!
//! ```
//! use simcom_mqtt::at::{FinalResult, Parser, Token};
//! use simcom_mqtt::urc::Urc;
//!
//! let mut parser = Parser::new();
//! let mut payload = Vec::new();
//! let mut results = 0;
//! // A UART divides the bytes anywhere. The payload looks like a final result.
//! let chunks = [&b"\r\nOK\r\n\r\n+CMQTTRXPAY"[..], b"LOAD: 0,6\r\n\r\nOK\r\n\r\n+CMQTTRXEND: 0\r\n"];
//! for mut chunk in chunks {
//!     // No command is under way, so that no prompt is awaited.
//!     while let Some(token) = parser.next(&mut chunk, false) {
//!         match token {
//!             Token::Line(line) => match Urc::parse(line.bytes()) {
//!                 Some(Urc::RxPayload(header)) => parser.expect_data(header.length),
//!                 Some(_) => {}
//!                 None => results += usize::from(FinalResult::parse(line.bytes()).is_some()),
//!             },
//!             Token::Data(bytes) => payload.extend_from_slice(bytes),
//!             _ => {}
//!         }
//!     }
//! }
//! assert_eq!(payload, b"\r\nOK\r\n");
//! assert_eq!(results, 1);
//! ```

mod encoder;
mod final_result;
mod parameters;
mod parser;
mod resemblance;

pub use encoder::WINDOW_BYTES;
pub(crate) use encoder::{Encoder, Hash};
pub use final_result::FinalResult;
pub use parameters::Parameters;
pub(crate) use parameters::{behind, without_blanks};
pub use parser::{LINE_LIMIT_BYTES, Line, Parser, Separator, Token};
pub(crate) use resemblance::resembles;
