//! A publish that is refused, fails, or is cut short.

use super::*;
use crate::error::CommandName;
use crate::session::{ClientState, ServiceState};
use crate::urc::LossCause;

fn publish(dialogue: &mut Dialogue, script: &[Vec<Row>]) -> Result<(), Error> {
    dialogue.call(&mut PublishMessage::new(FIRST, &HOT), &script.concat())
}

#[test]
fn a_refused_prompt_ends_the_call_with_its_code() {
    for code in [11, 14] {
        let mut dialogue = Dialogue::connected(Family::Sim7600);
        let refusal = std::format!("\r\n+CMQTTTOPIC: 0,{code}\r\n\r\nERROR\r\n");
        let script = [command("AT+CMQTTTOPIC=0,6", &refusal)];
        assert_eq!(publish(&mut dialogue, &script), Err(refused(&"+CMQTTTOPIC", code)));

        let mut dialogue = Dialogue::connected(Family::Sim7600);
        let refusal = std::format!("\r\n+CMQTTPAYLOAD: 0,{code}\r\n\r\nERROR\r\n");
        let script = [topic(), command("AT+CMQTTPAYLOAD=0,3", &refusal)];
        assert_eq!(publish(&mut dialogue, &script), Err(refused(&"+CMQTTPAYLOAD", code)));
    }
}

#[test]
fn no_connection_at_the_prompt_corrects_what_was_believed_and_busy_does_not() {
    for (code, state) in [(11, ClientState::Unknown), (14, ClientState::Connected)] {
        let mut dialogue = Dialogue::connected(Family::Sim7600);
        let refusal = std::format!("\r\n+CMQTTTOPIC: 0,{code}\r\n\r\nERROR\r\n");
        assert!(publish(&mut dialogue, &[command("AT+CMQTTTOPIC=0,6", &refusal)]).is_err());
        assert_eq!(dialogue.client(FIRST), state);
    }
}

#[test]
fn a_prompt_refused_without_a_code_and_data_refused_end_the_call() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [command("AT+CMQTTTOPIC=0,6", ERROR)];
    assert_eq!(publish(&mut dialogue, &script), Err(refused_without_code(&"+CMQTTTOPIC")));
    // One more answer may come behind that one.
    let script = [vec![after_ms(250)], topic(), prompted("AT+CMQTTPAYLOAD=0,3", "hot", ERROR)];
    assert_eq!(publish(&mut dialogue, &script), Err(refused_without_code(&"+CMQTTPAYLOAD")));
}

#[test]
fn a_failed_publish_says_its_code_in_either_order_and_the_loss_behind_it_is_an_event() {
    for answer in
        ["\r\nOK\r\n\r\n+CMQTTPUB: 0,6\r\n", "\r\n+CMQTTPUB: 0,6\r\n\r\nERROR\r\n", "\r\n+CMQTTPUB: 0,6\r\n\r\nOK\r\n"]
    {
        let mut dialogue = Dialogue::connected(Family::Sim7600);
        let answer = std::format!("{answer}\r\n+CMQTTCONNLOST: 0,1\r\n");
        let result = publish(&mut dialogue, &[topic(), payload(), command("AT+CMQTTPUB=0,1,60,0,0", &answer)]);
        assert_eq!(result, Err(refused(&"+CMQTTPUB", 6)));
        assert_eq!(dialogue.events(), [Event::ConnectionLost { client: FIRST, cause: LossCause::Closed }]);
        assert_eq!(dialogue.client(FIRST), ClientState::Acquired);
    }
}

#[test]
fn a_success_before_its_ok_is_that_of_an_earlier_publish() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let late = vec![
        sent("AT+CMQTTPUB=0,1,60,0,0\r"),
        received("\r\n+CMQTTPUB: 0,0\r\n\r\nOK\r\n"),
        after_ms(400),
        received("\r\n+CMQTTPUB: 0,6\r\n"),
    ];
    assert_eq!(publish(&mut dialogue, &[topic(), payload(), late]), Err(refused(&"+CMQTTPUB", 6)));
}

#[test]
fn the_outcome_of_the_other_client_is_not_taken() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [
        topic(),
        payload(),
        command("AT+CMQTTPUB=0,1,60,0,0", "\r\nOK\r\n\r\n+CMQTTPUB: 1,6\r\n"),
        vec![received("\r\n+CMQTTPUB: 0,0\r\n")],
    ];
    assert_eq!(publish(&mut dialogue, &script), Ok(()));
    assert_eq!(dialogue.record.unknown_lines, ["+CMQTTPUB: 1,6"]);
}

#[test]
fn an_outcome_that_never_comes_is_unknown_after_the_timeout_of_pub_and_a_margin() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [topic(), payload(), command("AT+CMQTTPUB=0,1,60,0,0", OK), vec![after_ms(65_000)]];
    let unknown = Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTPUB") };
    assert_eq!(publish(&mut dialogue, &script), Err(unknown));
}

#[test]
fn a_prompt_and_a_final_result_that_never_come_are_no_answer_after_9_seconds() {
    let no_answer = |command| Err(Error::NoAnswer { command: CommandName::new(command) });
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [vec![sent("AT+CMQTTTOPIC=0,6\r"), after_ms(9_000)]];
    assert_eq!(publish(&mut dialogue, &script), no_answer(&"+CMQTTTOPIC"));

    let mut dialogue = Dialogue::connected(Family::A76xx);
    let silence = vec![sent("AT+CMQTTPAYLOAD=0,3\r"), received("\r\n>"), sent("hot"), after_ms(9_000)];
    assert_eq!(publish(&mut dialogue, &[topic(), silence]), no_answer(&"+CMQTTPAYLOAD"));
}

#[test]
fn bytes_that_arrive_do_not_postpone_a_deadline() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let noise = vec![sent("AT+CMQTTTOPIC=0,6\r"), after_ms(8_999), received("\r\nPB DONE\r\n"), after_ms(1)];
    let no_answer = Error::NoAnswer { command: CommandName::new(&"+CMQTTTOPIC") };
    assert_eq!(publish(&mut dialogue, &[noise]), Err(no_answer));
}

#[test]
fn a_connection_lost_between_two_commands_is_named_and_the_next_is_not_sent() {
    let mut dialogue = Dialogue::connected(Family::Sim7600);
    let lost = prompted("AT+CMQTTTOPIC=0,6", "oven/t", "\r\n+CMQTTCONNLOST: 0,2\r\n\r\nOK\r\n");
    let connection_lost = Error::ConnectionLost { command: CommandName::new(&"+CMQTTPAYLOAD") };
    assert_eq!(publish(&mut dialogue, &[lost]), Err(connection_lost));
    assert_eq!(dialogue.client(FIRST), ClientState::Acquired);
}

#[test]
fn data_that_a_prompt_waits_for_go_out_though_the_connection_is_lost() {
    let mut dialogue = Dialogue::connected(Family::Sim7600);
    let lost = vec![
        sent("AT+CMQTTPAYLOAD=0,3\r"),
        received("\r\n>"),
        sent("h"),
        received_while_sending("\r\n+CMQTTCONNLOST: 0,1\r\n"),
        sent("ot"),
        received(OK),
    ];
    let connection_lost = Error::ConnectionLost { command: CommandName::new(&"+CMQTTPUB") };
    assert_eq!(publish(&mut dialogue, &[topic(), lost]), Err(connection_lost));
}

#[test]
fn a_loss_of_the_other_client_does_not_disturb() {
    let mut dialogue = Dialogue::connected(Family::A76xx);
    let script = [
        topic(),
        payload(),
        command("AT+CMQTTPUB=0,1,60,0,0", "\r\nOK\r\n\r\n+CMQTTCONNLOST: 1,1\r\n"),
        vec![after_ms(2_000), received("\r\n+CMQTTPUB: 0,0\r\n")],
    ];
    assert_eq!(publish(&mut dialogue, &script), Ok(()));
    assert_eq!(dialogue.events(), [Event::ConnectionLost { client: SECOND, cause: LossCause::Closed }]);
}

#[test]
fn a_loss_while_the_outcome_is_awaited_leaves_it_one_second() {
    for (loss, error) in [
        ("\r\n+CMQTTCONNLOST: 0,3\r\n", Error::ConnectionLost { command: CommandName::new(&"+CMQTTPUB") }),
        ("\r\n+CMQTTNONET\r\n", Error::NetworkLost { command: CommandName::new(&"+CMQTTPUB") }),
    ] {
        let begin = [topic(), payload(), command("AT+CMQTTPUB=0,1,60,0,0", OK), vec![received(loss)]];
        let mut dialogue = Dialogue::connected(Family::A76xx);
        let script = [begin.concat(), vec![after_ms(1_000)]];
        assert_eq!(publish(&mut dialogue, &script), Err(error));

        let mut dialogue = Dialogue::connected(Family::A76xx);
        let script = [begin.concat(), vec![after_ms(999), received("\r\n+CMQTTPUB: 0,0\r\n")]];
        assert_eq!(publish(&mut dialogue, &script), Ok(()), "what the module says counts more");
    }
}

#[test]
fn a_restart_ends_the_call_at_once_and_everything_is_forgotten() {
    for restart in ["\r\nRDY\r\n", "\r\n*ATREADY: 1\r\n"] {
        let mut dialogue = Dialogue::connected(Family::A76xx);
        let script = [topic(), payload(), command("AT+CMQTTPUB=0,1,60,0,0", OK), vec![received(restart)]];
        let restarted = Error::ModemRestarted { command: CommandName::new(&"+CMQTTPUB") };
        assert_eq!(publish(&mut dialogue, &script), Err(restarted));
        assert_eq!(dialogue.service(), ServiceState::Stopped);
        assert_eq!(dialogue.client(FIRST), ClientState::Released);
        assert_eq!(dialogue.events(), [Event::ModemRestarted]);
    }
}
