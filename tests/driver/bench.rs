//! A driver on a simulated module, and the set-up and checks that the tests share.

use core::time::Duration;

use simcom_modem_simulator::behaviour::{Behaviour, Injection, Override, Point, ScriptedAnswer};
pub use simcom_modem_simulator::pipe::Bench;
use simcom_modem_simulator::referee::ComplaintKind;

pub use crate::FAMILIES;
use crate::driver::error::Refusal;
use crate::driver::urc::LossCause;
use crate::driver::{Broker, ClientIndex, ConnectOptions, Error, Event, Family, Inbox, Publish, QoS, ResultCode, Will};
pub use crate::families::{ALL_FAMILIES, module_family};
pub use crate::shell::{ShellModem, shell_modem};

pub const FIRST: ClientIndex = ClientIndex::First;
pub const SECOND: ClientIndex = ClientIndex::Second;

/// The families of the shell that can stage several subscriptions.
pub fn staging_families() -> Vec<Family> {
    let families = FAMILIES.into_iter().map(|(family, _)| family);
    let staging: Vec<_> = families.filter(|family| family.has_staged_subscriptions()).collect();
    assert!(!staging.is_empty(), "the test would try nothing");
    staging
}

pub type TestInbox = Inbox<32_768>;
pub type TestModem<'a> = ShellModem<&'a TestInbox>;

/// A driver on the module of this bench; a second one stands for a microcontroller after a reset.
pub fn modem<'a>(bench: &Bench, family: Family, inbox: &'a TestInbox) -> TestModem<'a> {
    shell_modem(bench, family, inbox)
}

/// A module of this family with a changed behaviour.
pub fn bench_with(family: Family, change: impl FnOnce(&mut Behaviour)) -> Bench {
    let mut behaviour = Behaviour::of(module_family(family));
    change(&mut behaviour);
    Bench::with(module_family(family), behaviour)
}

pub fn bench(family: Family) -> Bench {
    Bench::new(module_family(family))
}

/// A module of this family with these switches set.
pub fn switched(family: Family, switches: &[(&str, &str)]) -> Bench {
    bench_with(family, |behaviour| {
        for (name, value) in switches {
            behaviour.set(name, value).unwrap();
        }
    })
}

/// On every family of the shell: a module with these switches set, and a driver that does not know its state.
pub fn on_every_family(switches: &[(&str, &str)], test: impl AsyncFn(&Bench, &mut TestModem<'_>, &TestInbox)) {
    for (family, _) in FAMILIES {
        let bench = switched(family, switches);
        let inbox = TestInbox::new();
        let mut modem = modem(&bench, family, &inbox);
        bench.block_on(test(&bench, &mut modem, &inbox));
    }
}

/// On every family of the shell: a module whose first client is connected.
pub fn on_every_connected(test: impl AsyncFn(&Bench, &mut TestModem<'_>, &TestInbox)) {
    on_every_family(&[], async |bench, modem, inbox| {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
        test(bench, modem, inbox).await;
    });
}

/// On every family of the shell: a module whose first client is connected and subscribed to the messages of the tests.
pub fn on_every_subscribed(test: impl AsyncFn(&Bench, &mut TestModem<'_>, &TestInbox)) {
    on_every_family(&[], async |bench, modem, inbox| {
        subscribed(bench, modem).await;
        test(bench, modem, inbox).await;
    });
}

/// Connects the first client, and subscribes it to the messages of the tests.
pub async fn subscribed(bench: &Bench, modem: &mut TestModem<'_>) {
    modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
    modem.client(FIRST).subscribe("meter-3/#", QoS::AtLeastOnce).await.or_transcript(bench);
}

/// Injects bytes into every exchange of a command line that begins with `prefix`.
pub fn inject(bench: &Bench, prefix: &str, point: Point, bytes: &[u8]) {
    bench.modem(|module, _| {
        let injection = Injection { prefix: prefix.to_owned(), nth: 0, point, bytes: bytes.to_vec() };
        module.behaviour_mut().injections = vec![injection];
    });
}

/// Sets the answer to the `nth` command line from now on that begins with `prefix`; 0 means every one.
pub fn script(bench: &Bench, prefix: &str, nth: usize, answer: ScriptedAnswer) {
    bench.modem(|module, _| {
        module.behaviour_mut().overrides.push(Override { prefix: prefix.to_owned(), nth, answer });
    });
}

/// The next command with this prefix gets no answer.
pub fn silence(bench: &Bench, prefix: &str) {
    script(bench, prefix, 1, ScriptedAnswer::Silence);
}

/// Removes scripted answers.
pub fn end_script(bench: &Bench) {
    bench.modem(|module, _| module.behaviour_mut().overrides.clear());
}

pub async fn publish_works(bench: &Bench, modem: &mut TestModem<'_>) {
    let message = Publish::new("meter-3/after", b"x").qos(QoS::AtLeastOnce);
    modem.client(FIRST).publish(&message).await.or_transcript(bench);
    let last = bench.loopback(|broker, _| broker.publications().last().cloned()).unwrap();
    assert_eq!((&last.topic[..], &last.payload[..]), (&b"meter-3/after"[..], &b"x"[..]));
}

/// The first client's filters at the broker.
pub fn filters(bench: &Bench) -> Vec<Vec<u8>> {
    bench.loopback(|broker, _| broker.subscriptions(0).iter().map(|(filter, _)| filter.clone()).collect())
}

/// All events of a period.
pub async fn events_of(bench: &Bench, modem: &mut TestModem<'_>, time: Duration) -> Vec<Event> {
    // The end of the period is an event too, so no call has to be dropped.
    const END: Event = Event::ConnectionLost { client: SECOND, cause: LossCause::Other(99) };
    bench.at(bench.now() + time, |bench| {
        bench.modem(|module, now| module.emit(now, b"\r\n+CMQTTCONNLOST: 1,99\r\n"));
    });
    let mut events = Vec::new();
    loop {
        match modem.next_event().await.or_transcript(bench) {
            END => return events,
            event => events.push(event),
        }
    }
}

/// The code of a refusal, and the refused command.
#[track_caller]
pub fn refusal(result: Result<impl core::fmt::Debug, Error>, bench: &Bench) -> (&'static str, Refusal) {
    match result {
        Err(Error::Refused { command, refusal }) => (command.as_str(), refusal),
        Err(Error::ConnectRefused { refusal, .. }) => ("+CMQTTCONNECT", refusal),
        other => panic!("not refused: {other:?}\n{}", bench.transcript_text()),
    }
}

pub fn code(number: u8) -> Refusal {
    Refusal::Code(ResultCode::new(number))
}

pub static WILL: Will<'static> = Will::new("meter-3/state", b"vanished");

/// Options shared by the tests.
pub static OPTIONS: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-3");

/// A payload that looks like a result, a prompt, a URC and a message header.
pub const LOOK_ALIKES: &[u8] =
    b"\r\nOK\r\n>\r\n\r\n> \r\n+CMQTTCONNLOST: 0,1\r\n\r\nERROR\r\n\0\xff\r\n+CMQTTPUB: 0,6\r\n\r\nRDY\r\n+CMQTTRXPAYLOAD: 0,9\r\n";

/// A refusal without a code.
pub const ERROR: &[u8] = b"\r\nERROR\r\n";
/// The same of a module that is set to number its errors, `AT+CMEE=1`.
pub const NUMBERED_ERROR: &[u8] = b"\r\n+CME ERROR: 100\r\n";

/// A complaint that a driver without knowledge of the module may cause: it queries a service that is not started.
pub const PROBING: &[ComplaintKind] = &[ComplaintKind::NotStarted];

/// Every message in the inbox, as client, topic and payload.
pub fn messages(inbox: &TestInbox) -> Vec<(ClientIndex, Vec<u8>, Vec<u8>)> {
    let mut buffer = vec![0; 32_768];
    let mut messages = Vec::new();
    while let Some(message) = inbox.take(&mut buffer) {
        assert_eq!(message.missing(), 0);
        messages.push((message.client(), message.topic().to_vec(), message.payload().to_vec()));
    }
    messages
}

/// Fails on a complaint of the referee that is not in `tolerated`.
pub fn assert_no_complaints(bench: &Bench, tolerated: &[ComplaintKind]) {
    let complaints = bench.modem(|module, _| module.take_complaints());
    let serious: Vec<_> = complaints.iter().filter(|complaint| !tolerated.contains(&complaint.kind)).collect();
    assert!(serious.is_empty(), "{serious:#?}\n{}", bench.transcript_text());
}

/// `unwrap`, with the transcript on failure.
pub trait OrTranscript<T> {
    fn or_transcript(self, bench: &Bench) -> T;
}

impl<T, E: core::fmt::Display> OrTranscript<T> for Result<T, E> {
    #[track_caller]
    fn or_transcript(self, bench: &Bench) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("{error}\n{}", bench.transcript_text()),
        }
    }
}
