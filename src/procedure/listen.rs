//! Waits for an event.

#[cfg(test)]
mod tests;

use core::time::Duration;

use crate::command::CommandWriter;
use crate::session::{Failure, Next, Procedure, Session};
use crate::timer::{Instant, LONGEST_WAIT_MS};

/// Sends nothing until there is an event, except for the resync after a dropped call.
pub(crate) struct Listen;

impl Procedure for Listen {
    fn listens(&self) -> bool {
        true
    }

    fn next(&mut self, _: &mut Session, _: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        Ok(Next::Listen)
    }

    fn command(&self, _: &mut CommandWriter<'_>) {}
}

/// As [`Listen`], until this moment at most.
pub(crate) struct ListenUntil(Instant);

impl ListenUntil {
    /// At most the longest wait from `now` on. Returns whether that is before the `deadline`, too.
    pub(crate) fn new(now: Duration, deadline: Duration) -> (Self, bool) {
        let is_far = deadline.saturating_sub(now) > Duration::from_millis(LONGEST_WAIT_MS.into());
        let until = if is_far { Instant::new(now).after(LONGEST_WAIT_MS) } else { Instant::new(deadline) };
        (Self(until), is_far)
    }
}

impl Procedure for ListenUntil {
    fn listens(&self) -> bool {
        true
    }

    fn next(&mut self, session: &mut Session, _: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        session.listens_until = Some(self.0);
        Ok(if session.now.has_reached(self.0) { Next::Done } else { Next::Listen })
    }

    fn command(&self, _: &mut CommandWriter<'_>) {}
}
