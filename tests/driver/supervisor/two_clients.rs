//! What one supervisor does with the module, and what that is to the other one.

use core::time::Duration;

use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::pipe::Bench;

use super::bench::*;
use super::causes::is_bring_up_failure;
use crate::bench::*;
use crate::driver::network::Apn;
use crate::driver::supervisor::{NoReset, Recovery, SupervisedEvent, Supervisor, Transition};
use crate::driver::{Broker, ClientIndex, ConnectOptions};

static OTHER: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("other.example", 1883), "meter-3-b");
const BAD_USER_NAME_OR_PASSWORD: u8 = 30;
const NETWORK_OPEN_ERROR: u8 = 3;

/// A module with a supervisor for each client.
struct Pair<'a, 'm> {
    bench: &'a Bench,
    modem: TestModem<'m>,
    supervisors: [Supervisor<'a, &'a Filters>; 2],
    recovery: Recovery<&'a Apn<'a>, NoReset>,
}

impl Pair<'_, '_> {
    /// Lets this time pass. Returns what the supervisor of this client has reported.
    fn pass(&mut self, time: Duration, client: ClientIndex) -> Vec<Transition> {
        let Self { bench, modem, supervisors, recovery } = self;
        let deadline = bench.now() + time;
        let mut transitions = Vec::new();
        bench.block_on(async {
            while bench.now() < deadline {
                let event = modem.supervise_until(deadline, supervisors, recovery).await.or_transcript(bench);
                if let Some(SupervisedEvent::Supervisor(event)) = event
                    && event.client == client
                {
                    transitions.push(event.transition);
                }
            }
        });
        transitions
    }
}

fn on_every_family(test: impl Fn(&mut Pair<'_, '_>)) {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let (inbox, one, other) = (TestInbox::new(), Filters::new(), Filters::new());
        let modem = modem(&bench, family, &inbox);
        let supervisors =
            [Supervisor::new(FIRST, &OPTIONS, &one, POLICY), Supervisor::new(SECOND, &OTHER, &other, POLICY)];
        test(&mut Pair { bench: &bench, modem, supervisors, recovery: Recovery::new(&APN) });
    }
}

/// The broker refuses its password: it waits for long. What the other one does about its own broker changes nothing.
#[test]
fn bring_ups_of_one_client_do_not_end_the_wait_of_another_one_that_needs_none() {
    on_every_family(|pair| {
        script(pair.bench, "AT+CMQTTCONNECT=0", 0, ScriptedAnswer::Refuse(BAD_USER_NAME_OR_PASSWORD));
        script(pair.bench, "AT+CMQTTCONNECT=1", 0, ScriptedAnswer::Refuse(NETWORK_OPEN_ERROR));
        pair.pass(SECONDS(20), FIRST);
        let begin = pair.bench.sent().len();
        let mut transitions = pair.pass(SECONDS(1_000), FIRST);
        script(pair.bench, "AT+CPIN?", 0, ScriptedAnswer::Exactly(b"\r\n+CME ERROR: SIM failure\r\n".to_vec()));
        transitions.extend(pair.pass(SECONDS(1_000), FIRST));
        let sent = String::from_utf8_lossy(&pair.bench.sent()[begin..]).into_owned();
        assert!(sent.matches("AT+CPIN?").count() > 3, "the other one brings the module up: {sent}");
        let attempts = sent.matches("AT+CMQTTCONNECT=0").count();
        assert!((5..=10).contains(&attempts), "{attempts} attempts\n{transitions:?}");
        let are_refusals = transitions.iter().all(|transition| matches!(transition, Transition::ConnectFailed(_)));
        assert!(are_refusals, "{transitions:?}");
    });
}

#[test]
fn a_paused_client_stays_paused_when_the_bring_up_of_the_other_one_fails() {
    on_every_family(|pair| {
        pair.bench.modem(|module, _| module.network_mut().attached = false);
        let failed = pair.pass(SECONDS(600), SECOND);
        assert!(failed.iter().any(is_bring_up_failure), "{failed:?}");
        pair.supervisors[1].pause();
        // What it had still to report.
        pair.pass(SECONDS(1), SECOND);
        let paused = pair.pass(SECONDS(1_800), SECOND);
        assert_eq!(paused, []);
        pair.bench.modem(|module, now| module.restore_network(now));
        pair.pass(LONGEST_WAIT, SECOND);
        assert!(pair.supervisors[0].is_up() && !pair.supervisors[1].is_up(), "{}", pair.bench.transcript_text());
        pair.supervisors[1].resume();
        pair.pass(SECONDS(20), SECOND);
        assert!(pair.supervisors[1].is_up(), "{}", pair.bench.transcript_text());
    });
}
