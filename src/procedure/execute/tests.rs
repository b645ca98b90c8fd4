extern crate std;

use core::time::Duration;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::Execute;
use crate::at::Line;
use crate::command::network::{Cgact, Cgmm};
use crate::command::{Answer, Ccertdown, Command, CommandInfo, CommandWriter, Disc, EchoOff, Request, Start, Stop};
use crate::error::{CommandName, Error, Refusal};
use crate::family::{Family, Timeouts};
use crate::procedure::Single;
use crate::session::dialogue::*;
use crate::session::{ClientState, ServiceState};

/// A command of the user's own, which keeps every line of its answer.
struct Own {
    info: &'static CommandInfo,
    arguments: &'static str,
    timeout_ms: u32,
    least_timeout_ms: u32,
    data: &'static [u8],
}

const fn own(info: &'static CommandInfo, arguments: &'static str) -> Own {
    Own { info, arguments, timeout_ms: 0, least_timeout_ms: 0, data: b"" }
}

const QUERY: Own = own(&CommandInfo::new("+CGPSINFO", Answer::Information), "");
const LISTING: Own = own(&CommandInfo::new("+CMGR", Answer::Text), "=3");
const SETTING: Own = own(&CommandInfo::new("+CMGF", Answer::Plain), "=1");
const TIME_SYNC: Own = Own { timeout_ms: 30_000, ..own(&CommandInfo::new("+CNTP", Answer::Deferred), "") };
const SMS: Own =
    Own { timeout_ms: 60_000, data: b"water\x1a", ..own(&CommandInfo::new("+CMGS", Answer::Plain), "=\"112\"") };

impl Request for Own {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(self.info)
            .text(self.arguments)
            .prompt(self.data.len())
            .timeout_milliseconds(self.timeout_ms)
            .least_timeout_milliseconds(self.least_timeout_ms);
    }

    fn data(&self) -> &[u8] {
        self.data
    }
}

impl Command for Own {
    type Response = Vec<String>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        response.push(String::from_utf8(line.bytes().into()).unwrap());
    }

    fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
        response.last_mut().unwrap().push_str(core::str::from_utf8(bytes).unwrap());
    }
}

/// Executes a command. Returns the error or the lines that reached the response.
#[track_caller]
fn execute(dialogue: &mut Dialogue, command: &Own, script: &[Row]) -> Result<Vec<String>, Error> {
    let mut procedure = Execute::new(command);
    dialogue.call(&mut procedure, script).map(|()| procedure.response)
}

fn module() -> Dialogue {
    Dialogue::in_step(Family::A76xx)
}

#[test]
fn a_plain_command_ends_with_its_final_result() {
    let refusal = |answer| {
        let result = execute(&mut module(), &SETTING, &command("AT+CMGF=1", answer));
        let Err(Error::Refused { command, refusal }) = result else { panic!("{result:?}") };
        assert_eq!(command, CommandName::new(&"+CMGF"));
        refusal
    };
    assert_eq!(execute(&mut module(), &SETTING, &command("AT+CMGF=1", OK)), Ok(vec![]));
    assert_eq!(refusal(ERROR), Refusal::Error);
    assert_eq!(refusal("\r\n+CME ERROR: 3\r\n"), Refusal::Equipment(Some(3)));
    assert_eq!(refusal("\r\n+CMS ERROR: 500\r\n"), Refusal::Equipment(Some(500)));
    assert_eq!(refusal("\r\n+CME ERROR: operation not allowed\r\n"), Refusal::Equipment(None));
}

#[test]
fn information_is_the_lines_with_the_name_of_the_command_and_others_go_to_the_hook() {
    let mut dialogue = module();
    let answer = "\r\n+CGPSINFO: 1\r\n\r\n$GNRMC,1,A\r\n+CGPSINFO: 2\r\n+CGPSINFOX: 3\r\n\r\nOK\r\n";
    let lines = execute(&mut dialogue, &QUERY, &command("AT+CGPSINFO", answer));
    assert_eq!(lines, Ok(vec!["+CGPSINFO: 1".into(), "+CGPSINFO: 2".into()]));
    assert_eq!(dialogue.record.unknown_lines, ["$GNRMC,1,A", "+CGPSINFOX: 3"]);
}

#[test]
fn text_is_every_line_up_to_the_final_result() {
    let answer = "\r\n+CMGR: \"REC READ\"\r\nsee you at 9\r\n> x\r\n\r\nOK\r\n";
    let mut dialogue = module();
    let lines = execute(&mut dialogue, &LISTING, &command("AT+CMGR=3", answer));
    assert_eq!(lines, Ok(vec!["+CMGR: \"REC READ\"".into(), "see you at 9".into(), "> x".into()]));
    assert_eq!(dialogue.counters().unknown_lines, 0);
}

#[test]
fn a_line_longer_than_64_bytes_reaches_the_response_whole_however_it_arrives() {
    let long = std::format!("+CGPSINFO: {}", "5".repeat(150));
    let answer = std::format!("\r\n{long}\r\n\r\nOK\r\n");
    for answered in [received(&answer), received_cut(&answer)] {
        let script = [sent("AT+CGPSINFO\r"), answered];
        assert_eq!(execute(&mut module(), &QUERY, &script), Ok(vec![long.clone()]));
    }
}

#[test]
fn the_rest_of_a_long_line_of_others_does_not_reach_the_response() {
    let mut dialogue = module();
    let foreign = std::format!("+MSTK: 11, \"{}\"", "D0".repeat(60));
    let answer = std::format!("\r\n+CGPSINFO: 1\r\n{foreign}\r\n\r\nOK\r\n");
    let lines = execute(&mut dialogue, &QUERY, &command("AT+CGPSINFO", &answer));
    assert_eq!(lines, Ok(vec!["+CGPSINFO: 1".into()]));
    assert_eq!(dialogue.record.unknown_lines, [&foreign[..64]]);
    assert_eq!(dialogue.counters().cut_lines, 1);
}

#[test]
fn a_deferred_command_of_the_users_own_waits_for_its_outcome_for_its_own_time() {
    let begin = command("AT+CNTP", OK);
    let success = [begin.clone(), vec![after_ms(29_999), received("\r\n+CNTP: 0\r\n")]].concat();
    assert_eq!(execute(&mut module(), &TIME_SYNC, &success), Ok(vec![]));

    let failure = [begin.clone(), vec![received("\r\n+CNTP: 4\r\n")]].concat();
    assert_eq!(execute(&mut module(), &TIME_SYNC, &failure), Err(refused(&"+CNTP", 4)));

    let silence = [begin, vec![after_ms(30_000)]].concat();
    let unknown = Error::OutcomeUnknown { command: CommandName::new(&"+CNTP") };
    assert_eq!(execute(&mut module(), &TIME_SYNC, &silence), Err(unknown));
}

#[test]
fn a_time_of_its_own_is_that_of_a_plain_command_as_well() {
    let patient = Own { timeout_ms: 20_000, ..SETTING };
    let script = [sent("AT+CMGF=1\r"), after_ms(19_999), received(OK)];
    assert_eq!(execute(&mut module(), &patient, &script), Ok(vec![]));
    let script = [sent("AT+CMGF=1\r"), after_ms(9_000)];
    let no_answer = Error::NoAnswer { command: CommandName::new(&"+CMGF") };
    assert_eq!(execute(&mut module(), &SETTING, &script), Err(no_answer));
}

#[test]
fn a_least_time_of_its_own_gives_way_to_a_longer_one_of_all_commands() {
    let slow = Own { least_timeout_ms: 20_000, ..SETTING };
    let activation = Cgact { context: 1, active: true };
    let mut longer = module();
    longer.engine.session.timeouts = Timeouts::of(longer.family()).command(Duration::from_secs(90));
    for (mut module, own_ms, activation_ms) in [(module(), 20_000, 60_000), (longer, 90_000, 90_000)] {
        let script = [sent("AT+CMGF=1\r"), after_ms(own_ms - 1), received(OK)];
        assert_eq!(execute(&mut module, &slow, &script), Ok(vec![]));
        let script = [sent("AT+CGACT=1,1\r"), after_ms(activation_ms - 1), received(OK)];
        assert_eq!(module.call(&mut Execute::new(&activation), &script), Ok(()));
        let script = [sent("AT+CGACT=1,1\r"), after_ms(activation_ms)];
        let no_answer = Error::NoAnswer { command: CommandName::new(&"+CGACT") };
        assert_eq!(module.call(&mut Execute::new(&activation), &script), Err(no_answer));
    }
}

#[test]
fn data_of_the_users_own_go_out_behind_the_prompt() {
    let script = prompted("AT+CMGS=\"112\"", "water\x1a", OK);
    assert_eq!(execute(&mut module(), &SMS, &script), Ok(vec![]));
}

#[test]
fn a_certificate_in_memory_is_sent_behind_the_prompt() {
    let certificate = [b'c'; 200];
    let ca = Ccertdown::new("ca.pem", &certificate);
    let mut store = Execute::new(&ca);
    let script = prompted("AT+CCERTDOWN=\"ca.pem\",200", certificate, OK);
    assert_eq!(module().call(&mut store, &script), Ok(()));
}

#[test]
fn the_model_is_read_with_and_without_its_name_and_boot_lines_are_not_it() {
    for answer in ["\r\nPB DONE\r\n\r\nA7670E-FASE\r\n\r\nOK\r\n", "\r\n+CGMM: \"A7670E-FASE\"\r\n\r\nOK\r\n"] {
        let mut model = Execute::new(&Cgmm);
        assert_eq!(module().call(&mut model, &command("AT+CGMM", answer)), Ok(()));
        assert_eq!(model.response.as_bytes(), b"A7670E-FASE");
    }
}

#[test]
fn outcome_and_final_result_of_start_and_stop_come_in_either_order() {
    for [start, stop] in [
        ["\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n", "\r\nOK\r\n\r\n+CMQTTSTOP: 0\r\n"],
        ["\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n", "\r\n+CMQTTSTOP: 0\r\n\r\nOK\r\n"],
    ] {
        let mut dialogue = module();
        assert_eq!(dialogue.call(&mut Single(Start), &command("AT+CMQTTSTART", start)), Ok(()));
        assert_eq!(dialogue.service(), ServiceState::Started);
        assert_eq!(dialogue.call(&mut Single(Stop), &command("AT+CMQTTSTOP", stop)), Ok(()));
        assert_eq!(dialogue.service(), ServiceState::Stopped);
    }
}

#[test]
fn disconnect_succeeds_in_either_order_and_leaves_the_client_acquired() {
    for answer in ["\r\nOK\r\n\r\n+CMQTTDISC: 0,0\r\n", "\r\n+CMQTTDISC: 0,0\r\n\r\nOK\r\n"] {
        let mut dialogue = Dialogue::connected(Family::A7600);
        let mut disconnect = Single(Disc { client: FIRST, timeout: Duration::from_secs(60) });
        assert_eq!(dialogue.call(&mut disconnect, &command("AT+CMQTTDISC=0,60", answer)), Ok(()));
        assert_eq!(dialogue.client(FIRST), ClientState::Acquired);
    }
}

#[test]
fn an_outcome_shortly_behind_error_says_why_and_a_late_one_does_not_count() {
    let mut dialogue = module();
    let script = [sent("AT+CMQTTSTART\r"), received(ERROR), after_ms(249), received("\r\n+CMQTTSTART: 1\r\n")];
    assert_eq!(dialogue.call(&mut Single(Start), &script), Err(refused(&"+CMQTTSTART", 1)));
    let script = [sent("AT+CMQTTSTART\r"), received(ERROR), after_ms(250)];
    assert_eq!(dialogue.call(&mut Single(Start), &script), Err(refused_without_code(&"+CMQTTSTART")));
}

#[test]
fn error_behind_a_success_wins() {
    let script = [sent("AT+CMQTTSTART\r"), received("\r\n+CMQTTSTART: 0\r\n\r\nERROR\r\n"), after_ms(250)];
    assert_eq!(module().call(&mut Single(Start), &script), Err(refused_without_code(&"+CMQTTSTART")));
}

#[test]
fn an_outcome_without_a_final_result_counts_after_a_second_and_the_next_call_resyncs() {
    let mut dialogue = module();
    let script = [sent("AT+CMQTTSTART\r"), received("\r\n+CMQTTSTART: 0\r\n"), after_ms(1_000)];
    assert_eq!(dialogue.call(&mut Single(Start), &script), Ok(()));
    let script = [synchronised(), command("ATE0", OK)].concat();
    assert_eq!(dialogue.call(&mut Single(EchoOff), &script), Ok(()));
}

#[test]
fn start_waits_as_long_as_the_family_needs() {
    for (family, time_ms) in
        [(Family::A76xx, 17_000), (Family::Sim767x, 17_000), (Family::A7600, 125_000), (Family::Sim7600, 125_000)]
    {
        let script = [sent("AT+CMQTTSTART\r"), received(OK), after_ms(time_ms)];
        let unknown = Error::OutcomeUnknown { command: CommandName::new(&"+CMQTTSTART") };
        assert_eq!(Dialogue::in_step(family).call(&mut Single(Start), &script), Err(unknown));
    }
}
