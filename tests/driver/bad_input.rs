//! Bad input and illegal steps: a typed error, nothing sent, nothing changed.

use core::time::Duration;

use crate::bench::*;
use crate::driver::command::{Accq, Cfg, Connect, MqttVersion, Rel, ServerType, Setting, Start, Stop, WillTopic};
use crate::driver::error::{Illegal, Parameter, Problem};
use crate::driver::{Broker, ConnectOptions, Connection, Error, Family, Publish, QoS, Will};

/// Runs a call that must fail with this error, and checks that no byte was sent and the session is intact.
fn refused_unsent(family: Family, call: impl AsyncFn(&mut TestModem<'_>) -> Result<(), Error>) -> Error {
    let bench = bench(family);
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, family, &inbox);
    bench.block_on(async {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        let sent = bench.sent().len();
        let Err(error) = call(&mut modem).await else { panic!("it was accepted") };
        assert_eq!(bench.sent().len(), sent, "{error}\n{}", bench.transcript_text());
        modem.client(FIRST).publish(&Publish::new("meter-3/a", b"x")).await.or_transcript(&bench);
        error
    })
}

fn problem(error: Error) -> (Parameter, Problem) {
    match error {
        Error::Invalid(invalid) => (invalid.parameter, invalid.problem),
        other => panic!("not invalid input: {other}"),
    }
}

#[test]
fn topics_filters_and_payloads_out_of_range() {
    let long = "x".repeat(1025);
    for (family, module) in FAMILIES {
        let limit = module.longest_payload() as usize;
        let payload = vec![0; limit + 1];
        let publish = |topic: &str, payload: &[u8]| {
            problem(refused_unsent(family, async |modem| {
                modem.client(FIRST).publish(&Publish::new(topic, payload)).await
            }))
        };
        assert_eq!(publish("", b"x"), (Parameter::Topic, Problem::Empty));
        assert_eq!(publish(&long, b"x"), (Parameter::Topic, Problem::TooLong(1024)));
        assert_eq!(publish("meter-3/+", b"x"), (Parameter::Topic, Problem::Wildcard));
        assert_eq!(publish("meter-3/#", b"x"), (Parameter::Topic, Problem::Wildcard));
        assert_eq!(publish("meter\0", b"x"), (Parameter::Topic, Problem::Character));
        assert_eq!(publish("meter-3", &payload), (Parameter::Payload, Problem::TooLong(limit as u16)));

        let too_long = refused_unsent(family, async |modem| {
            modem.client(FIRST).publish_from(&Publish::new("a", b""), limit + 1, &mut &payload[..]).await
        });
        assert_eq!(problem(too_long), (Parameter::Payload, Problem::TooLong(limit as u16)));

        let subscribe = |filter: &str| {
            let subscribed =
                refused_unsent(family, async |modem| modem.client(FIRST).subscribe(filter, QoS::AtMostOnce).await);
            let unsubscribed = refused_unsent(family, async |modem| modem.client(FIRST).unsubscribe(filter).await);
            assert_eq!(subscribed, unsubscribed);
            problem(subscribed)
        };
        assert_eq!(subscribe(""), (Parameter::Filter, Problem::Empty));
        assert_eq!(subscribe(&long), (Parameter::Filter, Problem::TooLong(1024)));
        assert_eq!(subscribe("a/#/b"), (Parameter::Filter, Problem::MisplacedWildcard));
        assert_eq!(subscribe("a+"), (Parameter::Filter, Problem::MisplacedWildcard));
    }
}

#[test]
fn the_timeout_of_a_publish_has_the_range_of_the_family() {
    for (seconds, family, expected) in [
        (59, Family::Sim7600, Some(Problem::OutOfRange(60, 180))),
        (181, Family::A76xx, Some(Problem::OutOfRange(1, 180))),
        (0, Family::A76xx, Some(Problem::OutOfRange(1, 180))),
    ] {
        let refused = refused_unsent(family, async |modem| {
            let message = Publish::new("a", b"x").timeout(Duration::from_secs(seconds));
            modem.client(FIRST).publish(&message).await
        });
        assert_eq!(Some(problem(refused).1), expected);
    }
}

#[test]
fn whatever_could_inject_at_commands_is_refused() {
    let inbox = TestInbox::new();
    for bad in ["a\"", "a\r\nAT+CPOF\r\n", "a\rb", "a\nb", "\0", "a\u{1b}"] {
        let id = ConnectOptions::new(Broker::tcp("broker.example", 1883), bad);
        let host = ConnectOptions::new(Broker::tcp(bad, 1883), "meter-3");
        let user = OPTIONS.user(bad);
        let password = OPTIONS.credentials("meter", bad);
        for (options, parameter) in [
            (id, Parameter::ClientId),
            (host, Parameter::Address),
            (user, Parameter::User),
            (password, Parameter::Password),
        ] {
            for (family, _) in FAMILIES {
                let bench = bench(family);
                let mut modem = modem(&bench, family, &inbox);
                let refused = bench.block_on(async { modem.client(FIRST).connect(&options).await });
                assert_eq!(problem(refused.unwrap_err()), (parameter, Problem::Character), "{bad:?}");
                assert_eq!(bench.sent(), b"", "{bad:?}");
            }
        }
    }
}

#[test]
fn every_option_is_checked_before_the_first_byte() {
    let inbox = TestInbox::new();
    let long = "x".repeat(257);
    let empty_will = Will::new("", b"x");
    let wild_will = Will::new("a/#", b"x");
    let silent_will = Will::new("a", b"");
    let broker = Broker::tcp("broker.example", 1883);
    let cases = [
        (ConnectOptions::new(broker, ""), Parameter::ClientId, Problem::Empty),
        (ConnectOptions::new(broker, &long[..129]), Parameter::ClientId, Problem::TooLong(128)),
        (ConnectOptions::new(Broker::tcp("", 1883), "a"), Parameter::Address, Problem::Empty),
        (ConnectOptions::new(Broker::tcp(&long, 1883), "a"), Parameter::Address, Problem::TooLong(256)),
        (ConnectOptions::new(Broker::tcp("tcp://a", 1883), "a"), Parameter::Address, Problem::Character),
        (ConnectOptions::new(Broker::tcp("a", 0), "a"), Parameter::Address, Problem::OutOfRange(1, u16::MAX)),
        (OPTIONS.user(""), Parameter::User, Problem::Empty),
        (OPTIONS.user(&long), Parameter::User, Problem::TooLong(256)),
        (OPTIONS.credentials("a", &long), Parameter::Password, Problem::TooLong(256)),
        (OPTIONS.keep_alive(Duration::ZERO), Parameter::KeepAlive, Problem::OutOfRange(1, 64_800)),
        (OPTIONS.keep_alive(Duration::MAX), Parameter::KeepAlive, Problem::OutOfRange(1, 64_800)),
        (OPTIONS.operation_timeout(Duration::from_secs(19)), Parameter::OperationTimeout, Problem::OutOfRange(20, 120)),
        (OPTIONS.will(&empty_will), Parameter::WillTopic, Problem::Empty),
        (OPTIONS.will(&wild_will), Parameter::WillTopic, Problem::Wildcard),
        (OPTIONS.will(&silent_will), Parameter::WillMessage, Problem::Empty),
        (OPTIONS.version(MqttVersion::V3_1_1), Parameter::Version, Problem::NotInFamily),
    ];
    for (options, parameter, expected) in cases {
        let bench = bench(Family::A7600);
        let mut modem = modem(&bench, Family::A7600, &inbox);
        let refused = bench.block_on(async { modem.client(FIRST).connect(&options).await });
        assert_eq!(problem(refused.unwrap_err()), (parameter, expected));
        assert_eq!(bench.sent(), b"");
    }
}

fn illegal(error: Error) -> (&'static str, Illegal) {
    match error {
        Error::Illegal { command, reason } => (command.as_str(), reason),
        other => panic!("not illegal: {other}"),
    }
}

#[test]
fn steps_out_of_order_are_refused_by_name() {
    let family = Family::A76xx;
    let accq = Accq { client: FIRST, client_id: "a", server_type: ServerType::Tcp, version: None };
    let connect = Connect {
        client: FIRST,
        host: "broker.example",
        port: 1883,
        keep_alive: Duration::from_secs(60),
        clean_session: true,
        user: None,
        password: None,
    };
    let cfg = Cfg { client: FIRST, setting: Setting::CheckUtf8(true) };
    let will = WillTopic { client: FIRST, topic: b"a" };
    let expected = |call: Error, command: &str, reason| assert_eq!(illegal(call), (command, reason));
    expected(refused_unsent(family, async |modem| modem.execute(&Start).await), "+CMQTTSTART", Illegal::ServiceStarted);
    expected(
        refused_unsent(family, async |modem| modem.execute(&Stop).await),
        "+CMQTTSTOP",
        Illegal::ClientStillAcquired,
    );
    expected(refused_unsent(family, async |modem| modem.execute(&accq).await), "+CMQTTACCQ", Illegal::ClientAcquired);
    let rel = async |modem: &mut TestModem<'_>| modem.execute(&Rel { client: FIRST }).await;
    expected(refused_unsent(family, rel), "+CMQTTREL", Illegal::ClientConnected);
    expected(
        refused_unsent(family, async |modem| modem.execute(&cfg).await),
        "+CMQTTCFG=\"checkUTF8\"",
        Illegal::ClientConnected,
    );
    expected(
        refused_unsent(family, async |modem| modem.execute(&will).await),
        "+CMQTTWILLTOPIC",
        Illegal::ClientConnected,
    );
    expected(
        refused_unsent(family, async |modem| modem.execute(&connect).await),
        "+CMQTTCONNECT",
        Illegal::ClientConnected,
    );
    let other = async |modem: &mut TestModem<'_>| modem.client(SECOND).publish(&Publish::new("a", b"x")).await;
    expected(refused_unsent(family, other), "+CMQTTTOPIC", Illegal::ClientNotConnected);
    let other = async |modem: &mut TestModem<'_>| modem.client(SECOND).subscribe("a", QoS::AtMostOnce).await;
    expected(refused_unsent(family, other), "+CMQTTSUB", Illegal::ClientNotConnected);
}

#[test]
fn refused_options_are_not_those_of_the_last_connect() {
    static BAD: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "");
    for (family, _) in FAMILIES {
        let bench = bench(family);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(async {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            assert!(matches!(modem.client(FIRST).connect(&BAD).await, Err(Error::Invalid(_))));
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await, Ok(Connection::Adopted));
        });
    }
}
