//! What a call looks like to the session.

use super::{Failure, Session};
use crate::at::Line;
#[cfg(feature = "outbox")]
use crate::at::WINDOW_BYTES;
use crate::command::CommandWriter;

/// What a procedure does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The command that [`Procedure::command`] describes.
    Command,
    /// Nothing for this time, in milliseconds.
    Pause(u32),
    /// It waits for an event.
    Listen,
    /// It has done what it was for.
    Done,
}

/// A call of the user as a step machine: which command comes next, given how the last one ended.
///
/// It is implemented by the procedures of [`sans_io`](crate::sans_io), and cannot be implemented elsewhere. Its methods
/// are for the [`Engine`](crate::sans_io::Engine), which works with `dyn Procedure`, so that its code and the loops of
/// the shells exist once in an image.
pub trait Procedure {
    /// Whether it only waits for events.
    #[doc(hidden)]
    fn listens(&self) -> bool {
        false
    }

    // No other crate can name `Session` and `Failure`, so none can implement this.
    /// Decides what comes next; `last` is how the command before ended, if there was one.
    #[doc(hidden)]
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure>;

    /// Describes the present command. It is called for every window of the line, so that the line needs no buffer.
    /// Before the first [`next`](Self::next), describes every command that has arguments of the user's: so they are
    /// checked before anything is sent, resync included.
    #[doc(hidden)]
    fn command(&self, writer: &mut CommandWriter<'_>);

    /// The data of the present command; `None` where they come from a source of the shell's.
    #[doc(hidden)]
    fn data(&self) -> Option<&[u8]> {
        Some(&[])
    }

    /// Copies data of the present command that are in no slice, from byte `sent` on. Returns what it has copied;
    /// nothing where they come from a source of the shell's.
    #[cfg(feature = "outbox")]
    #[doc(hidden)]
    fn copy_data<'w>(&self, sent: usize, window: &'w mut [u8; WINDOW_BYTES]) -> &'w [u8] {
        let (_, _) = (sent, window);
        &[]
    }

    /// Takes a line of the answer to the present command.
    #[doc(hidden)]
    fn line(&mut self, line: Line<'_>) {
        let _ = line;
    }

    /// Takes more of the line before, which was cut.
    #[doc(hidden)]
    fn rest(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }
}
