//! TLS: the module gets the settings in its family's spelling, the SSL context before every CONNECT, and the
//! certificates.

use core::time::Duration;

use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::broker::{Authentication, TlsOptions};

use crate::bench::*;
use crate::driver::command::{AuthMode, Csslcfg, Part, SslSetting, SslVersion, Start};
use crate::driver::error::{Parameter, Problem, Refusal};
use crate::driver::{Broker, ConnectOptions, Connection, Error, Event, Family, Publish, QoS, ResultCode, Tls, Will};

const CA: &[u8] = b"-----BEGIN CERTIFICATE-----\nof the authority\n";
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----\nof the meter\n";
const KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----\nof the meter\n";

static WILL: Will<'static> = Will::new("meter-3/state", b"vanished");

/// Runs on every family; the referee must not complain.
fn every_family_accepts(test: impl AsyncFn(&Bench, &mut TestModem<'_>)) {
    on_every_family(&[], async |bench, modem, _| {
        test(bench, modem).await;
        assert_no_complaints(bench, PROBING);
    });
}

/// Options that live as long as the test program.
fn options(tls: Tls<'static>) -> &'static ConnectOptions<'static> {
    let tls = Box::leak(Box::new(tls));
    Box::leak(Box::new(ConnectOptions::new(Broker::tls("broker.example", 8883, tls), "meter-3").will(&WILL)))
}

async fn with_certificates(bench: &Bench, modem: &mut TestModem<'_>) {
    for (name, content) in [("ca.pem", CA), ("meter.pem", CERTIFICATE), ("meter-key.pem", KEY)] {
        modem.store_certificate(name, content.len(), &mut &content[..]).await.or_transcript(bench);
    }
}

fn tls_options(bench: &Bench) -> TlsOptions {
    bench.loopback(|broker, _| broker.tls_options(0).cloned()).expect("a connection over TLS")
}

#[test]
fn every_kind_of_verification_is_what_the_module_does() {
    let kinds = [
        (Tls::without_verification(), Authentication::None, None, None),
        (Tls::server("ca.pem"), Authentication::Server, Some(CA), None),
        (Tls::client_only("meter.pem", "meter-key.pem"), Authentication::Client, None, Some((CERTIFICATE, KEY))),
        (
            Tls::mutual("ca.pem", "meter.pem", "meter-key.pem"),
            Authentication::ServerAndClient,
            Some(CA),
            Some((CERTIFICATE, KEY)),
        ),
    ];
    for (tls, authentication, ca, client) in kinds {
        every_family_accepts(async |bench, modem| {
            with_certificates(bench, modem).await;
            let options = options(tls.context(4));
            assert_eq!(modem.client(FIRST).connect(options).await.or_transcript(bench), Connection::Opened);
            let connected = tls_options(bench);
            assert_eq!(connected.index, 4);
            assert_eq!(connected.context.authentication, authentication);
            assert_eq!(connected.ca_certificate.as_deref(), ca);
            assert_eq!(connected.client_certificate.as_deref(), client.map(|(certificate, _)| certificate));
            assert_eq!(connected.client_key.as_deref(), client.map(|(_, key)| key));
            assert!(connected.context.server_name_indication, "on unless it is switched off");
            modem.client(FIRST).publish(&Publish::new("a", b"x").qos(QoS::AtLeastOnce)).await.or_transcript(bench);
        });
    }
}

#[test]
fn the_context_is_named_again_for_every_connect() {
    every_family_accepts(async |bench, modem| {
        let options = options(Tls::without_verification().context(7));
        modem.client(FIRST).connect(options).await.or_transcript(bench);
        bench.loopback(|broker, now| broker.close(now, 0, 1));
        while !matches!(modem.next_event().await, Ok(Event::ConnectionLost { .. })) {}
        assert_eq!(modem.client(FIRST).connect(options).await.or_transcript(bench), Connection::Opened);
        assert_eq!(tls_options(bench).index, 7);

        modem.client(FIRST).disconnect().await.or_transcript(bench);
        bench.loopback(|broker, _| broker.refuse_connections(Some(32)));
        let refused = refusal(modem.client(FIRST).connect(options).await, bench);
        assert_eq!(refused, ("+CMQTTCONNECT", Refusal::Code(ResultCode::HANDSHAKE_FAIL)));
        bench.loopback(|broker, _| broker.refuse_connections(None));
        assert_eq!(modem.client(FIRST).connect(options).await.or_transcript(bench), Connection::Opened);
        assert_eq!(tls_options(bench).index, 7);
    });
}

#[test]
fn further_settings_have_the_familys_spelling() {
    every_family_accepts(async |bench, modem| {
        with_certificates(bench, modem).await;
        let tls = Tls::server("ca.pem")
            .version(SslVersion::Tls1_2)
            .ignore_local_time(false)
            .negotiation_time(Duration::from_secs(40))
            .sni(false);
        modem.client(FIRST).connect(options(tls)).await.or_transcript(bench);
        let context = tls_options(bench).context;
        assert!(!context.server_name_indication);
        assert!(!context.ignores_local_time);
        assert_eq!((context.version, context.negotiation_seconds), (3, 40));
    });
}

#[test]
fn a_missing_certificate_is_code_33_with_what_to_do() {
    every_family_accepts(async |bench, modem| {
        bench.modem(|module, _| module.behaviour_mut().set("missing-file", "33").unwrap());
        let failed = modem.client(FIRST).connect(options(Tls::server("ca.pem"))).await;
        let Err(error) = failed else { panic!("it connected\n{}", bench.transcript_text()) };
        assert_eq!(error.refusal(), Some(Refusal::Code(ResultCode::NOT_SET_CERTIFICATE)));
        assert!(error.to_string().contains("store the certificate"), "{error}");
    });
}

#[test]
fn options_that_the_family_lacks_and_bad_names_are_refused_unsent() {
    static CN: [SslSetting<'static>; 1] = [SslSetting::IgnoreCertCn(true)];
    let long = Box::leak(Box::new("x".repeat(105) + ".pem")).as_str();
    let cases = [
        (Tls::server("ca.pem").extra(&CN), Parameter::SslSetting, Problem::NotInFamily),
        (Tls::server("ca.pem").context(10), Parameter::SslContext, Problem::OutOfRange(0, 9)),
        (
            Tls::server("ca.pem").negotiation_time(Duration::from_secs(9)),
            Parameter::NegotiateTime,
            Problem::OutOfRange(10, 300),
        ),
        (Tls::server("ca\".pem"), Parameter::FileName, Problem::Character),
        (Tls::server("a.pe"), Parameter::FileName, Problem::TooShort(5)),
        (Tls::server("certificate"), Parameter::FileName, Problem::WithoutExtension),
        (Tls::server(long), Parameter::FileName, Problem::TooLong(108)),
    ];
    for (tls, parameter, expected) in cases {
        let bench = bench(Family::Sim7600);
        let mut modem = modem(&bench, Family::Sim7600, Box::leak(Box::default()));
        let Err(Error::Invalid(invalid)) = bench.block_on(async { modem.client(FIRST).connect(options(tls)).await })
        else {
            panic!("it was accepted: {tls:?}")
        };
        assert_eq!((invalid.parameter, invalid.problem), (parameter, expected));
        assert_eq!(bench.sent(), b"");
    }
}

#[test]
fn certificates_are_stored_in_pieces_listed_and_deleted() {
    every_family_accepts(async |bench, modem| {
        let longest: Vec<u8> = (0..10_240_u32).map(|index| (index % 251) as u8).collect();
        modem.store_certificate("longest.der", longest.len(), &mut &longest[..]).await.or_transcript(bench);
        with_certificates(bench, modem).await;
        bench.modem(|module, _| {
            assert!(module.certificates().any(|(name, content)| name == "longest.der" && content == longest));
            // No piece larger than SIMCom allows, and not many more pieces than necessary.
            let largest = module.largest_certificate_write();
            assert!((2048..=3072).contains(&largest), "{largest}");
        });

        let mut names = Vec::new();
        let count =
            modem.list_certificates(|part: Part<'_>| names.extend_from_slice(part.bytes())).await.or_transcript(bench);
        assert_eq!(count, 4);
        assert!(String::from_utf8_lossy(&names).contains("longest.der"));

        modem.delete_certificate("longest.der").await.or_transcript(bench);
        assert!(matches!(modem.delete_certificate("longest.der").await, Err(Error::Refused { .. })));
        bench.modem(|module, _| assert_eq!(module.certificates().count(), 3));
    });
}

#[test]
fn a_certificate_of_a_bad_length_is_refused_unsent() {
    every_family_accepts(async |bench, modem| {
        for (length, expected) in [(0, Problem::Empty), (10_241, Problem::TooLong(10_240))] {
            let refused = modem.store_certificate("ca.pem", length, &mut &[0; 20_000][..]).await;
            let Err(Error::Invalid(invalid)) = refused else { panic!("{refused:?}") };
            assert_eq!(invalid.problem, expected);
            assert_eq!(bench.sent(), b"");
        }
    });
}

#[test]
fn a_certificate_is_replaced_on_firmware_that_does_not_replace_files() {
    for firmware in ["replaced", "kept", "error"] {
        on_every_family(&[("certificate-replace", firmware)], async |bench, modem, _| {
            for content in [CA, KEY, CERTIFICATE] {
                modem.replace_certificate("ca.pem", content.len(), &mut &content[..]).await.or_transcript(bench);
                bench.modem(|module, _| {
                    assert!(module.certificates().any(|(name, stored)| name == "ca.pem" && stored == content));
                });
            }
            let refused = modem.replace_certificate("ca.pem", 0, &mut &[][..]).await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
            bench.modem(|module, _| assert_eq!(module.certificates().count(), 1));
        });
    }
}

#[test]
fn a_file_that_is_not_in_the_module_is_named_by_its_setting() {
    every_family_accepts(async |bench, modem| {
        with_certificates(bench, modem).await;
        modem.check_certificates(&Tls::mutual("ca.pem", "meter.pem", "meter-key.pem")).await.or_transcript(bench);
        for (tls, setting) in [
            (Tls::server("ca.pe"), "+CSSLCFG=\"cacert\""),
            (Tls::server("ca.pem2"), "+CSSLCFG=\"cacert\""),
            (Tls::mutual("ca.pem", "other.pem", "meter-key.pem"), "+CSSLCFG=\"clientcert\""),
            (Tls::client_only("meter.pem", "meter.key"), "+CSSLCFG=\"clientkey\""),
        ] {
            match modem.check_certificates(&tls).await {
                Err(Error::CertificateMissing { command }) => assert_eq!(command.as_str(), setting),
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_handshake_that_was_refused_says_after_how_long() {
    on_every_family(&[("connect-delay", "5000")], async |bench, modem, _| {
        bench.loopback(|broker, _| broker.refuse_connections(Some(32)));
        let error = modem.client(FIRST).connect(options(Tls::without_verification())).await.unwrap_err();
        let Error::ConnectRefused { refusal: Refusal::Code(ResultCode::HANDSHAKE_FAIL), after } = error else {
            panic!("{error}")
        };
        // Not what came before CONNECT, but the command itself, byte by byte.
        let range = Duration::from_millis(5_000)..Duration::from_millis(5_100);
        assert!(range.contains(&after.duration()), "{after}");
    });
}

#[test]
fn a_build_without_tls_or_mqtt_is_an_error_of_its_own() {
    on_every_family(&[("tls", "off")], async |_, modem, _| {
        let error = modem.client(FIRST).connect(options(Tls::server("ca.pem"))).await.unwrap_err();
        assert_eq!(error, Error::NoTls);
        let setting = Csslcfg::new(modem.family(), 0, SslSetting::AuthMode(AuthMode::Server));
        assert_eq!(modem.execute(&setting).await, Err(Error::NoTls));
    });
    on_every_family(&[], async |bench, modem, _| {
        script(bench, "AT+CSSLCFG", 0, ScriptedAnswer::Exactly(NUMBERED_ERROR.to_vec()));
        let error = modem.client(FIRST).connect(options(Tls::server("ca.pem"))).await.unwrap_err();
        assert_eq!(error, Error::NoTls);
    });
    on_every_family(&[("mqtt", "off")], async |_, modem, _| {
        let error = modem.client(FIRST).connect(&OPTIONS).await.unwrap_err();
        assert_eq!(error, Error::NoMqtt);
        // Alone, its refusal can also mean that the service is started.
        assert_eq!(modem.execute(&Start).await.unwrap_err().refusal(), Some(Refusal::Error));
    });
}

#[test]
fn defaults_that_a_firmware_does_not_know_are_skipped() {
    on_every_family(
        &[("unknown-ssl-settings", "negotiatetime,enableSNI"), ("highest-ssl-version", "2")],
        async |bench, modem, _| {
            with_certificates(bench, modem).await;
            let options = options(Tls::server("ca.pem"));
            for _ in 0..2 {
                modem.client(FIRST).connect(options).await.or_transcript(bench);
                let skipped = modem.client(FIRST).skipped_settings();
                assert!(skipped.ssl_version() && skipped.negotiation_time() && skipped.sni(), "{skipped:?}");
            }
        },
    );
}
