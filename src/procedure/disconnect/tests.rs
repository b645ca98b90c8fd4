extern crate std;

use std::vec;
use std::vec::Vec;

use super::{DISCONNECT_TIMEOUT, Disconnect, Shutdown};
use crate::command::{At, Rel, Start};
use crate::error::{CommandName, Error, Illegal};
use crate::family::Family;
use crate::procedure::Single;
use crate::session::dialogue::*;
use crate::session::{ClientState, Event, ServiceState};

const STOPPED: &str = "\r\nOK\r\n\r\n+CMQTTSTOP: 0\r\n";

fn disc(client: u8, answer: &str) -> Vec<Row> {
    command(&std::format!("AT+CMQTTDISC={client},60"), answer)
}

fn rel(client: u8, answer: &str) -> Vec<Row> {
    command(&std::format!("AT+CMQTTREL={client}"), answer)
}

fn stop(answer: &str) -> Vec<Row> {
    command("AT+CMQTTSTOP", answer)
}

/// The second client, of which nothing is known, has nothing to end.
fn second() -> Vec<Row> {
    [disc(1, "\r\n+CMQTTDISC: 1,11\r\n\r\nERROR\r\n"), rel(1, "\r\n+CMQTTREL: 1,20\r\n\r\nERROR\r\n")].concat()
}

#[track_caller]
fn shut_down(dialogue: &mut Dialogue, script: &[Vec<Row>]) -> Result<(), Error> {
    dialogue.call(&mut Shutdown::new(), &script.concat())
}

#[test]
fn a_connected_client_is_disconnected_and_released_before_the_service_stops() {
    for family in Family::ALL {
        let mut dialogue = Dialogue::connected(family);
        let script = [disc(0, "\r\nOK\r\n\r\n+CMQTTDISC: 0,0\r\n"), rel(0, OK), second(), stop(STOPPED)];
        assert_eq!(shut_down(&mut dialogue, &script), Ok(()));
        assert_eq!(dialogue.service(), ServiceState::Stopped);
        assert_eq!(dialogue.client(FIRST), ClientState::Released);
    }
}

#[test]
fn both_clients_are_ended_the_first_one_first() {
    let mut dialogue = Dialogue::connected(Family::Sim7600);
    dialogue.acquire(SECOND);
    dialogue.open(SECOND);
    let script = [
        disc(0, "\r\n+CMQTTDISC: 0,0\r\n\r\nOK\r\n"),
        rel(0, OK),
        disc(1, "\r\n+CMQTTDISC: 1,0\r\n\r\nOK\r\n"),
        rel(1, OK),
        stop("\r\n+CMQTTSTOP: 0\r\n\r\nOK\r\n"),
    ];
    assert_eq!(shut_down(&mut dialogue, &script), Ok(()));
}

#[test]
fn a_client_that_is_not_connected_is_only_released() {
    let mut dialogue = Dialogue::acquired(Family::A76xx);
    assert_eq!(shut_down(&mut dialogue, &[rel(0, OK), second(), stop(STOPPED)]), Ok(()));
}

#[test]
fn a_client_that_is_released_gets_nothing() {
    let mut dialogue = Dialogue::acquired(Family::A76xx);
    assert_eq!(dialogue.call(&mut Single(Rel { client: FIRST }), &rel(0, OK)), Ok(()));
    assert_eq!(shut_down(&mut dialogue, &[second(), stop(STOPPED)]), Ok(()));
}

#[test]
fn a_module_of_which_nothing_is_known_gets_every_command() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [
        disc(0, "\r\nOK\r\n\r\n+CMQTTDISC: 0,0\r\n"),
        rel(0, OK),
        disc(1, "\r\nOK\r\n\r\n+CMQTTDISC: 1,0\r\n"),
        rel(1, OK),
        stop(STOPPED),
    ];
    assert_eq!(shut_down(&mut dialogue, &script), Ok(()));
}

#[test]
fn a_fresh_driver_resyncs_first() {
    let mut dialogue = Dialogue::new(Family::A76xx);
    let script = [synchronised(), disc(0, "\r\n+CMQTTDISC: 0,0\r\n\r\nOK\r\n"), rel(0, OK), second(), stop(STOPPED)];
    assert_eq!(shut_down(&mut dialogue, &script), Ok(()));
}

#[test]
fn a_refused_disc_or_rel_does_not_end_the_call() {
    for (refused_disc, refused_rel) in
        [(ERROR, ERROR), ("\r\n+CMQTTDISC: 0,11\r\n\r\nERROR\r\n", "\r\n+CMQTTREL: 0,20\r\n\r\nERROR\r\n")]
    {
        let mut dialogue = Dialogue::connected(Family::Sim7600);
        let grace = if refused_disc == ERROR { vec![after_ms(250)] } else { vec![] };
        let script = [disc(0, refused_disc), grace, rel(0, refused_rel), second(), stop(STOPPED)];
        assert_eq!(shut_down(&mut dialogue, &script), Ok(()));
        assert_eq!(dialogue.service(), ServiceState::Stopped);
    }
}

#[test]
fn a_service_that_was_not_started_is_no_failure() {
    let mut dialogue = Dialogue::acquired(Family::Sim7600);
    let script = [rel(0, ERROR), second(), stop("\r\n+CMQTTSTOP: 9\r\n\r\nERROR\r\n")];
    assert_eq!(shut_down(&mut dialogue, &script), Ok(()));
    assert_eq!(dialogue.service(), ServiceState::Stopped);
}

#[test]
fn a_stop_that_is_refused_because_a_client_is_still_acquired_is_a_failure() {
    for code in [19, 21] {
        let mut dialogue = Dialogue::acquired(Family::Sim767x);
        let refusal = std::format!("\r\n+CMQTTSTOP: {code}\r\n\r\nERROR\r\n");
        let script = [rel(0, ERROR), second(), stop(&refusal)];
        assert_eq!(shut_down(&mut dialogue, &script), Err(refused(&"+CMQTTSTOP", code)));
        assert_eq!(dialogue.service(), ServiceState::Unknown);
    }
}

#[test]
fn whether_disc_and_rel_have_succeeded_shows_in_stop() {
    for (line, time_ms) in [("AT+CMQTTDISC=0,60\r", 9_000), ("AT+CMQTTREL=0\r", 9_000)] {
        let is_disc = line.contains("DISC");
        let mut dialogue = if is_disc { Dialogue::connected(Family::A76xx) } else { Dialogue::acquired(Family::A76xx) };
        let rest = if is_disc { rel(0, OK) } else { vec![] };
        let unanswered = vec![sent(line), after_ms(time_ms)];
        let script = [unanswered, synchronised(), rest, second(), stop(STOPPED)];
        assert_eq!(shut_down(&mut dialogue, &script), Ok(()));
        assert_eq!(dialogue.service(), ServiceState::Stopped);
    }
}

#[test]
fn a_stop_without_an_outcome_is_a_success_where_the_module_says_that_it_has_stopped() {
    let stopped = || command("AT+CMQTTACCQ?", ERROR);
    let started = || command("AT+CMQTTACCQ?", "\r\n+CMQTTACCQ: 0,\"\",0\r\n+CMQTTACCQ: 1,\"\",0\r\n\r\nOK\r\n");
    let unknown = Err(Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTSTOP") });
    for (asked, expected, service) in
        [(stopped(), Ok(()), ServiceState::Stopped), (started(), unknown, ServiceState::Unknown)]
    {
        let mut dialogue = Dialogue::acquired(Family::A76xx);
        let script = [rel(0, OK), second(), stop(OK), vec![after_ms(17_000)], asked];
        assert_eq!(shut_down(&mut dialogue, &script), expected);
        assert_eq!(dialogue.service(), service);
    }
}

#[test]
fn error_to_stop_means_not_started_only_where_the_module_says_so() {
    let asked = |answer| [stop(ERROR), vec![after_ms(250)], command("AT+CMQTTACCQ?", answer)].concat();
    let mut dialogue = Dialogue::acquired(Family::A76xx);
    assert_eq!(shut_down(&mut dialogue, &[rel(0, OK), second(), asked(ERROR)]), Ok(()));
    assert_eq!(dialogue.service(), ServiceState::Stopped);
    let mut dialogue = Dialogue::acquired(Family::A76xx);
    let script = [rel(0, OK), second(), asked("\r\n+CMQTTACCQ: 0,\"id\",0\r\n\r\nOK\r\n")];
    assert_eq!(shut_down(&mut dialogue, &script), Err(refused_without_code(&"+CMQTTSTOP")));
}

#[test]
fn nonet_of_ones_own_stop_is_no_event() {
    for answer in
        ["\r\nOK\r\n\r\n+CMQTTNONET\r\n\r\n+CMQTTSTOP: 0\r\n", "\r\n+CMQTTSTOP: 0\r\n\r\nOK\r\n\r\n+CMQTTNONET\r\n"]
    {
        let mut dialogue = Dialogue::acquired(Family::A76xx);
        assert_eq!(shut_down(&mut dialogue, &[rel(0, OK), second(), stop(answer)]), Ok(()));
        assert_eq!((dialogue.service(), dialogue.events()), (ServiceState::Stopped, vec![]));
    }
}

#[test]
fn the_outcome_of_disc_is_awaited_for_its_own_time() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [disc(0, OK), vec![after_ms(65_000)], rel(0, OK), second(), stop(STOPPED)];
    assert_eq!(shut_down(&mut dialogue, &script), Ok(()));
}

#[test]
fn a_service_known_to_be_stopped_gets_nothing() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let stopped = command("AT", "\r\nRDY\r\n");
    assert!(dialogue.call(&mut Single(At), &stopped).is_err());
    let resync = [command("AT", OK), sync_query(), vec![after_ms(100)]];
    assert_eq!(shut_down(&mut dialogue, &resync), Ok(()));
}

#[test]
fn a_restart_on_the_way_is_named_and_is_an_event() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [disc(0, "\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n\r\n*ATREADY: 1\r\n")];
    let restarted = Error::ModemRestarted { command: CommandName::new(&"+CMQTTDISC") };
    assert_eq!(shut_down(&mut dialogue, &script), Err(restarted));
    assert!(dialogue.events().contains(&Event::ModemRestarted));
}

#[test]
fn the_service_can_be_started_again_and_not_twice() {
    let mut dialogue = Dialogue::acquired(Family::A76xx);
    assert_eq!(shut_down(&mut dialogue, &[rel(0, OK), second(), stop(STOPPED)]), Ok(()));
    let start = command("AT+CMQTTSTART", "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n");
    assert_eq!(dialogue.call(&mut Single(Start), &start), Ok(()));
    let started = Err(illegal(&"+CMQTTSTART", Illegal::ServiceStarted));
    assert_eq!(dialogue.call(&mut Single(Start), &[]), started);
}

#[test]
fn a_disc_without_an_outcome_is_a_success_where_the_module_says_that_it_is_not_connected() {
    let read = |state: u8| {
        command("AT+CMQTTDISC?", &std::format!("\r\n+CMQTTDISC: 0,{state}\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n"))
    };
    let unknown = Err(Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTDISC") });
    for (asked, expected, state) in [(read(1), Ok(()), ClientState::Acquired), (read(0), unknown, ClientState::Unknown)]
    {
        let mut dialogue = Dialogue::connected(Family::A76xx);
        let script = [disc(0, OK), vec![after_ms(65_000)], asked].concat();
        assert_eq!(dialogue.call(&mut Disconnect::new(FIRST, DISCONNECT_TIMEOUT), &script), expected);
        assert_eq!(dialogue.client(FIRST), state);
    }
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = disc(0, "\r\n+CMQTTDISC: 0,11\r\n\r\nERROR\r\n");
    assert_eq!(
        dialogue.call(&mut Disconnect::new(FIRST, DISCONNECT_TIMEOUT), &script),
        Err(refused(&"+CMQTTDISC", 11))
    );
}
