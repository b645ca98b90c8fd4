//! A topic filter and the inbox of what matches it.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::matching::Matching;
use crate::command::{ClientIndex, check};
use crate::error::{InvalidInput, Parameter};
use crate::family::TOPIC_LIMIT_BYTES;
use crate::handler::{AnyInbox, SyncInbox};

/// Which messages go to an inbox, for a [`Router`](super::Router).
///
/// A route belongs to one `Router`. Several routes may have one inbox, which gets a message once even where several of
/// them match.
pub struct Route<'a> {
    /// Without one, the route takes what no filter matches.
    filter: Option<&'a str>,
    /// Without one, that of both.
    client: Option<ClientIndex>,
    inbox: &'a (dyn AnyInbox + Sync),
    inbox_holds_messages: bool,
    /// Of the incoming message.
    matching: AtomicU16,
    /// Whether the inbox has room for the incoming message.
    has_room: AtomicBool,
    refused: AtomicU16,
}

impl<'a> Route<'a> {
    /// Messages whose topic matches `filter`, of both clients.
    ///
    /// The filter is that of a subscription, or any other. [`Router::new`](super::Router::new) checks it.
    pub const fn new<Raw, const N: usize>(filter: &'a str, inbox: &'a SyncInbox<Raw, N>) -> Self
    where
        Raw: RawMutex + Sync,
    {
        Self { filter: Some(filter), ..Self::unmatched(inbox) }
    }

    /// Messages that no filter of the router matches, of both clients.
    pub const fn unmatched<Raw, const N: usize>(inbox: &'a SyncInbox<Raw, N>) -> Self
    where
        Raw: RawMutex + Sync,
    {
        Self {
            filter: None,
            client: None,
            inbox,
            inbox_holds_messages: SyncInbox::<Raw, N>::HOLDS_MESSAGES,
            matching: AtomicU16::new(Matching::FAILED.position()),
            has_room: AtomicBool::new(false),
            refused: AtomicU16::new(0),
        }
    }

    /// Only messages that this client has received.
    #[must_use]
    pub const fn client(self, client: ClientIndex) -> Self {
        Self { client: Some(client), ..self }
    }

    /// How many messages this route had for its inbox while the inbox had no room. Stops at 65,535.
    pub fn refused(&self) -> u16 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) const fn check(&self) -> Result<(), RouteProblem> {
        if !self.inbox_holds_messages {
            return Err(RouteProblem::Inbox);
        }
        match self.filter {
            Some(filter) => match check_filter(filter) {
                Ok(()) => Ok(()),
                Err(invalid) => Err(RouteProblem::Filter(invalid)),
            },
            None => Ok(()),
        }
    }

    /// A message begins: reserves room for it in the inbox, if there is some.
    pub(super) fn begin(&self, client: ClientIndex, topic_length: usize, payload_length: usize) {
        let is_excluded = self.client.is_some_and(|only| only != client);
        self.set_matching(if is_excluded { Matching::FAILED } else { Matching::BEGUN });
        self.has_room.store(self.inbox().begin(client, topic_length, payload_length), Ordering::Relaxed);
    }

    /// The next part of the topic, behind `received` bytes.
    pub(super) fn match_topic(&self, received: usize, part: &[u8]) {
        if let Some(filter) = self.filter {
            self.set_matching(self.matching().advance(filter.as_bytes(), received, part));
        }
    }

    /// Whether the route has the message for its inbox, whose topic is complete: because of its filter or, if no filter
    /// matches, because it has none.
    pub(super) fn matches(&self, by_filter: bool) -> bool {
        match self.filter {
            Some(filter) => by_filter && self.matching().ends(filter.as_bytes()),
            None => !by_filter && self.may_match(),
        }
    }

    /// Whether the message may still match.
    fn may_match(&self) -> bool {
        self.matching() != Matching::FAILED
    }

    /// The next part of topic or payload, behind `received` bytes. The inbox gets it if it takes the message, as far as
    /// is known.
    pub(super) fn push(&self, received: usize, part: &[u8]) {
        if self.may_match() && self.has_room() {
            self.inbox().push_piece(received, part);
        }
    }

    /// The message, which matches, is whole. Returns whether the inbox takes it.
    pub(super) fn end(&self) -> bool {
        let has_room = self.has_room();
        if has_room {
            // An earlier route may have done so; then the inbox has nothing more.
            self.inbox().end().wake();
        } else {
            count(&self.refused);
        }
        has_room
    }

    fn has_room(&self) -> bool {
        self.has_room.load(Ordering::Relaxed)
    }

    fn inbox(&self) -> &'a dyn AnyInbox {
        self.inbox
    }

    fn matching(&self) -> Matching {
        Matching::from_position(self.matching.load(Ordering::Relaxed))
    }

    fn set_matching(&self, matching: Matching) {
        self.matching.store(matching.position(), Ordering::Relaxed);
    }
}

impl fmt::Debug for Route<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("filter", &self.filter)
            .field("client", &self.client)
            .field("refused", &self.refused())
            .finish_non_exhaustive()
    }
}

/// What is wrong with a route.
pub(super) enum RouteProblem {
    Filter(InvalidInput),
    /// No message fits into it.
    Inbox,
}

/// What SUB checks too.
pub(super) const fn check_filter(filter: &str) -> Result<(), InvalidInput> {
    let checked = match check::length(filter.len(), TOPIC_LIMIT_BYTES) {
        Ok(()) => check::filter(filter.as_bytes()),
        too_long => too_long,
    };
    match checked {
        Ok(()) => Ok(()),
        Err(problem) => Err(InvalidInput::new(Parameter::Filter, problem)),
    }
}

/// Only one task counts, the one that receives, so that it needs no exchange, which small cores lack.
pub(super) fn count(counter: &AtomicU16) {
    counter.store(counter.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
}
