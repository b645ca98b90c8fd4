extern crate std;

use core::time::Duration;

use std::string::String;
use std::vec;
use std::vec::Vec;

use crate::at::Line;
use crate::command::{
    Accq, Answer, At, Command, CommandInfo, CommandWriter, EchoOff, Pub, QoS, Request, ServerType, Topic,
};
use crate::error::{CommandName, Error};
use crate::family::Family;
use crate::procedure::{Execute, Listen, Single};
use crate::session::dialogue::*;
use crate::session::{ClientState, Counters, Event, ServiceState};
use crate::urc::LossCause;

/// A command that keeps every line that reaches it.
struct Keeping(&'static CommandInfo);

const TEXT: Keeping = Keeping(&CommandInfo::new("+CMGR", Answer::Text));
const INFORMATION: Keeping = Keeping(&CommandInfo::new("+CGREG", Answer::Information));

impl Request for Keeping {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(self.0);
    }
}

impl Command for Keeping {
    type Response = Vec<String>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        response.push(String::from_utf8(line.bytes().into()).unwrap());
    }
}

/// Executes a command that is answered like this. Returns the lines that reached it.
#[track_caller]
fn lines(dialogue: &mut Dialogue, keeping: &Keeping, answer: impl AsRef<[u8]>) -> Vec<String> {
    let mut procedure = Execute::new(keeping);
    let line = std::format!("AT{}\r", keeping.0.command_name().as_str());
    assert_eq!(dialogue.call(&mut procedure, &[sent(line), received(answer)]), Ok(()));
    procedure.response
}

fn module() -> Dialogue {
    Dialogue::connected(Family::Sim7600)
}

/// What a broker can send that looks like something else.
const LOOK_ALIKES: &str =
    "\r\nOK\r\n\r\nERROR\r\n>\r\n+CMQTTPUB: 0,6\r\n+CMQTTCONNLOST: 0,1\r\nRDY\r\n+CMQTTRXEND: 0\r\n";

#[test]
fn what_a_payload_and_a_topic_look_like_does_not_matter_in_any_phase_of_a_command() {
    let bytes = message(0, LOOK_ALIKES, LOOK_ALIKES);
    for is_cut in [false, true] {
        let forged = || if is_cut { received_cut(&bytes) } else { received(&bytes) };
        let mut dialogue = module();
        let script = [sent("AT+CMQTTTOPIC=0,1\r"), forged(), received("\r\n>"), sent("t"), forged(), received(OK)];
        assert_eq!(dialogue.call(&mut Single(Topic { client: FIRST, topic: b"t" }), &script), Ok(()));
        let script =
            [sent("AT+CMQTTPUB=0,1,60,0,0\r"), forged(), received(OK), forged(), received("\r\n+CMQTTPUB: 0,0\r\n")];
        let publish = Pub {
            client: FIRST,
            qos: QoS::AtLeastOnce,
            timeout: Duration::from_secs(60),
            retained: false,
            duplicate: false,
        };
        assert_eq!(dialogue.call(&mut Single(publish), &script), Ok(()));
        assert_eq!(dialogue.record.messages, vec![(FIRST, LOOK_ALIKES.into(), LOOK_ALIKES.into()); 4]);
        assert_eq!(dialogue.events(), [Event::Message(FIRST)]);
        assert_eq!(dialogue.counters(), Counters::default());
    }
}

#[test]
fn a_urc_between_the_lines_of_an_answer_is_a_urc() {
    for keeping in [&TEXT, &INFORMATION] {
        let name = keeping.0.command_name().as_str();
        let mut dialogue = module();
        let answer = [
            std::format!("\r\n{name}: 1\r\n").as_bytes(),
            &message(0, "t", "x"),
            b"\r\n+CMQTTCONNLOST: 0,2\r\n",
            std::format!("{name}: 2\r\n").as_bytes(),
            b"\r\nOK\r\n",
        ]
        .concat();
        let expected = [std::format!("{name}: 1"), std::format!("{name}: 2")];
        assert_eq!(lines(&mut dialogue, keeping, answer), expected);
        let lost = Event::ConnectionLost { client: FIRST, cause: LossCause::Reset };
        assert_eq!(dialogue.events(), [Event::Message(FIRST), lost]);
    }
}

#[test]
fn a_line_of_text_that_only_resembles_a_urc_or_a_result_is_text() {
    let text =
        ["OKAY", "ERROR: none", "RDY 25C", "+CMQTTNONETS", "+CMQTTRECV: 0,\"a\",\"b\"", "> x", "AT", "+CMQTTPUB: 0,0"];
    let answer = std::format!("\r\n{}\r\n\r\nOK\r\n", text.join("\r\n"));
    let mut dialogue = module();
    assert_eq!(lines(&mut dialogue, &TEXT, answer), text);
}

#[test]
fn a_message_glued_to_a_final_result_is_delivered() {
    let mut dialogue = module();
    let answer = [b"\r\nOK\r\n".to_vec(), message(0, "t", "x")].concat();
    assert_eq!(dialogue.call(&mut Single(At), &[sent("AT\r"), received(answer)]), Ok(()));
    assert_eq!(dialogue.record.messages, [(FIRST, "t".into(), b"x".into())]);
}

#[test]
fn an_answer_glued_to_a_message_is_the_answer() {
    let mut dialogue = module();
    let answer = [message(1, "t", "x"), b"OK\r\n".to_vec()].concat();
    assert_eq!(dialogue.call(&mut Single(At), &[sent("AT\r"), received(answer)]), Ok(()));
    assert_eq!(dialogue.record.messages, [(SECOND, "t".into(), b"x".into())]);
}

#[test]
fn the_echo_of_a_command_is_no_line() {
    let mut dialogue = Dialogue::new(Family::A76xx);
    let script = [
        command("AT", "AT\r\r\nOK\r\n"),
        command("AT+CSQ", "AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n"),
        vec![after_ms(100)],
        command("ATE0", "\r\n$GNRMC,,V\r\nATE0\r\r\nOK\r\n"),
    ];
    assert_eq!(dialogue.call(&mut Single(EchoOff), &script.concat()), Ok(()));
    assert_eq!(dialogue.record.unknown_lines, ["$GNRMC,,V"]);
    // After a restart that was not noticed the echo is on again.
    assert_eq!(lines(&mut dialogue, &INFORMATION, "AT+CGREG\r\r\n+CGREG: 0,1\r\n\r\nOK\r\n"), ["+CGREG: 0,1"]);
    assert_eq!(dialogue.counters().unknown_lines, 1);
}

#[test]
fn a_line_that_nothing_waits_for_goes_to_the_hook_and_is_counted() {
    let mut dialogue = module();
    let urcs =
        ["+CGEV: EPS PDN ACT 1", "PB DONE", "+CMQTTPING: 0,1", "+CMTI: \"SM\",3", ">", "+CMQTTPUB: 0,0", "AT+CMEE"];
    dialogue.dropped_call(&mut Listen, &urcs.map(|urc| received(std::format!("\r\n{urc}\r\n"))));
    assert_eq!(dialogue.record.unknown_lines, urcs);
    assert_eq!(dialogue.counters(), Counters { unknown_lines: 7, ..Counters::default() });
    assert_eq!(dialogue.events(), []);
}

#[test]
fn a_result_that_nothing_waits_for_is_counted_and_changes_nothing() {
    let mut dialogue = module();
    let stray = "\r\nOK\r\n\r\nERROR\r\n\r\n+CME ERROR: 3\r\n";
    assert_eq!(dialogue.call(&mut Single(At), &[&[arrived_before(stray)], &command("AT", OK)[..]].concat()), Ok(()));
    assert_eq!(dialogue.counters(), Counters { stray_results: 3, ..Counters::default() });
    assert_eq!(dialogue.record.unknown_lines, [""; 0]);
}

#[test]
fn a_stale_ok_before_a_prompt_does_not_end_the_command() {
    let mut dialogue = module();
    let script = [sent("AT+CMQTTTOPIC=0,1\r"), received(OK), after_ms(100), received("\r\n>"), sent("t"), received(OK)];
    assert_eq!(dialogue.call(&mut Single(Topic { client: FIRST, topic: b"t" }), &script), Ok(()));
    assert_eq!(dialogue.counters().stray_results, 1);
}

#[test]
fn a_long_line_is_cut_and_counted_once_however_it_arrives() {
    let long = std::format!("+MSTK: 11, \"{}\"", "D0".repeat(125));
    for received in [received, received_cut] {
        let mut dialogue = module();
        dialogue.dropped_call(&mut Listen, &[received(std::format!("\r\n{long}\r\n\r\nPB DONE\r\n").into_bytes())]);
        assert_eq!(dialogue.record.unknown_lines, [&long[..64], "PB DONE"]);
        assert_eq!(dialogue.counters(), Counters { unknown_lines: 2, cut_lines: 1, ..Counters::default() });
    }
}

#[test]
fn a_plain_command_that_is_refused_says_the_code_before_its_error() {
    let mut dialogue = Dialogue::started(Family::Sim7600);
    let accq = Accq { client: FIRST, client_id: "id", server_type: ServerType::Tcp, version: None };
    let script = command("AT+CMQTTACCQ=0,\"id\",0", "\r\n+CMQTTACCQ: 0,19\r\n\r\nERROR\r\n");
    assert_eq!(dialogue.call(&mut Single(accq), &script), Err(refused(&"+CMQTTACCQ", 19)));
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown);
}

#[test]
fn an_outcome_with_a_code_that_is_no_number_is_none() {
    let mut dialogue = module();
    let publish = Pub {
        client: FIRST,
        qos: QoS::AtLeastOnce,
        timeout: Duration::from_secs(60),
        retained: false,
        duplicate: false,
    };
    let script = [
        sent("AT+CMQTTPUB=0,1,60,0,0\r"),
        received("\r\nOK\r\n\r\n+CMQTTPUB: 0,x\r\n+CMQTTPUB: 0\r\n+CMQTTPUB: 0,999\r\n"),
        after_ms(100),
        received("\r\n+CMQTTPUB: 0,0\r\n"),
    ];
    assert_eq!(dialogue.call(&mut Single(publish), &script), Ok(()));
    assert_eq!(dialogue.counters().unknown_lines, 3);
}

#[test]
fn a_lost_network_stops_the_service_and_a_restart_turns_the_echo_on_too() {
    let mut dialogue = module();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTNONET\r\n")]), Ok(()));
    assert_eq!((dialogue.service(), dialogue.client(FIRST)), (ServiceState::Stopped, ClientState::Unknown));
    assert_eq!(dialogue.events(), [Event::NetworkLost]);

    let mut dialogue = module();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\nRDY\r\n+CPIN: READY\r\n")]), Ok(()));
    assert_eq!((dialogue.service(), dialogue.client(FIRST)), (ServiceState::Stopped, ClientState::Released));
    assert_eq!(dialogue.events(), [Event::ModemRestarted]);
    assert!(!dialogue.engine.session.lifecycle.echo_is_off);
    assert_eq!(dialogue.record.unknown_lines, ["+CPIN: READY"]);
}

#[test]
fn a_restart_ends_any_command_with_its_name_in_any_phase() {
    let topic = || Single(Topic { client: FIRST, topic: b"tt" });
    let restarted = Err(Error::ModemRestarted { command: CommandName::new(&"+CMQTTTOPIC") });
    let ready = "\r\n*ATREADY: 1\r\n";
    for script in [
        vec![sent("AT+CMQ"), received_while_sending(ready)],
        vec![sent("AT+CMQTTTOPIC=0,2\r"), received(ready)],
        vec![sent("AT+CMQTTTOPIC=0,2\r"), received("\r\n>"), sent("t"), received_while_sending(ready)],
        vec![sent("AT+CMQTTTOPIC=0,2\r"), received("\r\n>"), sent("tt"), received(ready)],
    ] {
        assert_eq!(module().call(&mut topic(), &script), restarted);
    }
}
