//! A module that has outlived a reset of the microcontroller: what it was brought to is adopted or torn down.

use super::*;
use crate::command::{CommandWriter, Payload, QoS, Request, Sub};
use crate::error::{CommandName, Illegal};
use crate::options::Publish;
use crate::procedure::{PublishMessage, Single};
use crate::session::{Failure, Next, Procedure, Session};

const ADDRESS: &str = "tcp://broker.example:1883";

#[track_caller]
fn first_connect_to(options: &ConnectOptions<'_>, script: &[Vec<Row>]) -> Result<Connection, Error> {
    connect(&mut Dialogue::in_step(Family::A76xx), FIRST, options, None, script)
}

#[test]
fn a_live_session_with_our_id_and_address_is_adopted() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read(ADDRESS)];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Adopted));
    assert_eq!(dialogue.client(FIRST), ClientState::Connected);
}

#[test]
fn after_an_adoption_an_empty_publish_does_not_send_what_may_be_staged() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read(ADDRESS)];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Adopted));
    let result = dialogue.call(&mut PublishMessage::new(FIRST, &Publish::new("t", b"")), &[]);
    assert_eq!(result, Err(illegal(&"+CMQTTPUB", Illegal::PayloadStaged)));
    // The next connect acquires the client again, which clears it.
    let script = [disc(), rel(), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    let script =
        [prompted("AT+CMQTTTOPIC=0,1", "t", OK), command("AT+CMQTTPUB=0,0,60,0,0", "\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n")];
    assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &Publish::new("t", b"")), &script.concat()), Ok(()));
}

#[test]
fn an_id_and_an_address_longer_than_a_line_are_compared_whole() {
    let id = "m".repeat(128);
    let host = std::format!("{}.example", "h".repeat(200));
    let options = ConnectOptions::new(Broker::tcp(&host, 1883), &id);
    let other_id = std::format!("{}n", &id[..127]);
    let accq_answer = |id: &str| std::format!("\r\n+CMQTTACCQ: 0,\"{id}\",0\r\n+CMQTTACCQ: 1,\"\",0\r\n\r\nOK\r\n");
    let address = std::format!("tcp://{host}:1883");
    for cut in [received, received_cut] {
        let read = |id: &str| vec![sent("AT+CMQTTACCQ?\r"), cut(accq_answer(id))];
        let script = [read(&id), disc_read(0, 1), connect_read(&address)];
        assert_eq!(first_connect_to(&options, &script), Ok(Connection::Adopted));

        let accq = std::format!("AT+CMQTTACCQ=0,\"{id}\",0");
        let connect = std::format!("AT+CMQTTCONNECT=0,\"{address}\",60,1");
        let again = [
            disc(),
            rel(),
            command(&accq, OK),
            command("AT+CMQTTCFG=\"version\",0,4", OK),
            command(&connect, "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n"),
        ]
        .concat();
        let script = [read(&other_id), disc_read(0, 1), again.clone()];
        assert_eq!(first_connect_to(&options, &script), Ok(Connection::Opened), "the last byte of the id differs");
        let script = [read(&id), disc_read(0, 1), connect_read(&std::format!("tcp://{host}:1884")), again];
        assert_eq!(first_connect_to(&options, &script), Ok(Connection::Opened), "the last byte of the port differs");
    }
}

#[test]
fn a_live_session_with_another_id_or_for_tls_is_ended() {
    for acquired in ["\"meter-4\",0", "\"meter-3\",1", "\"meter-33\",0", "\"meter\",0"] {
        let script = [accq_read(acquired, FREE), disc_read(0, 1), disc(), rel(), accq(), open()];
        assert_eq!(first_connect_to(&OPTIONS, &script), Ok(Connection::Opened), "{acquired}");
    }
}

#[test]
fn a_live_session_to_another_address_is_ended() {
    for address in ["tcp://other.example:1883", "tcp://broker.example:18830", "tcp://broker.example:188"] {
        let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read(address), disc(), rel(), accq(), open()];
        assert_eq!(first_connect_to(&OPTIONS, &script), Ok(Connection::Opened), "{address}");
    }
}

#[test]
fn a_client_that_is_acquired_and_not_connected_is_acquired_again() {
    // Its settings and its will are those of an earlier life.
    for acquired in [OURS, "\"meter-4\",0"] {
        let script = [accq_read(acquired, FREE), disc_read(1, 1), rel(), accq(), open()];
        assert_eq!(first_connect_to(&OPTIONS, &script), Ok(Connection::Opened), "{acquired}");
    }
}

#[test]
fn a_module_that_does_not_say_whether_it_is_connected_is_torn_down() {
    let script = [
        accq_read(OURS, FREE),
        command("AT+CMQTTDISC?", ERROR),
        command("AT+CMQTTDISC=0,60", "\r\n+CMQTTDISC: 0,11\r\n\r\nERROR\r\n"),
        command("AT+CMQTTREL=0", ERROR),
        accq(),
        open(),
    ];
    assert_eq!(first_connect_to(&OPTIONS, &script), Ok(Connection::Opened));
}

#[test]
fn the_second_client_reads_its_own_lines() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [
        accq_read("\"other\",1", OURS),
        disc_read(1, 0),
        command(
            "AT+CMQTTCONNECT?",
            "\r\n+CMQTTCONNECT: 0\r\n+CMQTTCONNECT: 1,\"tcp://broker.example:1883\",60,1\r\n\r\nOK\r\n",
        ),
    ];
    assert_eq!(connect(&mut dialogue, SECOND, &OPTIONS, None, &script), Ok(Connection::Adopted));
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown, "it is in use, and not this call's business");
}

/// Adopts a connection from before a reset.
#[track_caller]
fn adopted() -> Dialogue {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read(ADDRESS)];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Adopted));
    dialogue
}

const BUSY_SUB: &str = "\r\n+CMQTTSUB: 0,14\r\n\r\nERROR\r\n";
const SUB: Sub<'static> = Sub { client: FIRST, filter: b"a", qos: QoS::AtMostOnce };

fn refused_sub() -> Vec<Row> {
    [command("AT+CMQTTSUB=0,1,0", BUSY_SUB), vec![after_ms(1_000)]].concat()
}

fn granted_sub() -> Vec<Row> {
    prompted("AT+CMQTTSUB=0,1,0", "a", "\r\nOK\r\n\r\n+CMQTTSUB: 0,0\r\n")
}

#[test]
fn after_an_adoption_a_command_that_finds_the_client_busy_is_repeated_every_second() {
    let mut dialogue = adopted();
    let script = [refused_sub(), refused_sub(), granted_sub()].concat();
    assert_eq!(dialogue.call(&mut Single(SUB), &script), Ok(()));
    // The first success has shown that nothing of an earlier life is under way.
    let script = command("AT+CMQTTSUB=0,1,0", BUSY_SUB);
    assert_eq!(dialogue.call(&mut Single(SUB), &script), Err(refused(&"+CMQTTSUB", 14)));
}

#[test]
fn only_the_refused_command_of_a_publish_is_repeated() {
    let mut dialogue = adopted();
    let busy = |name: &str| std::format!("\r\n+CMQTT{name}: 0,14\r\n\r\nERROR\r\n");
    let script = [
        command("AT+CMQTTTOPIC=0,1", &busy("TOPIC")),
        vec![after_ms(1_000)],
        prompted("AT+CMQTTTOPIC=0,1", "t", &busy("TOPIC")),
        vec![after_ms(1_000)],
        prompted("AT+CMQTTTOPIC=0,1", "t", OK),
        prompted("AT+CMQTTPAYLOAD=0,1", "1", OK),
        command("AT+CMQTTPUB=0,0,60,0,0", "\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n"),
    ];
    assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &Publish::new("t", b"1")), &script.concat()), Ok(()));
}

#[test]
fn a_busy_client_is_given_up_185_seconds_after_its_adoption() {
    let mut dialogue = adopted();
    let mut script = Vec::new();
    for _ in 0..185 {
        script.extend(refused_sub());
    }
    script.extend(command("AT+CMQTTSUB=0,1,0", BUSY_SUB));
    assert_eq!(dialogue.call(&mut Single(SUB), &script), Err(refused(&"+CMQTTSUB", 14)));
}

#[test]
fn the_other_client_and_one_that_has_lost_its_connection_get_no_second_command() {
    let mut dialogue = adopted();
    dialogue.acquire(SECOND);
    dialogue.open(SECOND);
    let sub = Sub { client: SECOND, ..SUB };
    let script = command("AT+CMQTTSUB=1,1,0", "\r\n+CMQTTSUB: 1,14\r\n\r\nERROR\r\n");
    assert_eq!(dialogue.call(&mut Single(sub), &script), Err(refused(&"+CMQTTSUB", 14)));
    let script = [vec![after_ms(250)], refused_sub(), vec![sent("AT+CMQTTSUB")]].concat();
    let lost =
        [received_while_sending("\r\n+CMQTTCONNLOST: 0,1\r\n"), sent("=0,1,0\r"), received(BUSY_SUB), after_ms(1_000)];
    let expected = Err(Error::ConnectionLost { command: CommandName::new(&"+CMQTTSUB") });
    assert_eq!(dialogue.call(&mut Single(SUB), &[&script[..], &lost].concat()), expected);
}

#[test]
fn a_loss_in_the_pause_ends_the_call() {
    let mut dialogue = adopted();
    let script = [
        command("AT+CMQTTSUB=0,1,0", BUSY_SUB),
        vec![after_ms(500), received("\r\n+CMQTTCONNLOST: 0,1\r\n"), after_ms(500)],
    ];
    let lost = Error::ConnectionLost { command: CommandName::new(&"+CMQTTSUB") };
    assert_eq!(dialogue.call(&mut Single(SUB), &script.concat()), Err(lost));
}

#[test]
fn a_payload_from_a_reader_is_repeated_only_if_it_was_refused_before_its_prompt() {
    let payload = Payload::announced(FIRST, 1);
    let busy = "\r\n+CMQTTPAYLOAD: 0,14\r\n\r\nERROR\r\n";
    let refused_payload = [command("AT+CMQTTPAYLOAD=0,1", busy), vec![after_ms(1_000)]].concat();
    let from_source =
        |answer: &str| vec![sent("AT+CMQTTPAYLOAD=0,1\r"), received("\r\n>"), sent_from_source("1"), received(answer)];
    let mut dialogue = adopted();
    let script = [refused_payload.clone(), from_source(OK)].concat();
    assert_eq!(dialogue.call(&mut FromSource(payload), &script), Ok(()));
    let mut dialogue = adopted();
    let script = [refused_payload, from_source(busy)].concat();
    assert_eq!(dialogue.call(&mut FromSource(payload), &script), Err(refused(&"+CMQTTPAYLOAD", 14)));
}

/// One command whose data come from a source.
struct FromSource(Payload<'static>);

impl Procedure for FromSource {
    fn next(&mut self, _: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        last.map_or(Ok(Next::Command), |result| result.map(|()| Next::Done))
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        self.0.describe(writer);
    }

    fn data(&self) -> Option<&[u8]> {
        None
    }
}

#[test]
fn what_a_first_query_did_not_list_is_adopted_once_it_is_listed() {
    for start in [
        [command("AT+CMQTTSTART", ERROR), vec![after_ms(250)]].concat(),
        command("AT+CMQTTSTART", "\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n"),
    ] {
        let mut dialogue = Dialogue::in_step(Family::A76xx);
        let script = [accq_read_refused(), start, accq_read(OURS, FREE), disc_read(0, 1), connect_read(ADDRESS)];
        assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Adopted));
    }
}

#[test]
fn a_client_that_is_refused_for_want_of_the_connection_it_is_said_to_have_is_acquired_again() {
    let mut dialogue = connected();
    let no_connection = || command("AT+CMQTTSUB=0,1,0", "\r\n+CMQTTSUB: 0,11\r\n\r\nERROR\r\n");
    assert_eq!(dialogue.call(&mut Single(SUB), &no_connection()), Err(refused(&"+CMQTTSUB", 11)));
    let quiet = || vec![after_ms(250)];
    let script = [quiet(), accq_read(OURS, FREE), disc_read(0, 1), disc(), rel(), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    // Where the module knows that it is not connected, it is only connected.
    assert_eq!(dialogue.call(&mut Single(SUB), &no_connection()), Err(refused(&"+CMQTTSUB", 11)));
    let script = [quiet(), accq_read(OURS, FREE), disc_read(1, 1), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(reconnect(&mut dialogue, &[disc_read(0, 1)]), Ok(Connection::Adopted));
}
