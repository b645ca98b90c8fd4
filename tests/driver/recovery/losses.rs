//! Lost connections and networks: in the middle of a call, without a URC, or reported in unusual ways.

use core::time::Duration;

use simcom_modem_simulator::behaviour::{Injection, Point, ScriptedAnswer};

use crate::bench::*;
use crate::driver::command::network::Csq;
use crate::driver::urc::LossCause;
use crate::driver::{ClientState, Connection, Error, Event, Publish, QoS, ServiceState};

const MESSAGE: Publish<'static> = Publish::new("meter-3/a", b"x").qos(QoS::AtLeastOnce);

/// Injects bytes into the next command with this prefix only.
fn inject_once(bench: &Bench, prefix: &str, point: Point, bytes: &[u8]) {
    bench.modem(|module, _| {
        let injection = Injection { prefix: prefix.to_owned(), nth: 1, point, bytes: bytes.to_vec() };
        module.behaviour_mut().injections = vec![injection];
    });
}

#[test]
fn a_connection_lost_between_two_commands_of_a_publish_is_named_as_that() {
    for (prefix, next) in [("AT+CMQTTTOPIC", "+CMQTTPAYLOAD"), ("AT+CMQTTPAYLOAD", "+CMQTTPUB")] {
        on_every_connected(async |bench, modem, _| {
            inject_once(bench, prefix, Point::AfterData, b"\r\n+CMQTTCONNLOST: 0,2\r\n");
            let lost = modem.client(FIRST).publish(&MESSAGE).await;
            let Err(Error::ConnectionLost { command }) = lost else { panic!("{lost:?}\n{}", bench.transcript_text()) };
            assert_eq!(command.as_str(), next);
            assert_eq!(modem.next_event().await, Ok(Event::ConnectionLost { client: FIRST, cause: LossCause::Reset }));
            assert_eq!(modem.client(FIRST).state(), ClientState::Acquired);
        });
    }
}

#[test]
fn a_network_lost_between_two_commands_of_a_publish_is_named_as_that_and_nothing_is_sent_into_it() {
    for prefix in ["AT+CMQTTTOPIC", "AT+CMQTTPAYLOAD"] {
        on_every_connected(async |bench, modem, _| {
            inject_once(bench, prefix, Point::AfterData, b"\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n");
            let lost = modem.client(FIRST).publish(&MESSAGE).await;
            assert!(matches!(lost, Err(Error::NetworkLost { .. })), "{lost:?}\n{}", bench.transcript_text());
            assert!(!bench.sent().windows(7).any(|sent| sent == b"MQTTPUB"), "{}", bench.transcript_text());
            // The success of the command during which the network was lost does not revert the loss.
            assert_eq!(modem.service_state(), ServiceState::Stopped);
            assert_eq!(modem.client(FIRST).state(), ClientState::Unknown);
        });
    }
}

#[test]
fn every_family_can_lose_its_network() {
    on_every_family(&[("nonet", "on")], async |bench, modem, _| {
        subscribed(bench, modem).await;
        bench.modem(|module, now| module.network_lost(now));
        let lost = Event::ConnectionLost { client: FIRST, cause: LossCause::Network };
        assert_eq!(modem.next_event().await, Ok(lost));
        assert_eq!(modem.next_event().await, Ok(Event::NetworkLost), "{}", bench.transcript_text());
        assert_eq!(modem.service_state(), ServiceState::Stopped);
        bench.modem(|module, now| module.restore_network(now));
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn a_disconnect_that_succeeds_in_a_lost_network_does_not_bring_the_service_back() {
    on_every_family(&[("nonet", "on")], async |bench, modem, _| {
        subscribed(bench, modem).await;
        let answer = b"\r\nOK\r\n\r\n+CMQTTNONET\r\n\r\n+CMQTTDISC: 0,0\r\n".to_vec();
        script(bench, "AT+CMQTTDISC=", 1, ScriptedAnswer::Exactly(answer));
        let _ = modem.client(FIRST).disconnect().await;
        assert_eq!(modem.service_state(), ServiceState::Stopped);
        // The module loses its network as scripted.
        bench.lose(b"\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n".len());
        bench.modem(|module, now| module.network_lost(now));
        bench.pass(Duration::from_secs(2));
        bench.modem(|module, now| module.restore_network(now));
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
    });
}

#[test]
fn failed_pings_are_unknown_lines_and_have_no_other_effect() {
    on_every_family(&[("ping-urc", "on")], async |bench, modem, _| {
        subscribed(bench, modem).await;
        inject(bench, "AT+CMQTTPUB", Point::BeforeOutcome, b"\r\n+CMQTTPING: 0,6\r\n\r\n+CMQTTPING: 1,6\r\n");
        publish_works(bench, modem).await;
        bench.loopback(|broker, now| broker.close(now, 0, 2));
        let lost = Event::ConnectionLost { client: FIRST, cause: LossCause::Reset };
        while modem.next_event().await.or_transcript(bench) != lost {}
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
        assert_eq!(modem.counters().unknown_lines, 5);
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn a_radio_that_died_without_a_urc_is_seen_by_a_query_and_reconnected() {
    on_every_subscribed(async |bench, modem, _| {
        bench.modem(|module, now| module.lose_network_silently(now, true));
        assert_eq!(modem.execute(&Csq).await, Ok(None));
        bench.modem(|module, now| module.restore_network(now));
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn a_radio_that_died_and_that_the_module_has_not_noticed_fails_a_publish_in_its_time() {
    on_every_subscribed(async |bench, modem, _| {
        bench.modem(|module, now| module.lose_network_silently(now, false));
        let start = bench.now();
        let failed = modem.client(FIRST).publish(&MESSAGE).await;
        assert_eq!(refusal(failed, bench), ("+CMQTTPUB", code(17)));
        assert_eq!((bench.now() - start).as_secs(), 60);
        bench.modem(|module, now| module.restore_network(now));
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
    });
}
