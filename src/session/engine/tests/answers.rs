//! Answers that came out of order, were damaged, or belong to something else.

use core::time::Duration;

use super::*;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, DiscRead, Pub, QoS, Request, Sub};
use crate::procedure::Execute;
use crate::session::ClientState;

const PUB: Pub =
    Pub { client: FIRST, qos: QoS::AtLeastOnce, timeout: Duration::from_secs(60), retained: false, duplicate: false };
const LINE: &str = "AT+CMQTTPUB=0,1,60,0,0\r";
const SUCCESS: &str = "\r\n+CMQTTPUB: 0,0\r\n";

fn connected() -> Dialogue {
    Dialogue::connected(Family::A76xx)
}

fn publish(script: &[Row]) -> Result<(), Error> {
    connected().call(&mut Single(PUB), &[&[sent(LINE)], script].concat())
}

fn no_answer() -> Error {
    Error::NoAnswer { command: CommandName::new(&"+CMQTTPUB") }
}

fn unknown() -> Error {
    Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTPUB") }
}

#[test]
fn an_outcome_with_one_wrong_byte_ends_the_wait_after_a_second() {
    for line in ["+CMQTTPUB: ,0", "+CMQTTUB: 0,0", "+CMQTTPUUB: 0,0", "+CMQTTPUB: 0", "+CMQTTPUB 0,0", "+CMQTTqUB: 0,0"]
    {
        let garbled = std::format!("\r\n{line}\r\n");
        assert_eq!(publish(&[received(OK), received(garbled.clone()), after_ms(1_000)]), Err(unknown()), "{line}");
        assert_eq!(publish(&[received(OK), received(garbled), after_ms(999), received(SUCCESS)]), Ok(()), "{line}");
    }
}

#[test]
fn a_garbled_ok_does_not_hide_a_success() {
    for ok in ["O", "K", "OOK", "OKK", "oK", "O~"] {
        assert_eq!(publish(&[received(std::format!("\r\n{ok}\r\n")), received(SUCCESS)]), Ok(()), "{ok}");
    }
    assert_eq!(publish(&[received(SUCCESS), after_ms(1_000)]), Ok(()), "it was lost whole");
}

#[test]
fn a_success_before_ok_is_that_of_an_earlier_publish() {
    let script = [received(SUCCESS), received(OK), received("\r\n+CMQTTPUB: 0,6\r\n")];
    assert_eq!(publish(&script), Err(refused(&"+CMQTTPUB", 6)));
    assert_eq!(publish(&[received(SUCCESS), received(ERROR), after_ms(250)]), Err(refused_without_code(&"+CMQTTPUB")));
}

#[test]
fn the_final_result_of_a_publish_comes_within_nine_seconds_or_not_at_all() {
    assert_eq!(publish(&[after_ms(9_000)]), Err(no_answer()));
}

#[test]
fn no_command_begins_for_a_quarter_of_a_second_after_a_failure_unless_the_extra_ok_comes() {
    let failure = [received(OK), received("\r\n+CMQTTPUB: 0,6\r\n")];
    for script in [&[after_ms(250)][..], &[received(OK)], &[after_ms(100), received(OK)]] {
        let mut dialogue = connected();
        let begin = [&[sent(LINE)], &failure[..]].concat();
        assert_eq!(dialogue.call(&mut Single(PUB), &begin), Err(refused(&"+CMQTTPUB", 6)));
        assert_eq!(at(&mut dialogue, &[script, &command("AT", OK)].concat()), Ok(()));
        assert_eq!(dialogue.counters().stray_results, 0);
    }
}

#[test]
fn a_query_that_always_has_a_line_is_not_answered_by_ok_alone() {
    let no_answer = Error::NoAnswer { command: CommandName::new(&"+CSQ") };
    let mut dialogue = connected();
    let script = [sent("AT+CSQ\r"), received(OK), after_ms(1_000)];
    assert_eq!(dialogue.call(&mut Execute::new(&Csq), &script), Err(no_answer));
    assert_eq!(
        at(&mut dialogue, &[command("AT", OK), sync_query(), vec![after_ms(100)], command("AT", OK)].concat()),
        Ok(())
    );

    let mut csq = Execute::new(&Csq);
    let script = [sent("AT+CSQ\r"), received(OK), received("\r\n+CSQ: 20,99\r\n\r\nOK\r\n")];
    assert_eq!(connected().call(&mut csq, &script), Ok(()), "the first OK was that of an earlier command");
    assert!(csq.response.is_some());

    let script = command("AT+CMQTTDISC?", ERROR);
    assert_eq!(connected().call(&mut Execute::new(&DiscRead), &script), Err(refused_without_code(&"+CMQTTDISC")));
}

#[test]
fn a_query_is_answered_behind_the_last_line_of_the_boot() {
    let mut csq = Execute::new(&Csq);
    let script = [sent("AT+CSQ\r"), received("\r\n*ATREADY: 1\r\n"), received("\r\n+CSQ: 20,99\r\n\r\nOK\r\n")];
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut csq, &script), Ok(()));
    // The next call asks whether that was the boot before.
    let is_connected = command("AT+CMQTTDISC?", "\r\n+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n");
    let script = [is_connected, command("AT+CSQ", "\r\n+CSQ: 20,99\r\n\r\nOK\r\n")].concat();
    assert_eq!(dialogue.call(&mut csq, &script), Ok(()));
    assert_eq!((dialogue.client(FIRST), dialogue.events()), (ClientState::Connected, vec![]));
    let restarted = Error::ModemRestarted { command: CommandName::new(&"+CSQ") };
    let script = [sent("AT+CSQ\r"), received("\r\n*ATREADY: 1\r\n"), after_ms(1_000)];
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Execute::new(&Csq), &script), Err(restarted));
    assert_eq!(dialogue.events(), [Event::ModemRestarted]);
}

#[test]
fn ok_before_all_data_were_sent_is_an_error_and_stops_them() {
    let cut = Error::DataCutShort { command: CommandName::new(&"+CMQTTSUB") };
    let mut dialogue = connected();
    let sub = Sub { client: FIRST, filter: "a/+/b/c", qos: QoS::AtMostOnce };
    let script = [sent("AT+CMQTTSUB=0,7,0\r"), received("\r\n>"), sent("a/+"), received_while_sending(OK)];
    assert_eq!(dialogue.call(&mut Single(sub), &script), Err(cut));
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown, "the broker has a filter that is not known");
    assert_eq!(
        at(&mut dialogue, &[command("AT", ERROR), sync_query(), vec![after_ms(100)], command("AT", OK)].concat()),
        Ok(())
    );
}

#[test]
fn a_restart_between_two_commands_of_a_call_is_reported_as_that() {
    let mut dialogue = connected();
    let message = crate::Publish::new("oven/t", b"1");
    let mut publish = crate::procedure::PublishMessage::new(FIRST, &message);
    let script = [prompted("AT+CMQTTTOPIC=0,6", "oven/t", "\r\nOK\r\n\r\nRDY\r\n")].concat();
    assert!(matches!(dialogue.call(&mut publish, &script), Err(Error::ModemRestarted { .. })));
}

#[test]
fn no_command_begins_inside_a_message() {
    let bytes = message(0, "a", "1");
    for cut in 3..bytes.len() - 1 {
        let mut dialogue = connected();
        let (begin, rest) = bytes.split_at(cut);
        if !begin.windows(3).any(|window| window == b",1\r") {
            continue;
        }
        let script = [vec![arrived_before(begin), received(rest)], command("AT", OK)].concat();
        assert_eq!(at(&mut dialogue, &script), Ok(()), "cut at {cut}");
        assert_eq!(dialogue.record.messages.len(), 1);
    }
}

#[test]
fn the_line_behind_an_sms_header_is_text_whatever_it_looks_like() {
    for header in ["+CMT: \"+491700000000\",\"\",\"26/11/02,10:00:00+04\"", "+CDS: 25", "+CBM: 4"] {
        for text in ["OK", "ERROR", "> x", "+CMQTTCONNLOST: 0,1", "RDY", "+CMQTTRXPAYLOAD: 0,9", ""] {
            let mut dialogue = connected();
            let script = [sent("AT\r"), received(std::format!("\r\n{header}\r\n{text}\r\n")), received(OK)];
            assert_eq!(at(&mut dialogue, &script), Ok(()), "{header} {text}");
            assert_eq!(dialogue.events(), [], "{header} {text}");
        }
    }
}

/// `AT+CMGS` of a user: `+CMGS: 5` names the message, and is no error.
struct Send;

impl Request for Send {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMGS", Answer::Plain) }).byte(b'=').number(4);
    }
}

impl Command for Send {
    type Response = ();
}

#[test]
fn a_number_in_the_answer_to_a_command_that_is_not_mqtts_is_no_error() {
    assert_eq!(connected().call(&mut Single(Send), &command("AT+CMGS=4", "\r\n+CMGS: 5\r\n\r\nOK\r\n")), Ok(()));
}
