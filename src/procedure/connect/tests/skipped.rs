//! Defaults that a firmware does not know.

use super::*;
use crate::command::SslVersion;
use crate::procedure::Listen;
use crate::skipped::SkippedSettings;

const ACCQ_ALONE: &str = "AT+CMQTTACCQ=0,\"meter-3\",0";

fn skipped(dialogue: &Dialogue) -> SkippedSettings {
    dialogue.engine.skipped_settings()
}

/// ACCQ, and the version where the family sets it behind that, refused.
fn version_refused(family: Family, refused: &str) -> Vec<Row> {
    if family == Family::Sim7600 {
        [command("AT+CMQTTACCQ=0,\"meter-3\",0,4", ERROR), command(ACCQ_ALONE, OK)].concat()
    } else {
        [command(ACCQ_ALONE, OK), command("AT+CMQTTCFG=\"version\",0,4", refused)].concat()
    }
}

#[test]
fn a_version_that_is_unknown_is_skipped_and_not_sent_again_before_a_restart() {
    let with_code = "\r\n+CMQTTCFG: 0,12\r\n\r\nERROR\r\n";
    for (family, refused) in
        [(Family::Sim7600, ERROR), (Family::A76xx, ERROR), (Family::Sim767x, ERROR), (Family::A76xx, with_code)]
    {
        let mut dialogue = Dialogue::in_step(family);
        let script = [accq_read(FREE, FREE), version_refused(family, refused), open()];
        assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
        assert!(skipped(&dialogue).mqtt_version());

        // The options are still the same.
        assert_eq!(reconnect(&mut dialogue, &[disc_read(0, 1)]), Ok(Connection::Adopted));
        // Other options: the client is acquired again.
        let script = [disc(), rel(), command(ACCQ_ALONE, OK), open()];
        assert_eq!(connect(&mut dialogue, FIRST, &OPTIONS, None, &script), Ok(Connection::Opened));

        assert_eq!(dialogue.call(&mut Listen, &[received("\r\nRDY\r\n")]), Ok(()));
        assert!(skipped(&dialogue).is_empty());
    }
}

#[test]
fn a_version_that_was_asked_for_is_not_skipped() {
    for family in [Family::Sim7600, Family::A76xx] {
        let options = OPTIONS.version(MqttVersion::V3_1_1);
        let mut dialogue = Dialogue::in_step(family);
        let (script, name) = if family == Family::Sim7600 {
            let accq = || command("AT+CMQTTACCQ=0,\"meter-3\",0,4", ERROR);
            ([accq_read(FREE, FREE), accq(), disc(), rel(), accq()].concat(), "+CMQTTACCQ")
        } else {
            ([accq_read(FREE, FREE), version_refused(family, ERROR)].concat(), "+CMQTTCFG=\"version\"")
        };
        let result = connect(&mut dialogue, FIRST, &options, None, &[script]);
        assert!(matches!(result, Err(Error::Refused { command, .. }) if command.as_str() == name), "{result:?}");
        assert!(skipped(&dialogue).is_empty());
    }
}

#[test]
fn an_index_in_use_says_nothing_about_the_version() {
    let mut dialogue = Dialogue::in_step(Family::Sim7600);
    let accq = |answer| command("AT+CMQTTACCQ=0,\"meter-3\",0,4", answer);
    let in_use = accq("\r\n+CMQTTACCQ: 0,19\r\n\r\nERROR\r\n");
    let script = [accq_read(FREE, FREE), in_use, disc(), rel(), accq(OK), open()];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
    assert!(skipped(&dialogue).is_empty());
}

#[test]
fn an_index_that_is_refused_without_its_version_too_is_torn_down_and_its_version_sent_again() {
    let accq = |answer| command("AT+CMQTTACCQ=0,\"meter-3\",0,4", answer);
    let in_use = || [accq_read(FREE, FREE), accq(ERROR), command(ACCQ_ALONE, ERROR), disc(), rel()].concat();
    let mut dialogue = Dialogue::in_step(Family::Sim7600);
    assert_eq!(first_connect(&mut dialogue, &[in_use(), accq(OK), open()]), Ok(Connection::Opened));
    assert!(skipped(&dialogue).is_empty());

    let mut dialogue = Dialogue::in_step(Family::Sim7600);
    let alone = command(ACCQ_ALONE, OK);
    assert_eq!(first_connect(&mut dialogue, &[in_use(), accq(ERROR), alone, open()]), Ok(Connection::Opened));
    assert!(skipped(&dialogue).mqtt_version());

    let mut dialogue = Dialogue::in_step(Family::Sim7600);
    let script = [in_use(), accq(ERROR), command(ACCQ_ALONE, ERROR)];
    assert_eq!(first_connect(&mut dialogue, &script), Err(refused_without_code(&"+CMQTTACCQ")));
}

/// The settings of `Tls::server`, of which those with this place are refused.
fn tls_settings(refused: &[usize], sent: &[usize]) -> Vec<Row> {
    let lines = [
        "AT+CSSLCFG=\"sslversion\",0,4",
        "AT+CSSLCFG=\"authmode\",0,1",
        "AT+CSSLCFG=\"negotiatetime\",0,120",
        "AT+CSSLCFG=\"cacert\",0,\"ca.pem\"",
        "AT+CSSLCFG=\"enableSNI\",0,1",
    ];
    let answer = |place| if refused.contains(place) { ERROR } else { OK };
    sent.iter().flat_map(|place| command(lines[*place], answer(place))).collect()
}

const TLS_CONNECT: &str = "AT+CMQTTCONNECT=0,\"tcp://broker.example:8883\",60,1";

#[test]
fn every_default_of_tls_that_is_unknown_is_skipped_and_not_sent_again() {
    let names: [fn(SkippedSettings) -> bool; 3] =
        [SkippedSettings::ssl_version, SkippedSettings::negotiation_time, SkippedSettings::sni];
    let tls = Tls::server("ca.pem");
    let options = ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "meter-3");
    for refused in [&[0][..], &[2], &[4], &[0, 2, 4]] {
        let mut dialogue = Dialogue::in_step(Family::A7600);
        let accq = || command("AT+CMQTTACCQ=0,\"meter-3\",1", OK);
        let opened = || {
            let connected = command(TLS_CONNECT, "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n");
            [command("AT+CMQTTSSLCFG=0,0", OK), connected].concat()
        };
        let script = [accq_read(FREE, FREE), accq(), tls_settings(refused, &[0, 1, 2, 3, 4]), opened()];
        assert_eq!(connect(&mut dialogue, FIRST, &options, None, &script), Ok(Connection::Opened));
        let found = names.map(|name| name(skipped(&dialogue)));
        assert_eq!(found, [0, 2, 4].map(|place| refused.contains(&place)));

        let left: Vec<usize> = (0..5).filter(|place| !refused.contains(place)).collect();
        let script = [disc(), rel(), accq(), tls_settings(&[], &left), opened()];
        assert_eq!(connect(&mut dialogue, FIRST, &options, None, &script), Ok(Connection::Opened));
        assert_eq!(
            connect(&mut dialogue, FIRST, &options, Some(&options), &[disc_read(0, 1)]),
            Ok(Connection::Adopted)
        );
    }
}

#[test]
fn a_setting_of_tls_that_was_asked_for_is_named_where_it_is_refused() {
    let tls = [
        Tls::server("ca.pem").version(SslVersion::All),
        Tls::server("ca.pem").negotiation_time(Duration::from_secs(120)),
        Tls::server("ca.pem").sni(true),
    ];
    let names = [&"+CSSLCFG=\"sslversion\"", &"+CSSLCFG=\"negotiatetime\"", &"+CSSLCFG=\"enableSNI\""];
    for (place, (tls, name)) in [0, 2, 4].into_iter().zip(tls.iter().zip(names)) {
        let options = ConnectOptions::new(Broker::tls("broker.example", 8883, tls), "meter-3");
        let sent: Vec<usize> = (0..=place).collect();
        let accq = command("AT+CMQTTACCQ=0,\"meter-3\",1", OK);
        let script = [accq_read(FREE, FREE), accq, tls_settings(&[place], &sent)];
        let mut dialogue = Dialogue::in_step(Family::A7600);
        let result = connect(&mut dialogue, FIRST, &options, None, &script);
        assert_eq!(result, Err(refused_without_code(name)));
        assert!(skipped(&dialogue).is_empty());
    }
}

#[test]
fn connect_waits_as_long_as_the_handshake_may_take_and_5_s() {
    let long = Tls::server("ca.pem").negotiation_time(Duration::from_secs(300));
    let long_settings =
        [tls_settings(&[], &[0, 1]), command("AT+CSSLCFG=\"negotiatetime\",0,300", OK), tls_settings(&[], &[3, 4])];
    let default_refused = tls_settings(&[2], &[0, 1, 2, 3, 4]);
    for (tls, settings) in [(long, long_settings.concat()), (Tls::server("ca.pem"), default_refused)] {
        let options = ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "meter-3");
        let late = vec![
            sent(TLS_CONNECT),
            sent("\r"),
            received(OK),
            after_ms(304_000),
            received("\r\n+CMQTTCONNECT: 0,0\r\n"),
        ];
        let accq = command("AT+CMQTTACCQ=0,\"meter-3\",1", OK);
        let script = [accq_read(FREE, FREE), accq, settings, command("AT+CMQTTSSLCFG=0,0", OK), late];
        let mut dialogue = Dialogue::in_step(Family::A7600);
        assert_eq!(connect(&mut dialogue, FIRST, &options, None, &script), Ok(Connection::Opened));
    }
}
