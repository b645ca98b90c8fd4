extern crate std;

mod adoption;
mod busy;
mod known_states;
mod outcomes;
mod refusals;
mod settings;
mod skipped;

use core::time::Duration;
use std::vec;
use std::vec::Vec;

use super::{Connect, Connection};
use crate::at::Hash;
use crate::command::{ClientIndex, CommandWriter, MqttVersion};
use crate::error::Error;
use crate::family::Family;
use crate::options::{Broker, ConnectOptions, Will};
use crate::session::dialogue::*;
use crate::session::{ClientState, Event, Procedure, ServiceState};
use crate::tls::Tls;

const OPTIONS: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-3");

/// The client was last set up with these options, or never.
fn set_up(dialogue: &mut Dialogue, client: ClientIndex, last: Option<&ConnectOptions<'_>>) {
    let session = &mut dialogue.engine.session;
    *client.of_mut(&mut session.options) = last.map_or(Hash::EMPTY, |options| {
        let mut writer = CommandWriter::checking(session.family);
        Connect::new(client, options).command(&mut writer);
        writer.hash()
    });
}

/// Connects with `options`, which were the `last` ones or not.
#[track_caller]
fn connect(
    dialogue: &mut Dialogue,
    client: ClientIndex,
    options: &ConnectOptions<'_>,
    last: Option<&ConnectOptions<'_>>,
    script: &[Vec<Row>],
) -> Result<Connection, Error> {
    set_up(dialogue, client, last);
    let mut procedure = Connect::new(client, options);
    dialogue.call(&mut procedure, &script.concat()).map(|()| procedure.connection)
}

/// Connects the first client for the first time.
#[track_caller]
fn first_connect(dialogue: &mut Dialogue, script: &[Vec<Row>]) -> Result<Connection, Error> {
    connect(dialogue, FIRST, &OPTIONS, None, script)
}

/// Connects the first client with the options of the last time.
#[track_caller]
fn reconnect(dialogue: &mut Dialogue, script: &[Vec<Row>]) -> Result<Connection, Error> {
    connect(dialogue, FIRST, &OPTIONS, Some(&OPTIONS), script)
}

fn start() -> Vec<Row> {
    command("AT+CMQTTSTART", "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n")
}

/// `AT+CMQTTACCQ?`, which lists these parameters for each client.
fn accq_read(first: &str, second: &str) -> Vec<Row> {
    command("AT+CMQTTACCQ?", &std::format!("\r\n+CMQTTACCQ: 0,{first}\r\n+CMQTTACCQ: 1,{second}\r\n\r\nOK\r\n"))
}

/// `AT+CMQTTACCQ?` of a service that is not started.
fn accq_read_refused() -> Vec<Row> {
    command("AT+CMQTTACCQ?", ERROR)
}

const FREE: &str = "\"\",0";
const OURS: &str = "\"meter-3\",0";

/// `AT+CMQTTDISC?`: 0 is connected, 1 is not.
fn disc_read(first: u8, second: u8) -> Vec<Row> {
    command("AT+CMQTTDISC?", &std::format!("\r\n+CMQTTDISC: 0,{first}\r\n+CMQTTDISC: 1,{second}\r\n\r\nOK\r\n"))
}

fn connect_read(address: &str) -> Vec<Row> {
    command("AT+CMQTTCONNECT?", &std::format!("\r\n+CMQTTCONNECT: 0,\"{address}\",60,1\r\n\r\nOK\r\n"))
}

fn disc() -> Vec<Row> {
    command("AT+CMQTTDISC=0,60", "\r\nOK\r\n\r\n+CMQTTDISC: 0,0\r\n")
}

fn rel() -> Vec<Row> {
    command("AT+CMQTTREL=0", OK)
}

/// ACCQ and the settings behind it, on A76xx.
fn accq() -> Vec<Row> {
    [command("AT+CMQTTACCQ=0,\"meter-3\",0", OK), command("AT+CMQTTCFG=\"version\",0,4", OK)].concat()
}

const CONNECT: &str = "AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",60,1";

fn open() -> Vec<Row> {
    vec![sent(CONNECT), sent("\r"), received(OK), after_ms(282), received("\r\n+CMQTTCONNECT: 0,0\r\n")]
}

/// A module that this driver has connected.
#[track_caller]
fn connected() -> Dialogue {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(FREE, FREE), accq(), open()];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.client(FIRST), ClientState::Connected);
    dialogue
}

#[test]
fn a_fresh_driver_connects_a_fresh_module_of_every_family() {
    for (family, accq) in [
        (Family::A7600, command("AT+CMQTTACCQ=0,\"meter-3\",0", OK)),
        (Family::A76xx, accq()),
        (Family::Sim7600, command("AT+CMQTTACCQ=0,\"meter-3\",0,4", OK)),
        (Family::Sim767x, accq()),
    ] {
        let mut dialogue = Dialogue::new(family);
        let script = [
            synchronised(),
            command("ATE0", "ATE0\r\r\nOK\r\n"),
            accq_read_refused(),
            command("AT+CMQTTSTART", "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"),
            accq,
            command(CONNECT, "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n"),
        ];
        assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
        assert_eq!((dialogue.service(), dialogue.client(FIRST)), (ServiceState::Started, ClientState::Connected));
        assert_eq!(dialogue.events(), []);
    }
}

#[test]
fn start_succeeds_in_either_order() {
    let mut dialogue = Dialogue::in_step(Family::Sim7600);
    let script = [
        accq_read_refused(),
        command("AT+CMQTTSTART", "\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n"),
        command("AT+CMQTTACCQ=0,\"meter-3\",0,4", OK),
        open(),
    ];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
}

#[test]
fn a_firmware_that_keeps_its_echo_is_connected_all_the_same() {
    let mut dialogue = Dialogue::new(Family::A76xx);
    let echo = |line: &str, answer: &str| command(line, &std::format!("{line}\r{answer}"));
    let script = [
        synchronised(),
        echo("ATE0", ERROR),
        echo("AT+CMQTTACCQ?", "\r\n+CMQTTACCQ: 0,\"\",0\r\n+CMQTTACCQ: 1,\"\",0\r\n\r\nOK\r\n"),
        echo("AT+CMQTTACCQ=0,\"meter-3\",0", OK),
        echo("AT+CMQTTCFG=\"version\",0,4", OK),
        echo(CONNECT, "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n"),
    ];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.counters().unknown_lines, 0);
}

#[test]
fn a_service_that_survived_is_not_started_again() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    assert_eq!(first_connect(&mut dialogue, &[accq_read(FREE, FREE), accq(), open()]), Ok(Connection::Opened));
    assert_eq!(dialogue.client(SECOND), ClientState::Released);
}

#[test]
fn options_are_the_same_where_every_byte_is_that_is_sent_of_them() {
    let will = |message| Will::new("meter-3/state", message);
    let (gone, lost) = (will(b"gone"), will(b"lost"));
    let tls = [Tls::server("ca.pem"), Tls::server("cb.pem"), Tls::server("ca.pem").sni(false)];
    let over_tls = |tls| ConnectOptions::new(Broker::tls("broker.example", 8883, tls), "meter-3");
    let [server, other_ca, without_sni] = &tls;
    let versioned = OPTIONS.version(MqttVersion::V3_1);
    let different = [
        OPTIONS,
        ConnectOptions::new(Broker::tcp("broker.example", 1884), "meter-3"),
        ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-4"),
        OPTIONS.user("me"),
        OPTIONS.credentials("me", "secret"),
        OPTIONS.credentials("me", "secres"),
        OPTIONS.keep_alive(Duration::from_secs(61)),
        OPTIONS.clean_session(false),
        OPTIONS.operation_timeout(Duration::from_secs(30)),
        versioned,
        OPTIONS.will(&gone),
        OPTIONS.will(&lost),
        over_tls(server),
        over_tls(other_ca),
        over_tls(without_sni),
    ];
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let mut hash = |client, options: &ConnectOptions<'_>| {
        set_up(&mut dialogue, client, Some(options));
        *client.of(&dialogue.engine.session.options)
    };
    for (place, options) in different.iter().enumerate() {
        let copy = *options;
        assert!(hash(FIRST, options) == hash(FIRST, &copy));
        assert!(hash(FIRST, options) != hash(SECOND, options));
        assert!(different[..place].iter().all(|other| hash(FIRST, options) != hash(FIRST, other)), "{options:?}");
    }
}

#[test]
fn boot_lines_and_messages_inside_of_the_commands_do_not_disturb() {
    let mut dialogue = Dialogue::in_step(Family::Sim7600);
    let script = [
        accq_read_refused(),
        command("AT+CMQTTSTART", "\r\n+CGREG: 0,1\r\n\r\nSMS DONE\r\n\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"),
        command("AT+CMQTTACCQ=0,\"meter-3\",0,4", "\r\n+CGEV: EPS PDN ACT 1\r\n\r\nOK\r\n"),
        command(CONNECT, "\r\nPB DONE\r\n\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n"),
    ];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
    assert_eq!(dialogue.record.unknown_lines, ["+CGREG: 0,1", "SMS DONE", "+CGEV: EPS PDN ACT 1", "PB DONE"]);
}
