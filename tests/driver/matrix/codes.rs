//! Each code × each shape of an answer × each command, through `execute` and through the calls: the code reaches the
//! caller, and the next call works.

use core::time::Duration;

use simcom_modem_simulator::behaviour::ScriptedAnswer;

use super::calls::{connects_and_publishes, done};
use crate::bench::*;
use crate::driver::command::*;
use crate::driver::family::VersionSetting;
use crate::driver::{ConnectOptions, Family, MqttVersion, Publish, QoS};

/// A command whose answer can have a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    Start,
    Accq,
    WillTopic,
    WillMsg,
    Connect,
    Topic,
    Payload,
    Pub,
    Subtopic,
    SubStaged,
    Sub,
    Unsubtopic,
    UnsubStaged,
    Unsub,
    Disc,
    Rel,
    Stop,
}

/// How far the module has been brought before the command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Level {
    Stopped,
    Started,
    Acquired,
    Connected,
}

static WITH_WILL: ConnectOptions<'static> = OPTIONS.will(&WILL);

impl Tried {
    const ALL: [Self; 17] = [
        Self::Start,
        Self::Accq,
        Self::WillTopic,
        Self::WillMsg,
        Self::Connect,
        Self::Topic,
        Self::Payload,
        Self::Pub,
        Self::Subtopic,
        Self::SubStaged,
        Self::Sub,
        Self::Unsubtopic,
        Self::UnsubStaged,
        Self::Unsub,
        Self::Disc,
        Self::Rel,
        Self::Stop,
    ];

    /// The name of the command behind `AT`.
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "+CMQTTSTART",
            Self::Accq => "+CMQTTACCQ",
            Self::WillTopic => "+CMQTTWILLTOPIC",
            Self::WillMsg => "+CMQTTWILLMSG",
            Self::Connect => "+CMQTTCONNECT",
            Self::Topic => "+CMQTTTOPIC",
            Self::Payload => "+CMQTTPAYLOAD",
            Self::Pub => "+CMQTTPUB",
            Self::Subtopic => "+CMQTTSUBTOPIC",
            Self::SubStaged | Self::Sub => "+CMQTTSUB",
            Self::Unsubtopic => "+CMQTTUNSUBTOPIC",
            Self::UnsubStaged | Self::Unsub => "+CMQTTUNSUB",
            Self::Disc => "+CMQTTDISC",
            Self::Rel => "+CMQTTREL",
            Self::Stop => "+CMQTTSTOP",
        }
    }

    /// The beginning of its line; read and test forms begin otherwise.
    fn prefix(self) -> String {
        let behind = if matches!(self, Self::Start | Self::Stop) { "" } else { "=" };
        format!("AT{}{behind}", self.name())
    }

    const fn prompts(self) -> bool {
        matches!(
            self,
            Self::WillTopic
                | Self::WillMsg
                | Self::Topic
                | Self::Payload
                | Self::Subtopic
                | Self::Sub
                | Self::Unsubtopic
                | Self::Unsub
        )
    }

    /// Whether its outcome is a line of its own.
    const fn is_deferred(self) -> bool {
        matches!(
            self,
            Self::Start
                | Self::Connect
                | Self::Pub
                | Self::SubStaged
                | Self::Sub
                | Self::UnsubStaged
                | Self::Unsub
                | Self::Disc
                | Self::Stop
        )
    }

    const fn level(self) -> Level {
        match self {
            Self::Start => Level::Stopped,
            Self::Accq | Self::Stop => Level::Started,
            Self::WillTopic | Self::WillMsg | Self::Connect | Self::Rel => Level::Acquired,
            _ => Level::Connected,
        }
    }

    const fn stages_filters(self) -> bool {
        matches!(self, Self::Subtopic | Self::SubStaged | Self::Unsubtopic | Self::UnsubStaged)
    }

    fn is_in(self, family: Family) -> bool {
        !self.stages_filters() || family.has_staged_subscriptions()
    }

    /// Sends the command alone.
    async fn execute(self, modem: &mut TestModem<'_>) -> String {
        let (client, qos, topic, filter) = (FIRST, QoS::AtLeastOnce, b"meter-3/a", b"meter-3/a");
        let version =
            (modem.family().version_setting() == VersionSetting::AcquireArgument).then_some(MqttVersion::V3_1_1);
        done(match self {
            Self::Start => modem.execute(&Start).await,
            Self::Accq => {
                let accq = Accq { client, client_id: "meter-3", server_type: ServerType::Tcp, version };
                modem.execute(&accq).await
            }
            Self::WillTopic => modem.execute(&WillTopic { client, topic }).await,
            Self::WillMsg => modem.execute(&WillMsg { client, message: b"gone", qos }).await,
            Self::Connect => {
                let connect = Connect {
                    client,
                    host: "broker.example",
                    port: 1883,
                    keep_alive: Duration::from_secs(60),
                    clean_session: true,
                    user: None,
                    password: None,
                };
                modem.execute(&connect).await
            }
            Self::Topic => modem.execute(&Topic { client, topic }).await,
            Self::Payload => modem.execute(&Payload::new(client, b"42")).await,
            Self::Pub => {
                modem
                    .execute(&Pub { client, qos, timeout: Duration::from_secs(60), retained: false, duplicate: false })
                    .await
            }
            Self::Subtopic => modem.execute(&Subtopic { client, filter, qos }).await,
            Self::SubStaged => modem.execute(&SubStaged { client }).await,
            Self::Sub => modem.execute(&Sub { client, filter, qos }).await,
            Self::Unsubtopic => modem.execute(&Unsubtopic { client, filter }).await,
            Self::UnsubStaged => modem.execute(&UnsubStaged { client }).await,
            Self::Unsub => modem.execute(&Unsub { client, filter }).await,
            Self::Disc => modem.execute(&Disc { client, timeout: Duration::from_secs(60) }).await,
            Self::Rel => modem.execute(&Rel { client }).await,
            Self::Stop => modem.execute(&Stop).await,
        })
    }

    /// Makes the call that sends the command, if there is one that leaves the driver.
    async fn call(self, modem: &mut TestModem<'_>) -> Option<String> {
        let message = Publish::new("meter-3/a", b"42").qos(QoS::AtLeastOnce);
        let mut client = modem.client(FIRST);
        Some(match self {
            Self::Start | Self::Accq | Self::Connect => done(client.connect(&OPTIONS).await),
            Self::WillTopic | Self::WillMsg => done(client.connect(&WITH_WILL).await),
            Self::Topic | Self::Payload | Self::Pub => done(client.publish(&message).await),
            Self::Subtopic => done(client.subscribe_all(&[("meter-3/a", QoS::AtLeastOnce)]).await),
            Self::Sub => done(client.subscribe("meter-3/a", QoS::AtLeastOnce).await),
            Self::Unsub => done(client.unsubscribe("meter-3/a").await),
            Self::Disc => done(client.disconnect().await),
            Self::SubStaged | Self::Unsubtopic | Self::UnsubStaged | Self::Rel | Self::Stop => return None,
        })
    }
}

/// The shape of an answer, and what it means.
struct Shape {
    name: &'static str,
    /// `C` stands for the line with the code.
    lines: &'static [&'static str],
    is_deferred: bool,
    /// There is no code.
    is_bare: bool,
}

const fn shape(name: &'static str, lines: &'static [&'static str], is_deferred: bool, is_bare: bool) -> Shape {
    Shape { name, lines, is_deferred, is_bare }
}

const SHAPES: &[Shape] = &[
    shape("code, ERROR", &["C", "ERROR"], false, false),
    shape("code, OK", &["C", "OK"], false, false),
    shape("code alone", &["C"], false, false),
    shape("ERROR alone", &["ERROR"], false, true),
    shape("OK, code", &["OK", "C"], true, false),
    shape("OK, code, OK", &["OK", "C", "OK"], true, false),
    shape("ERROR, code", &["ERROR", "C"], true, false),
];

impl Shape {
    /// A prompt is not refused with `OK`.
    fn fits(&self, place: Place) -> bool {
        place != Place::Prompt || self.lines.first() != Some(&"OK")
    }

    /// Whether the caller gets `ERROR`: in place of a prompt, it ends the command at once.
    fn is_bare(&self, place: Place) -> bool {
        self.is_bare || (place == Place::Prompt && self.lines.first() == Some(&"ERROR"))
    }

    fn bytes(&self, tried: Tried, number: u8) -> Vec<u8> {
        let client = if matches!(tried, Tried::Start | Tried::Stop) { "" } else { "0," };
        let code = format!("{}: {client}{number}", tried.name());
        let lines = self.lines.iter().map(|line| if *line == "C" { &code } else { *line });
        lines.flat_map(|line| format!("\r\n{line}\r\n").into_bytes()).collect()
    }
}

/// Brings the module down to a level, from a connected client.
async fn go_down(bench: &Bench, modem: &mut TestModem<'_>, level: Level) {
    if level < Level::Connected {
        modem.client(FIRST).disconnect().await.or_transcript(bench);
    }
    if level < Level::Acquired {
        modem.execute(&Rel { client: FIRST }).await.or_transcript(bench);
    }
    if level < Level::Started {
        modem.execute(&Stop).await.or_transcript(bench);
    }
}

/// Where the module answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Command,
    Prompt,
    Data,
}

/// Tries every code in one shape, and collects what is not as expected.
fn try_codes(family: Family, tried: Tried, shape: &Shape, place: Place, by_call: bool, wrong: &mut Vec<String>) {
    let bench = bench(family);
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, family, &inbox);
    bench.block_on(async {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        for number in 1..=35 {
            if tried.stages_filters() {
                // After some codes the client is adopted. Then a filter may be staged, and what is tried would not be
                // sent.
                go_down(&bench, &mut modem, Level::Started).await;
                modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
            }
            go_down(&bench, &mut modem, tried.level()).await;
            let bytes = shape.bytes(tried, number);
            let is_after_data = place == Place::Data;
            let answer = if is_after_data { ScriptedAnswer::AfterData(bytes) } else { ScriptedAnswer::Exactly(bytes) };
            script(&bench, &tried.prefix(), 0, answer);
            let said = if by_call { tried.call(&mut modem).await } else { Some(tried.execute(&mut modem).await) };
            end_script(&bench);
            let Some(said) = said else { return };
            let name = tried.name().trim_start_matches("+CMQTT");
            let expected = match shape.is_bare(place) {
                // `connect` has asked `ACCQ?` too, and has tried for 12 s.
                true if by_call && tried == Tried::Start => "no MQTT".to_owned(),
                true => format!("{name} ERROR"),
                false => format!("{name} {number}"),
            };
            let case = format!("{family:?}, {tried:?}, {}, {place:?}", shape.name);
            if said != expected {
                wrong.push(format!("{case}: {said}, not {expected}"));
            }
            let after = connects_and_publishes(&mut modem, 1).await;
            if after != "ok" {
                return wrong.push(format!("{case}, after {number}: {after}"));
            }
        }
    });
}

fn try_all(by_call: bool) {
    let mut wrong = Vec::new();
    for (family, _) in FAMILIES {
        for tried in Tried::ALL.into_iter().filter(|tried| tried.is_in(family)) {
            for shape in SHAPES.iter().filter(|shape| !shape.is_deferred || tried.is_deferred()) {
                let places = if tried.prompts() { &[Place::Prompt, Place::Data][..] } else { &[Place::Command] };
                for &place in places.iter().filter(|place| shape.fits(**place)) {
                    try_codes(family, tried, shape, place, by_call, &mut wrong);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_code_in_every_shape_reaches_execute_and_the_next_call_works() {
    try_all(false);
}

#[test]
fn every_code_in_every_shape_reaches_the_call_that_sends_the_command_and_the_next_call_works() {
    try_all(true);
}
