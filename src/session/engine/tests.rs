extern crate std;

mod answers;
mod blind;
mod dropped_calls;
mod error_window;

use core::time::Duration;
use std::vec;
use std::vec::Vec;

use embedded_io::ErrorKind;

use crate::command::network::{Creg, Csq, Registration};
use crate::command::{At, Ccertdown, EchoOff, Payload, Topic};
use crate::error::{CommandName, Error};
use crate::family::Family;
use crate::procedure::{Execute, Listen, Single};
use crate::session::Event;
use crate::session::dialogue::*;

fn module() -> Dialogue {
    Dialogue::in_step(Family::A76xx)
}

fn at(dialogue: &mut Dialogue, script: &[Row]) -> Result<(), Error> {
    dialogue.call(&mut Single(At), script)
}

#[test]
fn nothing_is_sent_and_no_time_passes_before_the_input_is_drained() {
    let mut dialogue = module();
    dialogue.begin(&Single(At)).unwrap();
    for _ in 0..3 {
        assert_eq!(dialogue.wanted(&mut Single(At)), Ok(Wanted::Nothing));
        assert_eq!(dialogue.engine.time_left(), None);
        dialogue.receive(b"\r\nPB DONE\r\n", &mut Single(At));
    }
    assert!(dialogue.engine.input_is_drained(), "that is news");
    assert!(!dialogue.engine.input_is_drained(), "it was known");
    assert_eq!(dialogue.wanted(&mut Single(At)), Ok(Wanted::Send(b"AT\r".into())));
}

#[test]
fn the_input_has_to_be_drained_before_every_call() {
    let mut dialogue = module();
    for _ in 0..2 {
        assert_eq!(at(&mut dialogue, &[vec![arrived_before("\r\nPB DONE\r\n")], command("AT", OK)].concat()), Ok(()));
    }
    assert_eq!(dialogue.record.unknown_lines, ["PB DONE", "PB DONE"]);
}

#[test]
fn what_arrives_in_the_course_of_a_call_does_not_stop_it() {
    let mut dialogue = module();
    let script = [sent("A"), received_while_sending("\r\nSMS DONE\r\n"), sent("T\r"), received(OK)];
    assert_eq!(at(&mut dialogue, &script), Ok(()));
}

#[test]
fn a_long_line_is_the_same_in_windows_of_any_size() {
    let topic = "t".repeat(1_024);
    let line = "AT+CCERTDOWN=\"a-certificate-with-a-name-longer-than-one-window.pem\",5";
    for size in [1, 2, 31, 32, 33, 100] {
        let mut dialogue = module();
        let whole = std::format!("{line}\r");
        let mut script: Vec<_> = whole.as_bytes().chunks(size).map(sent).collect();
        script.extend([received("\r\n>"), sent("12345"), received(OK)]);
        let certificate = Ccertdown::new("a-certificate-with-a-name-longer-than-one-window.pem", b"12345");
        assert_eq!(dialogue.call(&mut Single(certificate), &script), Ok(()));
    }
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = prompted("AT+CMQTTTOPIC=0,1024", &topic, OK);
    assert_eq!(dialogue.call(&mut Single(Topic { client: FIRST, topic: &topic }), &script), Ok(()));
}

#[test]
fn data_are_offered_64_bytes_at_a_time() {
    let bytes = [b'x'; 200];
    let certificate = Ccertdown::new("ca.pem", &bytes);
    let mut procedure = Single(certificate);
    let mut dialogue = module();
    let script = [sent("AT+CCERTDOWN=\"ca.pem\",200\r"), received("\r\n>")];
    dialogue.dropped_call(&mut procedure, &script);
    assert_eq!(dialogue.wanted(&mut procedure), Ok(Wanted::Send(vec![b'x'; 64])));
    dialogue.transmitted(64 * 2 + 10);
    assert_eq!(dialogue.wanted(&mut procedure), Ok(Wanted::Send(vec![b'x'; 62])));
}

#[test]
fn what_was_sent_is_flushed_once_and_before_anything_is_waited_for() {
    let mut dialogue = module();
    dialogue.flushes.clear();
    assert_eq!(
        at(&mut dialogue, &[sent("AT\r"), after_ms(10), received("\r\nPB DONE\r\n"), after_ms(10), received(OK)]),
        Ok(())
    );
    assert_eq!(dialogue.flushes, [3]);
}

#[test]
fn a_call_that_sends_nothing_flushes_what_a_dropped_one_may_have_left_in_the_transmitter() {
    let mut dialogue = module();
    dialogue.flushes.clear();
    dialogue.dropped_call(&mut Listen, &[after_ms(1_000)]);
    assert_eq!(dialogue.flushes, [0]);
}

#[test]
fn long_data_in_memory_are_flushed_in_pieces_of_at_most_3072_bytes() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    dialogue.flushes.clear();
    let bytes = [b'x'; 10_240];
    let script = prompted("AT+CMQTTPAYLOAD=0,10240", bytes, OK);
    assert_eq!(dialogue.call(&mut Single(Payload::new(FIRST, &bytes)), &script), Ok(()));
    assert!(dialogue.flushes.iter().all(|&count| count <= 3_072), "{:?}", dialogue.flushes);
    assert_eq!(dialogue.flushes.len(), 5, "the line, and four pieces: {:?}", dialogue.flushes);
}

#[test]
fn a_slow_line_is_no_failure_as_long_as_bytes_get_through() {
    let script =
        [sent("A"), transmitter_busy_ms(8_999), sent("T"), transmitter_busy_ms(8_999), sent("\r"), received(OK)];
    assert_eq!(at(&mut module(), &script), Ok(()));
}

#[test]
fn a_transmitter_that_takes_nothing_is_given_up_after_9_seconds() {
    let mut dialogue = module();
    let no_answer = Error::NoAnswer { command: CommandName::new(&"") };
    assert_eq!(at(&mut dialogue, &[sent("A"), transmitter_busy_ms(9_000)]), Err(no_answer));
}

#[test]
fn half_a_header_with_the_echo_of_a_command_behind_it_announces_no_data() {
    for half in
        ["+CMQTTRXPAYLOAD: 0,5", "+CMQTTRXTOPIC: 0,5", "+CMQTTRXPAYLOAD: 0,", "+CMQTTRXPAY", "+CMQTTCONNLOST: 0,1"]
    {
        let mut dialogue = module();
        dialogue.dropped_call(&mut Listen, &[received(std::format!("\r\n{half}"))]);
        assert_eq!(at(&mut dialogue, &[sent("AT\r"), received("AT\r\r\nOK\r\n")]), Ok(()), "{half}");
        assert_eq!(dialogue.events(), [], "{half}");
    }
}

#[test]
fn an_early_expiry_changes_nothing() {
    let mut dialogue = module();
    let mut procedure = Single(At);
    dialogue.dropped_call(&mut procedure, &[sent("AT\r"), after_ms(8_000)]);
    assert_eq!(dialogue.engine.time_left(), Some(1_000));
    dialogue.expire();
    assert_eq!(dialogue.wanted(&mut procedure), Ok(Wanted::Nothing));
    dialogue.pass(Duration::from_secs(1));
    assert_eq!(dialogue.engine.time_left(), Some(0));
    dialogue.expire();
    assert!(matches!(dialogue.wanted(&mut procedure), Err(Error::NoAnswer { .. })));
}

#[test]
fn a_clock_that_wraps_does_not_disturb_a_deadline() {
    let mut dialogue = module();
    dialogue.pass(Duration::from_millis((1 << 32) - 5_000) - dialogue.now());
    let script = [sent("AT\r"), after_ms(8_999), received(OK)];
    assert_eq!(at(&mut dialogue, &script), Ok(()));
}

#[test]
fn an_error_of_the_receiver_is_an_event_and_the_call_goes_on() {
    for kind in
        [ErrorKind::Other, ErrorKind::InvalidData, ErrorKind::Interrupted, ErrorKind::TimedOut, ErrorKind::OutOfMemory]
    {
        let mut dialogue = module();
        assert_eq!(at(&mut dialogue, &[sent("AT\r"), receive_error(kind), received(OK)]), Ok(()));
        assert_eq!(dialogue.events(), [Event::BytesLost]);
        assert_eq!(dialogue.counters().uart_errors, 1);
    }
}

#[test]
fn a_receiver_that_is_broken_ends_the_call_at_once() {
    for kind in [ErrorKind::BrokenPipe, ErrorKind::NotConnected, ErrorKind::PermissionDenied] {
        let mut dialogue = module();
        assert_eq!(at(&mut dialogue, &[sent("AT\r"), receive_error(kind)]), Err(Error::Receive(kind)));
    }
}

#[test]
fn the_sixteenth_error_without_a_byte_between_ends_the_call() {
    let overrun = ErrorKind::Other;
    let errors = |count| vec![receive_error(overrun); count];
    let mut dialogue = module();
    let script = [vec![sent("AT\r")], errors(16)].concat();
    assert_eq!(at(&mut dialogue, &script), Err(Error::Receive(overrun)));

    let mut dialogue = module();
    let script = [vec![sent("AT\r")], errors(15), vec![received("\r\n")], errors(15), vec![received(OK)]].concat();
    assert_eq!(at(&mut dialogue, &script), Ok(()));
    assert_eq!(dialogue.counters().uart_errors, 30);
    assert_eq!(dialogue.events(), [Event::BytesLost], "joined to one");
}
