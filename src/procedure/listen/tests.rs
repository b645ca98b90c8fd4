extern crate std;

use core::time::Duration;
use std::vec;

use embedded_io::ErrorKind;

use super::Listen;
use crate::command::{At, QoS};
use crate::family::Family;
use crate::options::Publish;
use crate::procedure::ListenUntil;
use crate::procedure::{PublishMessage, Single};
use crate::session::dialogue::*;
use crate::session::{ClientState, Event, ServiceState};
use crate::urc::LossCause;

const MESSAGE: &str =
    "\r\n+CMQTTRXSTART: 0,3,2\r\n+CMQTTRXTOPIC: 0,3\r\nt/1\r\n+CMQTTRXPAYLOAD: 0,2\r\nup\r\n+CMQTTRXEND: 0\r\n";

fn module() -> Dialogue {
    Dialogue::connected(Family::A76xx)
}

#[test]
fn it_sends_nothing_and_waits_for_ever() {
    let mut dialogue = module();
    dialogue.dropped_call(&mut Listen, &[after_ms(100_000_000), received("\r\nPB DONE\r\n"), after_ms(100_000_000)]);
    assert_eq!(dialogue.engine.time_left(), None);
}

#[test]
fn it_ends_with_a_message_with_a_loss_and_with_a_restart() {
    for (bytes, event) in [
        (MESSAGE, Event::Message(FIRST)),
        ("\r\n+CMQTTCONNLOST: 0,2\r\n", Event::ConnectionLost { client: FIRST, cause: LossCause::Reset }),
        ("\r\n+CMQTTNONET\r\n", Event::NetworkLost),
        ("\r\nRDY\r\n", Event::ModemRestarted),
    ] {
        let mut dialogue = module();
        assert_eq!(dialogue.call(&mut Listen, &[after_ms(5_000), received(bytes)]), Ok(()));
        assert_eq!(dialogue.events(), [event]);
    }
}

#[test]
fn what_has_arrived_before_the_call_ends_it_at_once() {
    let mut dialogue = module();
    assert_eq!(dialogue.call(&mut Listen, &[arrived_before(MESSAGE)]), Ok(()));
    assert_eq!(dialogue.record.messages, [(FIRST, "t/1".into(), b"up".into())]);
}

#[test]
fn an_event_that_waits_ends_it_at_once() {
    let mut dialogue = module();
    assert_eq!(dialogue.call(&mut Single(At), &command("AT", "\r\n+CMQTTCONNLOST: 0,1\r\n\r\nOK\r\n")), Ok(()));
    assert_eq!(dialogue.call(&mut Listen, &[]), Ok(()));
    assert_eq!(dialogue.events(), [Event::ConnectionLost { client: FIRST, cause: LossCause::Closed }]);
}

#[test]
fn losses_change_what_is_believed() {
    let mut dialogue = module();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    assert_eq!((dialogue.service(), dialogue.client(FIRST)), (ServiceState::Started, ClientState::Acquired));

    let mut dialogue = module();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTNONET\r\n")]), Ok(()));
    assert_eq!((dialogue.service(), dialogue.client(FIRST)), (ServiceState::Stopped, ClientState::Unknown));
}

#[test]
fn it_does_not_wait_for_the_outcome_of_a_dropped_call() {
    let mut dialogue = module();
    let message = Publish::new("t", b"x").qos(QoS::AtLeastOnce);
    let script = [
        prompted("AT+CMQTTTOPIC=0,1", "t", OK),
        prompted("AT+CMQTTPAYLOAD=0,1", "x", OK),
        command("AT+CMQTTPUB=0,1,60,0,0", OK),
    ];
    dialogue.dropped_call(&mut PublishMessage::new(FIRST, &message), &script.concat());
    let script = [after_ms(300), received(MESSAGE)];
    assert_eq!(dialogue.call(&mut Listen, &script), Ok(()));
    assert_eq!(dialogue.events(), [Event::Message(FIRST)]);
    // The outcome is no unknown line, and nothing is awaited after it.
    dialogue.dropped_call(&mut Listen, &[received("\r\n+CMQTTPUB: 0,0\r\n"), after_ms(1)]);
    assert_eq!(dialogue.counters().unknown_lines, 0);
    assert_eq!(dialogue.call(&mut Single(At), &command("AT", OK)), Ok(()));
}

#[test]
fn it_brings_commands_and_answers_in_step_before_it_waits() {
    let mut dialogue = module();
    dialogue.dropped_call(&mut Single(At), &[sent("A")]);
    let script = [vec![sent("~\r"), received(ERROR)], sync_query(), vec![received(MESSAGE)]];
    assert_eq!(dialogue.call(&mut Listen, &script.concat()), Ok(()));
}

#[test]
fn with_a_deadline_it_ends_then_and_not_before() {
    let mut dialogue = module();
    let (mut listen, is_far) = ListenUntil::new(dialogue.now(), dialogue.now() + Duration::from_secs(5));
    assert!(!is_far);
    let script = [after_ms(4_000), received("\r\nPB DONE\r\n"), after_ms(1_000)];
    assert_eq!(dialogue.call(&mut listen, &script), Ok(()));
    assert_eq!(dialogue.events(), []);
}

#[test]
fn a_deadline_that_was_left_behind_does_not_end_another_call() {
    let mut dialogue = module();
    let (mut listen, _) = ListenUntil::new(dialogue.now(), dialogue.now() + Duration::from_secs(5));
    dialogue.dropped_call(&mut listen, &[after_ms(4_000)]);
    dialogue.dropped_call(&mut Listen, &[after_ms(100_000)]);
    assert_eq!(dialogue.engine.time_left(), None);
}

#[test]
fn a_deadline_beyond_the_longest_wait_is_waited_for_in_parts() {
    let day = Duration::from_secs(24 * 3600);
    assert!(!ListenUntil::new(7 * day, 8 * day).1);
    assert!(ListenUntil::new(7 * day, 9 * day).1);
    assert!(!ListenUntil::new(9 * day, 7 * day).1, "it has passed");
}

/// A shell that asks how long to wait must not be answered "no time" until the module has answered: it would spin.
#[test]
fn a_deadline_that_passes_during_the_query_after_lost_bytes_is_not_waited_for() {
    let mut dialogue = module();
    assert_eq!(dialogue.call(&mut Listen, &[receive_error(ErrorKind::Other)]), Ok(()));
    assert_eq!(dialogue.events(), [Event::BytesLost]);
    let deadline = dialogue.now() + Duration::from_millis(600);
    let query = [after_ms(500), sent("AT+CMQTTDISC?\r"), after_ms(1_000)];
    dialogue.dropped_call(&mut ListenUntil::new(dialogue.now(), deadline).0, &query);
    assert_eq!(dialogue.engine.time_left(), Some(2_000));
}
