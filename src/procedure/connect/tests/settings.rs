//! What the options come to: exact lines, their order, and what each family spells in its own way.

use core::time::Duration;

use super::*;
use crate::command::{MqttVersion, QoS, SslSetting, SslVersion};
use crate::error::{InvalidInput, Parameter, Problem};
use crate::options::Will;
use crate::procedure::Listen;
use crate::tls::Tls;

const OPENED: &str = "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n";

/// Connects with `options` to a started service; the script goes on with ACCQ.
#[track_caller]
fn set_up(family: Family, options: &ConnectOptions<'_>, script: &[Vec<Row>]) -> Dialogue {
    let mut dialogue = Dialogue::in_step(family);
    let script = [&[accq_read(FREE, FREE)], script].concat();
    assert_eq!(connect(&mut dialogue, FIRST, options, None, &script), Ok(Connection::Opened));
    dialogue
}

#[test]
fn credentials_keep_alive_and_session_are_arguments_of_connect() {
    let options = OPTIONS.credentials("me", "secret").keep_alive(Duration::from_secs(120)).clean_session(false);
    let line = "AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",120,0,\"me\",\"secret\"";
    set_up(Family::A7600, &options, &[command("AT+CMQTTACCQ=0,\"meter-3\",0", OK), command(line, OPENED)]);

    let line = std::format!("{CONNECT},\"me\"");
    set_up(Family::A7600, &OPTIONS.user("me"), &[command("AT+CMQTTACCQ=0,\"meter-3\",0", OK), command(&line, OPENED)]);
}

#[test]
fn the_longest_connect_line_is_sent_whole() {
    let (host, user, password) = ("h".repeat(244), "u".repeat(256), "p".repeat(256));
    let options = ConnectOptions::new(Broker::tcp(&host, 1883), "meter-3").credentials(&user, &password);
    let line = std::format!("AT+CMQTTCONNECT=0,\"tcp://{host}:1883\",60,1,\"{user}\",\"{password}\"");
    set_up(Family::A7600, &options, &[command("AT+CMQTTACCQ=0,\"meter-3\",0", OK), command(&line, OPENED)]);
}

#[test]
fn mqtt_3_1_is_chosen_where_the_family_has_the_choice() {
    let options = OPTIONS.version(MqttVersion::V3_1);
    let accq = command("AT+CMQTTACCQ=0,\"meter-3\",0", OK);
    set_up(Family::A76xx, &options, &[accq, command("AT+CMQTTCFG=\"version\",0,3", OK), command(CONNECT, OPENED)]);
    set_up(Family::Sim7600, &options, &[command("AT+CMQTTACCQ=0,\"meter-3\",0,3", OK), command(CONNECT, OPENED)]);
}

#[test]
fn settings_and_will_follow_accq_in_this_order() {
    let will = Will::new("meter-3/state", b"gone").qos(QoS::AtLeastOnce);
    let options = OPTIONS.will(&will).operation_timeout(Duration::from_secs(30)).check_utf8(false);
    let script = [
        command("AT+CMQTTACCQ=0,\"meter-3\",0", OK),
        command("AT+CMQTTCFG=\"version\",0,4", OK),
        command("AT+CMQTTCFG=\"optimeout\",0,30", OK),
        command("AT+CMQTTCFG=\"checkUTF8\",0,0", OK),
        prompted("AT+CMQTTWILLTOPIC=0,13", "meter-3/state", OK),
        prompted("AT+CMQTTWILLMSG=0,4,1", "gone", OK),
        command(CONNECT, OPENED),
    ];
    let mut dialogue = set_up(Family::Sim767x, &options, &script);
    // They stay until the client is released.
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    let again = connect(&mut dialogue, FIRST, &options, Some(&options), &[command(CONNECT, OPENED)]);
    assert_eq!(again, Ok(Connection::Opened));
}

#[test]
fn a_will_that_is_refused_ends_the_call() {
    let will = Will::new("meter-3/state", b"gone");
    let mut dialogue = Dialogue::in_step(Family::A7600);
    let script = [
        accq_read(FREE, FREE),
        command("AT+CMQTTACCQ=0,\"meter-3\",0", OK),
        command("AT+CMQTTWILLTOPIC=0,13", "\r\n+CMQTTWILLTOPIC: 0,25\r\n\r\nERROR\r\n"),
    ];
    let result = connect(&mut dialogue, FIRST, &OPTIONS.will(&will), None, &script);
    assert_eq!(result, Err(refused(&"+CMQTTWILLTOPIC", 25)));
}

#[test]
fn tls_sets_up_its_context_behind_accq_and_names_it_before_every_connect() {
    let tls = Tls::server("ca.pem");
    let options = ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "meter-3");
    let line = "AT+CMQTTCONNECT=0,\"tcp://broker.example:8883\",60,1";
    let script = [
        command("AT+CMQTTACCQ=0,\"meter-3\",1,4", OK),
        command("AT+CSSLCFG=\"sslversion\",0,4", OK),
        command("AT+CSSLCFG=\"authmode\",0,1", OK),
        command("AT+CSSLCFG=\"negotiatetime\",0,120", OK),
        command("AT+CSSLCFG=\"cacert\",0,\"ca.pem\"", OK),
        command("AT+CSSLCFG=\"enableSNI\",0,1", OK),
        command("AT+CMQTTSSLCFG=0,0", OK),
        command(line, "\r\n+CMQTTCONNECT: 0,34\r\n\r\nERROR\r\n"),
    ];
    let mut dialogue = Dialogue::in_step(Family::Sim7600);
    let failed = connect(&mut dialogue, FIRST, &options, None, &[&[accq_read(FREE, FREE)], &script[..]].concat());
    assert_eq!(failed, Err(connect_refused(34, 0)));
    // A failed CONNECT clears which context the client uses, and nothing else.
    let script = [command("AT+CMQTTSSLCFG=0,0", OK), command(line, OPENED)];
    assert_eq!(connect(&mut dialogue, FIRST, &options, Some(&options), &script), Ok(Connection::Opened));
}

#[test]
fn every_setting_of_tls_has_its_place_and_the_spelling_of_the_family() {
    let extra = [SslSetting::CipherSuites(0x2f)];
    for (family, spelling) in [(Family::Sim7600, "ignorelocaltime"), (Family::A7600, "ignorlocaltime")] {
        let mut tls = Tls::mutual("ca.pem", "device.pem", "device-key.pem")
            .context(3)
            .version(SslVersion::Tls1_2)
            .ignore_local_time(false)
            .negotiation_time(Duration::from_secs(60))
            .sni(false);
        if family == Family::Sim7600 {
            tls = tls.extra(&extra);
        }
        let options = ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "meter-3");
        let cfg = |setting: &str| command(&std::format!("AT+CSSLCFG={setting}"), OK);
        let is_sim7600 = family == Family::Sim7600;
        let script = [
            command(if is_sim7600 { "AT+CMQTTACCQ=0,\"meter-3\",1,4" } else { "AT+CMQTTACCQ=0,\"meter-3\",1" }, OK),
            cfg("\"sslversion\",3,3"),
            cfg("\"authmode\",3,2"),
            cfg(&std::format!("\"{spelling}\",3,0")),
            cfg("\"negotiatetime\",3,60"),
            cfg("\"cacert\",3,\"ca.pem\""),
            cfg("\"clientcert\",3,\"device.pem\""),
            cfg("\"clientkey\",3,\"device-key.pem\""),
            cfg("\"enableSNI\",3,0"),
            if is_sim7600 { cfg("\"ciphersuites\",3,0x002F") } else { vec![] },
            command("AT+CMQTTSSLCFG=0,3", OK),
            command("AT+CMQTTCONNECT=0,\"tcp://broker.example:8883\",60,1", OPENED),
        ];
        set_up(family, &options, &script);
    }
}

#[test]
fn a_firmware_that_refuses_to_verify_the_server_is_not_connected() {
    for (refused_place, error) in [(1, Error::NoTls), (3, refused_without_code(&"+CSSLCFG=\"cacert\""))] {
        let tls = Tls::server("ca.pem");
        let options = ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "meter-3");
        let answer = |place| if place == refused_place { ERROR } else { OK };
        let lines = [
            "AT+CSSLCFG=\"sslversion\",0,4",
            "AT+CSSLCFG=\"authmode\",0,1",
            "AT+CSSLCFG=\"negotiatetime\",0,120",
            "AT+CSSLCFG=\"cacert\",0,\"ca.pem\"",
        ];
        let mut script = vec![accq_read(FREE, FREE), command("AT+CMQTTACCQ=0,\"meter-3\",1", OK)];
        script.extend((0..=refused_place).map(|place| command(lines[place], answer(place))));
        let mut dialogue = Dialogue::in_step(Family::A7600);
        let result = connect(&mut dialogue, FIRST, &options, None, &script);
        assert_eq!(result, Err(error));
    }
}

#[test]
fn any_invalid_option_is_found_before_a_byte_is_sent() {
    let (long_will, tls) = (Will::new("", b"gone"), Tls::server("ca"));
    for (options, parameter, problem) in [
        (ConnectOptions::new(Broker::tcp("broker\".example", 1883), "meter-3"), Parameter::Address, Problem::Character),
        (ConnectOptions::new(Broker::tcp("broker.example", 1883), ""), Parameter::ClientId, Problem::Empty),
        (OPTIONS.keep_alive(Duration::ZERO), Parameter::KeepAlive, Problem::OutOfRange(1, 64_800)),
        (OPTIONS.user("a\rb"), Parameter::User, Problem::Character),
        (OPTIONS.will(&long_will), Parameter::WillTopic, Problem::Empty),
        (OPTIONS.operation_timeout(Duration::from_secs(19)), Parameter::OperationTimeout, Problem::OutOfRange(20, 120)),
        (
            ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "m"),
            Parameter::FileName,
            Problem::TooShort(5),
        ),
        (OPTIONS.version(MqttVersion::V3_1), Parameter::Version, Problem::NotInFamily),
    ] {
        let mut dialogue = Dialogue::in_step(Family::A7600);
        let result = connect(&mut dialogue, FIRST, &options, None, &[]);
        let Err(Error::Invalid(InvalidInput { parameter: found, problem: why, .. })) = result else {
            panic!("{result:?}")
        };
        assert_eq!((found, why), (parameter, problem));
    }
}
