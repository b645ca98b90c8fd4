extern crate std;

mod failures;

use core::time::Duration;
use std::vec;
use std::vec::Vec;

use super::PublishMessage;
use crate::command::QoS;
use crate::error::{Error, Illegal, InvalidInput, Parameter, Problem};
use crate::family::Family;
use crate::options::Publish;
use crate::session::Event;
use crate::session::dialogue::*;

const PUBLISHED: &str = "\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n";

const HOT: Publish<'static> = Publish::new("oven/t", b"hot").qos(QoS::AtLeastOnce);

fn topic() -> Vec<Row> {
    prompted("AT+CMQTTTOPIC=0,6", "oven/t", OK)
}

fn payload() -> Vec<Row> {
    prompted("AT+CMQTTPAYLOAD=0,3", "hot", OK)
}

#[test]
fn topic_payload_and_pub_go_out_in_this_order_on_every_family() {
    for family in Family::ALL {
        let mut dialogue = Dialogue::connected(family);
        let script = [
            sent("AT+CMQTTTOPIC=0,6\r"),
            received("\r\n>"),
            sent("oven/t"),
            received("\r\nOK\r\n"),
            sent("AT+CMQTTPAYLOAD=0,3\r"),
            received("\r\n>"),
            sent("hot"),
            received("\r\nOK\r\n"),
            sent("AT+CMQTTPUB=0,1,60,0,0\r"),
            received("\r\nOK\r\n"),
            after_ms(800),
            received("\r\n+CMQTTPUB: 0,0\r\n"),
        ];
        assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &HOT), &script), Ok(()));
        assert_eq!(dialogue.events(), []);
    }
}

#[test]
fn quality_timeout_retain_and_duplicate_are_arguments_of_pub() {
    let mut dialogue = Dialogue::connected(Family::Sim7600);
    dialogue.acquire(SECOND);
    dialogue.open(SECOND);
    let message = HOT.qos(QoS::ExactlyOnce).timeout(Duration::from_secs(120)).retained(true).duplicate(true);
    let script = [
        prompted("AT+CMQTTTOPIC=1,6", "oven/t", OK),
        prompted("AT+CMQTTPAYLOAD=1,3", "hot", OK),
        command("AT+CMQTTPUB=1,2,120,1,1", "\r\nOK\r\n\r\n+CMQTTPUB: 1,0\r\n"),
    ];
    assert_eq!(dialogue.call(&mut PublishMessage::new(SECOND, &message), &script.concat()), Ok(()));
}

#[test]
fn every_form_of_the_prompt_is_one() {
    for prompt in ["\r\n>", ">", "\r\n> ", "\r\n>\r\n"] {
        let mut dialogue = Dialogue::connected(Family::A76xx);
        let script = [
            vec![sent("AT+CMQTTTOPIC=0,6\r"), received_cut(prompt), sent("oven/t"), received(OK)],
            vec![sent("AT+CMQTTPAYLOAD=0,3\r"), received(prompt), sent("hot"), received(OK)],
            command("AT+CMQTTPUB=0,1,60,0,0", PUBLISHED),
        ];
        assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &HOT), &script.concat()), Ok(()));
        assert_eq!(dialogue.counters().unknown_lines, 0, "{prompt:?}");
    }
}

#[test]
fn an_empty_payload_has_no_payload_command() {
    let mut dialogue = Dialogue::connected(Family::A7600);
    let message = Publish::new("oven/t", b"");
    let script = [topic(), command("AT+CMQTTPUB=0,0,60,0,0", PUBLISHED)].concat();
    assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &message), &script), Ok(()));
}

#[test]
fn an_empty_publish_does_not_send_the_payload_of_a_call_that_was_dropped() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    dialogue.dropped_call(&mut PublishMessage::new(FIRST, &HOT), &[topic(), payload()].concat());
    let empty = Publish::new("oven/t", b"");
    let result = dialogue.call(&mut PublishMessage::new(FIRST, &empty), &[]);
    assert_eq!(result, Err(illegal(&"+CMQTTPUB", Illegal::PayloadStaged)));
    // One with a payload replaces what is staged.
    let script = [topic(), payload(), command("AT+CMQTTPUB=0,1,60,0,0", PUBLISHED)].concat();
    assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &HOT), &script), Ok(()));
    let script = [topic(), command("AT+CMQTTPUB=0,0,60,0,0", PUBLISHED)].concat();
    assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &empty), &script), Ok(()));
}

#[test]
fn an_empty_publish_does_not_send_the_payload_of_a_pub_that_was_not_answered() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [topic(), payload(), command("AT+CMQTTPUB=0,1,60,0,0", ERROR), vec![after_ms(250)]].concat();
    let result = dialogue.call(&mut PublishMessage::new(FIRST, &HOT), &script);
    assert_eq!(result, Err(refused_without_code(&"+CMQTTPUB")));
    let result = dialogue.call(&mut PublishMessage::new(FIRST, &Publish::new("oven/t", b"")), &[after_ms(250)]);
    assert_eq!(result, Err(illegal(&"+CMQTTPUB", Illegal::PayloadStaged)));
}

#[test]
fn a_long_payload_goes_out_in_pieces_and_what_arrives_between_two_is_taken() {
    let mut dialogue = Dialogue::connected(Family::Sim767x);
    let bytes: Vec<u8> = (0..=255).cycle().take(4_096).collect();
    let (begin, rest) = bytes.split_at(640);
    let script = [
        topic(),
        vec![
            sent("AT+CMQTTPAYLOAD=0,4096\r"),
            received("\r\n>"),
            sent(begin),
            received_while_sending("\r\n+CMQTTRXSTART: 0,1,2\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n"),
            sent(&rest[..64]),
            received_while_sending("+CMQTTRXPAYLOAD: 0,2\r\nOK\r\n+CMQTTRXEND: 0\r\n"),
            sent(&rest[64..]),
            received(OK),
        ],
        command("AT+CMQTTPUB=0,0,60,0,0", PUBLISHED),
    ];
    let message = Publish::new("oven/t", &bytes);
    assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &message), &script.concat()), Ok(()));
    assert_eq!(dialogue.record.messages, [(FIRST, "a".into(), b"OK".into())]);
    assert_eq!(dialogue.events(), [Event::Message(FIRST)]);
}

#[test]
fn a_payload_from_a_reader_is_asked_for_piece_by_piece() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [
        topic(),
        vec![
            sent("AT+CMQTTPAYLOAD=0,100\r"),
            received("\r\n>"),
            sent_from_source([b'x'; 90]),
            received_while_sending("\r\nPB DONE\r\n"),
            sent_from_source([b'x'; 10]),
            received(OK),
        ],
        command("AT+CMQTTPUB=0,1,60,0,0", PUBLISHED),
    ];
    // The payload of the message gives way to the reader's.
    let mut publish_from = PublishMessage::announced(FIRST, &HOT, 100);
    assert_eq!(dialogue.call(&mut publish_from, &script.concat()), Ok(()));
}

#[test]
fn a_reader_without_a_byte_is_an_empty_payload() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [topic(), command("AT+CMQTTPUB=0,1,60,0,0", PUBLISHED)].concat();
    assert_eq!(dialogue.call(&mut PublishMessage::announced(FIRST, &HOT, 0), &script), Ok(()));
}

#[test]
fn an_invalid_argument_of_any_of_the_three_is_found_before_a_byte_is_sent() {
    let mut dialogue = Dialogue::connected(Family::Sim767x);
    let long = [0; 4_097];
    for (message, parameter, problem) in [
        (Publish::new("oven/#", b"hot"), Parameter::Topic, Problem::Wildcard),
        (Publish::new("", b"hot"), Parameter::Topic, Problem::Empty),
        (Publish::new("oven/t", &long), Parameter::Payload, Problem::TooLong(4_096)),
        (HOT.timeout(Duration::from_secs(59)), Parameter::Timeout, Problem::OutOfRange(60, 180)),
    ] {
        let result = dialogue.call(&mut PublishMessage::new(FIRST, &message), &[]);
        let Err(Error::Invalid(InvalidInput { parameter: found, problem: why, .. })) = result else {
            panic!("{result:?}")
        };
        assert_eq!((found, why), (parameter, problem));
    }
    let mut too_long = PublishMessage::announced(FIRST, &HOT, 4_097);
    assert!(matches!(dialogue.call(&mut too_long, &[]), Err(Error::Invalid(_))));
}

#[test]
fn nothing_is_sent_for_a_client_that_is_not_connected() {
    let mut dialogue = Dialogue::acquired(Family::A76xx);
    let not_connected = Err(illegal(&"+CMQTTTOPIC", Illegal::ClientNotConnected));
    for client in [FIRST, SECOND] {
        assert_eq!(dialogue.call(&mut PublishMessage::new(client, &HOT), &[]), not_connected);
    }
}
