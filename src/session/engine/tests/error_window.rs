//! Losses that are not believed, and what the module is asked when the error window has ended.

use core::time::Duration;

use super::*;
use crate::command::{DiscRead, EchoOff, Pub, QoS};
use crate::procedure::Execute;
use crate::session::{ClientState, ServiceState};
use crate::urc::LossCause;

const CONNECTED: &str = "\r\n+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n";
const NOT_CONNECTED: &str = "\r\n+CMQTTDISC: 0,1\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n";
const LOSSES: [&str; 4] = ["\r\n+CMQTTCONNLOST: 0,1\r\n", "\r\n+CMQTTNONET\r\n", "\r\nRDY\r\n", "\r\n*ATREADY: 1\r\n"];

fn connected() -> Dialogue {
    Dialogue::connected(Family::A76xx)
}

/// A module whose UART has just lost bytes.
fn hit() -> Dialogue {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[receive_error(ErrorKind::Other)]), Ok(()));
    assert_eq!(dialogue.events(), [Event::BytesLost]);
    dialogue
}

fn lost(cause: LossCause) -> Event {
    Event::ConnectionLost { client: FIRST, cause }
}

#[test]
fn after_lost_bytes_and_half_a_second_of_silence_the_module_is_asked_once() {
    let mut dialogue = hit();
    let script =
        [vec![after_ms(500)], command("AT+CMQTTDISC?", CONNECTED), vec![received("\r\n+CMQTTCONNLOST: 0,2\r\n")]];
    assert_eq!(dialogue.call(&mut Listen, &script.concat()), Ok(()));
    assert_eq!(dialogue.events(), [lost(LossCause::Reset)], "the window is closed");
    assert_eq!(dialogue.call(&mut Single(At), &command("AT", OK)), Ok(()));
}

#[test]
fn no_loss_is_believed_in_the_window_and_the_answer_is() {
    for loss in LOSSES {
        let mut dialogue = hit();
        let script = [vec![received(loss), after_ms(500)], command("AT+CMQTTDISC?", CONNECTED)].concat();
        dialogue.dropped_call(&mut Listen, &script);
        assert_eq!(dialogue.events(), [], "{loss:?}");
        assert_eq!((dialogue.service(), dialogue.client(FIRST)), (ServiceState::Started, ClientState::Connected));

        let mut dialogue = hit();
        let script = [vec![received(loss), after_ms(500)], command("AT+CMQTTDISC?", NOT_CONNECTED)].concat();
        assert_eq!(dialogue.call(&mut Listen, &script), Ok(()));
        assert_eq!(dialogue.events(), [lost(LossCause::Other(0))], "{loss:?}");
    }
}

#[test]
fn an_error_to_the_query_is_a_restart_if_a_boot_line_or_an_echo_came_and_otherwise_a_lost_network() {
    for (before, answer, event) in [
        ("\r\nRDY\r\n", ERROR, Event::ModemRestarted),
        ("\r\n+CMQTTCONNLOST: 0,3\r\n", ERROR, Event::NetworkLost),
        ("\r\n+CGEV: x\r\n", ERROR, Event::NetworkLost),
        ("\r\n+CGEV: x\r\n", "AT+CMQTTDISC?\r\r\nERROR\r\n", Event::ModemRestarted),
    ] {
        let mut dialogue = hit();
        let script = [vec![received(before), after_ms(500)], command("AT+CMQTTDISC?", answer)].concat();
        assert_eq!(dialogue.call(&mut Listen, &script), Ok(()));
        assert_eq!((dialogue.events(), dialogue.service()), (vec![event], ServiceState::Stopped), "{before:?}");
    }
}

#[test]
fn a_query_without_an_answer_leaves_the_connection_unknown_and_resyncs() {
    let mut dialogue = hit();
    let script =
        [vec![after_ms(500), sent("AT+CMQTTDISC?\r"), after_ms(3_000)], command("AT", OK), sync_query()].concat();
    dialogue.dropped_call(&mut Listen, &script);
    assert_eq!((dialogue.events(), dialogue.client(FIRST)), (vec![], ClientState::Unknown));
}

#[test]
fn the_next_call_asks_if_no_call_listens() {
    let mut dialogue = hit();
    dialogue.pass(Duration::from_millis(600));
    dialogue.expire();
    let script = [command("AT+CMQTTDISC?", NOT_CONNECTED), command("AT", OK)].concat();
    assert_eq!(dialogue.call(&mut Single(At), &script), Ok(()));
    assert_eq!(dialogue.events(), [lost(LossCause::Other(0))]);
}

#[test]
fn the_window_holds_no_call_back() {
    let mut dialogue = hit();
    assert_eq!(dialogue.call(&mut Single(At), &command("AT", OK)), Ok(()));
}

#[test]
fn nothing_is_asked_where_nothing_is_believed() {
    let mut dialogue = Dialogue::started(Family::A76xx);
    assert_eq!(dialogue.call(&mut Listen, &[receive_error(ErrorKind::Other)]), Ok(()));
    dialogue.events();
    dialogue.dropped_call(&mut Listen, &[after_ms(3_000)]);
}

#[test]
fn the_window_ends_after_the_longest_message_even_if_bytes_keep_coming() {
    let mut dialogue = hit();
    let noise = "\r\n+CGEV: EPS PDN ACT 1\r\n".repeat(500);
    let script = [vec![received(noise)], command("AT+CMQTTDISC?", NOT_CONNECTED)].concat();
    assert_eq!(dialogue.call(&mut Listen, &script), Ok(()));
    assert_eq!(dialogue.events(), [lost(LossCause::Other(0))]);
}

#[test]
fn a_damaged_line_of_a_loss_is_asked_for() {
    for line in ["+CMQTTCONLOST: 0,1", "+CMQTTCONNLOST: 0", "+CMQTTCONNLOST: 0,257", "CMQTTNONET", "*ATREADYY: 1"] {
        let mut dialogue = connected();
        let line = std::format!("\r\n{line}\r\n");
        let script = [vec![received(line.clone()), after_ms(500)], command("AT+CMQTTDISC?", NOT_CONNECTED)].concat();
        assert_eq!(dialogue.call(&mut Listen, &script), Ok(()));
        assert_eq!(dialogue.events(), [lost(LossCause::Other(0))], "{line:?}");
    }
}

#[test]
fn the_echo_of_a_command_shows_a_restart_whose_line_was_lost() {
    let mut dialogue = connected();
    assert!(
        dialogue.call(&mut Execute::new(&DiscRead), &command("AT+CMQTTDISC?", "AT+CMQTTDISC?\r\r\nERROR\r\n")).is_err()
    );
    let asked = command("AT+CMQTTDISC?", "AT+CMQTTDISC?\r\r\nERROR\r\n");
    assert_eq!(dialogue.call(&mut Single(At), &[asked, synchronised(), command("AT", OK)].concat()), Ok(()));
    assert_eq!(dialogue.events(), [Event::ModemRestarted]);
    // A late line of the same boot.
    dialogue.dropped_call(&mut Listen, &[received("\r\n*ATREADY: 1\r\n")]);
    assert_eq!(dialogue.events(), []);
    // Of another one.
    assert_eq!(dialogue.call(&mut Single(EchoOff), &[synchronised(), command("ATE0", OK)].concat()), Ok(()));
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n*ATREADY: 1\r\n")]), Ok(()));
    assert_eq!(dialogue.events(), [Event::ModemRestarted]);
}

#[test]
fn lost_bytes_leave_little_time_for_what_is_awaited() {
    const PUB: Pub = Pub {
        client: FIRST,
        qos: QoS::AtLeastOnce,
        timeout: Duration::from_secs(60),
        retained: false,
        duplicate: false,
    };
    let unknown = Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTPUB") };
    let mut dialogue = connected();
    let script = [sent("AT+CMQTTPUB=0,1,60,0,0\r"), received(OK), receive_error(ErrorKind::Other), after_ms(8_000)];
    assert_eq!(dialogue.call(&mut Single(PUB), &script), Err(unknown));

    let no_answer = Error::NoAnswer { command: CommandName::new(&"+CMQTTPUB") };
    let mut dialogue = connected();
    let script = [sent("AT+CMQTTPUB=0,1,60,0,0\r"), receive_error(ErrorKind::Other), after_ms(2_000)];
    assert_eq!(dialogue.call(&mut Single(PUB), &script), Err(no_answer));
}

#[test]
fn a_loss_that_is_not_believed_leaves_little_time_for_a_command_that_began_in_the_window() {
    const PUB: Pub = Pub {
        client: FIRST,
        qos: QoS::AtLeastOnce,
        timeout: Duration::from_secs(60),
        retained: false,
        duplicate: false,
    };
    let unknown = Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTPUB") };
    let mut dialogue = hit();
    let script = [sent("AT+CMQTTPUB=0,1,60,0,0\r"), received(OK), received("\r\nRDY\r\n"), after_ms(8_000)];
    assert_eq!(dialogue.call(&mut Single(PUB), &script), Err(unknown));
}

#[test]
fn a_part_with_a_length_that_is_too_long_does_not_swallow_the_answer_behind_the_message() {
    let mut dialogue = connected();
    let begin =
        "\r\n+CMQTTRXSTART: 0,1,2\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXPAYLOAD: 0,22\r\n12\r\n+CMQTTRXEND: 0\r\n";
    let script = [sent("AT\r"), received(begin), received(OK)];
    assert_eq!(dialogue.call(&mut Single(At), &script), Ok(()));
}
