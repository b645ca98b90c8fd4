//! Restarts that are reported in many ways or not at all: `connect` works whatever state the driver assumed.

use core::time::Duration;

use embedded_io_async::Write;
use simcom_modem_simulator::modem::Modem as Module;
use simcom_modem_simulator::referee::ComplaintKind;

use crate::bench::*;
use crate::driver::command::{Rel, Stop};
use crate::driver::{Broker, ClientState, ConnectOptions, Connection, Error, Event, QoS, ServiceState};

static ELSEWHERE: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("other.example", 1883), "meter-3");
static SECOND_OPTIONS: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-4");

/// A driver with an outdated state may send one query that is refused.
const FORGOTTEN: &[ComplaintKind] =
    &[ComplaintKind::NotStarted, ComplaintKind::NotAcquired, ComplaintKind::NotConnected];

/// The module restarts, and none of its boot lines arrive.
fn restart_unheard(bench: &Bench) {
    bench.modem(|module, now| {
        module.behaviour_mut().reset_urcs = false;
        module.behaviour_mut().boot_lines = false;
        module.restart(now);
    });
    bench.pass(Duration::from_millis(499));
    let ready_line = bench.modem(|module, _| module.behaviour().get("ready-line")).unwrap();
    bench.lose(if ready_line == "rdy" { b"\r\nRDY\r\n".len() } else { b"\r\n*ATREADY: 1\r\n".len() });
    bench.pass(Duration::from_secs(10));
}

#[test]
fn every_way_to_say_ready_is_a_restart() {
    for ready_line in ["rdy", "atready"] {
        on_every_family(&[("ready-line", ready_line), ("reset-urcs", "off")], async |bench, modem, _| {
            subscribed(bench, modem).await;
            bench.modem(|module, now| module.restart(now));
            assert_eq!(modem.next_event().await, Ok(Event::ModemRestarted), "{}", bench.transcript_text());
            assert_eq!(modem.service_state(), ServiceState::Stopped);
            assert_eq!(modem.client(FIRST).state(), ClientState::Released);
            assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
            publish_works(bench, modem).await;
            assert_no_complaints(bench, PROBING);
        });
    }
}

#[test]
fn reconnect_opens_a_connection_that_an_unreported_restart_has_ended() {
    on_every_subscribed(async |bench, modem, _| {
        restart_unheard(bench);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
        assert_no_complaints(bench, FORGOTTEN);
    });
}

#[test]
fn reconnect_acquires_a_client_again_that_an_unreported_restart_has_released() {
    on_every_subscribed(async |bench, modem, _| {
        bench.loopback(|broker, now| broker.close(now, 0, 1));
        assert!(matches!(modem.next_event().await, Ok(Event::ConnectionLost { .. })));
        restart_unheard(bench);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
        assert_no_complaints(bench, FORGOTTEN);
    });
}

#[test]
fn connect_with_other_options_works_after_an_unreported_restart() {
    on_every_subscribed(async |bench, modem, _| {
        restart_unheard(bench);
        assert_eq!(modem.client(FIRST).connect(&ELSEWHERE).await.or_transcript(bench), Connection::Opened);
        let host = bench.loopback(|broker, _| broker.connection(0).map(|connection| connection.host.clone()));
        assert_eq!(host.as_deref(), Some("other.example"));
        publish_works(bench, modem).await;
        assert_no_complaints(bench, FORGOTTEN);
    });
}

#[test]
fn connect_of_the_other_client_works_after_an_unreported_restart() {
    on_every_subscribed(async |bench, modem, _| {
        restart_unheard(bench);
        assert_eq!(modem.client(SECOND).connect(&SECOND_OPTIONS).await.or_transcript(bench), Connection::Opened);
        // The first client no longer counts as connected.
        assert_eq!(modem.client(FIRST).state(), ClientState::Released);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
        assert_no_complaints(bench, FORGOTTEN);
    });
}

#[test]
fn a_service_that_an_unreported_restart_has_stopped_is_started_again() {
    on_every_connected(async |bench, modem, _| {
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        modem.execute(&Rel { client: FIRST }).await.or_transcript(bench);
        restart_unheard(bench);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
        assert_no_complaints(bench, FORGOTTEN);
    });
}

/// Resets the microcontroller this soon after it has sent the line.
fn reset_after(bench: &Bench, line: &[u8], time: Duration) {
    let (_, mut transmitter) = bench.host();
    bench.block_on(async { transmitter.write_all(line).await.unwrap() });
    bench.pass(time);
}

/// Resets the microcontroller at any moment while the module carries out this line; one `connect` succeeds.
fn connects_after_a_reset_during(line: &[u8], delay: &str, prepare: impl Fn(&mut Module)) {
    for length in ["300", "3000"] {
        for milliseconds in [0, 10, 100, 290, 310, 2_900] {
            for (family, _) in FAMILIES {
                let bench = switched(family, &[(delay, length)]);
                bench.modem(|module, _| prepare(module));
                reset_after(&bench, line, Duration::from_millis(milliseconds));
                let inbox = TestInbox::new();
                let mut modem = modem(&bench, family, &inbox);
                bench.block_on(async {
                    subscribed(&bench, &mut modem).await;
                    publish_works(&bench, &mut modem).await;
                });
            }
        }
    }
}

#[test]
fn a_start_sent_before_a_reset_is_waited_for() {
    connects_after_a_reset_during(b"AT+CMQTTSTART\r", "start-delay", |_| {});
}

#[test]
fn a_stop_sent_before_a_reset_is_waited_for() {
    connects_after_a_reset_during(b"AT+CMQTTSTOP\r", "stop-delay", Module::preset_started);
}

#[test]
fn a_restart_found_by_the_connect_of_the_second_client_is_an_event() {
    on_every_subscribed(async |bench, modem, _| {
        restart_unheard(bench);
        modem.client(SECOND).connect(&SECOND_OPTIONS).await.or_transcript(bench);
        let events = events_of(bench, modem, Duration::from_secs(5)).await;
        assert_eq!(events, [Event::ModemRestarted], "the first is {:?}", modem.client(FIRST).state());
    });
}

#[test]
fn a_restart_during_start_and_stop_is_named() {
    on_every_family(&[("start-delay", "3000"), ("stop-delay", "3000")], async |bench, modem, _| {
        let restart_in_a_second = || {
            bench.at(bench.now() + Duration::from_secs(1), |bench| bench.modem(|module, now| module.restart(now)));
        };
        restart_in_a_second();
        let failed = modem.client(FIRST).connect(&OPTIONS).await;
        let Err(Error::ModemRestarted { command }) = failed else { panic!("{failed:?}\n{}", bench.transcript_text()) };
        assert_eq!(command.as_str(), "+CMQTTSTART");
        subscribed(bench, modem).await;
        modem.client(FIRST).unsubscribe("meter-3/#").await.or_transcript(bench);
        modem.client(FIRST).disconnect().await.or_transcript(bench);
        modem.execute(&Rel { client: FIRST }).await.or_transcript(bench);
        restart_in_a_second();
        let failed = modem.execute(&Stop).await;
        let Err(Error::ModemRestarted { command }) = failed else { panic!("{failed:?}\n{}", bench.transcript_text()) };
        assert_eq!(command.as_str(), "+CMQTTSTOP");
        assert_eq!(modem.service_state(), ServiceState::Stopped);
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        modem.client(FIRST).subscribe("a", QoS::AtMostOnce).await.or_transcript(bench);
    });
}
