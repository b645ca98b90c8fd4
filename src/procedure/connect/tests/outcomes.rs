//! Commands of connect whose outcome does not come: the module is asked.

use super::*;
use crate::error::CommandName;
use crate::procedure::Listen;

/// A client that has lost its connection.
#[track_caller]
fn lost() -> Dialogue {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    dialogue
}

/// CONNECT, and its `OK`.
fn ok() -> Vec<Row> {
    vec![sent(CONNECT), sent("\r"), received(OK)]
}

fn unknown() -> Result<Connection, Error> {
    Err(Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTCONNECT") })
}

#[test]
fn a_connect_without_an_outcome_is_opened_where_the_module_says_that_it_is_connected() {
    let script = [ok(), vec![after_ms(125_000)], disc_read(0, 1)];
    assert_eq!(reconnect(&mut lost(), &script), Ok(Connection::Opened));
    let mut dialogue = lost();
    let script = [ok(), vec![after_ms(125_000)], disc_read(1, 1)];
    assert_eq!(reconnect(&mut dialogue, &script), unknown());
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown);
}

#[test]
fn after_lost_bytes_the_module_is_asked_every_two_seconds_until_the_time_of_connect_is_over() {
    let begin = || [ok(), vec![receive_error(embedded_io::ErrorKind::Other), after_ms(8_000)]].concat();
    let script = [begin(), disc_read(1, 1), vec![after_ms(2_000)], disc_read(0, 1)];
    assert_eq!(reconnect(&mut lost(), &script), Ok(Connection::Opened));
    let mut script = vec![begin(), disc_read(1, 1)];
    for _ in 0..59 {
        script.extend([vec![after_ms(2_000)], disc_read(1, 1)]);
    }
    assert_eq!(reconnect(&mut lost(), &script), unknown());
}

#[test]
fn a_late_outcome_of_connect_counts_while_the_module_is_asked() {
    let begin =
        || [ok(), vec![receive_error(embedded_io::ErrorKind::Other), after_ms(8_000)], disc_read(1, 1)].concat();
    let failed = vec![after_ms(700), received("\r\n+CMQTTCONNECT: 0,3\r\n"), after_ms(1_300)];
    let mut dialogue = lost();
    assert_eq!(reconnect(&mut dialogue, &[begin(), failed, disc_read(1, 1)]), unknown());
    assert_eq!(dialogue.client(FIRST), ClientState::Acquired);
}

#[test]
fn a_garbled_outcome_of_connect_is_asked_for_once() {
    for (asked, expected) in [(disc_read(0, 1), Ok(Connection::Opened)), (disc_read(1, 1), unknown())] {
        let script = [ok(), vec![received("\r\n+CMQTTCONNCT: 0,0\r\n"), after_ms(1_000)], asked];
        assert_eq!(reconnect(&mut lost(), &script), expected);
    }
}

#[test]
fn a_start_without_an_outcome_is_repeated_once_where_the_module_says_that_it_is_not_started() {
    let garbled = || [command("AT+CMQTTSTART", "\r\nOK\r\n\r\n+CMQTTSTRT: 0\r\n"), vec![after_ms(1_000)]].concat();
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read_refused(), garbled(), accq_read(FREE, FREE), accq(), open()];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
    let again =
        || [accq_read_refused(), garbled(), accq_read_refused(), vec![after_ms(2_000)], accq_read_refused()].concat();
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    assert_eq!(first_connect(&mut dialogue, &[again(), start(), accq(), open()]), Ok(Connection::Opened));
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let failed = Err(Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTSTART") });
    assert_eq!(first_connect(&mut dialogue, &[again(), garbled(), accq_read_refused()]), failed);
}

#[test]
fn a_disc_without_an_outcome_is_followed_by_rel_which_the_module_refuses_if_it_is_connected() {
    let mut dialogue = connected();
    let garbled = vec![received("\r\nOK\r\n\r\n+CMQTTDSC: 0,0\r\n"), after_ms(1_000)];
    let script = [vec![sent("AT+CMQTTDISC=0,60\r")], garbled, rel(), accq(), open()];
    assert_eq!(connect(&mut dialogue, FIRST, &OPTIONS, Some(&OPTIONS.user("me")), &script), Ok(Connection::Opened));
}

#[test]
fn a_connect_refused_because_the_client_is_connected_is_looked_into_once() {
    let refused_connect = || command(CONNECT, "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,13\r\n");
    let pause = || vec![after_ms(2_000)];
    let script =
        [refused_connect(), pause(), accq_read(OURS, FREE), disc_read(0, 1), connect_read("tcp://broker.example:1883")];
    assert_eq!(reconnect(&mut lost(), &script), Ok(Connection::Adopted));
    let elsewhere = [pause(), accq_read("\"meter-4\",0", FREE), disc_read(0, 1), disc(), rel(), accq()].concat();
    assert_eq!(reconnect(&mut lost(), &[refused_connect(), elsewhere.clone(), open()]), Ok(Connection::Opened));
    let script = [refused_connect(), elsewhere, refused_connect()];
    assert_eq!(reconnect(&mut lost(), &script), Err(connect_refused(13, 0)));
}

#[test]
fn a_late_outcome_of_a_connect_refused_without_a_code_is_its_own() {
    let mut dialogue = lost();
    let late = [command(CONNECT, ERROR), vec![after_ms(1_900), received("\r\n+CMQTTCONNECT: 0,3\r\n")]];
    assert_eq!(reconnect(&mut dialogue, &late), Err(connect_refused(3, 1_900)));
    assert_eq!(reconnect(&mut dialogue, &[open()]), Ok(Connection::Opened));
}

#[test]
fn after_a_success_of_connect_that_nothing_waited_for_the_next_connect_looks() {
    let mut dialogue = lost();
    let late = [received("\r\n+CMQTTCONNECT: 0,0\r\n")];
    dialogue.events();
    dialogue.dropped_call(&mut Listen, &late);
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown);
    let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read("tcp://broker.example:1883")];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Adopted));
}

#[test]
fn what_connect_has_repaired_is_no_event() {
    let mut dialogue = lost();
    assert_eq!(reconnect(&mut dialogue, &[open()]), Ok(Connection::Opened));
    assert_eq!(dialogue.events(), []);
    // A loss behind the success is one.
    let mut dialogue = lost();
    let lost_again = command(CONNECT, "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n\r\n+CMQTTCONNLOST: 0,2\r\n");
    assert_eq!(reconnect(&mut dialogue, &[lost_again]), Ok(Connection::Opened));
    let (client, cause) = (FIRST, crate::urc::LossCause::Reset);
    assert_eq!(dialogue.events(), [Event::ConnectionLost { client, cause }]);
}

#[test]
fn a_lost_network_is_an_event_for_the_other_client_that_was_connected() {
    let mut dialogue = connected();
    dialogue.acquire(SECOND);
    dialogue.open(SECOND);
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTNONET\r\n")]), Ok(()));
    let script = [start(), accq_read(FREE, FREE), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.events(), [Event::NetworkLost]);
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTNONET\r\n")]), Ok(()));
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.events(), []);
}
