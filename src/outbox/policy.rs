//! What an outbox does with a message for which there is no room.

/// What an [`Outbox`](super::Outbox) does with a message for which there is no room: [`RefuseNew`] or [`DropOldest`].
pub trait WhenFull: sealed::Sealed {
    #[doc(hidden)]
    const DROPS_OLDEST: bool;
}

/// The new message is refused with [`PushError::Full`](super::PushError::Full).
#[derive(Clone, Copy, Debug)]
pub enum RefuseNew {}

/// The oldest messages are dropped and [counted](super::OutboxCounters::dropped), as many as the new one needs; but not
/// the one that is being sent.
#[derive(Clone, Copy, Debug)]
pub enum DropOldest {}

impl WhenFull for RefuseNew {
    const DROPS_OLDEST: bool = false;
}

impl WhenFull for DropOldest {
    const DROPS_OLDEST: bool = true;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::RefuseNew {}
    impl Sealed for super::DropOldest {}
}
