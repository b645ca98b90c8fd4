//! The clock of the module: read, never set, and set by a time server.

use core::time::Duration;

use crate::bench::*;
use crate::driver::command::network::{Cgact, Cgdcont, CgpaddrAll, Cntp, CntpWrite};
use crate::driver::error::{InvalidInput, Parameter, Problem};
use crate::driver::network::{Apn, ClockError, NtpFailure, PdpType};
use crate::driver::{Broker, ConnectOptions, Error, Tls};

const SERVER: &str = "ntp.example";

#[test]
fn a_clock_that_was_never_set_is_an_error_whatever_it_reads() {
    for begins in ["70/01/01", "80/01/06"] {
        for digits in ["two", "four"] {
            let switches = [("automatic-time", "off"), ("unset-clock", begins), ("clock-year", digits)];
            on_every_family(&switches, async |_, modem, _| {
                assert_eq!(modem.clock().await, Err(ClockError::NeverSet));
            });
        }
    }
    on_every_family(&[("clock-year", "four")], async |bench, modem, _| {
        assert_eq!(modem.clock().await.or_transcript(bench).year, 2026);
    });
}

#[test]
fn a_time_server_sets_the_clock_and_its_zone() {
    for digits in ["two", "four"] {
        on_every_family(&[("automatic-time", "off"), ("clock-year", digits)], async |bench, modem, _| {
            let time = modem.set_clock_by_ntp(SERVER, 8).await.or_transcript(bench);
            assert_eq!((time.year, time.month, time.hour, time.quarters_from_utc), (2026, 1, 2, 8));
            assert_eq!(modem.clock().await.or_transcript(bench).quarters_from_utc, 8);
            let time = modem.set_clock_by_ntp(SERVER, -20).await.or_transcript(bench);
            assert_eq!((time.year, time.month, time.day, time.hour, time.quarters_from_utc), (2025, 12, 31, 19, -20));
            assert_no_complaints(bench, &[]);
        });
    }
}

#[test]
fn a_time_server_that_fails_says_why_and_the_module_stays_usable() {
    for (number, failure) in [
        ("1", NtpFailure::Unknown),
        ("2", NtpFailure::Parameter),
        ("3", NtpFailure::Time),
        ("4", NtpFailure::Network),
        ("5", NtpFailure::Zone),
        ("6", NtpFailure::TimedOut),
        ("61", NtpFailure::Unknown),
    ] {
        on_every_family(&[("automatic-time", "off"), ("time-server-outcome", number)], async |bench, modem, _| {
            assert_eq!(modem.set_clock_by_ntp(SERVER, 0).await, Err(ClockError::Ntp(failure)));
            assert_eq!(modem.clock().await, Err(ClockError::NeverSet));
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
            publish_works(bench, modem).await;
        });
    }
}

#[test]
fn a_time_server_that_never_answers_ends_the_call_in_its_time() {
    on_every_family(&[("time-server-delay", "100000")], async |bench, modem, _| {
        modem.execute(&CntpWrite { server: SERVER, quarters_from_utc: 0 }).await.or_transcript(bench);
        let before = bench.now();
        assert!(matches!(modem.execute(&Cntp).await, Err(Error::OutcomeUnknown { .. })));
        assert!(bench.now() - before <= Duration::from_secs(66));
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        publish_works(bench, modem).await;
    });
}

#[test]
fn a_server_or_zone_that_cannot_be_is_refused_unsent() {
    on_every_family(&[], async |bench, modem, _| {
        for (server, zone, parameter, problem) in [
            ("a\"\rAT+CPOF", 0, Parameter::TimeServer, Problem::Character),
            ("", 0, Parameter::TimeServer, Problem::Empty),
            (SERVER, 97, Parameter::TimeZone, Problem::OutOfRange(0, 96)),
        ] {
            let invalid = Error::Invalid(InvalidInput::new(parameter, problem));
            assert_eq!(modem.set_clock_by_ntp(server, zone).await, Err(ClockError::Failed(invalid)));
        }
        assert_eq!(bench.sent(), b"");
    });
}

#[test]
fn the_addresses_of_all_contexts_are_listed() {
    on_every_family(&[("second-context", "on")], async |bench, modem, _| {
        modem.bring_up(&Apn::new("internet"), |_| {}).await.or_transcript(bench);
        let ims = Cgdcont { context: 8, pdp_type: PdpType::Ipv4v6, apn: "ims" };
        modem.execute(&ims).await.or_transcript(bench);
        modem.execute(&Cgact { context: 8, active: true }).await.or_transcript(bench);
        let addresses = modem.execute(&CgpaddrAll).await.or_transcript(bench);
        let found: Vec<_> = addresses.iter().map(|(context, it)| (context, it.ipv4.is_some(), it.has_ipv6)).collect();
        assert_eq!(found, [(1, true, false), (2, false, false), (8, true, true)]);
    });
}

#[test]
fn certificates_are_verified_by_the_clock_that_a_time_server_has_set() {
    static TLS: Tls<'static> = Tls::server("ca.pem").ignore_local_time(false);
    static OVER_TLS: ConnectOptions<'static> =
        ConnectOptions::new(Broker::tls("broker.example", 8883, &TLS), "meter-3");
    on_every_family(&[("automatic-time", "off")], async |bench, modem, _| {
        bench.modem(|module, _| module.preset_certificate("ca.pem", b"-----BEGIN CERTIFICATE-----\n"));
        modem.set_clock_by_ntp(SERVER, 0).await.or_transcript(bench);
        modem.client(FIRST).connect(&OVER_TLS).await.or_transcript(bench);
        let tls = bench.loopback(|broker, _| broker.tls_options(0).cloned()).expect("a connection over TLS");
        // 2026-01-01T00:00:00Z, and a few seconds.
        assert!((1_767_225_600..1_767_225_700).contains(&tls.local_time), "{}", tls.local_time);
    });
}
