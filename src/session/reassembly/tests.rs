extern crate std;

mod faults;

use std::vec;
use std::vec::Vec;

use crate::ClientIndex;
use crate::family::Family;
use crate::procedure::Listen;
use crate::session::dialogue::*;
use crate::session::{Counters, Event};

fn module() -> Dialogue {
    Dialogue::connected(Family::A76xx)
}

/// Waits for an event, and returns what there is.
#[track_caller]
fn events(dialogue: &mut Dialogue, script: &[Row]) -> Vec<Event> {
    assert_eq!(dialogue.call(&mut Listen, script), Ok(()));
    dialogue.events()
}

/// These bytes are one whole message, in one chunk and cut at every byte.
#[track_caller]
fn is_message(bytes: impl AsRef<[u8]>, topic: &str, payload: impl AsRef<[u8]>) {
    for received in [received, received_cut] {
        let mut dialogue = module();
        assert_eq!(events(&mut dialogue, &[received(bytes.as_ref().to_vec())]), [Event::Message(FIRST)]);
        assert_eq!(dialogue.record.messages, [(FIRST, topic.into(), payload.as_ref().to_vec())]);
        assert_eq!(dialogue.counters(), Counters::default());
    }
}

#[test]
fn a_message_as_captured_on_a_module() {
    let (topic, payload) = ("buildings/3/floors/12/rooms/7/lamps/42", "{\"state\":\"off\"}");
    assert_eq!((topic.len(), payload.len()), (38, 15));
    let bytes = std::format!(
        "\r\n+CMQTTRXSTART: 0,38,15\r\n+CMQTTRXTOPIC: 0,38\r\n{topic}\r\n+CMQTTRXPAYLOAD: 0,15\r\n{payload}\r\n\
         +CMQTTRXEND: 0\r\n"
    );
    is_message(bytes, topic, payload);
}

#[test]
fn any_number_of_blank_lines_may_stand_before_a_header() {
    let bytes = "\r\n\r\n+CMQTTRXSTART: 0,3,2\r\n\r\n\r\n+CMQTTRXTOPIC: 0,3\r\na/b\r\n\r\n\r\n+CMQTTRXPAYLOAD: 0,2\r\nup\r\n\r\n\
                 +CMQTTRXEND: 0\r\n";
    is_message(bytes, "a/b", "up");
}

#[test]
fn a_header_may_follow_the_data_at_once() {
    is_message(
        "\r\n+CMQTTRXSTART: 0,3,4\r\n+CMQTTRXTOPIC: 0,3\r\na/b+CMQTTRXPAYLOAD: 0,2\r\nup+CMQTTRXPAYLOAD: 0,2\r\n!!\
         +CMQTTRXEND: 0\r\n",
        "a/b",
        "up!!",
    );
}

#[test]
fn topic_and_payload_come_in_parts() {
    is_message(
        "\r\n+CMQTTRXSTART: 0,5,6\r\n+CMQTTRXTOPIC: 0,3\r\na/b\r\n+CMQTTRXTOPIC: 0,2\r\n/c\r\n+CMQTTRXPAYLOAD: 0,4\r\n1234\r\n\
         +CMQTTRXPAYLOAD: 0,2\r\n56\r\n+CMQTTRXEND: 0\r\n",
        "a/b/c",
        "123456",
    );
}

#[test]
fn the_largest_message_in_parts_of_1500_bytes() {
    let topic = "t".repeat(1_024);
    let payload: Vec<u8> = (0..=255).cycle().take(10_240).collect();
    let mut bytes =
        std::format!("\r\n+CMQTTRXSTART: 0,1024,10240\r\n+CMQTTRXTOPIC: 0,1024\r\n{topic}\r\n").into_bytes();
    for part in payload.chunks(1_500) {
        bytes.extend(std::format!("+CMQTTRXPAYLOAD: 0,{}\r\n", part.len()).as_bytes());
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"+CMQTTRXEND: 0\r\n");
    is_message(bytes, &topic, payload);
}

#[test]
fn an_empty_payload_has_no_block() {
    is_message("\r\n+CMQTTRXSTART: 0,3,0\r\n+CMQTTRXTOPIC: 0,3\r\na/b\r\n+CMQTTRXEND: 0\r\n", "a/b", "");
}

#[test]
fn data_may_begin_with_line_ends() {
    is_message(message(0, "a/b", "\n\r\n\rx\r\n"), "a/b", "\n\r\n\rx\r\n");
}

#[test]
fn two_clients_messages_in_a_row_stay_apart() {
    let mut dialogue = module();
    let both = [message(0, "a", "1"), message(1, "b", "2"), message(0, "c", "3")].concat();
    assert_eq!(events(&mut dialogue, &[received(both)]), [Event::Message(FIRST), Event::Message(SECOND)]);
    let expected: [(ClientIndex, _, Vec<u8>); 3] =
        [(FIRST, "a".into(), b"1".into()), (SECOND, "b".into(), b"2".into()), (FIRST, "c".into(), b"3".into())];
    assert_eq!(dialogue.record.messages, expected);
}

#[test]
fn a_refused_message_is_reported_with_its_lengths_and_the_next_is_delivered() {
    let mut dialogue = module();
    dialogue.record.longest_payload = Some(4);
    let bytes = [message(0, "a", "12345"), message(0, "bc", "123456"), message(0, "d", "1234")].concat();
    let refused = Event::MessageRefused { client: FIRST, topic_length: 2, payload_length: 6, count: 2 };
    assert_eq!(events(&mut dialogue, &[received(bytes)]), [Event::Message(FIRST), refused]);
    assert_eq!(dialogue.record.messages, [(FIRST, "d".into(), b"1234".into())]);
    assert_eq!(dialogue.counters(), Counters { refused_messages: 2, ..Counters::default() });
}

#[test]
fn the_data_of_a_refused_message_are_data() {
    let mut dialogue = module();
    dialogue.record.longest_payload = Some(4);
    let events = events(&mut dialogue, &[received_cut(message(0, "a", "\r\n+CMQTTCONNLOST: 0,1\r\n\r\nRDY\r\n"))]);
    assert!(matches!(events[..], [Event::MessageRefused { .. }]), "{events:?}");
}

#[test]
fn a_refused_message_that_breaks_off_is_reported_once() {
    let mut dialogue = module();
    dialogue.record.longest_payload = Some(4);
    let begin = received("\r\n+CMQTTRXSTART: 0,1,5\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n");
    assert!(matches!(events(&mut dialogue, &[begin])[..], [Event::MessageRefused { .. }]));
    assert_eq!(events(&mut dialogue, &[received(message(0, "b", "1"))]), [Event::Message(FIRST)]);
    assert_eq!(dialogue.counters(), Counters { refused_messages: 1, ..Counters::default() });
}
