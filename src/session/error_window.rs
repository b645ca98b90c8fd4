//! The time after bytes were lost, in which a line may be part of a payload.

use crate::saturating::saturating_u16;
use crate::timer::Instant;

/// The longest message with its headers: 1,024 bytes of topic, 10,240 of payload, and eleven parts.
pub(super) const LONGEST_MESSAGE_BYTES: u16 = 11_539;
/// How long no byte must come until the window ends, in milliseconds.
const SILENCE_MS: u32 = 500;
/// How much earlier than the bytes that it lost an error of the UART can be reported, in milliseconds: some drivers
/// report it before they hand over what they had buffered.
const EARLY_REPORT_MS: u32 = 100;

/// A loss, NONET or a restart that comes while the window is open is not believed. When it has ended, the module is
/// asked what is true.
#[derive(Clone, Copy, Debug)]
pub(super) struct ErrorWindow {
    /// How many bytes may still come before it ends; 0 where it is closed.
    bytes_left: u16,
    /// Until when a message that begins counts as hit by the error.
    hits_until: Instant,
    /// Something may have been missed.
    question: Option<Question>,
    /// Bytes were lost, of which the exchange does not know yet.
    is_news: bool,
}

/// What to ask the module about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Question {
    /// Whether what was believed is still true.
    State,
    /// The same, after a line of a loss that was not believed.
    Loss,
    /// The same, after the line or the echo of a module that has restarted.
    Restart,
}

impl ErrorWindow {
    pub(super) const CLOSED: Self = Self { bytes_left: 0, hits_until: Instant::ZERO, question: None, is_news: false };

    /// The UART reported lost bytes.
    pub(super) fn open_for_error(&mut self, now: Instant) {
        self.hits_until = now.after(EARLY_REPORT_MS);
        self.open();
    }

    /// Bytes were lost or added, as the framing of a message shows.
    #[inline(never)]
    pub(super) fn open(&mut self) {
        self.bytes_left = LONGEST_MESSAGE_BYTES;
        self.is_news = true;
        self.question.get_or_insert(Question::State);
    }

    /// Whether a message that begins now may be hit by the error.
    pub(super) fn hits(&self, now: Instant) -> bool {
        // A time further ahead than any was ever set is long past.
        self.is_open() && (1..=EARLY_REPORT_MS).contains(&now.until(self.hits_until))
    }

    /// Whether bytes were lost since this was asked last.
    pub(super) fn is_news(&mut self) -> bool {
        core::mem::take(&mut self.is_news)
    }

    pub(super) fn is_open(&self) -> bool {
        self.bytes_left > 0
    }

    /// A line came that is not believed.
    pub(super) fn distrust(&mut self, question: Question) {
        self.open();
        if self.question != Some(Question::Restart) {
            self.question = Some(question);
        }
    }

    /// The module sent a command back although its echo was off, which only a restart switches on.
    pub(super) fn suspect_restart(&mut self) {
        self.question = Some(Question::Restart);
    }

    /// A line came of which a loss may follow. No bytes were lost.
    pub(super) fn suspect_loss(&mut self) {
        self.question.get_or_insert(Question::State);
    }

    /// `count` bytes came.
    pub(super) fn bytes_came(&mut self, count: usize) {
        if self.is_open() {
            self.bytes_left = self.bytes_left.saturating_sub(saturating_u16(count));
        }
    }

    /// When it ends if no byte comes.
    pub(super) fn deadline(&self, last_byte: Instant) -> Option<Instant> {
        self.is_open().then(|| last_byte.after(SILENCE_MS))
    }

    /// No byte came for long enough.
    pub(super) fn end(&mut self) {
        self.bytes_left = 0;
    }

    /// What to ask the module now, if anything.
    pub(super) fn question(&self) -> Option<Question> {
        if self.is_open() { None } else { self.question }
    }

    /// The module has answered, or there is nothing to ask about.
    pub(super) fn answered(&mut self) {
        self.question = None;
    }
}
