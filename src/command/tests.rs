extern crate std;
use core::time::Duration;

use std::string::String;
use std::vec::Vec;

mod answers;
mod coverage;

use super::*;
use crate::at::{Parser, Token, WINDOW_BYTES};
use crate::error::{Parameter, Problem};

/// The line that a command sends, without its CR.
pub(crate) fn encoded(request: &dyn Request) -> String {
    let mut line = Vec::new();
    loop {
        let mut window = [0; WINDOW_BYTES];
        let mut writer = CommandWriter::new(Family::Sim7600, line.len(), &mut window);
        request.describe(&mut writer);
        let filled = writer.filled();
        if filled == 0 {
            return String::from_utf8(line).unwrap();
        }
        line.extend_from_slice(&window[..filled]);
    }
}

/// The response that a command reads from an answer in chunks of this size.
fn response_in_chunks<C: Command>(command: &C, answer: &[u8], size: usize) -> C::Response {
    let mut parser = Parser::new();
    let mut response = C::Response::default();
    for mut chunk in answer.chunks(size) {
        while let Some(token) = parser.next(&mut chunk, false) {
            match token {
                Token::Line(line) => command.line(&mut response, line),
                Token::Rest(bytes) => command.rest(&mut response, bytes),
                _ => {}
            }
        }
    }
    response
}

/// What `view` shows of the response that a command reads from an answer. It must be the same for every size of the
/// chunks.
pub(crate) fn response<C: Command, V: PartialEq + core::fmt::Debug>(
    command: &C,
    answer: &[u8],
    view: impl Fn(&C::Response) -> V,
) -> V {
    let whole = view(&response_in_chunks(command, answer, answer.len()));
    for size in 1..answer.len() {
        assert_eq!(view(&response_in_chunks(command, answer, size)), whole, "in chunks of {size}");
    }
    whole
}

const FIRST: ClientIndex = ClientIndex::First;
const SECOND: ClientIndex = ClientIndex::Second;

fn connect() -> Connect<'static> {
    Connect {
        client: FIRST,
        host: "broker.example",
        port: 1883,
        keep_alive: Duration::from_secs(60),
        clean_session: true,
        user: None,
        password: None,
    }
}

/// Which arguments of a command are wrong for a module of this family.
pub(crate) fn problem(request: &dyn Request, family: Family) -> Option<(Parameter, Problem)> {
    request.check(family).err().map(|invalid| (invalid.parameter, invalid.problem))
}

#[test]
fn every_command_is_written_as_the_manuals_write_it() {
    let table: &[(&dyn Request, &str)] = &[
        (&At, "AT"),
        (&EchoOff, "ATE0"),
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
        (
            &Cfg { client: FIRST, setting: Setting::OperationTimeout(Duration::from_secs(24)) },
            "AT+CMQTTCFG=\"optimeout\",0,24",
        ),
        (&Cfg { client: SECOND, setting: Setting::Version(MqttVersion::V3_1) }, "AT+CMQTTCFG=\"version\",1,3"),
        (&WillTopic { client: FIRST, topic: b"device-7/gone" }, "AT+CMQTTWILLTOPIC=0,13"),
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
        (&Disc { client: FIRST, timeout: Duration::from_secs(120) }, "AT+CMQTTDISC=0,120"),
        (&DiscRead, "AT+CMQTTDISC?"),
        (&Topic { client: SECOND, topic: "straße".as_bytes() }, "AT+CMQTTTOPIC=1,7"),
        (&Payload::new(FIRST, b"0123456789"), "AT+CMQTTPAYLOAD=0,10"),
        (
            &Pub {
                client: FIRST,
                qos: QoS::AtLeastOnce,
                timeout: Duration::from_secs(60),
                retained: true,
                duplicate: false,
            },
            "AT+CMQTTPUB=0,1,60,1,0",
        ),
        (&Sub { client: FIRST, filter: b"a/#", qos: QoS::AtLeastOnce }, "AT+CMQTTSUB=0,3,1"),
        (&Unsub { client: FIRST, filter: b"a/#" }, "AT+CMQTTUNSUB=0,3,0"),
        (&Duplicate(Sub { client: FIRST, filter: b"a/#", qos: QoS::AtLeastOnce }), "AT+CMQTTSUB=0,3,1,1"),
        (&Duplicate(Unsub { client: FIRST, filter: b"a/#" }), "AT+CMQTTUNSUB=0,3,1"),
        (&Subtopic { client: SECOND, filter: b"a/+/b", qos: QoS::ExactlyOnce }, "AT+CMQTTSUBTOPIC=1,5,2"),
        (&SubStaged { client: SECOND }, "AT+CMQTTSUB=1"),
        (&Duplicate(SubStaged { client: SECOND }), "AT+CMQTTSUB=1,1"),
        (&Unsubtopic { client: FIRST, filter: b"a/+/b" }, "AT+CMQTTUNSUBTOPIC=0,5"),
        (&UnsubStaged { client: FIRST }, "AT+CMQTTUNSUB=0,0"),
        (&Duplicate(UnsubStaged { client: FIRST }), "AT+CMQTTUNSUB=0,1"),
        (&RelRead, "AT+CMQTTREL?"),
        (&Sslcfg { client: FIRST, context: 1 }, "AT+CMQTTSSLCFG=0,1"),
        (&SslcfgRead, "AT+CMQTTSSLCFG?"),
        (&CfgRead, "AT+CMQTTCFG?"),
        (&Ccertdown::new("ca.pem", b"-----BEGIN"), "AT+CCERTDOWN=\"ca.pem\",10"),
        (&Ccertdele { name: "ca.pem" }, "AT+CCERTDELE=\"ca.pem\""),
        (&Ccertlist::new(|_| {}), "AT+CCERTLIST"),
        (&AccqTest, "AT+CMQTTACCQ=?"),
        (&RelTest, "AT+CMQTTREL=?"),
        (&SslcfgTest, "AT+CMQTTSSLCFG=?"),
        (&WillTopicTest, "AT+CMQTTWILLTOPIC=?"),
        (&WillMsgTest, "AT+CMQTTWILLMSG=?"),
        (&ConnectTest, "AT+CMQTTCONNECT=?"),
        (&DiscTest, "AT+CMQTTDISC=?"),
        (&TopicTest, "AT+CMQTTTOPIC=?"),
        (&PayloadTest, "AT+CMQTTPAYLOAD=?"),
        (&PubTest, "AT+CMQTTPUB=?"),
        (&SubtopicTest, "AT+CMQTTSUBTOPIC=?"),
        (&SubTest, "AT+CMQTTSUB=?"),
        (&UnsubtopicTest, "AT+CMQTTUNSUBTOPIC=?"),
        (&UnsubTest, "AT+CMQTTUNSUB=?"),
        (&CfgTest, "AT+CMQTTCFG=?"),
    ];
    for (request, line) in table {
        assert_eq!(encoded(*request), *line);
        assert_eq!(problem(*request, Family::Sim7600).filter(|(what, _)| *what != Parameter::Version), None, "{line}");
    }
}

#[test]
fn every_ssl_setting_is_written_as_its_family_spells_it() {
    let written = |family, setting| encoded(&Csslcfg::new(family, 3, setting));
    for (setting, line) in [
        (SslSetting::Version(SslVersion::All), "AT+CSSLCFG=\"sslversion\",3,4"),
        (SslSetting::Version(SslVersion::Ssl3), "AT+CSSLCFG=\"sslversion\",3,0"),
        (SslSetting::AuthMode(AuthMode::ServerAndClient), "AT+CSSLCFG=\"authmode\",3,2"),
        (SslSetting::AuthMode(AuthMode::Client), "AT+CSSLCFG=\"authmode\",3,3"),
        (SslSetting::NegotiateTime(Duration::from_secs(120)), "AT+CSSLCFG=\"negotiatetime\",3,120"),
        (SslSetting::CaCert("server_ca.pem"), "AT+CSSLCFG=\"cacert\",3,\"server_ca.pem\""),
        (SslSetting::ClientCert("cert.pem"), "AT+CSSLCFG=\"clientcert\",3,\"cert.pem\""),
        (SslSetting::ClientKey("key_cert.pem"), "AT+CSSLCFG=\"clientkey\",3,\"key_cert.pem\""),
        (SslSetting::EnableSni(true), "AT+CSSLCFG=\"enableSNI\",3,1"),
    ] {
        for family in Family::ALL {
            assert_eq!(written(family, setting), line);
            assert_eq!(problem(&Csslcfg::new(family, 3, setting), family), None, "{line}");
        }
    }
    let ignore = SslSetting::IgnoreLocalTime(true);
    assert_eq!(written(Family::A7600, ignore), "AT+CSSLCFG=\"ignorlocaltime\",3,1");
    assert_eq!(written(Family::A76xx, ignore), "AT+CSSLCFG=\"ignorelocaltime\",3,1");
    let password = SslSetting::KeyPwd(Secret("secret"));
    assert_eq!(written(Family::Sim7600, password), "AT+CSSLCFG=\"keypwd\",3,\"secret\"");
    let suites = SslSetting::CipherSuites(0xC02F);
    assert_eq!(written(Family::Sim7600, suites), "AT+CSSLCFG=\"ciphersuites\",3,0xC02F");
    let password = SslSetting::Password("password.pem");
    assert_eq!(written(Family::A76xx, password), "AT+CSSLCFG=\"password\",3,\"password.pem\"");
    assert_eq!(written(Family::Sim767x, SslSetting::IgnoreCertCn(false)), "AT+CSSLCFG=\"ignorecertCN\",3,0");
}

#[test]
fn what_a_family_does_not_have_is_refused() {
    let staged: [&dyn Request; 5] = [
        &Subtopic { client: FIRST, filter: b"a", qos: QoS::AtMostOnce },
        &Unsubtopic { client: FIRST, filter: b"a" },
        &SubStaged { client: FIRST },
        &UnsubStaged { client: FIRST },
        &Duplicate(SubStaged { client: FIRST }),
    ];
    let refused = |parameter| Some((parameter, Problem::NotInFamily));
    for family in Family::ALL {
        let expected = if family == Family::Sim767x { refused(Parameter::Command) } else { None };
        assert!(staged.iter().all(|command| problem(*command, family) == expected), "{family:?}");
        let lists = match family {
            Family::A76xx | Family::Sim767x => true,
            Family::A7600 | Family::Sim7600 => false,
        };
        let expected = if lists { None } else { refused(Parameter::Command) };
        assert_eq!(problem(&SubRead::new(|_| {}), family), expected, "{family:?}");
        for (setting, families) in [
            (SslSetting::KeyPwd(Secret("secret")), &[Family::Sim7600][..]),
            (SslSetting::CipherSuites(0xFFFF), &[Family::Sim7600, Family::Sim767x]),
            (SslSetting::Password("password.pem"), &[Family::A76xx, Family::Sim767x]),
            (SslSetting::IgnoreCertCn(true), &[Family::Sim767x]),
        ] {
            let expected = if families.contains(&family) { None } else { refused(Parameter::SslSetting) };
            assert_eq!(problem(&Csslcfg::new(family, 0, setting), family), expected, "{family:?} {setting:?}");
        }
    }
    let spelled_otherwise = Csslcfg::new(Family::A7600, 0, SslSetting::IgnoreLocalTime(true));
    assert_eq!(problem(&spelled_otherwise, Family::A76xx), refused(Parameter::SslSetting));
    let spelled_alike = Csslcfg::new(Family::Sim767x, 0, SslSetting::IgnoreLocalTime(true));
    assert_eq!(problem(&spelled_alike, Family::A76xx), None);
}

#[test]
fn the_service_starts_on_a_context_from_1_to_15() {
    assert_eq!(encoded(&StartContext { context: 15 }), "AT+CMQTTSTART=15");
    for (context, expected) in [(1, None), (15, None), (0, Some(1)), (16, Some(1))] {
        let expected = expected.map(|least| (Parameter::PdpContext, Problem::OutOfRange(least, 15)));
        assert_eq!(problem(&StartContext { context }, Family::Sim767x), expected, "{context}");
    }
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let text = std::format!("{:?}", Connect { user: Some("me"), password: Some("secret"), ..connect() });
    assert!(text.contains("me") && !text.contains("secret"), "{text}");
    let text = std::format!("{:?}", Csslcfg::new(Family::Sim7600, 0, SslSetting::KeyPwd(Secret("secret"))));
    assert!(text.contains("KeyPwd") && !text.contains("secret"), "{text}");
    let text = std::format!("{:?}", Ccertdown::new("key.pem", &[83; 7]));
    assert!(text.contains("key.pem") && text.contains('7') && !text.contains("83"), "{text}");
}

#[test]
fn the_limits_of_ssl_and_certificates_are_checked_on_both_sides() {
    let family = Family::Sim7600;
    let out_of_range = |parameter, least, most| Some((parameter, Problem::OutOfRange(least, most)));
    let context = out_of_range(Parameter::SslContext, 0, 9);
    assert_eq!(problem(&Sslcfg { client: FIRST, context: 9 }, family), None);
    assert_eq!(problem(&Sslcfg { client: FIRST, context: 10 }, family), context);
    let of = |context, setting| problem(&Csslcfg::new(family, context, setting), family);
    assert_eq!(of(10, SslSetting::EnableSni(true)), context);
    for (seconds, is_good) in [(9, false), (10, true), (300, true), (301, false)] {
        let expected = if is_good { None } else { out_of_range(Parameter::NegotiateTime, 10, 300) };
        assert_eq!(of(0, SslSetting::NegotiateTime(Duration::from_secs(seconds))), expected, "{seconds}");
    }
    assert_eq!(of(0, SslSetting::CaCert("ca")), Some((Parameter::FileName, Problem::TooShort(5))));
    assert_eq!(of(0, SslSetting::KeyPwd(Secret("a\"b"))), Some((Parameter::KeyPassword, Problem::Character)));
    let bytes = [b'x'; 10_241];
    let down = |length| problem(&Ccertdown::new("ca.pem", &bytes[..length]), family);
    assert_eq!(down(0), Some((Parameter::Certificate, Problem::Empty)));
    assert_eq!((down(1), down(10_240)), (None, None));
    assert_eq!(down(10_241), Some((Parameter::Certificate, Problem::TooLong(10_240))));
    let announced = Ccertdown::announced("ca.pem", 2048);
    assert_eq!(encoded(&announced), "AT+CCERTDOWN=\"ca.pem\",2048");
    assert_eq!(problem(&announced, family), None);
    let injected = Ccertdele { name: "ca.pem\"\rAT+CPOF" };
    assert_eq!(problem(&injected, family), Some((Parameter::FileName, Problem::Character)));
}

#[test]
fn a_disconnect_without_timeout_is_refused_by_sim767x_alone() {
    let disc = Disc { client: FIRST, timeout: Duration::from_secs(0) };
    for family in [Family::A7600, Family::A76xx, Family::Sim7600] {
        assert_eq!(problem(&disc, family), None, "{family:?}");
    }
    let expected = Some((Parameter::Timeout, Problem::OutOfRange(60, 180)));
    assert_eq!(problem(&disc, Family::Sim767x), expected);
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
    assert_eq!(problem(&Connect { keep_alive: Duration::from_secs(64_800), ..connect() }, family), None);
    let long = problem(&Connect { keep_alive: Duration::from_secs(64_801), ..connect() }, family);
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
    let short = problem(&Disc { client: FIRST, timeout: Duration::from_secs(59) }, family);
    assert_eq!(short, Some((Parameter::Timeout, Problem::OutOfRange(60, 180))));
    assert_eq!(problem(&Disc { client: FIRST, timeout: Duration::from_secs(1) }, Family::A76xx), None);
}
