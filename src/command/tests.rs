extern crate std;
use std::string::String;
use std::vec::Vec;

use super::*;
use crate::at::{Parser, Token, WINDOW};
use crate::error::{Parameter, Problem};

/// The line that a command sends, without its CR.
pub(crate) fn encoded(request: &dyn Request) -> String {
    let mut line = Vec::new();
    loop {
        let mut window = [0; WINDOW];
        let mut encoder = Encoder::new(&mut window, line.len());
        encoder.text("AT").text(request.descriptor().name.as_str());
        request.parameters(&mut encoder);
        let filled = encoder.filled();
        if filled == 0 {
            return String::from_utf8(line).unwrap();
        }
        line.extend_from_slice(&window[..filled]);
    }
}

/// What a command reads from an answer.
fn response<C: Command>(command: &C, mut answer: &[u8]) -> C::Response {
    let mut parser = Parser::new();
    let mut response = C::Response::default();
    while let Some(token) = parser.next(&mut answer, false) {
        match token {
            Token::Line(line) => command.line(&mut response, line),
            Token::Rest(bytes) => command.rest(&mut response, bytes),
            Token::Prompt | Token::Data(_) => {}
        }
    }
    response
}

const FIRST: ClientIndex = ClientIndex::First;
const SECOND: ClientIndex = ClientIndex::Second;

fn connect() -> Connect<'static> {
    Connect {
        client: FIRST,
        host: "broker.example",
        port: 1883,
        keep_alive: 60,
        clean_session: true,
        user: None,
        password: None,
    }
}

fn problem(request: &dyn Request, family: Family) -> Option<(Parameter, Problem)> {
    request.check(family).err().map(|invalid| (invalid.parameter, invalid.problem))
}

#[test]
fn every_command_is_written_as_the_manuals_write_it() {
    let table: &[(&dyn Request, &str)] = &[
        (&At, "AT"),
        (&EchoOff, "ATE0"),
        (&Csq, "AT+CSQ"),
        (&Creg, "AT+CREG?"),
        (&Cpin, "AT+CPIN?"),
        (&Start, "AT+CMQTTSTART"),
        (&Stop, "AT+CMQTTSTOP"),
        (
            &Accq { client: FIRST, client_id: "device 7", server_type: ServerType::Tcp, version: None },
            "AT+CMQTTACCQ=0,\"device 7\",0",
        ),
        (
            &Accq { client: SECOND, client_id: "d", server_type: ServerType::Tls, version: Some(MqttVersion::V3_1_1) },
            "AT+CMQTTACCQ=1,\"d\",1,4",
        ),
        (&AccqRead, "AT+CMQTTACCQ?"),
        (&Rel { client: SECOND }, "AT+CMQTTREL=1"),
        (&Cfg { client: FIRST, setting: Setting::CheckUtf8(false) }, "AT+CMQTTCFG=\"checkUTF8\",0,0"),
        (&Cfg { client: FIRST, setting: Setting::OperationTimeout(24) }, "AT+CMQTTCFG=\"optimeout\",0,24"),
        (&Cfg { client: SECOND, setting: Setting::Version(MqttVersion::V3_1) }, "AT+CMQTTCFG=\"version\",1,3"),
        (&WillTopic { client: FIRST, topic: "device-7/gone" }, "AT+CMQTTWILLTOPIC=0,13"),
        (&WillMsg { client: FIRST, message: b"gone", qos: QoS::ExactlyOnce }, "AT+CMQTTWILLMSG=0,4,2"),
        (&connect(), "AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",60,1"),
        (
            &Connect { user: Some("me"), clean_session: false, ..connect() },
            "AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",60,0,\"me\"",
        ),
        (
            &Connect { user: Some("me"), password: Some("secret"), ..connect() },
            "AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",60,1,\"me\",\"secret\"",
        ),
        (&ConnectRead, "AT+CMQTTCONNECT?"),
        (&Disc { client: FIRST, timeout: 120 }, "AT+CMQTTDISC=0,120"),
        (&DiscRead, "AT+CMQTTDISC?"),
        (&Topic { client: SECOND, topic: "straße" }, "AT+CMQTTTOPIC=1,7"),
        (&Payload::new(FIRST, b"0123456789"), "AT+CMQTTPAYLOAD=0,10"),
        (
            &Pub { client: FIRST, qos: QoS::AtLeastOnce, timeout: 60, retained: true, duplicate: false },
            "AT+CMQTTPUB=0,1,60,1,0",
        ),
        (&Sub { client: FIRST, filter: "a/#", qos: QoS::AtLeastOnce }, "AT+CMQTTSUB=0,3,1"),
        (&Unsub { client: FIRST, filter: "a/#" }, "AT+CMQTTUNSUB=0,3,0"),
    ];
    for (request, line) in table {
        assert_eq!(encoded(*request), *line);
        assert_eq!(problem(*request, Family::Sim7600).filter(|(what, _)| *what != Parameter::Version), None, "{line}");
    }
}

#[test]
fn the_password_does_not_show_in_debug_output() {
    let text = std::format!("{:?}", Connect { user: Some("me"), password: Some("secret"), ..connect() });
    assert!(text.contains("me") && !text.contains("secret"), "{text}");
}

#[test]
fn the_version_is_set_where_the_family_sets_it_and_refused_elsewhere() {
    let cfg = Cfg { client: FIRST, setting: Setting::Version(MqttVersion::V3_1_1) };
    let accq = Accq { client: FIRST, client_id: "d", server_type: ServerType::Tcp, version: Some(MqttVersion::V3_1_1) };
    let refused = Some((Parameter::Version, Problem::NotInFamily));
    for (family, in_cfg, in_accq) in [
        (Family::A7600, refused, refused),
        (Family::A76xx, None, refused),
        (Family::Sim767x, None, refused),
        (Family::Sim7600, refused, None),
    ] {
        assert_eq!((problem(&cfg, family), problem(&accq, family)), (in_cfg, in_accq), "{family:?}");
    }
}

#[test]
fn limits_are_checked_on_both_sides() {
    let bytes = [b'x'; 10_241];
    let text = |length: usize| core::str::from_utf8(&bytes[..length]).unwrap();
    let too_long = |limit| Some(Problem::TooLong(limit));
    let family = Family::A7600;
    for (length, limit, expected) in [(128, 128, None), (129, 128, too_long(128))] {
        let accq = Accq { client: FIRST, client_id: text(length), server_type: ServerType::Tcp, version: None };
        assert_eq!(problem(&accq, family).map(|(_, problem)| problem), expected, "{limit}");
    }
    // `tcp://` and `:1883` take 11 of 256 bytes.
    assert_eq!(problem(&Connect { host: text(245), ..connect() }, family), None);
    let long = problem(&Connect { host: text(246), ..connect() }, family);
    assert_eq!(long, Some((Parameter::Address, Problem::TooLong(256))));
    assert_eq!(problem(&Connect { keep_alive: 64_800, ..connect() }, family), None);
    let long = problem(&Connect { keep_alive: 64_801, ..connect() }, family);
    assert_eq!(long, Some((Parameter::KeepAlive, Problem::OutOfRange(1, 64_800))));
    let long = problem(&Connect { user: Some(text(257)), ..connect() }, family);
    assert_eq!(long, Some((Parameter::User, Problem::TooLong(256))));
    let alone = problem(&Connect { password: Some("secret"), ..connect() }, family);
    assert_eq!(alone, Some((Parameter::Password, Problem::WithoutUser)));
    assert_eq!(problem(&Payload::new(FIRST, &bytes[..10_240]), family), None);
    let long = problem(&Payload::new(FIRST, &bytes), family);
    assert_eq!(long, Some((Parameter::Payload, Problem::TooLong(10_240))));
    let long = problem(&Payload::new(FIRST, &bytes[..4097]), Family::Sim767x);
    assert_eq!(long, Some((Parameter::Payload, Problem::TooLong(4096))));
    let short = problem(&Disc { client: FIRST, timeout: 59 }, family);
    assert_eq!(short, Some((Parameter::Timeout, Problem::OutOfRange(60, 180))));
    assert_eq!(problem(&Disc { client: FIRST, timeout: 1 }, Family::A76xx), None);
}

#[test]
fn a_read_form_tells_the_clients_apart() {
    let answer = b"\r\n+CMQTTACCQ: 0,\"device-7\",1\r\n+CMQTTACCQ: 1,\"\",0\r\n";
    assert_eq!(response(&AccqRead, answer), [Some(ServerType::Tls), None]);
    let answer = b"\r\n+CMQTTCONNECT: 0\r\n+CMQTTCONNECT: 1,\"tcp://broker.example:1883\",60,1\r\n";
    assert_eq!(response(&ConnectRead, answer), [false, true]);
    assert_eq!(response(&DiscRead, b"+CMQTTDISC: 0,1\r\n+CMQTTDISC: 1,0\r\n"), [Some(false), Some(true)]);
    assert_eq!(response(&DiscRead, b"+CMQTTDISC: 1,0\r\n"), [None, Some(true)]);
}

#[test]
fn an_id_longer_than_the_line_buffer_counts_as_acquired() {
    let mut answer = b"+CMQTTACCQ: 0,\"".to_vec();
    answer.extend([b'x'; 128]);
    answer.extend(b"\",0\r\n+CMQTTACCQ: 1,\"\",0\r\n");
    assert_eq!(response(&AccqRead, &answer), [Some(ServerType::Tcp), None]);
}

#[test]
fn the_queries_of_a_fence_have_typed_responses() {
    assert_eq!(response(&Csq, b"+CSQ: 23,0\r\n"), Some(23));
    assert_eq!(response(&Creg, b"+CREG: 0,5\r\n"), Some(5));
    assert_eq!(response(&Cpin, b"+CPIN: READY\r\n"), Some(true));
    assert_eq!(response(&Cpin, b"+CPIN: SIM PIN\r\n"), Some(false));
}
