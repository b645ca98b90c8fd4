//! Dialogues of a core with a simulated module.

use core::time::Duration;

use simcom_mqtt::sans_io::{Engine, Procedure};
use simcom_mqtt::{Error, Family};

use super::{Dialogue, Part};
use crate::core::calls::{self, CALLS, Carrier, Expected};
use crate::core::ledger::Ledger;
use crate::core::simulated::Simulated;

const FAMILIES: [Family; 4] = [Family::A7600, Family::A76xx, Family::Sim7600, Family::Sim767x];

/// Not a call: the broker has a message.
const MESSAGE: u8 = CALLS;
/// Not a call: events and messages are taken.
const TAKE: u8 = CALLS + 1;

/// Sessions of a program, by the numbers of the calls.
const SESSIONS: [&[u8]; 7] = [
    &[0, 12, 14, 6, 7, 9, 16, 17, 19],
    &[2, 13, 15, 8, 11, 18, 19],
    &[1, 12, MESSAGE, 20, 7, 17, 4, 10, 19],
    &[23, 21, 24, 25, 26, 27, 28, 29, 30, 31],
    &[22, 33, 34, 35, 3, 1, 19],
    // More than the inbox holds at once.
    &[0, 12, MESSAGE, 20, TAKE, MESSAGE, 20, TAKE, MESSAGE, 20, TAKE, MESSAGE, 20, TAKE],
    &[0, 12, MESSAGE, MESSAGE, 7, 20, 4],
];

/// Results of the calls (`None` for a dropped one), and the number of messages handed over.
pub(crate) type Outcome = (Vec<Option<Result<(), Error>>>, usize);

/// Every session with every family.
pub(super) fn dialogues() -> impl Iterator<Item = Dialogue> {
    dialogues_with_results().map(|(dialogue, _)| dialogue)
}

pub(super) fn dialogues_with_results() -> impl Iterator<Item = (Dialogue, Outcome)> {
    FAMILIES.into_iter().enumerate().flat_map(|(number, family)| {
        SESSIONS.into_iter().enumerate().map(move |(place, session)| {
            let mut recorder = Recorder::new(family);
            for &call in session {
                recorder.call(call);
            }
            let outcome = (recorder.results, recorder.ledger.handed_over());
            (
                Dialogue { name: format!("session-{number}-{place}"), family: number as u8, parts: recorder.parts },
                outcome,
            )
        })
    })
}

/// Carries out calls on a simulated module.
struct Recorder {
    core: Engine,
    ledger: Ledger,
    module: Simulated,
    now: Duration,
    parts: Vec<Part>,
    results: Vec<Option<Result<(), Error>>>,
}

impl Recorder {
    fn new(family: Family) -> Self {
        let now = Duration::ZERO;
        let (core, module) = (Engine::new(family), Simulated::switched_on(family, now));
        Self { core, ledger: Ledger::default(), module, now, parts: vec![], results: vec![] }
    }

    fn call(&mut self, number: u8) {
        if number == MESSAGE {
            // Short enough for the ledger's inbox, with a separate part for each look-alike.
            let payload = b"\r\nOK\r\n>+CMQTTRXEND: 0\r\n".repeat(10);
            return self.module.broker.publish(self.now, b"device-7/cmd/x", &payload, false);
        }
        if number == TAKE {
            self.parts.push(Part::Take);
            self.take_events();
            return self.ledger.take_messages();
        }
        self.parts.push(Part::Call(number));
        calls::begin(self, number);
    }
}

impl Carrier for Recorder {
    fn core(&mut self) -> &mut Engine {
        &mut self.core
    }

    fn now(&self) -> Duration {
        self.now
    }

    fn during(&mut self, call: &mut dyn Procedure, _: &Expected) {
        let Self { core, ledger, module, now, .. } = self;
        self.results.push(module.carry_out(core, ledger, now, call));
        self.parts.extend(module.dialogue.drain(..).map(Part::Said));
    }

    fn take_events(&mut self) -> usize {
        core::iter::from_fn(|| self.core.take_event()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_session_succeeds_in_every_call_and_the_last_receives_its_messages() {
        for (dialogue, (results, _)) in dialogues_with_results().step_by(SESSIONS.len()) {
            assert!(results.iter().all(|result| *result == Some(Ok(()))), "family {}: {results:?}", dialogue.family);
        }
        for (dialogue, (_, messages)) in dialogues_with_results().skip(SESSIONS.len() - 1).step_by(SESSIONS.len()) {
            assert_eq!(messages, 2, "family {}", dialogue.family);
        }
    }
}
