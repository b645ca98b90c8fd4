//! What a call looks like to the session.

use super::{Failure, Session};
use crate::at::Line;
use crate::command::CommandWriter;

/// What a procedure does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
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
/// The session works with `dyn Procedure`, so that its code and the loops of the shells exist once.
pub(crate) trait Procedure {
    /// Whether it only waits for events.
    fn listens(&self) -> bool {
        false
    }

    /// Decides what comes next; `last` is how the command before ended, if there was one.
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure>;

    /// Describes the present command. It is called for every window of the line, so that the line needs no buffer. Before the
    /// first [`next`](Self::next), describes every command that has arguments of the user's: so they are checked before
    /// anything is sent, resync included.
    fn command(&self, writer: &mut CommandWriter<'_>);

    /// The data of the present command; `None` where they come from a source of the shell's.
    fn data(&self) -> Option<&[u8]> {
        Some(&[])
    }

    /// Takes a line of the answer to the present command.
    fn line(&mut self, line: Line<'_>) {
        let _ = line;
    }

    /// Takes more of the line before, which was cut.
    fn rest(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }
}

/// A procedure in a future of the async shell: the future is `Send` where this is.
pub(crate) trait Driven {
    fn procedure(&self) -> &dyn Procedure;

    fn procedure_mut(&mut self) -> &mut dyn Procedure;
}

/// That of every call, so that its loop exists once.
impl Driven for dyn Procedure + Send + '_ {
    fn procedure(&self) -> &dyn Procedure {
        self
    }

    fn procedure_mut(&mut self) -> &mut dyn Procedure {
        self
    }
}

/// That of a command which only one thread may use.
impl Driven for dyn Procedure + '_ {
    fn procedure(&self) -> &dyn Procedure {
        self
    }

    fn procedure_mut(&mut self) -> &mut dyn Procedure {
        self
    }
}
