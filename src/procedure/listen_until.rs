//! Waits for an event until a moment.

#[cfg(any(feature = "async", feature = "blocking", test))]
use core::time::Duration;

use crate::command::CommandWriter;
use crate::session::{Failure, Next, Procedure, Session};
use crate::timer::{Instant, LONGEST_WAIT_MS};

/// As [`Listen`](super::Listen), until this moment at most.
pub(crate) struct ListenUntil(Instant);

impl ListenUntil {
    /// At most the longest wait from `now` on. Returns whether that is before the `deadline`, too.
    #[cfg(any(feature = "async", feature = "blocking", test))]
    pub(crate) fn new(now: Duration, deadline: Duration) -> (Self, bool) {
        let is_far = deadline.saturating_sub(now) > Duration::from_millis(LONGEST_WAIT_MS.into());
        let until = if is_far { Instant::new(now).after(LONGEST_WAIT_MS) } else { Instant::new(deadline) };
        (Self(until), is_far)
    }

    /// For this time from `now` on, at most the longest wait.
    pub(crate) fn lasting(now: Instant, milliseconds: u32) -> Self {
        Self(now.after(milliseconds.min(LONGEST_WAIT_MS)))
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
