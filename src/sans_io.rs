//! The driver without I/O: for programs with their own loop, an RTOS of their own, or interrupts and no async.
//!
//! The async [`Modem`](crate::Modem) and `blocking::Modem` are loops around this [`Engine`]: they move
//! bytes and time, and contain no protocol. It needs neither of their features.
//!
//! # A call
//!
//! What a user wants is a *procedure*: an object that decides which command comes next. One is under way at a time.
//!
//! | call of the modem | procedure | its result |
//! |---|---|---|
//! | `connect` | [`Connect`] | [`Connect::connection`], [`Engine::skipped_settings`] |
//! | `publish`, `publish_from` | [`PublishMessage`] | |
//! | `drain` | `PublishOldest`, of the feature `outbox`, for each message | `PublishOldest::finish` |
//! | `subscribe` | [`Subscribe`] | |
//! | `unsubscribe` | [`Execute`] of [`Unsub`](crate::command::Unsub) | |
//! | `subscribe_all`, `unsubscribe_all` | [`SubscribeAll`] | |
//! | `disconnect` | [`Disconnect`] | |
//! | `shutdown` | [`Shutdown`] | |
//! | `execute` | [`Execute`] | [`Execute::response`] |
//! | `next_event` | [`Listen`] | [`Engine::take_event`] |
//! | `detect_family` | [`Detect`] | [`Detect::family`] |
//! | `store_certificate` | [`Store`] | |
//! | `list_certificates` | [`ListCertificates`] | [`ListCertificates::count`] |
//! | `bring_up` | [`BringUp`] | [`BringUp::outcome`] |
//!
//! Between two calls of your own, [`Listen`]: messages and losses are noticed only during a call.
//!
//! # What to call when
//!
//! 1. [`Engine::begin_call`], once. It can refuse the arguments.
//! 2. In every turn of the loop, first [`Engine::pass_time`], then [`Engine::poll`]. It returns
//!    [`Done`](Progress::Done) or an error when the call has ended; then go on at 1.
//! 3. Hand what has arrived to [`Engine::receive`], and errors of the receiver to [`Engine::receive_failed`].
//! 4. If nothing has arrived, say so with [`Engine::input_is_drained`], in every turn. Until the first time in a call,
//!    the engine sends nothing and has no deadline: what came before the call may be a restart of the module. If it
//!    returns `true`, begin the turn again. Otherwise, if [`Engine::time_left`] is 0, call [`Engine::expire`].
//! 5. [`Engine::transmit`] says what is to be sent. Send a part of it, 64 bytes at most, then call
//!    [`Engine::transmitted`] or [`Engine::flushed`], and begin the turn again. Take what has arrived between two
//!    writes: messages come while a long payload goes out. A transmitter without a buffer is flushed by doing nothing.
//! 6. If there was nothing to take or to send, wait for a byte, at most for [`Engine::time_left`]. A loop that polls
//!    need not wait.
//!
//! # Time
//!
//! The caller owns the time: the engine has no clock, and knows only what [`Engine::pass_time`] has said last. Call
//! that before [`poll`](Engine::poll), [`receive`](Engine::receive), [`transmitted`](Engine::transmitted) and
//! [`expire`](Engine::expire). Late calls make deadlines late, not wrong. Tests need no sleep.
//!
//! # What may be dropped
//!
//! * A procedure, at any point. The next [`begin_call`](Engine::begin_call) resyncs with the module first.
//! * What [`transmit`](Engine::transmit) has returned, if nothing of it was sent: the next one returns the same.
//! * Not bytes that have arrived: they are handed over in their order, or their loss as an error of the receiver.
//! * Not the engine, as long as the module is in use: a new one knows nothing of the module, and asks it.
//!
//! Wrong use does no harm but to the dialogue: no order of calls and no bytes make the engine panic, and the next call
//! finds its place again.
//!
//! # Messages and events
//!
//! Messages go to the [`MessageHandler`](crate::MessageHandler) that [`Engine::receive`] is given, such as an
//! [`Inbox`](crate::Inbox). Events wait in the engine, whatever call is under way; see [`Engine::take_event`].
//!
//! # Examples
//!
//! `examples/sans_io.rs` in the repository is a program around an interrupt. The smallest loop, on a module that
//! answers at once:
//!
//! ```
//! use core::time::Duration;
//! use simcom_mqtt::command::network::{Csq, Rssi};
//! use simcom_mqtt::sans_io::{Engine, Execute, Outgoing, Procedure, Progress, WINDOW_BYTES};
//! use simcom_mqtt::{Error, Family, RefuseAll};
//!
//! struct Uart { /* … */
//! # sent: Vec<u8>, answer: &'static [u8],
//! }
//!
//! impl Uart {
//!     // Bytes that have arrived.
//!     fn read(&mut self) -> Option<u8> {
//! # if !self.sent.ends_with(b"\r") { return None; }
//! # if self.answer.is_empty() { self.answer = if self.sent == b"AT\r" { b"\r\nOK\r\n" } else { b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n" }; }
//! # let byte = self.answer[0];
//! # self.answer = &self.answer[1..];
//! # if self.answer.is_empty() { self.sent.clear(); }
//! # return Some(byte);
//!         // …
//!     }
//!
//!     // Takes a part of the bytes, and returns how many.
//!     fn write(&mut self, bytes: &[u8]) -> usize {
//! # self.sent.extend_from_slice(bytes);
//! # return bytes.len();
//!         // …
//!     }
//! }
//!
//! fn milliseconds() -> u64 {
//! # static PASSED: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);
//! # return PASSED.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
//!     // …
//! }
//!
//! fn run(engine: &mut Engine, uart: &mut Uart, procedure: &mut dyn Procedure) -> Result<(), Error> {
//!     let mut messages = RefuseAll;
//!     engine.begin_call(procedure)?;
//!     loop {
//!         engine.pass_time(Duration::from_millis(milliseconds()));
//!         if engine.poll(procedure)? == Progress::Done {
//!             return Ok(());
//!         }
//!         let mut window = [0; WINDOW_BYTES];
//!         if let Some(byte) = uart.read() {
//!             engine.receive(&[byte], procedure, &mut messages);
//!         } else if engine.input_is_drained() {
//!             continue;
//!         } else if engine.time_left() == Some(0) {
//!             engine.expire(&mut messages);
//!         } else {
//!             match engine.transmit(procedure, &mut window) {
//!                 Outgoing::Bytes(bytes) => engine.transmitted(uart.write(bytes)),
//!                 Outgoing::Flush => engine.flushed(),
//!                 // No call of this program has a source.
//!                 Outgoing::Nothing | Outgoing::Source(_) => {}
//!             }
//!         }
//!     }
//! }
//!
//! let mut engine = Engine::new(Family::A76xx);
//! let mut uart = Uart { /* … */
//! # sent: Vec::new(), answer: &[],
//! };
//! let mut call = Execute::new(&Csq);
//! run(&mut engine, &mut uart, &mut call)?;
//! assert_eq!(call.response().map(Rssi::dbm), Some(-67));
//! # Ok::<(), Error>(())
//! ```

pub use crate::at::WINDOW_BYTES;
pub use crate::network::bring_up::BringUp;
#[cfg(feature = "outbox")]
pub use crate::outbox::PublishOldest;
pub use crate::procedure::{
    Connect, Detect, Disconnect, Execute, ListCertificates, Listen, Operation, PublishMessage, Shutdown, Store,
    Subscribe, SubscribeAll, Subscribing, Unsubscribing,
};
pub use crate::session::{Engine, Outgoing, Procedure, Progress};
