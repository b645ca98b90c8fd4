//! From states that this driver has brought the module to, or has seen it fall to.

use super::*;
use crate::command::At;
use crate::procedure::{Listen, Single};
use crate::urc::LossCause;

#[test]
fn connecting_again_with_the_same_options_only_asks_whether_it_is_connected() {
    let mut dialogue = connected();
    assert_eq!(reconnect(&mut dialogue, &[disc_read(0, 1)]), Ok(Connection::Adopted));
}

#[test]
fn a_connection_that_ended_unnoticed_is_opened_again_without_acquiring() {
    let mut dialogue = connected();
    assert_eq!(reconnect(&mut dialogue, &[disc_read(1, 1), open()]), Ok(Connection::Opened));
}

#[test]
fn after_a_lost_connection_only_connect_is_sent() {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    assert_eq!(dialogue.events(), [Event::ConnectionLost { client: FIRST, cause: LossCause::Closed }]);
    assert_eq!(reconnect(&mut dialogue, &[open()]), Ok(Connection::Opened));
}

#[test]
fn other_options_end_the_session_and_acquire_the_client_again() {
    let mut dialogue = connected();
    let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-4");
    let script = [
        disc(),
        rel(),
        command("AT+CMQTTACCQ=0,\"meter-4\",0", OK),
        command("AT+CMQTTCFG=\"version\",0,4", OK),
        open(),
    ];
    assert_eq!(connect(&mut dialogue, FIRST, &options, Some(&OPTIONS), &script), Ok(Connection::Opened));
}

#[test]
fn other_options_acquire_a_client_again_that_lost_its_connection() {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-3").user("me");
    let script = [rel(), accq(), command(&std::format!("{CONNECT},\"me\""), "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n")];
    assert_eq!(connect(&mut dialogue, FIRST, &options, Some(&OPTIONS), &script), Ok(Connection::Opened));
}

#[test]
fn settings_that_a_dropped_call_did_not_complete_are_sent_by_the_next() {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-3").user("me");
    set_up(&mut dialogue, FIRST, Some(&OPTIONS));
    let mut dropped = Connect::new(FIRST, &options);
    dialogue.dropped_call(&mut dropped, &[rel(), command("AT+CMQTTACCQ=0,\"meter-3\",0", OK)].concat());
    let script = [rel(), accq(), command(&std::format!("{CONNECT},\"me\""), "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n")];
    assert_eq!(connect(&mut dialogue, FIRST, &options, Some(&options), &script), Ok(Connection::Opened));
}

#[test]
fn other_options_of_a_call_that_was_dropped_before_its_first_byte_are_remembered() {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    let options = OPTIONS.user("me");
    set_up(&mut dialogue, FIRST, Some(&OPTIONS));
    let mut dropped = Connect::new(FIRST, &options);
    dialogue.dropped_call(&mut dropped, &[]);
    let script = [rel(), accq(), command(&std::format!("{CONNECT},\"me\""), "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n")];
    assert_eq!(connect(&mut dialogue, FIRST, &options, Some(&options), &script), Ok(Connection::Opened));
}

#[test]
fn after_a_lost_network_the_service_is_started_and_the_client_looked_at() {
    for (start, client, rest) in [
        (start(), FREE, [accq(), open()].concat()),
        (command("AT+CMQTTSTART", "\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n"), FREE, [accq(), open()].concat()),
        (start(), OURS, [disc_read(1, 1), rel(), accq(), open()].concat()),
        (
            [command("AT+CMQTTSTART", ERROR), vec![after_ms(250)]].concat(),
            OURS,
            [disc_read(1, 1), rel(), accq(), open()].concat(),
        ),
    ] {
        let mut dialogue = connected();
        assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTNONET\r\n")]), Ok(()));
        assert_eq!(reconnect(&mut dialogue, &[start, accq_read(client, FREE), rest]), Ok(Connection::Opened));
    }
}

#[test]
fn after_a_restart_everything_is_done_again_and_nothing_is_asked() {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n*ATREADY: 1\r\n")]), Ok(()));
    let script = [synchronised(), command("ATE0", "ATE0\r\r\nOK\r\n"), start(), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
}

#[test]
fn a_restart_that_arrived_before_the_call_is_taken_before_anything_is_sent() {
    let mut dialogue = connected();
    let arrived = vec![arrived_before("\r\nRDY\r\n\r\n+CPIN: READY\r\n")];
    let script = [arrived, synchronised(), command("ATE0", "ATE0\r\r\nOK\r\n"), start(), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.events(), [], "the call has repaired it");
}

#[test]
fn a_restart_that_nothing_reported_shows_in_the_first_query() {
    let mut dialogue = connected();
    let script = [command("AT+CMQTTDISC?", ERROR), accq_read_refused(), start(), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
}

#[test]
fn a_restart_that_nothing_reported_shows_in_the_first_refused_command() {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    let script = [command(CONNECT, ERROR), vec![after_ms(2_000)], accq_read_refused(), start(), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
}

#[test]
fn a_restart_that_nothing_reported_is_an_event_for_the_other_client() {
    let mut dialogue = connected();
    dialogue.acquire(SECOND);
    dialogue.open(SECOND);
    let script = [command("AT+CMQTTDISC?", ERROR), accq_read_refused(), start(), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.events(), [Event::ModemRestarted]);
    assert_eq!(dialogue.client(SECOND), ClientState::Released);
}

/// `ERROR` to the query was for a line that was damaged on its way.
#[test]
fn a_start_that_is_refused_shows_that_nothing_was_lost() {
    let mut dialogue = connected();
    dialogue.acquire(SECOND);
    dialogue.open(SECOND);
    let script = [
        command("AT+CMQTTDISC?", ERROR),
        accq_read_refused(),
        command("AT+CMQTTSTART", "\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n"),
        accq_read(OURS, "\"pump-1\",0"),
        disc_read(0, 0),
        connect_read("tcp://broker.example:1883"),
    ];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Adopted));
    assert_eq!(dialogue.events(), []);
    assert_eq!(dialogue.client(SECOND), ClientState::Connected);
}

#[test]
fn the_second_client_is_connected_beside_the_first() {
    let mut dialogue = connected();
    let options = ConnectOptions::new(Broker::tcp("other.example", 1884), "pump-1");
    let script = [
        command("AT+CMQTTACCQ=1,\"pump-1\",0", OK),
        command("AT+CMQTTCFG=\"version\",1,4", OK),
        command("AT+CMQTTCONNECT=1,\"tcp://other.example:1884\",60,1", "\r\nOK\r\n\r\n+CMQTTCONNECT: 1,0\r\n"),
    ];
    // It is known to be free: `AT+CMQTTACCQ?` said so to the first.
    assert_eq!(connect(&mut dialogue, SECOND, &options, None, &script), Ok(Connection::Opened));
    assert_eq!((dialogue.client(FIRST), dialogue.client(SECOND)), (ClientState::Connected, ClientState::Connected));
}

#[test]
fn the_other_client_that_is_in_use_is_asked_about_and_not_touched() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(FREE, "\"pump-1\",0"), accq(), open()];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.client(SECOND), ClientState::Unknown);
}

#[test]
fn a_message_for_this_client_during_connect_is_delivered() {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    dialogue.events();
    let retained =
        "\r\n+CMQTTRXSTART: 0,1,2\r\n+CMQTTRXTOPIC: 0,1\r\nt\r\n+CMQTTRXPAYLOAD: 0,2\r\nOK\r\n+CMQTTRXEND: 0\r\n";
    let script =
        [vec![sent(CONNECT), sent("\r"), received(OK), received(retained), received("\r\n+CMQTTCONNECT: 0,0\r\n")]];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.record.messages, [(FIRST, "t".into(), b"OK".into())]);
}

#[test]
fn a_connection_lost_before_is_no_answer_to_this_attempt() {
    let mut dialogue = connected();
    let script = [
        disc_read(1, 1),
        vec![
            sent(CONNECT),
            sent("\r"),
            received("\r\nOK\r\n\r\n+CMQTTCONNLOST: 0,3\r\n"),
            after_ms(20_000),
            received("\r\n+CMQTTCONNECT: 0,0\r\n"),
        ],
    ];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.client(FIRST), ClientState::Connected);
    assert_eq!(dialogue.call(&mut Single(At), &command("AT", OK)), Ok(()));
}
