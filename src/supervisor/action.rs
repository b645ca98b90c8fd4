//! What a supervisor asks for, and the call that does it.

use crate::procedure::{ClientCommand, Connect, ListenUntil, Probe};
use crate::session::Procedure;

/// What comes next.
pub enum Action<'a, F> {
    /// A call that the shell drives to its end, then [`finish`](super::finish). Dropped before that, the supervisor
    /// asks for it again.
    Call(Call<'a, F>),
    /// `bring_up`, then [`brought_up`](super::brought_up).
    BringUp,
    /// The hook, then [`was_reset`](super::was_reset).
    Reset {
        /// Counts the resets in a row, from 1 on.
        attempt: u32,
    },
}

/// The call of an [`Action`].
pub struct Call<'a, F>(pub(super) Kind<'a, F>);

pub(super) enum Kind<'a, F> {
    Connect(Connect<'a>),
    /// The session is not wanted.
    Disconnect(ClientCommand<F>),
    /// Of the filter at this place in the list.
    Change(u8, ClientCommand<F>),
    Probe(Probe),
    /// Until something happens.
    Listen(ListenUntil),
}

impl<F: AsRef<[u8]> + Send> Call<'_, F> {
    /// What a shell drives.
    pub fn procedure(&mut self) -> &mut (dyn Procedure + Send) {
        match &mut self.0 {
            Kind::Connect(procedure) => procedure,
            Kind::Disconnect(procedure) | Kind::Change(_, procedure) => procedure,
            Kind::Probe(procedure) => procedure,
            Kind::Listen(procedure) => procedure,
        }
    }
}

impl<F> Call<'_, F> {
    /// Whether it listens for events.
    pub const fn listens(&self) -> bool {
        matches!(self.0, Kind::Listen(_))
    }
}
