//! The turns of calls, as a shared module gives them.

use core::mem;

use super::exchange::Phase;
use super::slots::{SlotSet, Slots};
use super::{Engine, Results};
use crate::command::ClientIndex;
use crate::error::Error;

/// What calls and supervisors leave for each other.
#[derive(Debug)]
pub(super) struct Supervised {
    /// What the calls of each client have shown since its supervisor last looked.
    results: [Results; 2],
    /// The clients that are not up before more than their connection is made, a bit for each.
    preparing: u8,
}

impl Supervised {
    pub(super) const NOTHING: Self = Self { results: [Results::NONE; 2], preparing: 0 };
}

/// What is there for calls without a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    /// The slots in which something is awaited.
    pub(crate) waiting: SlotSet,
    /// The clients whose sessions are up, a bit for each.
    pub(crate) up: u8,
    /// The module has answered nothing.
    pub(crate) was_silent: bool,
}

impl Left {
    pub(crate) const NOTHING: Self = Self { waiting: 0, up: 0, was_silent: false };

    /// Whether a call can go on from this slot, if that is one: what it waits for has come.
    pub(crate) fn has_result(&self, slot: SlotSet) -> bool {
        slot & !self.waiting != 0
    }
}

impl Engine {
    /// A call has its turn, and gives it up while it waits. It begins, or goes on from this slot. The calls of all
    /// `owned` slots come for their results.
    pub(crate) fn begin_turn(&mut self, resumes: SlotSet, owned: SlotSet) {
        let Some((slots, turn)) = self.session.slots.parts() else { return };
        let mut owned = owned;
        for slot in slots {
            // The outcome is awaited: it must not be taken for that of another command.
            if owned & 1 == 0 && slot.phase() != Phase::Outcome {
                slot.clear();
            }
            owned >>= 1;
        }
        turn.gives_way = true;
        turn.resumes = resumes;
        turn.gave_way = None;
        turn.has_result = false;
        turn.is_silent = false;
    }

    /// The turn lasts for several calls, which wait with it.
    pub(crate) fn keep_turn(&mut self) {
        if let Some(turn) = self.session.slots.turn() {
            turn.gives_way = false;
        }
    }

    /// Whether the call has given up its turn, and from which slot it goes on later.
    pub(crate) fn gave_way(&mut self) -> Option<SlotSet> {
        self.session.slots.turn()?.gave_way
    }

    /// The call that has its turn has ended.
    pub(crate) fn observe(&mut self, error: Option<&Error>) {
        let client = self.session.exchange.call.client;
        let Some(turn) = self.session.slots.turn() else { return };
        match client {
            Some(client) => client.of_mut(&mut turn.supervised.results).add(error),
            // A success of another subsystem says nothing of a client.
            None if error.is_some() => turn.supervised.results.iter_mut().for_each(|results| results.add(error)),
            None => {}
        }
    }

    /// These clients, a bit for each, are not up before more than their connection is made.
    pub(crate) fn set_preparing(&mut self, clients: u8) {
        if let Some(turn) = self.session.slots.turn() {
            turn.supervised.preparing = clients;
        }
    }

    /// What the calls of this client have shown since its supervisor last looked.
    pub(crate) fn take_results(&mut self, client: ClientIndex) -> Results {
        let Some(turn) = self.session.slots.turn() else { return Results::NONE };
        mem::replace(client.of_mut(&mut turn.supervised.results), Results::NONE)
    }

    /// What is there for the calls that wait.
    pub(crate) fn left(&self) -> Left {
        let Slots { slots, turn } = &self.session.slots;
        let (preparing, was_silent) =
            turn.first().map_or((0, false), |turn| (turn.supervised.preparing, turn.is_silent));
        let up = u8::try_from(self.session.lifecycle.connected()).unwrap_or(0) & !preparing;
        let waiting = slots.iter().rev().fold(0, |waiting, slot| waiting << 1 | u8::from(slot.is_under_way()));
        Left { waiting, up, was_silent }
    }
}
