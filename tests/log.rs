//! The log of a session: each command and its result, what a code means, losses, resync and why, and no secret.

use core::time::Duration;
use std::cell::RefCell;

use embedded_io_async::ErrorKind;
use log::{LevelFilter, Metadata, Record};
use simcom_modem_simulator::behaviour::{Override, ScriptedAnswer};
use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_modem_simulator::pipe::{Bench, Clock};
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::network::Apn;
use simcom_mqtt::{
    Broker, ClientIndex, ConnectOptions, Error, Family, Inbox, Modem, NextStep, Publish, QoS, Timer, Tls, Will,
};

/// What no log may hold.
const SECRETS: [&str; 6] = [PASSWORD, KEY, CA, PIN, PAYLOAD, FAREWELL];
const PASSWORD: &str = "p4ssw0rd-of-device";
const KEY: &str = "MIIkey-of-device";
const CA: &str = "MIIca-of-broker";
const PIN: &str = "7319";
const PAYLOAD: &str = "secret-payload";
const FAREWELL: &str = "secret-farewell";

struct Capture;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl log::Log for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if record.target().starts_with("simcom_mqtt") {
            LINES.with_borrow_mut(|lines| lines.push(format!("{} {}", record.level(), record.args())));
        }
    }

    fn flush(&self) {}
}

/// Captures what this thread logs from now on. The driver runs on the thread of its test.
fn capture() {
    // Only the first test of the program can set it.
    let _ = log::set_logger(&Capture);
    log::set_max_level(LevelFilter::Trace);
    LINES.with_borrow_mut(Vec::clear);
}

fn captured() -> Vec<String> {
    LINES.with_borrow(Vec::clone)
}

#[track_caller]
fn assert_logged(expected: &[&str]) {
    let lines = captured();
    let mut rest = lines.iter();
    for line in expected {
        assert!(rest.any(|logged| logged == line), "not logged, or not in this order: {line}\n{}", lines.join("\n"));
    }
}

struct VirtualTimer(Clock);

impl Timer for VirtualTimer {
    fn now(&self) -> Duration {
        self.0.now()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        self.0.wait_until(deadline).await;
    }
}

/// The names of the commands that the module has read.
fn commands_sent(bench: &Bench) -> Vec<String> {
    let sent = String::from_utf8(bench.sent()).expect("text");
    let is_name = |character: char| character.is_ascii_uppercase() || character == '+' || character == '0';
    sent.split("AT")
        .skip(1)
        .map(|line| line.split(|character| !is_name(character)).next().unwrap().to_owned())
        .collect()
}

fn commands_logged() -> Vec<String> {
    let lines = captured();
    let commands = lines.iter().filter_map(|line| line.strip_prefix("DEBUG sending AT"));
    // A setting of TLS is logged with its name: `+CSSLCFG="authmode"`.
    commands.map(|rest| rest.split([',', '=']).next().unwrap().to_owned()).collect()
}

#[test]
fn a_session_logs_every_command_with_its_result_and_no_secret() {
    capture();
    let bench = Bench::new(ModuleFamily::A76xx);
    bench.modem(|module, _| {
        module.behaviour_mut().bring_up.pin = PIN.into();
        let overrides = &mut module.behaviour_mut().overrides;
        overrides.push(Override { prefix: "AT+CMQTTSUB".into(), nth: 2, answer: ScriptedAnswer::Refuse(14) });
    });
    let inbox = Inbox::<1024>::new();
    let tls = Tls::mutual("ca.pem", "device.pem", "key.pem");
    let will = Will::new("device-7/state", FAREWELL.as_bytes());
    let options = ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "device-7")
        .credentials("device-7", PASSWORD)
        .will(&will);
    let apn = Apn::new("internet").pin(PIN);

    let (receiver, transmitter) = bench.host();
    let mut modem = Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), Family::A76xx, &inbox);
    let refused = bench.block_on(async {
        modem.bring_up(&apn, |_| {}).await.unwrap();
        for (name, content) in [("ca.pem", CA), ("device.pem", CA), ("key.pem", KEY)] {
            modem.store_certificate(name, content.len(), &mut content.as_bytes()).await.unwrap();
        }
        let mut client = modem.client(ClientIndex::First);
        client.connect(&options).await.unwrap();
        client.publish(&Publish::new("device-7/state", PAYLOAD.as_bytes()).qos(QoS::AtLeastOnce)).await.unwrap();
        client.subscribe("device-7/cmd", QoS::AtLeastOnce).await.unwrap();
        client.subscribe("device-7/more", QoS::AtLeastOnce).await.unwrap_err()
    });
    assert_eq!(refused.next_step(), NextStep::Retry);

    assert_eq!(commands_logged(), commands_sent(&bench));
    assert_logged(&[
        "DEBUG sending AT+CCERTDOWN, then 16 bytes of data",
        "DEBUG AT+CCERTDOWN succeeded",
        "DEBUG sending AT+CMQTTCONNECT",
        "DEBUG AT+CMQTTCONNECT succeeded",
        "DEBUG sending AT+CMQTTPAYLOAD, then 14 bytes of data",
        "DEBUG AT+CMQTTPUB succeeded",
        "DEBUG sending AT+CMQTTSUB, then 13 bytes of data",
        "DEBUG AT+CMQTTSUB failed: 14 (client is busy): wait for the outcome of the operation before",
    ]);
    let results = captured().iter().filter(|line| line.starts_with("DEBUG AT")).count();
    assert_eq!(results, commands_sent(&bench).len(), "one result for each command");

    let sent = String::from_utf8(bench.sent()).unwrap();
    for secret in SECRETS {
        assert!(sent.contains(secret), "{secret} was not used");
        for line in captured() {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[test]
fn losses_are_logged_as_warnings_with_their_cause() {
    capture();
    let bench = Bench::new(ModuleFamily::A76xx);
    let inbox = Inbox::<64>::new();
    let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    let (receiver, transmitter) = bench.host();
    let mut modem = Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), Family::A76xx, &inbox);
    bench.block_on(async {
        modem.client(ClientIndex::First).connect(&options).await.unwrap();
        modem.client(ClientIndex::First).subscribe("device-7/#", QoS::AtLeastOnce).await.unwrap();
        bench.loopback(|broker, now| broker.publish(now, b"device-7/a", &[b'x'; 100], false));
        modem.next_event().await.unwrap();
        bench.fail_next_read(ErrorKind::OutOfMemory);
        modem.next_event().await.unwrap();
        for urc in [&b"\r\n+CMQTTCONNLOST: 0,2\r\n"[..], b"\r\n+CMQTTNONET\r\n", b"\r\nRDY\r\n"] {
            // Before the module is believed again, it is asked.
            bench.at(bench.now() + Duration::from_secs(2), move |bench| {
                bench.modem(|module, now| module.emit(now, urc));
            });
            modem.next_event().await.unwrap();
        }
    });
    assert_logged(&[
        "WARN client 0: a message of 10 and 100 bytes is refused",
        "WARN the UART lost bytes: OutOfMemory",
        "DEBUG bytes were lost: asking the module for what may have been missed",
        "DEBUG resync: StateQuery",
        "DEBUG sending AT+CMQTTDISC",
        "WARN client 0 lost its connection: the socket was reset",
        "WARN the network is lost",
        "WARN the module restarted",
    ]);
}

#[test]
fn a_resync_logs_its_reason_and_its_stages() {
    capture();
    let bench = Bench::new(ModuleFamily::A76xx);
    let inbox = Inbox::<64>::new();
    let (receiver, transmitter) = bench.host();
    let mut modem = Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), Family::A76xx, &inbox);
    bench.block_on(async { modem.execute(&Csq).await }).unwrap();
    assert_logged(&[
        "DEBUG resync: the next answer may be that to an earlier command",
        "DEBUG resync: Attention",
        "DEBUG sending AT",
        "DEBUG resync: SyncQuery(0)",
        "DEBUG sending AT+CSQ",
        "DEBUG AT+CSQ succeeded",
    ]);

    let silence = Override { prefix: "AT+CSQ".into(), nth: 1, answer: ScriptedAnswer::Silence };
    bench.modem(|module, _| module.behaviour_mut().overrides.push(silence));
    capture();
    let unanswered = bench.block_on(async { modem.execute(&Csq).await });
    assert!(matches!(unanswered, Err(Error::NoAnswer { .. })), "{unanswered:?}");
    bench.block_on(async { modem.execute(&Csq).await }).unwrap();
    assert_logged(&[
        "DEBUG sending AT+CSQ",
        "DEBUG AT+CSQ got no answer: check power, wiring and baud rate, then connect",
        "DEBUG resync will be needed: the module may still answer AT+CSQ",
        "DEBUG resync: the next answer may be that to an earlier command",
        "DEBUG resync: Attention",
    ]);
}
