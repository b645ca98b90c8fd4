//! Messages that break off, and errors of the UART.

use embedded_io::ErrorKind;

use super::*;
use crate::command::{At, QoS};
use crate::options::Publish;
use crate::procedure::{PublishMessage, Single};

const BEGIN: &str = "\r\n+CMQTTRXSTART: 0,1,10\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n";

fn aborted(count: u16) -> Event {
    Event::MessageAborted { client: FIRST, count }
}

/// After these bytes the message has broken off, and the next message is intact.
#[track_caller]
fn breaks_off(bytes: &str) {
    for received in [received, received_cut] {
        let mut dialogue = module();
        assert_eq!(events(&mut dialogue, &[received(bytes.as_bytes().to_vec())]), [aborted(1)], "{bytes:?}");
        assert_eq!(dialogue.record.aborted, 1);
        assert_eq!(events(&mut dialogue, &[received(message(0, "b", "2"))]), [Event::Message(FIRST)], "{bytes:?}");
        assert_eq!(dialogue.record.messages, [(FIRST, "b".into(), b"2".into())]);
    }
}

#[test]
fn an_end_before_everything_has_come_is_not_the_end_of_a_whole_message() {
    breaks_off("\r\n+CMQTTRXSTART: 0,1,10\r\n+CMQTTRXEND: 0\r\n");
    breaks_off("\r\n+CMQTTRXSTART: 0,1,10\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXEND: 0\r\n");
    breaks_off(
        "\r\n+CMQTTRXSTART: 0,1,10\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXPAYLOAD: 0,9\r\n123456789\r\n+CMQTTRXEND: 0\r\n",
    );
}

#[test]
fn the_end_of_the_other_clients_message_does_not_end_this_one() {
    breaks_off(
        "\r\n+CMQTTRXSTART: 0,1,2\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXPAYLOAD: 0,2\r\n12\r\n+CMQTTRXEND: 1\r\n",
    );
}

#[test]
fn a_part_that_is_longer_than_what_is_missing_is_skipped_as_data() {
    for bytes in [
        "\r\n+CMQTTRXSTART: 0,1,10\r\n+CMQTTRXTOPIC: 0,4\r\nRDY\r\r\n+CMQTTRXEND: 0\r\n",
        "\r\n+CMQTTRXSTART: 0,1,4\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXPAYLOAD: 0,7\r\n\r\nRDY\r\n\r\n+CMQTTRXEND: 0\r\n",
    ] {
        breaks_off(bytes);
    }
}

#[test]
fn a_byte_lost_or_added_in_a_part_breaks_the_message_off() {
    let whole = message(0, "pump-2/level", "ends with a line end\r\n");
    let first = whole.windows(4).position(|window| window == b"pump").unwrap() - 2;
    for place in first..whole.len() - "\r\n+CMQTTRXEND: 0\r\n".len() {
        let (before, behind) = whole.split_at(place);
        for (bytes, what) in
            [([before, &behind[1..]].concat(), "lost"), ([before, &behind[..1], behind].concat(), "doubled")]
        {
            let mut dialogue = module();
            events(&mut dialogue, &[received(bytes)]);
            assert!(
                dialogue.record.messages.iter().all(|message| message.2 == b"ends with a line end\r\n"),
                "{what} at {place}"
            );
        }
    }
}

#[test]
fn boundaries_of_one_kind_are_alike_in_a_message() {
    // Two bytes of the payload were lost: CR LF took their place, and the end follows at once.
    breaks_off("\r\n+CMQTTRXSTART: 0,1,2\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXPAYLOAD: 0,2\r\n\r\n+CMQTTRXEND: 0\r\n");
}

#[test]
fn the_payload_comes_behind_the_whole_topic() {
    breaks_off(
        "\r\n+CMQTTRXSTART: 0,1,2\r\n+CMQTTRXPAYLOAD: 0,2\r\n12\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXEND: 0\r\n",
    );
}

#[test]
fn a_message_longer_than_any_is_refused_counted_and_skipped() {
    let mut dialogue = module();
    let payload = "OK\r\n".repeat(2_561);
    let bytes = [message(0, "a", &payload), message(0, "b", "2")].concat();
    let refused = Event::MessageRefused { client: FIRST, topic_length: 1, payload_length: 10_244, count: 1 };
    assert_eq!(events(&mut dialogue, &[received(bytes)]), [Event::Message(FIRST), refused]);
    assert_eq!(dialogue.record.messages, [(FIRST, "b".into(), b"2".into())]);
}

#[test]
fn a_part_of_the_other_client_is_no_part_of_this_message() {
    for part in [
        "+CMQTTRXTOPIC: 1,1\r\na\r\n+CMQTTRXPAYLOAD: 0,2\r\nOK\r\n",
        "+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXPAYLOAD: 1,2\r\nOK\r\n",
    ] {
        let mut dialogue = module();
        let bytes = ["\r\n+CMQTTRXSTART: 0,1,2\r\n", part, "+CMQTTRXEND: 0\r\n"].concat();
        events(&mut dialogue, &[received(bytes)]);
        assert_eq!((dialogue.record.aborted, dialogue.record.messages.len()), (1, 0), "{part}");
    }
}

#[test]
fn a_message_that_begins_inside_another_aborts_it() {
    let mut dialogue = module();
    let both = [BEGIN.as_bytes(), &message(0, "b", "2")].concat();
    assert_eq!(events(&mut dialogue, &[received(both)]), [Event::Message(FIRST), aborted(1)]);
    assert_eq!(dialogue.record.messages, [(FIRST, "b".into(), b"2".into())]);
}

#[test]
fn parts_whose_beginning_was_lost_are_data_and_one_broken_message() {
    let mut dialogue = module();
    let rest = "+CMQTTRXTOPIC: 0,5\r\nRDY\r\n\r\n+CMQTTRXPAYLOAD: 0,25\r\n\r\n+CMQTTCONNLOST: 0,1\r\n\r\n\r\n+CMQTTRXEND: 0\r\n";
    assert_eq!(events(&mut dialogue, &[received_cut(rest)]), [aborted(1)]);
    assert_eq!(dialogue.record.aborted, 0, "the handler was not given a beginning");
    assert_eq!(events(&mut dialogue, &[received(message(0, "b", "2"))]), [Event::Message(FIRST)]);
}

/// Nothing has announced how long its payload is but the header of that.
#[test]
fn a_payload_behind_a_topic_whose_beginning_was_lost_is_data_as_a_whole() {
    let mut dialogue = module();
    let payload = std::format!("{}\r\n+CMQTTPUB: 0,0\r\n{}", "x".repeat(200), "y".repeat(60));
    let rest = std::format!(
        "\r\n+CMQTTRXTOPIC: 0,3\r\na/b\r\n+CMQTTRXPAYLOAD: 0,{}\r\n{payload}\r\n+CMQTTRXEND: 0\r\n",
        payload.len()
    );
    let publish = Publish::new("t", b"x").qos(QoS::AtLeastOnce);
    let script = [
        prompted("AT+CMQTTTOPIC=0,1", "t", OK),
        prompted("AT+CMQTTPAYLOAD=0,1", "x", OK),
        command("AT+CMQTTPUB=0,1,60,0,0", OK),
    ];
    dialogue.dropped_call(
        &mut PublishMessage::new(FIRST, &publish),
        &[script.concat(), std::vec![received(rest), after_ms(1_000)]].concat(),
    );
}

/// The first message has swallowed the beginning of the second one, so that the length of that is nowhere else.
#[test]
fn the_payload_of_a_message_whose_beginning_the_one_before_has_swallowed_is_data_as_a_whole() {
    let payload = std::format!("{}\r\n+CMQTTPUB: 0,0\r\n{}", "x".repeat(200), "y".repeat(60));
    let long_topic = "t".repeat(300);
    for (topic, separator) in [("a/b", "\r\n"), ("a/b", ""), (&*long_topic, "\r\n"), (&*long_topic, "")] {
        let (topic_length, payload_length) = (topic.len(), payload.len());
        let second = std::format!(
            "\r\n+CMQTTRXSTART: 0,{topic_length},{payload_length}\r\n+CMQTTRXTOPIC: 0,{topic_length}\r\n{topic}{separator}\
             +CMQTTRXPAYLOAD: 0,{payload_length}\r\n{payload}{separator}+CMQTTRXEND: 0\r\n"
        );
        for lost in 1..=40 {
            let first = message(0, "valve", "z".repeat(80));
            let end = first.len() - lost;
            let publish = Publish::new("t", b"x").qos(QoS::AtLeastOnce);
            let script = [
                prompted("AT+CMQTTTOPIC=0,1", "t", OK),
                prompted("AT+CMQTTPAYLOAD=0,1", "x", OK),
                command("AT+CMQTTPUB=0,1,60,0,0", OK),
                std::vec![received(&first[..end]), receive_error(ErrorKind::Other), received(&*second), after_ms(100)],
            ];
            // It has no outcome: it goes on waiting.
            module().dropped_call(&mut PublishMessage::new(FIRST, &publish), &script.concat());
        }
    }
}

/// So much of the topic is lost that the header of the payload is taken as topic: the payload comes as lines, and what
/// is behind it is not believed.
#[test]
fn a_whole_message_behind_a_broken_one_is_counted_if_it_is_not_delivered() {
    let first = message(0, "valve/state", "\r\nOK\r\n".repeat(40));
    let begin = first.windows(5).position(|window| window == b"valve").unwrap() + 2;
    for lost in 0..30 {
        let mut dialogue = module();
        let broken = [&first[..begin], &first[begin + lost..]].concat();
        let both = [broken, message(0, "valve/state", "open")].concat();
        dialogue.begin(&Listen).unwrap();
        dialogue.receive(&both, &mut Listen);
        let reported = usize::from(dialogue.counters().aborted_messages) + dialogue.record.messages.len();
        assert_eq!(reported, 2, "{lost} bytes lost");
    }
}

#[test]
fn each_message_whose_beginning_was_lost_is_counted() {
    let mut dialogue = module();
    let rest = "+CMQTTRXPAYLOAD: 0,2\r\nup\r\n+CMQTTRXEND: 0\r\n";
    assert_eq!(events(&mut dialogue, &[received([rest, rest].concat())]), [aborted(2)]);
    assert_eq!(dialogue.counters(), Counters { aborted_messages: 2, ..Counters::default() });
}

#[test]
fn two_seconds_without_a_byte_end_a_message_between_two_blocks_and_inside_of_one() {
    for begin in [
        BEGIN,
        "\r\n+CMQTTRXSTART: 0,1,10\r\n",
        "\r\n+CMQTTRXSTART: 0,1,10\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXPAYLOAD: 0,10\r\n123",
    ] {
        let mut dialogue = module();
        assert_eq!(events(&mut dialogue, &[received(begin), after_ms(2_000)]), [aborted(1)]);
        assert_eq!(dialogue.record.aborted, 1);
        assert_eq!(events(&mut dialogue, &[received(message(0, "b", "2"))]), [Event::Message(FIRST)]);
    }
    for (begin, more) in
        [(BEGIN, "+CMQTTRXPAYLOAD: 0,10\r\n123"), ("\r\n+CMQTTRXSTART: 0,1,10\r\n+CMQTTRXTOPIC: 0,1\r\n", "a")]
    {
        // A byte of the message begins the time again, a line of another kind does not.
        let mut dialogue = module();
        let script = [received(begin), after_ms(1_999), received(more), after_ms(2_000)];
        assert_eq!(events(&mut dialogue, &script), [aborted(1)]);
    }
}

#[test]
fn a_stalled_message_is_ended_during_a_command_as_well() {
    let mut dialogue = module();
    let cut = [BEGIN, "+CMQTTRXPAYLOAD: 0,10\r\n123"].concat();
    let script = [sent("AT\r"), received(cut), after_ms(2_000), received(OK)];
    assert_eq!(dialogue.call(&mut Single(At), &script), Ok(()));
    assert_eq!(dialogue.events(), [aborted(1)]);
}

#[test]
fn payload_behind_lost_bytes_is_not_taken_for_a_loss_or_a_restart() {
    for forged in ["+CMQTTCONNLOST: 0,1", "+CMQTTNONET", "RDY", "*ATREADY: 1", "OK", "+CMQTTRXSTART: 0,1,1"] {
        let payload = std::format!("0123456789\r\n{forged}\r\n0123456789");
        let bytes = message(0, "a", &payload);
        let cut = bytes.windows(10).position(|window| window == b"0123456789").unwrap();
        // The error swallows the end of the first digits, so that what is forged lies behind the announced length too.
        for lost in 1..10 {
            let mut dialogue = module();
            let script = [received(&bytes[..cut]), receive_error(ErrorKind::Other)];
            assert_eq!(events(&mut dialogue, &script), [aborted(1), Event::BytesLost]);
            dialogue.dropped_call(&mut Listen, &[received(&bytes[cut + lost..])]);
            assert_eq!(dialogue.events(), [], "{forged}, {lost} bytes lost");
        }
    }
}

#[test]
fn payload_whose_header_was_lost_is_not_taken_for_a_loss_or_a_restart() {
    for forged in ["+CMQTTCONNLOST: 0,1", "+CMQTTNONET", "RDY", "*ATREADY: 1"] {
        let mut dialogue = module();
        let begin = "\r\n+CMQTTRXSTART: 0,3,30\r\n";
        let script = [received(begin), receive_error(ErrorKind::InvalidData)];
        assert_eq!(events(&mut dialogue, &script), [aborted(1), Event::BytesLost]);
        let rest = std::format!("+CMQTTRXTOPIC: 0,3\r\na/b\r\n12345\r\n{forged}\r\n12\r\n+CMQTTRXEND: 0\r\n");
        dialogue.dropped_call(&mut Listen, &[received_cut(rest)]);
        assert_eq!(dialogue.events(), [], "{forged}");
        assert_eq!(dialogue.record.messages, []);
    }
}

#[test]
fn an_error_that_is_reported_before_the_bytes_that_it_lost_does_not_let_a_damaged_message_pass() {
    // Some drivers report the error before they hand over what they had buffered.
    let mut bytes = message(0, "a", "0\r\nRDY\r\n9");
    let lost = bytes.iter().rposition(|&byte| byte == b'9').unwrap();
    bytes.remove(lost);
    let mut dialogue = module();
    assert_eq!(events(&mut dialogue, &[receive_error(ErrorKind::Other)]), [Event::BytesLost]);
    assert_eq!(events(&mut dialogue, &[after_ms(20), received(bytes)]), [aborted(1)]);
    assert_eq!(dialogue.record.messages, []);
}

#[test]
fn an_error_long_before_a_message_does_not_concern_it() {
    let mut dialogue = Dialogue::started(Family::A76xx);
    assert_eq!(events(&mut dialogue, &[receive_error(ErrorKind::Other)]), [Event::BytesLost]);
    assert_eq!(events(&mut dialogue, &[after_ms(1_000), received(message(0, "a", "1"))]), [Event::Message(FIRST)]);
}

#[test]
fn an_error_behind_a_whole_message_leaves_it_whole() {
    let mut dialogue = module();
    let script = [received(message(0, "a", "1"))];
    assert_eq!(events(&mut dialogue, &script), [Event::Message(FIRST)]);
    assert_eq!(events(&mut dialogue, &[receive_error(ErrorKind::Other)]), [Event::BytesLost]);
    assert_eq!(dialogue.record.aborted, 0);
}

#[test]
fn no_command_is_begun_while_bytes_may_be_payload() {
    let mut dialogue = Dialogue::started(Family::A76xx);
    let begun = [arrived_before(BEGIN), receive_error(ErrorKind::Other)];
    dialogue.dropped_call(&mut Single(At), &[&begun[..], &[after_ms(1_999)]].concat());
    let script = [vec![after_ms(1)], command("AT", OK)].concat();
    assert_eq!(dialogue.call(&mut Single(At), &script), Ok(()));
    assert_eq!(dialogue.events(), [aborted(1), Event::BytesLost]);
}
