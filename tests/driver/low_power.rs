//! Pause and resume: few commands, and modules that DTR does not wake.

use core::convert::Infallible;
use core::time::Duration;

use embedded_hal::digital::{ErrorType, OutputPin};
use simcom_modem_simulator::referee::ComplaintKind;

use crate::bench::*;
use crate::driver::network::Apn;
use crate::driver::power::{Dtr, PowerTiming, Reset, SleepError};
use crate::driver::{Broker, ClientState, ConnectOptions, Connection, Error, NextStep, ServiceState};

/// The module's DTR.
struct DtrPin(Bench);

impl ErrorType for DtrPin {
    type Error = Infallible;
}

impl OutputPin for DtrPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.modem(|module, _| module.set_dtr(false));
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.modem(|module, _| module.set_dtr(true));
        Ok(())
    }
}

/// The module's RESET, which is pressed when it is low.
struct ResetPin(Bench);

impl ErrorType for ResetPin {
    type Error = Infallible;
}

impl OutputPin for ResetPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.modem(|module, now| module.reset_key(now, true));
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.modem(|module, now| module.reset_key(now, false));
        Ok(())
    }
}

/// A delay on the bench's clock, for both shells.
struct Delay(Bench);

impl embedded_hal::delay::DelayNs for Delay {
    fn delay_ns(&mut self, time_ns: u32) {
        self.0.pass(Duration::from_nanos(time_ns.into()));
    }
}

impl embedded_hal_async::delay::DelayNs for Delay {
    async fn delay_ns(&mut self, time_ns: u32) {
        let deadline = self.0.now() + Duration::from_nanos(time_ns.into());
        self.0.clock().wait_until(deadline).await;
    }
}

/// The command lines since a number of sent bytes, without data.
fn lines_since(bench: &Bench, sent: usize) -> Vec<String> {
    let text = String::from_utf8(bench.sent()[sent..].to_vec()).unwrap();
    text.split_terminator('\r').map(String::from).collect()
}

fn is_asleep(bench: &Bench) -> bool {
    bench.modem(|module, _| module.is_asleep())
}

#[test]
fn a_pause_keeps_service_and_client_and_the_next_connection_takes_two_commands() {
    on_every_connected(async |bench, modem, _| {
        let (mut dtr, mut delay) = (Dtr::new(DtrPin(bench.clone())), Delay(bench.clone()));
        let sent = bench.sent().len();
        modem.pause(&mut dtr).await.or_transcript(bench);
        assert_eq!(lines_since(bench, sent), ["AT+CMQTTDISC=0,60", "AT+CSCLK=1"]);
        assert!(is_asleep(bench));
        assert_eq!(modem.service_state(), ServiceState::Started);
        assert_eq!(modem.client(FIRST).state(), ClientState::Acquired);
        bench.pass(Duration::from_secs(3_600));
        let (sent, start) = (bench.sent().len(), bench.now());
        modem.resume(&mut dtr, &mut delay).await.or_transcript(bench);
        assert!(bench.now() - start < Duration::from_millis(120), "{:?}", bench.now() - start);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        let lines = lines_since(bench, sent);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0] == "AT" && lines[1].starts_with("AT+CMQTTCONNECT=0,"), "{lines:?}");
        publish_works(bench, modem).await;
        assert_no_complaints(bench, PROBING);
    });
}

#[test]
fn both_clients_are_disconnected_and_a_pause_without_a_connection_works_too() {
    on_every_connected(async |bench, modem, _| {
        let other = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-4");
        modem.client(SECOND).connect(&other).await.or_transcript(bench);
        let (mut dtr, mut delay) = (Dtr::new(DtrPin(bench.clone())), Delay(bench.clone()));
        modem.pause(&mut dtr).await.or_transcript(bench);
        assert!(bench.loopback(|broker, _| broker.connection(0).is_none() && broker.connection(1).is_none()));
        modem.resume(&mut dtr, &mut delay).await.or_transcript(bench);
        let sent = bench.sent().len();
        modem.pause(&mut dtr).await.or_transcript(bench);
        assert_eq!(lines_since(bench, sent), ["AT+CSCLK=1"]);
        assert!(is_asleep(bench));
    });
}

#[test]
fn a_fresh_driver_disconnects_what_an_earlier_one_has_connected() {
    on_every_connected(async |bench, _, _| {
        let inbox = TestInbox::new();
        let family = FAMILIES.iter().find(|(_, module)| bench.modem(|modem, _| modem.family()) == *module).unwrap().0;
        let mut modem = modem(bench, family, &inbox);
        let mut dtr = Dtr::new(DtrPin(bench.clone()));
        modem.pause(&mut dtr).await.or_transcript(bench);
        assert!(is_asleep(bench) && bench.loopback(|broker, _| broker.connection(0).is_none()));
    });
}

#[test]
fn a_module_that_bytes_wake_is_found_awake() {
    on_every_family(&[("dtr-wakes", "off"), ("bytes-wake", "on")], async |bench, modem, _| {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        let (mut dtr, mut delay) = (Dtr::new(DtrPin(bench.clone())), Delay(bench.clone()));
        modem.pause(&mut dtr).await.or_transcript(bench);
        modem.resume(&mut dtr, &mut delay).await.or_transcript(bench);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
        assert_no_complaints(bench, &[PROBING, &[ComplaintKind::BytesWhileAsleep]].concat());
    });
}

#[test]
fn a_module_that_nothing_wakes_asks_for_a_reset_and_works_after_it() {
    on_every_family(&[("dtr-wakes", "off"), ("boot-lines", "off")], async |bench, modem, _| {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        let (mut dtr, mut delay) = (Dtr::new(DtrPin(bench.clone())), Delay(bench.clone()));
        modem.pause(&mut dtr).await.or_transcript(bench);
        let start = bench.now();
        let failed = modem.resume(&mut dtr, &mut delay).await.unwrap_err();
        assert!(matches!(failed, SleepError::Module(Error::NoAnswer { .. })), "{failed:?}");
        assert_eq!(failed.next_step(), NextStep::Reset);
        let took = bench.now() - start;
        assert!(took < Duration::from_secs(23), "{took:?}, as documented");
        let mut reset = Reset::new(ResetPin(bench.clone()), PowerTiming::of(modem.family()));
        reset.reset(&mut delay).unwrap();
        modem.bring_up(&Apn::new("internet"), |_| {}).await.or_transcript(bench);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
        publish_works(bench, modem).await;
    });
}

#[test]
fn a_module_that_does_not_take_the_sleep_mode_stays_awake() {
    on_every_connected(async |bench, modem, _| {
        let refused = simcom_modem_simulator::behaviour::ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec());
        script(bench, "AT+CSCLK", 1, refused);
        let mut dtr = Dtr::new(DtrPin(bench.clone()));
        let failed = modem.pause(&mut dtr).await.unwrap_err();
        assert!(matches!(failed, SleepError::Module(Error::Refused { .. })), "{failed:?}");
        assert!(!is_asleep(bench));
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench), Connection::Opened);
    });
}
