//! Examples 3.1 to 3.5 of both manuals, command by command from START to STOP: the driver sends the printed lines, and
//! reads the printed answers. Names, topics and payloads are ours, of the printed lengths.
//!
//! The driver writes some parameters that the manuals leave to their defaults: see [`DEFAULTS`]. What the calls of a
//! client send for the same purposes is in the transcripts `tests/transcripts/manuals`.

use core::time::Duration;

use simcom_modem_simulator::behaviour::ScriptedAnswer;

use crate::bench::*;
use crate::driver::command::*;
use crate::driver::{ClientState, Event, Family, QoS, ServiceState};

const CLIENT_ID: &str = "meter 3 east";
const WILL_TOPIC: &[u8] = b"meter-3/-w";
const WILL_MESSAGE: &[u8] = b"absent";
const FILTER: &[u8] = b"meter-3/a";
const STAGED_FILTER: &[u8] = b"meter-3/b";
const LONG_TOPIC: &[u8] = b"meter-3/level";
const NOT_UTF8: &[u8] = b"meter-3/\xff";
const PAYLOAD: &[u8; 60] = b"level 17 flow 03 level 18 flow 02 level 19 flow 02 level 21.";

/// What the driver adds to a printed line: the values that the manuals name as defaults.
const DEFAULTS: [&str; 3] = ["", ",0", ",0,0"];

/// A module of the family that a manual is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manual {
    A76,
    S67,
}

impl Manual {
    const fn family(self) -> Family {
        match self {
            Self::A76 => Family::A7600,
            Self::S67 => Family::Sim767x,
        }
    }
}

/// `AT+CMQTTSUB=<client_index>` on a family without SUBTOPIC, where the driver's own command is refused unsent.
struct SubOfNothing;

impl Request for SubOfNothing {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTSUB", Answer::Deferred) }).client(FIRST);
    }
}

impl Command for SubOfNothing {
    type Response = ();
}

/// The dialogue of an example.
struct Example<'e, 'm> {
    manual: Manual,
    bench: &'e Bench,
    modem: &'e mut TestModem<'m>,
    inbox: &'e TestInbox,
}

impl Example<'_, '_> {
    /// Sends a command. Its line must be the printed one, followed by its data, and so must the lines of its answer.
    async fn step(&mut self, command: &(impl Command<Response: Send> + Sync), printed: &str, answer: &[&str]) {
        let (sent, received) = (self.bench.sent().len(), self.bench.received().len());
        self.modem.execute(command).await.or_transcript(self.bench);
        let sent = self.bench.sent()[sent..].to_vec();
        let is_printed = |rest: &str| sent == [printed.as_bytes(), rest.as_bytes(), b"\r", command.data()].concat();
        assert!(DEFAULTS.iter().any(|rest| is_printed(rest)), "{printed}: {}", String::from_utf8_lossy(&sent));
        assert_eq!(lines(&self.bench.received()[received..]), answer, "{printed}");
    }

    async fn starts(&mut self) {
        self.step(&Start, "AT+CMQTTSTART", &["OK", "+CMQTTSTART: 0"]).await;
        assert_eq!(self.modem.service_state(), ServiceState::Started);
    }

    async fn acquires(&mut self, server_type: ServerType) {
        let printed =
            format!("AT+CMQTTACCQ=0,\"{CLIENT_ID}\"{}", if server_type == ServerType::Tls { ",1" } else { "" });
        let accq = Accq { client: FIRST, client_id: CLIENT_ID, server_type, version: None };
        self.step(&accq, &printed, &["OK"]).await;
    }

    async fn sets_ssl(&mut self, setting: SslSetting<'_>, printed: &str) {
        self.step(&Csslcfg::new(self.manual.family(), 0, setting), &format!("AT+CSSLCFG={printed}"), &["OK"]).await;
    }

    async fn sets_the_will(&mut self) {
        let will_topic = WillTopic { client: FIRST, topic: WILL_TOPIC };
        self.step(&will_topic, "AT+CMQTTWILLTOPIC=0,10", &[">", "OK"]).await;
        let will_message = WillMsg { client: FIRST, message: WILL_MESSAGE, qos: QoS::AtLeastOnce };
        self.step(&will_message, "AT+CMQTTWILLMSG=0,6,1", &[">", "OK"]).await;
    }

    async fn connects(&mut self, port: u16) {
        let connect = Connect {
            client: FIRST,
            host: "broker.example",
            port,
            keep_alive: Duration::from_secs(60),
            clean_session: true,
            user: None,
            password: None,
        };
        let printed = format!("AT+CMQTTCONNECT=0,\"tcp://broker.example:{port}\",60,1");
        self.step(&connect, &printed, &["OK", "+CMQTTCONNECT: 0,0"]).await;
        assert_eq!(self.modem.client(FIRST).state(), ClientState::Connected);
    }

    async fn subscribes(&mut self, filter: &[u8]) {
        let sub = Sub { client: FIRST, filter, qos: QoS::AtLeastOnce };
        self.step(&sub, "AT+CMQTTSUB=0,9,1", &[">", "OK", "+CMQTTSUB: 0,0"]).await;
    }

    async fn subscribes_to_what_is_staged(&mut self) {
        let (printed, answer) = ("AT+CMQTTSUB=0", ["OK", "+CMQTTSUB: 0,0"]);
        if self.manual == Manual::A76 {
            let subtopic = Subtopic { client: FIRST, filter: STAGED_FILTER, qos: QoS::AtLeastOnce };
            self.step(&subtopic, "AT+CMQTTSUBTOPIC=0,9,1", &[">", "OK"]).await;
            self.step(&SubStaged { client: FIRST }, printed, &answer).await;
        } else {
            // S67 prints this command without one that stages a filter, so only its answer is known.
            let exactly = b"\r\nOK\r\n\r\n+CMQTTSUB: 0,0\r\n".to_vec();
            script(self.bench, printed, 1, ScriptedAnswer::Exactly(exactly));
            self.step(&SubOfNothing, printed, &answer).await;
            end_script(self.bench);
        }
    }

    /// Publishes a message. `back` are the printed lines of the message that comes back, if it does.
    async fn publishes(&mut self, topic: &[u8], payload: &[u8], back: &[&str]) {
        let printed = format!("AT+CMQTTTOPIC=0,{}", topic.len());
        self.step(&Topic { client: FIRST, topic }, &printed, &[">", "OK"]).await;
        if !payload.is_empty() {
            self.step(&Payload::new(FIRST, payload), "AT+CMQTTPAYLOAD=0,60", &[">", "OK"]).await;
        }
        let publish = Pub {
            client: FIRST,
            qos: QoS::AtLeastOnce,
            timeout: Duration::from_secs(60),
            retained: false,
            duplicate: false,
        };
        self.step(&publish, "AT+CMQTTPUB=0,1,60", &[&["OK", "+CMQTTPUB: 0,0"], back].concat()).await;
        if !back.is_empty() {
            assert_eq!(self.modem.next_event().await, Ok(Event::Message(FIRST)));
            assert_eq!(messages(self.inbox), [(FIRST, topic.to_vec(), payload.to_vec())]);
        }
    }

    async fn unsubscribes(&mut self) {
        let unsub = Unsub { client: FIRST, filter: FILTER };
        self.step(&unsub, "AT+CMQTTUNSUB=0,9,0", &[">", "OK", "+CMQTTUNSUB: 0,0"]).await;
    }

    async fn ends(&mut self) {
        self.step(
            &Disc { client: FIRST, timeout: Duration::from_secs(120) },
            "AT+CMQTTDISC=0,120",
            &["OK", "+CMQTTDISC: 0,0"],
        )
        .await;
        self.step(&Rel { client: FIRST }, "AT+CMQTTREL=0", &["OK"]).await;
        assert_eq!(self.modem.client(FIRST).state(), ClientState::Released);
        self.step(&Stop, "AT+CMQTTSTOP", &["OK", "+CMQTTSTOP: 0"]).await;
        assert_eq!(self.modem.service_state(), ServiceState::Stopped);
    }

    /// The second half of the examples with TLS.
    async fn publishes_and_subscribes_over_tls(&mut self) {
        self.publishes(LONG_TOPIC, PAYLOAD, &[]).await;
        self.subscribes_to_what_is_staged().await;
        self.subscribes(FILTER).await;
        self.unsubscribes().await;
        self.ends().await;
    }
}

/// The lines that are not blank; a prompt is one.
fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Runs an example on a module of each manual, whose echo is off.
fn with_both_manuals(example: impl AsyncFn(&mut Example<'_, '_>)) {
    for manual in [Manual::A76, Manual::S67] {
        let bench = switched(manual.family(), &[("message-in-publish", "after")]);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, manual.family(), &inbox);
        bench.modem(|module, _| {
            for name in ["server_ca.pem", "meter.pem", "meter_key.pem"] {
                module.preset_certificate(name, b"-----BEGIN CERTIFICATE-----\n");
            }
        });
        bench.block_on(async {
            modem.execute(&EchoOff).await.or_transcript(&bench);
            example(&mut Example { manual, bench: &bench, modem: &mut modem, inbox: &inbox }).await;
        });
        if manual == Manual::A76 {
            assert_no_complaints(&bench, &[]);
        }
    }
}

#[test]
fn example_3_1_without_tls() {
    with_both_manuals(async |example| {
        example.starts().await;
        example.acquires(ServerType::Tcp).await;
        example.sets_the_will().await;
        example.connects(1883).await;
        example.subscribes(FILTER).await;
        let topic = ["+CMQTTRXSTART: 0,9,60", "+CMQTTRXTOPIC: 0,9", "meter-3/a"];
        let payload = ["+CMQTTRXPAYLOAD: 0,60", core::str::from_utf8(PAYLOAD).expect("text"), "+CMQTTRXEND: 0"];
        example.publishes(FILTER, PAYLOAD, &[topic, payload].concat()).await;
        example.subscribes_to_what_is_staged().await;
        example.unsubscribes().await;
        example.ends().await;
    });
}

#[test]
fn example_3_2_over_tls_without_verification() {
    with_both_manuals(async |example| {
        example.starts().await;
        example.acquires(ServerType::Tls).await;
        example.sets_the_will().await;
        example.connects(8883).await;
        example.publishes_and_subscribes_over_tls().await;
    });
}

#[test]
fn example_3_3_over_tls_with_a_verified_server() {
    with_both_manuals(async |example| {
        example.sets_ssl(SslSetting::Version(SslVersion::All), "\"sslversion\",0,4").await;
        example.sets_ssl(SslSetting::AuthMode(AuthMode::Server), "\"authmode\",0,1").await;
        example.sets_ssl(SslSetting::CaCert("server_ca.pem"), "\"cacert\",0,\"server_ca.pem\"").await;
        example.starts().await;
        example.acquires(ServerType::Tls).await;
        example.step(&Sslcfg { client: FIRST, context: 0 }, "AT+CMQTTSSLCFG=0,0", &["OK"]).await;
        example.sets_the_will().await;
        example.connects(8883).await;
        example.publishes_and_subscribes_over_tls().await;
    });
}

#[test]
fn example_3_4_over_tls_with_both_sides_verified() {
    with_both_manuals(async |example| {
        example.sets_ssl(SslSetting::Version(SslVersion::All), "\"sslversion\",0,4").await;
        example.sets_ssl(SslSetting::AuthMode(AuthMode::ServerAndClient), "\"authmode\",0,2").await;
        example.sets_ssl(SslSetting::CaCert("server_ca.pem"), "\"cacert\",0,\"server_ca.pem\"").await;
        example.sets_ssl(SslSetting::ClientCert("meter.pem"), "\"clientcert\",0,\"meter.pem\"").await;
        example.sets_ssl(SslSetting::ClientKey("meter_key.pem"), "\"clientkey\",0,\"meter_key.pem\"").await;
        example.starts().await;
        example.acquires(ServerType::Tls).await;
        example.step(&Sslcfg { client: FIRST, context: 0 }, "AT+CMQTTSSLCFG=0,0", &["OK"]).await;
        example.sets_the_will().await;
        example.connects(8883).await;
        example.publishes_and_subscribes_over_tls().await;
    });
}

#[test]
fn example_3_5_with_a_topic_that_is_not_utf8_and_an_empty_payload() {
    with_both_manuals(async |example| {
        example.starts().await;
        example.acquires(ServerType::Tcp).await;
        let cfg = Cfg { client: FIRST, setting: Setting::CheckUtf8(false) };
        example.step(&cfg, "AT+CMQTTCFG=\"checkUTF8\",0,0", &["OK"]).await;
        example.connects(1883).await;
        example.subscribes(NOT_UTF8).await;
        let back = ["+CMQTTRXSTART: 0,9,0", "+CMQTTRXTOPIC: 0,9", "meter-3/\u{fffd}", "+CMQTTRXEND: 0"];
        example.publishes(NOT_UTF8, b"", &back).await;
        example.ends().await;
    });
}
