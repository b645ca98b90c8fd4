//! Each state of the module × each call of a driver that was just made: the right result, and the module is usable
//! afterwards.

use core::time::Duration;

use simcom_modem_simulator::broker::Connection as BrokerConnection;
use simcom_modem_simulator::modem::Modem as Module;

use super::calls::{Call, connects_and_publishes};
use crate::bench::*;
use crate::driver::Family;

/// A state that was left by an earlier life of the microcontroller, by the module's power or by its network.
struct State {
    name: &'static str,
    switches: &'static [(&'static str, &'static str)],
    prepare: fn(&mut Module, Duration),
    /// What ends the state, if the module cannot connect in it.
    mend: fn(&mut Module),
    /// The results other than [`usual`], and those that differ from these. Several where families differ.
    says: [&'static [(Call, &'static [&'static str])]; 2],
    /// How many times the client may have to connect afterwards until it can publish.
    connects: u8,
}

impl State {
    const fn new(name: &'static str, prepare: fn(&mut Module, Duration)) -> Self {
        Self { name, switches: &[], prepare, mend: |_| {}, says: [&[]; 2], connects: 1 }
    }

    const fn switched(mut self, switches: &'static [(&'static str, &'static str)]) -> Self {
        self.switches = switches;
        self
    }

    const fn mended(mut self, mend: fn(&mut Module)) -> Self {
        self.mend = mend;
        self
    }

    const fn says(mut self, says: &'static [(Call, &'static [&'static str])]) -> Self {
        self.says = [&[], says];
        self
    }

    const fn and_says(mut self, says: &'static [(Call, &'static [&'static str])]) -> Self {
        self.says[0] = says;
        self
    }

    const fn connects(mut self, connects: u8) -> Self {
        self.connects = connects;
        self
    }

    /// The possible results of a call.
    fn expected(&self, call: Call) -> &[&'static str] {
        match self.says.into_iter().flatten().find(|(other, _)| *other == call) {
            Some((_, says)) => says,
            None => usual(call),
        }
    }
}

/// The result of a call that the state of the module does not matter to.
fn usual(call: Call) -> &'static [&'static str] {
    match call {
        Call::Connect => &["opened"],
        Call::NextEvent => &["nothing"],
        _ if call.needs_connection() => &["ClientNotConnected"],
        _ => &["ok"],
    }
}

fn session(host: &str, client_id: &str) -> BrokerConnection {
    BrokerConnection::new(host, 1883, client_id)
}

/// Our own session is live.
fn live(module: &mut Module) {
    module.preset_connected(0, session("broker.example", "meter-3"));
}

fn other_live(module: &mut Module) {
    module.preset_connected(1, session("other.example", "pump-7"));
}

/// A session is live, and a prompt has all its data but the last byte.
fn prompted(module: &mut Module, command: &str, data: &[u8]) {
    live(module);
    module.preset_prompt(command, data);
}

const STOPPED: &[(Call, &[&str])] = &[
    (Call::Disconnect, &["DISC ERROR"]),
    (Call::AcquiredClients, &["ACCQ ERROR"]),
    (Call::ConnectedClients, &["DISC ERROR"]),
    (Call::Release, &["REL ERROR"]),
    (Call::Stop, &["STOP ERROR", "STOP 9"]),
];
const STARTED: &[(Call, &[&str])] = &[
    (Call::Disconnect, &["DISC 20"]),
    (Call::Start, &["START ERROR", "START 23"]),
    (Call::Release, &["REL 20", "ok"]),
];
const ACQUIRED: &[(Call, &[&str])] = &[
    (Call::Disconnect, &["DISC 11"]),
    (Call::Start, &["START ERROR", "START 23"]),
    (Call::Stop, &["STOP 21", "STOP 19"]),
];
const OTHER_ACQUIRED: &[(Call, &[&str])] = &[
    (Call::Disconnect, &["DISC 20"]),
    (Call::Start, &["START ERROR", "START 23"]),
    (Call::Release, &["REL 20", "ok"]),
    (Call::Stop, &["STOP 21", "STOP 19"]),
];
const LIVE: &[(Call, &[&str])] = &[
    (Call::Connect, &["adopted"]),
    (Call::Start, &["START ERROR", "START 23"]),
    (Call::Release, &["REL 19"]),
    (Call::Stop, &["STOP 21", "STOP 19"]),
];
const LIVE_ELSEWHERE: &[(Call, &[&str])] =
    &[(Call::Start, &["START ERROR", "START 23"]), (Call::Release, &["REL 19"]), (Call::Stop, &["STOP 21", "STOP 19"])];

/// An operation of the first client is under way.
const BUSY: &[(Call, &[&str])] = &[
    (Call::Connect, &["adopted"]),
    (Call::Disconnect, &["DISC 14"]),
    (Call::Start, &["START ERROR", "START 23"]),
    (Call::Release, &["REL 14"]),
    (Call::Stop, &["STOP 21", "STOP 19"]),
    (Call::Shutdown, &["STOP 21", "STOP 19"]),
];
/// Before `OK`, commands wait; behind it, the service is not started yet.
const STARTING: &[(Call, &[&str])] = &[
    (Call::Disconnect, &["DISC ERROR", "DISC 20"]),
    (Call::AcquiredClients, &["ACCQ ERROR", "ok"]),
    (Call::ConnectedClients, &["DISC ERROR", "ok"]),
    (Call::Start, &["START ERROR", "START 23"]),
    (Call::Release, &["REL ERROR", "REL 20", "ok"]),
    (Call::Stop, &["STOP ERROR", "ok"]),
];
const STOPPING: &[(Call, &[&str])] = &[
    (Call::Disconnect, &["DISC ERROR"]),
    (Call::AcquiredClients, &["ACCQ ERROR"]),
    (Call::ConnectedClients, &["DISC ERROR"]),
    (Call::Start, &["START ERROR", "ok"]),
    (Call::Release, &["REL ERROR"]),
    (Call::Stop, &["STOP ERROR", "STOP 9"]),
];
/// The driver has seen the line of the boot.
const BOOTING: &[(Call, &[&str])] = &[
    (Call::Disconnect, &["ServiceNotStarted"]),
    (Call::Subscribe, &["ServiceNotStarted"]),
    (Call::SubscribeAll, &["ServiceNotStarted"]),
    (Call::Unsubscribe, &["ServiceNotStarted"]),
    (Call::Publish, &["ServiceNotStarted"]),
    (Call::PublishFrom, &["ServiceNotStarted"]),
    (Call::NextEvent, &["ModemRestarted"]),
    (Call::AcquiredClients, &["ACCQ ERROR"]),
    (Call::ConnectedClients, &["DISC ERROR"]),
    (Call::Release, &["ServiceNotStarted"]),
    (Call::Stop, &["ServiceNotStarted"]),
];
const NO_NETWORK: &str = "the time server has not set the clock: network error";
const SEARCHING: &str = "timed out waiting for a network (searching)";

const STATES: &[State] = &[
    State::new("switched on", |_, _| {}).says(STOPPED),
    State::new("without echo", |module, _| module.preset_echo(false)).says(STOPPED),
    State::new("started", |module, _| module.preset_started()).says(STARTED),
    State::new("acquired", |module, _| module.preset_acquired(0, "meter-3", false)).says(ACQUIRED),
    State::new("acquired with another id", |module, _| module.preset_acquired(0, "pump-7", false)).says(ACQUIRED),
    State::new("acquired for TLS", |module, _| module.preset_acquired(0, "meter-3", true)).says(ACQUIRED),
    State::new("other client acquired", |module, _| module.preset_acquired(1, "pump-7", false)).says(OTHER_ACQUIRED),
    State::new("live", |module, _| live(module)).says(LIVE),
    State::new("live elsewhere", |module, _| module.preset_connected(0, session("other.example", "meter-3")))
        .says(LIVE_ELSEWHERE),
    State::new("other client live", |module, _| other_live(module)).says(OTHER_ACQUIRED),
    State::new("both live", |module, _| {
        live(module);
        other_live(module);
    })
    .says(LIVE),
    // What an earlier life has left unfinished.
    State::new("topic staged", |module, now| {
        prompted(module, "AT+CMQTTTOPIC=0,3", b"a/");
        module.receive(now, b"b");
    })
    .says(LIVE),
    State::new("payload staged", |module, now| {
        prompted(module, "AT+CMQTTPAYLOAD=0,3", b"42");
        module.receive(now, b"0");
    })
    .says(LIVE),
    State::new("topic asked for", |module, _| prompted(module, "AT+CMQTTTOPIC=0,9", b"meter")).says(LIVE),
    State::new("payload asked for", |module, _| prompted(module, "AT+CMQTTPAYLOAD=0,900", b"42")).says(LIVE),
    State::new("filter asked for", |module, _| prompted(module, "AT+CMQTTSUB=0,9,1", b"meter")).says(LIVE),
    State::new("filter to leave asked for", |module, _| prompted(module, "AT+CMQTTUNSUB=0,9,0", b"meter")).says(LIVE),
    State::new("will topic asked for", |module, _| {
        module.preset_acquired(0, "meter-3", false);
        module.preset_prompt("AT+CMQTTWILLTOPIC=0,9", b"meter");
    })
    .says(ACQUIRED),
    State::new("will message asked for", |module, _| {
        module.preset_acquired(0, "meter-3", false);
        module.preset_prompt("AT+CMQTTWILLMSG=0,9,1", b"");
    })
    .says(ACQUIRED),
    State::new("certificate asked for", |module, _| module.preset_prompt("AT+CCERTDOWN=\"old.pem\",300", b"-----"))
        .says(STOPPED),
    State::new("half a command", |module, _| module.preset_half_line(b"AT+CMQTTREL=")).says(STOPPED),
    State::new("half a command while live", |module, _| {
        live(module);
        module.preset_half_line(b"AT+CMQTTDISC=0,6");
    })
    .says(LIVE),
    State::new("half a message", |module, now| {
        live(module);
        module.preset_message(now, 0, b"meter-3/a", b"OK", 20);
    })
    .says(LIVE)
    .and_says(&[(Call::NextEvent, &["MessageAborted { client: First, count: 1 }"])]),
    // Operations under way.
    State::new("START under way", |module, now| module.receive(now, b"AT+CMQTTSTART\r"))
        .switched(&[("start-delay", "3000")])
        .says(STARTING),
    State::new("STOP under way", |module, now| {
        module.preset_started();
        module.receive(now, b"AT+CMQTTSTOP\r");
    })
    .switched(&[("stop-delay", "3000")])
    .says(STOPPING),
    State::new("CONNECT under way", |module, now| {
        module.preset_acquired(0, "meter-3", false);
        module.receive(now, b"AT+CMQTTCONNECT=0,\"tcp://broker.example:1883\",60,1\r");
    })
    .switched(&[("connect-delay", "3000")])
    .says(BUSY),
    State::new("DISC under way", |module, now| {
        live(module);
        module.receive(now, b"AT+CMQTTDISC=0,60\r");
    })
    .switched(&[("disconnect-delay", "3000")])
    .says(BUSY)
    // `connect` finds the client connected. The outcome of DISC comes behind that, and is a lost connection.
    .connects(2),
    State::new("SUB under way", |module, now| {
        prompted(module, "AT+CMQTTSUB=0,9,1", b"meter-3/");
        module.receive(now, b"+");
    })
    .switched(&[("subscribe-delay", "3000")])
    .says(BUSY),
    // What the module's power, card, network and firmware have led to.
    State::new("booting", |module, now| module.restart(now)).switched(&[("boot-delay", "3000")]).says(BOOTING),
    State::new("PIN wanted", |_, _| {})
        .switched(&[("sim-pin", "1234")])
        .mended(|module| {
            module.behaviour_mut().bring_up.pin.clear();
        })
        .says(STOPPED)
        .and_says(&[
            (Call::Connect, &["START 1"]),
            (Call::BringUp, &["the SIM card asks for its PIN, and none was given"]),
            (Call::SetClock, &[NO_NETWORK]),
            (Call::Start, &["START 1"]),
        ]),
    State::new("not registered", |module, _| module.network_mut().attached = false)
        .mended(|module| module.network_mut().attached = true)
        .says(STOPPED)
        .and_says(&[
            (Call::Connect, &["START 1"]),
            (Call::BringUp, &[SEARCHING]),
            (Call::SetClock, &[NO_NETWORK]),
            (Call::Start, &["START 1"]),
        ]),
    State::new("radio dead while live", |module, _| {
        live(module);
        module.network_mut().silent = true;
    })
    .mended(|module| module.network_mut().silent = false)
    .says(LIVE)
    .and_says(&[
        (Call::Disconnect, &["DISC 17"]),
        (Call::BringUp, &[SEARCHING]),
        (Call::SetClock, &[NO_NETWORK]),
        (Call::Shutdown, &["STOP 21", "STOP 19"]),
    ]),
    State::new("firmware without MQTT", |_, _| {})
        .switched(&[("mqtt", "off")])
        .mended(|module| module.behaviour_mut().firmware.mqtt = true)
        .says(STOPPED)
        .and_says(&[(Call::Connect, &["no MQTT"]), (Call::Start, &["START ERROR"])]),
    State::new("firmware without TLS", |_, _| {}).switched(&[("tls", "off")]).says(STOPPED),
    State::new("clock never set", |_, _| {})
        .switched(&[("automatic-time", "off")])
        .says(STOPPED)
        .and_says(&[(Call::Clock, &["the clock was never set: set it by the network, a time server or the host"])]),
];

/// Makes the call in this state. Returns its result, and the error of what must work afterwards, if it does not.
fn run(family: Family, state: &State, call: Call) -> (String, Option<String>) {
    let bench = switched(family, state.switches);
    bench.modem(|module, now| {
        module.preset_certificate("ca.pem", b"-----BEGIN CERTIFICATE-----\n");
        (state.prepare)(module, now);
    });
    let inbox = TestInbox::new();
    let first = modem(&bench, family, &inbox);
    bench.block_on(async {
        let (said, left) = call.make(&bench, first).await;
        bench.modem(|module, _| (state.mend)(module));
        let mut left = left.unwrap_or_else(|| modem(&bench, family, &inbox));
        let after = connects_and_publishes(&mut left, state.connects).await;
        (said, (after != "ok").then_some(after))
    })
}

#[test]
fn every_call_of_a_new_driver_ends_right_in_every_state_and_the_next_connect_works() {
    let mut wrong = Vec::new();
    for state in STATES {
        for call in Call::ALL {
            for (family, _) in FAMILIES {
                let (said, after) = run(family, state, call);
                let expected = state.expected(call);
                if !expected.contains(&said.as_str()) {
                    wrong.push(format!("{}, {family:?}, {call:?}: {said}, not {}", state.name, expected.join(" or ")));
                }
                wrong.extend(after.map(|after| format!("{}, {family:?}, after {call:?}: {after}", state.name)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
