//! Events that have happened and that the user has not taken yet.

#[cfg(test)]
mod tests;

use core::fmt;

use crate::NextStep;
use crate::command::ClientIndex;
use crate::fmt::warning;
use crate::urc::{ConnLost, LossCause};

/// Something that happened without being asked for.
///
/// | event | what to do | [next step](Self::next_step) |
/// |---|---|---|
/// | [`Message`](Self::Message) | take it from the message handler | [`Continue`](crate::NextStep::Continue) |
/// | [`MessageRefused`](Self::MessageRefused), [`MessageAborted`](Self::MessageAborted) | nothing brings it back: for the broker it is delivered | [`Continue`](crate::NextStep::Continue) |
/// | [`BytesLost`](Self::BytesLost) | nothing: the driver asks the module for what may have been missed | [`Continue`](crate::NextStep::Continue) |
/// | [`ConnectionLost`](Self::ConnectionLost) | `connect`; if the network was the cause, `bring_up` first | [`Connect`](crate::NextStep::Connect) or [`BringUp`](crate::NextStep::BringUp) |
/// | [`NetworkLost`](Self::NetworkLost) | `bring_up`, then `connect` | [`BringUp`](crate::NextStep::BringUp) |
/// | [`ModemRestarted`](Self::ModemRestarted) | `bring_up`, then `connect` | [`BringUp`](crate::NextStep::BringUp) |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// The message handler took one or more messages of this client.
    Message(ClientIndex),
    /// The message handler refused messages of this client: an [`Inbox`](crate::Inbox), which does so for lack of room,
    /// when they begin, another one also at their end.
    MessageRefused {
        /// The client.
        client: ClientIndex,
        /// Bytes of the topic of the last refused message.
        topic_length: u16,
        /// Bytes of the payload of the last refused message.
        payload_length: u16,
        /// How many messages were refused since the last such event.
        count: u16,
    },
    /// Messages of this client broke off: bytes were lost, or the module restarted.
    MessageAborted {
        /// The client.
        client: ClientIndex,
        /// How many messages broke off since the last such event.
        count: u16,
    },
    /// The UART reported an overrun, a framing error or noise: bytes from the module were lost.
    BytesLost,
    /// `+CMQTTCONNLOST`: the client lost its connection.
    ConnectionLost {
        /// The client.
        client: ClientIndex,
        /// Why.
        cause: LossCause,
    },
    /// `+CMQTTNONET`: the module lost the network, and the service stopped.
    NetworkLost,
    /// The module restarted, and remembers nothing.
    ModemRestarted,
}

impl Event {
    /// What to do next, as data: the last column of the table [above](Self).
    pub const fn next_step(&self) -> NextStep {
        match self {
            Self::Message(_) | Self::MessageRefused { .. } | Self::MessageAborted { .. } | Self::BytesLost => {
                NextStep::Continue
            }
            // Families that know `+CMQTTNONET` send it after the line with this cause, the others send no other line.
            Self::ConnectionLost { cause: LossCause::Network, .. } => NextStep::BringUp,
            Self::ConnectionLost { .. } => NextStep::Connect,
            Self::NetworkLost | Self::ModemRestarted => NextStep::BringUp,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(client) => write!(f, "client {} received messages", client.number()),
            Self::MessageRefused { client, topic_length, payload_length, count } => {
                let (number, length) = (client.number(), u32::from(*topic_length) + u32::from(*payload_length));
                match count {
                    1 => write!(f, "client {number} could not take a message of {length} bytes"),
                    _ => write!(f, "client {number} could not take {count} messages, the last one of {length} bytes"),
                }
            }
            Self::MessageAborted { client, count: 1 } => {
                write!(f, "client {} lost a message, which broke off", client.number())
            }
            Self::MessageAborted { client, count } => {
                write!(f, "client {} lost {count} messages, which broke off", client.number())
            }
            Self::BytesLost => f.write_str("the UART lost bytes"),
            Self::ConnectionLost { client, cause } => {
                write!(f, "client {} lost its connection: {cause}", client.number())
            }
            Self::NetworkLost => f.write_str("the module lost the network"),
            Self::ModemRestarted => f.write_str("the module restarted"),
        }
    }
}

/// How often something was passed over. Every number stays at its highest value once it is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Counters {
    /// Lines that no command waited for and that mean nothing to the driver, such as `PB DONE` or `+CGEV: …`.
    pub unknown_lines: u16,
    /// Lines longer than 64 bytes that were cut.
    pub cut_lines: u16,
    /// Final results that no command waited for.
    pub stray_results: u16,
    /// Errors that the UART reported.
    pub uart_errors: u16,
    /// Messages that the message handler refused.
    pub refused_messages: u16,
    /// Messages that broke off.
    pub aborted_messages: u16,
}

/// Adds one, unless the number is at its highest.
#[inline(never)]
pub(super) const fn count(counter: &mut u16) {
    *counter = counter.saturating_add(1);
}

/// The places of the events in [`Events::waiting`], in the order in which the user gets them: messages first, then what
/// changed.
mod place {
    pub(super) const MESSAGE: u8 = 0;
    pub(super) const REFUSED: u8 = 1;
    pub(super) const ABORTED: u8 = 2;
    /// How much further the same events of the second client are.
    pub(super) const SECOND: u8 = 3;
    pub(super) const SECOND_MESSAGE: u8 = MESSAGE + SECOND;
    pub(super) const SECOND_REFUSED: u8 = REFUSED + SECOND;
    pub(super) const SECOND_ABORTED: u8 = ABORTED + SECOND;
    pub(super) const BYTES_LOST: u8 = 6;
    pub(super) const CONNECTION_LOST: u8 = 7;
    pub(super) const SECOND_CONNECTION_LOST: u8 = 8;
    pub(super) const NETWORK_LOST: u8 = 9;
    pub(super) const RESTARTED: u8 = 10;
    /// The events of the second client.
    pub(super) const OF_SECOND: u16 =
        1 << SECOND_MESSAGE | 1 << SECOND_REFUSED | 1 << SECOND_ABORTED | 1 << SECOND_CONNECTION_LOST;
    /// Not an event: the first client was connected when the network or the module was lost; the second one is next.
    pub(super) const CONCERNED: u8 = 11;
}

#[derive(Clone, Copy, Debug)]
struct ClientEvents {
    refused: u16,
    refused_topic_length: u16,
    refused_payload_length: u16,
    aborted: u16,
    loss: LossCause,
}

/// Events wait here in a form that cannot overflow: equal ones are joined, and messages come before state changes.
#[derive(Debug)]
pub(crate) struct Events {
    /// A bit for each event that waits.
    waiting: u16,
    clients: [ClientEvents; 2],
    pub(super) counters: Counters,
}

impl Events {
    pub(super) const NONE: Self = Self {
        waiting: 0,
        clients: [ClientEvents {
            refused: 0,
            refused_topic_length: 0,
            refused_payload_length: 0,
            aborted: 0,
            loss: LossCause::Closed,
        }; 2],
        counters: Counters {
            unknown_lines: 0,
            cut_lines: 0,
            stray_results: 0,
            uart_errors: 0,
            refused_messages: 0,
            aborted_messages: 0,
        },
    };

    #[inline(never)]
    fn wait(&mut self, place: u8) {
        self.waiting |= 1 << place;
    }

    fn wait_for(&mut self, client: ClientIndex, place: u8) {
        self.wait(place + client.number() * place::SECOND);
    }

    pub(super) fn message(&mut self, client: ClientIndex) {
        self.wait_for(client, place::MESSAGE);
    }

    pub(super) fn refused(&mut self, client: ClientIndex, topic_length: u16, payload_length: u16) {
        warning!("client {}: a message of {} and {} bytes is refused", client.number(), topic_length, payload_length);
        count(&mut self.counters.refused_messages);
        self.wait_for(client, place::REFUSED);
        let events = client.of_mut(&mut self.clients);
        count(&mut events.refused);
        events.refused_topic_length = topic_length;
        events.refused_payload_length = payload_length;
    }

    pub(super) fn aborted(&mut self, client: ClientIndex) {
        warning!("client {}: a message broke off", client.number());
        count(&mut self.counters.aborted_messages);
        self.wait_for(client, place::ABORTED);
        count(&mut client.of_mut(&mut self.clients).aborted);
    }

    pub(super) fn bytes_lost(&mut self) {
        count(&mut self.counters.uart_errors);
        self.wait(place::BYTES_LOST);
    }

    pub(super) fn connection_lost(&mut self, lost: ConnLost) {
        self.wait(place::CONNECTION_LOST + lost.client.number());
        lost.client.of_mut(&mut self.clients).loss = lost.cause;
    }

    /// The `connected` clients are those of [`Lifecycle::connected`](super::Lifecycle::connected).
    pub(super) fn network_lost(&mut self, connected: u16) {
        self.waiting |= 1 << place::NETWORK_LOST | connected << place::CONCERNED;
    }

    /// The `connected` clients are those of [`Lifecycle::connected`](super::Lifecycle::connected).
    pub(crate) fn restarted(&mut self, connected: u16) {
        self.waiting |= 1 << place::RESTARTED | connected << place::CONCERNED;
    }

    /// A call has connected `client`: what it lost before is no news any more. What both lost still is to the user of
    /// the other client, if that was connected then.
    pub(crate) fn repaired(&mut self, client: ClientIndex) {
        self.waiting &= !((1 << place::CONNECTION_LOST | 1 << place::CONCERNED) << client.number());
        if self.waiting >> place::CONCERNED == 0 {
            self.waiting &= !(1 << place::NETWORK_LOST | 1 << place::RESTARTED);
        }
    }

    /// Takes the next event: messages of both clients first, then what changed.
    pub(crate) fn take(&mut self) -> Option<Event> {
        #[expect(clippy::cast_possible_truncation, reason = "16 at most")]
        let place = self.waiting.trailing_zeros() as u8;
        // Without the lowest of its bits.
        self.waiting &= self.waiting.checked_sub(1)?;
        if place >= place::NETWORK_LOST {
            self.waiting &= (1 << place::CONCERNED) - 1;
        }
        let client = if place::OF_SECOND >> place & 1 == 0 { ClientIndex::First } else { ClientIndex::Second };
        let events = client.of_mut(&mut self.clients);
        let (topic_length, payload_length) = (events.refused_topic_length, events.refused_payload_length);
        Some(match place {
            place::MESSAGE | place::SECOND_MESSAGE => Event::Message(client),
            place::REFUSED | place::SECOND_REFUSED => {
                let count = core::mem::take(&mut events.refused);
                Event::MessageRefused { client, topic_length, payload_length, count }
            }
            place::ABORTED | place::SECOND_ABORTED => {
                Event::MessageAborted { client, count: core::mem::take(&mut events.aborted) }
            }
            place::BYTES_LOST => Event::BytesLost,
            place::CONNECTION_LOST | place::SECOND_CONNECTION_LOST => {
                Event::ConnectionLost { client, cause: events.loss }
            }
            place::NETWORK_LOST => Event::NetworkLost,
            _ => Event::ModemRestarted,
        })
    }

    /// How often something was passed over.
    pub(crate) const fn counters(&self) -> Counters {
        self.counters
    }

    /// Whether [`take`](Self::take) has something to give.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }
}
