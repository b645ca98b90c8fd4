//! Every command of the command set on its own, on every family.

use core::cell::RefCell;
use core::time::Duration;

use simcom_modem_simulator::behaviour::{Override, ScriptedAnswer, SubscribeRead};

use crate::bench::*;
use crate::driver::command::network::Cgmm;
use crate::driver::command::*;
use crate::driver::error::{Error, InvalidInput, Problem, Refusal};
use crate::driver::family::{TestForms, VersionSetting};
use crate::driver::{Family, MqttVersion, Publish, QoS, ServiceState};

/// The module refused with `ERROR`.
fn is_refused<R>(result: Result<R, Error>) -> bool {
    matches!(result, Err(Error::Refused { refusal: Refusal::Error, .. }))
}

fn is_not_in_family<R>(result: Result<R, Error>) -> bool {
    matches!(result, Err(Error::Invalid(InvalidInput { problem: Problem::NotInFamily, .. })))
}

async fn listed(modem: &mut TestModem<'_>) -> Result<Vec<String>, Error> {
    let topics = RefCell::new(Vec::<String>::new());
    let list = SubRead::new(|part: Part<'_>| {
        let mut topics = topics.borrow_mut();
        if part.is_first() {
            topics.push(String::new());
        }
        topics.last_mut().expect("it has begun").push_str(core::str::from_utf8(part.bytes()).expect("text"));
    });
    let count = modem.execute_local(&list).await?.count();
    let topics = topics.into_inner();
    assert_eq!(topics.len(), usize::from(count));
    Ok(topics)
}

async fn set_up(bench: &Bench, family: Family, modem: &mut TestModem<'_>, client_id: &str) {
    let client = FIRST;
    modem.execute(&EchoOff).await.or_transcript(bench);
    assert!(is_refused(modem.execute(&RelRead).await));
    modem.execute(&Start).await.or_transcript(bench);
    modem.execute(&RelRead).await.or_transcript(bench);
    let version = (family.version_setting() == VersionSetting::AcquireArgument).then_some(MqttVersion::V3_1_1);
    modem.execute(&Accq { client, client_id, server_type: ServerType::Tcp, version }).await.or_transcript(bench);
    let acquired = modem.execute(&AccqRead).await.or_transcript(bench);
    let acquired = acquired.get(FIRST).expect("it is acquired");
    assert_eq!((acquired.client_id().as_str(), acquired.server_type()), (Some(client_id), ServerType::Tcp));
    let sslcfg = Sslcfg { client, context: 3 };
    modem.execute(&sslcfg).await.or_transcript(bench);
    assert_eq!(modem.execute(&SslcfgRead).await.or_transcript(bench).get(FIRST), Some(&3));
    for setting in [Setting::CheckUtf8(false), Setting::OperationTimeout(Duration::from_secs(24))] {
        modem.execute(&Cfg { client, setting }).await.or_transcript(bench);
    }
    let settings = modem.execute(&CfgRead).await.or_transcript(bench);
    let settings = settings.get(FIRST).expect("client 0 has settings");
    assert_eq!((settings.check_utf8, settings.operation_timeout.as_secs()), (false, 24));
    modem.execute(&WillTopic { client, topic: b"meter-3/state" }).await.or_transcript(bench);
    modem.execute(&WillMsg { client, message: b"gone", qos: QoS::AtLeastOnce }).await.or_transcript(bench);
    let connect = Connect {
        client,
        host: "broker.example",
        port: 1883,
        keep_alive: Duration::from_secs(60),
        clean_session: true,
        user: Some("meter"),
        password: Some("water"),
    };
    modem.execute(&connect).await.or_transcript(bench);
    let connected = modem.execute(&ConnectRead).await.or_transcript(bench);
    assert!(connected.get(SECOND).is_none());
    let connected = connected.get(FIRST).expect("it has an address");
    assert_eq!(connected.address().as_str(), Some("tcp://broker.example:1883"));
    assert_eq!((connected.keep_alive().as_secs(), connected.clean_session()), (60, true));
    assert_eq!(connected.user().and_then(Text::as_str), Some("meter"));
    let connected = modem.execute(&DiscRead).await.or_transcript(bench);
    assert_eq!(ClientIndex::ALL.map(|client| connected.get(client).copied()), [Some(true), Some(false)]);
}

async fn subscribe(bench: &Bench, family: Family, modem: &mut TestModem<'_>) {
    let client = FIRST;
    let qos = QoS::AtLeastOnce;
    modem.execute(&Sub { client, filter: b"meter-3/#", qos }).await.or_transcript(bench);
    modem.execute(&Duplicate(Sub { client, filter: b"meter-3/#", qos })).await.or_transcript(bench);
    let long = "meter-3/".repeat(128);
    let staged = [Subtopic { client, filter: b"all/+", qos }, Subtopic { client, filter: long.as_bytes(), qos }];
    if family.has_staged_subscriptions() {
        for subtopic in &staged {
            modem.execute(subtopic).await.or_transcript(bench);
        }
        modem.execute(&SubStaged { client }).await.or_transcript(bench);
    } else {
        assert!(is_not_in_family(modem.execute(&staged[0]).await));
        assert!(is_not_in_family(modem.execute(&SubStaged { client }).await));
        for Subtopic { filter, .. } in staged {
            modem.execute(&Sub { client, filter, qos }).await.or_transcript(bench);
        }
    }
    let topics = listed(modem).await;
    if family.lists_subscriptions() {
        assert_eq!(topics.or_transcript(bench), ["meter-3/#", "all/+", &long]);
    } else {
        assert!(is_not_in_family(topics));
    }
    if family.has_staged_subscriptions() {
        modem.execute(&Unsubtopic { client, filter: long.as_bytes() }).await.or_transcript(bench);
        modem.execute(&Unsubtopic { client, filter: b"all/+" }).await.or_transcript(bench);
        modem.execute(&UnsubStaged { client }).await.or_transcript(bench);
        modem.execute(&Unsubtopic { client, filter: b"all/+" }).await.or_transcript(bench);
        modem.execute(&Duplicate(UnsubStaged { client })).await.or_transcript(bench);
    } else {
        assert!(is_not_in_family(modem.execute(&UnsubStaged { client }).await));
        modem.execute(&Unsub { client, filter: long.as_bytes() }).await.or_transcript(bench);
        modem.execute(&Duplicate(Unsub { client, filter: b"all/+" })).await.or_transcript(bench);
    }
    let topics = listed(modem).await;
    assert_eq!(topics.unwrap_or_else(|_| vec!["meter-3/#".to_owned()]), ["meter-3/#"]);
}

#[test]
fn every_command_on_its_own_from_start_to_stop() {
    for (family, _) in FAMILIES {
        for layout in [SubscribeRead::FollowingLines, SubscribeRead::SameLine] {
            let bench = bench_with(family, |behaviour| behaviour.subscribe_read = layout);
            let inbox = TestInbox::new();
            bench.block_on(async {
                let client = FIRST;
                let mut modem = modem(&bench, family, &inbox);
                set_up(&bench, family, &mut modem, &"device-7 ".repeat(14)).await;
                subscribe(&bench, family, &mut modem).await;
                modem.execute(&Topic { client, topic: b"meter-3/reading" }).await.or_transcript(&bench);
                modem.execute(&Payload::new(client, LOOK_ALIKES)).await.or_transcript(&bench);
                let publish = Pub {
                    client,
                    qos: QoS::ExactlyOnce,
                    timeout: Duration::from_secs(60),
                    retained: false,
                    duplicate: true,
                };
                modem.execute(&publish).await.or_transcript(&bench);
                let timeout = if family.has_disconnect_without_timeout() { 0 } else { 60 };
                modem.execute(&Disc { client, timeout: Duration::from_secs(timeout) }).await.or_transcript(&bench);
                let connected = modem.execute(&DiscRead).await.or_transcript(&bench);
                assert!(ClientIndex::ALL.iter().all(|client| connected.get(*client) == Some(&false)));
                modem.execute(&Rel { client }).await.or_transcript(&bench);
                assert!(modem.execute(&AccqRead).await.or_transcript(&bench).get(FIRST).is_none());
                modem.execute(&Stop).await.or_transcript(&bench);
            });
            assert_no_complaints(&bench, PROBING);
        }
    }
}

#[test]
fn the_service_is_started_on_a_context_of_choice_where_the_family_can() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.execute(&EchoOff).await.or_transcript(&bench);
            let started = modem.execute(&StartContext { context: 1 }).await;
            if family.starts_on_any_context() {
                started.or_transcript(&bench);
                assert_eq!(modem.service_state(), ServiceState::Started);
                assert!(modem.execute(&StartContext { context: 2 }).await.is_err(), "it is started");
            } else {
                assert!(is_not_in_family(started));
            }
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        });
        let starts = String::from_utf8(bench.sent()).expect("text").matches("AT+CMQTTSTART").count();
        assert_eq!(starts, 1);
        let bench = switched(family, &[("start-failures", "1")]);
        let mut modem = crate::bench::modem(&bench, family, &inbox);
        if family.starts_on_any_context() {
            let failed = bench.block_on(async { modem.execute(&StartContext { context: 1 }).await });
            assert_eq!(refusal(failed, &bench), ("+CMQTTSTART", code(1)));
        }
    }
}

#[test]
fn ssl_contexts_and_certificates() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        bench.block_on(async {
            let mut modem = modem(&bench, family, &inbox);
            modem.execute(&EchoOff).await.or_transcript(&bench);
            let long = "n".repeat(104) + ".pem";
            for name in ["ca.pem", &long] {
                modem.execute(&Ccertdown::new(name, LOOK_ALIKES)).await.or_transcript(&bench);
            }
            let names = RefCell::new(String::new());
            let list = Ccertlist::new(|part: Part<'_>| {
                let separator = if part.is_first() { "|" } else { "" };
                let text = core::str::from_utf8(part.bytes()).expect("text");
                names.borrow_mut().extend([separator, text]);
            });
            assert_eq!(modem.execute_local(&list).await.or_transcript(&bench).count(), 2);
            assert_eq!(*names.borrow(), format!("|ca.pem|{long}"));
            for setting in [
                SslSetting::Version(SslVersion::All),
                SslSetting::AuthMode(AuthMode::ServerAndClient),
                SslSetting::IgnoreLocalTime(false),
                SslSetting::NegotiateTime(Duration::from_secs(60)),
                SslSetting::CaCert("ca.pem"),
                SslSetting::ClientCert("ca.pem"),
                SslSetting::ClientKey(&long),
                SslSetting::EnableSni(true),
            ] {
                modem.execute(&Csslcfg::new(family, 2, setting)).await.or_transcript(&bench);
            }
            for setting in [
                SslSetting::KeyPwd(Secret("secret")),
                SslSetting::CipherSuites(0xFFFF),
                SslSetting::Password("password.pem"),
                SslSetting::IgnoreCertCn(false),
            ] {
                let result = modem.execute(&Csslcfg::new(family, 2, setting)).await;
                assert!(result.is_ok() || is_not_in_family(result), "{setting:?}");
            }
            modem.execute(&Ccertdele { name: &long }).await.or_transcript(&bench);
        });
        assert_no_complaints(&bench, &[]);
        bench.modem(|module, _| {
            assert_eq!(module.certificates().collect::<Vec<_>>(), [("ca.pem", LOOK_ALIKES)]);
            assert_eq!(module.ssl_context(2).ca_certificate, "ca.pem");
            assert!(!module.ssl_context(2).ignores_local_time && module.ssl_context(2).server_name_indication);
        });
    }
}

#[test]
fn a_module_says_which_family_it_is_of() {
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        // The driver assumes an A7600 at first.
        let forms = bench.block_on(async {
            let mut modem = modem(&bench, Family::A7600, &inbox);
            modem.execute(&EchoOff).await.or_transcript(&bench);
            let payload = modem.execute(&PayloadTest).await.or_transcript(&bench);
            let cfg = modem.execute(&CfgTest).await.or_transcript(&bench);
            let accq = modem.execute(&AccqTest).await.or_transcript(&bench);
            let subtopic = modem.execute(&SubtopicTest).await;
            assert!(subtopic.is_ok() || is_refused(subtopic));
            let connect = modem.execute(&ConnectTest).await.or_transcript(&bench);
            assert_eq!(connect.get(2), Some(Range::new(1, 64_800)));
            TestForms {
                longest_payload: payload.get(1).map(Range::most),
                has_version_in_cfg: Some(cfg.version.is_some()),
                has_version_in_accq: Some(accq.get(3).is_some()),
                has_staged_subscriptions: Some(subtopic.is_ok()),
            }
        });
        assert_eq!(Family::from_test_forms(forms), Some(family), "{forms:?}");
    }
}

/// A command with a short timeout.
struct Short;

impl Request for Short {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CGNSSPWR", Answer::Plain) }).timeout(Duration::from_secs(1));
    }
}

impl Command for Short {
    type Response = ();
}

#[test]
fn a_command_of_ones_own_can_have_a_shorter_timeout() {
    let bench = bench_with(Family::A76xx, |behaviour| {
        behaviour.overrides = vec![Override { prefix: "AT+CGNSSPWR".into(), nth: 1, answer: ScriptedAnswer::Silence }];
    });
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, Family::A76xx, &inbox);
    bench.block_on(async {
        modem.execute(&At).await.or_transcript(&bench);
        let before = bench.now();
        assert!(matches!(modem.execute(&Short).await, Err(Error::NoAnswer { .. })));
        let took = bench.now() - before;
        assert!(took < Duration::from_millis(1_500), "{took:?}");
    });
}

/// A command with more data than it has announced.
struct Talkative;

impl Request for Talkative {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTTOPIC", Answer::Plain) }).text("=0,3").prompt(3);
    }

    fn data(&self) -> &[u8] {
        b"a/bAT+CMQTTREL=0\r"
    }
}

impl Command for Talkative {
    type Response = ();
}

#[test]
fn no_more_data_than_announced_are_sent() {
    let bench = bench(Family::A76xx);
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, Family::A76xx, &inbox);
    bench.block_on(async {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        modem.execute(&Talkative).await.or_transcript(&bench);
        assert!(!String::from_utf8_lossy(&bench.sent()).contains("CMQTTREL"));
        modem.client(FIRST).publish(&Publish::new("a", b"x")).await.or_transcript(&bench);
    });
}

#[test]
fn a_line_that_begins_like_rdy_is_no_restart() {
    let bench = bench_with(Family::A76xx, |behaviour| {
        let answer = ScriptedAnswer::Exactly(b"\r\nRDY 25C\r\n\r\nOK\r\n".to_vec());
        behaviour.overrides = vec![Override { prefix: "AT+CGMM".into(), nth: 1, answer }];
    });
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, Family::A76xx, &inbox);
    bench.block_on(async {
        let model = modem.execute(&Cgmm).await;
        assert!(model.is_ok(), "{model:?}");
    });
}

#[test]
fn filters_that_begin_with_at_are_listed_while_the_echo_is_on() {
    for family in [Family::A76xx, Family::Sim767x] {
        let bench = bench(family);
        let inbox = TestInbox::new();
        bench.block_on(async {
            let mut first = modem(&bench, family, &inbox);
            first.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            for filter in ["a/b", "ATTIC/#"] {
                first.client(FIRST).subscribe(filter, QoS::AtMostOnce).await.or_transcript(&bench);
            }
            for echo in [true, false] {
                bench.modem(|module, _| module.preset_echo(echo));
                let mut fresh = modem(&bench, family, &inbox);
                assert_eq!(listed(&mut fresh).await.or_transcript(&bench), ["a/b", "ATTIC/#"]);
            }
        });
    }
}
