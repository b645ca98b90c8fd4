//! A driver on a simulated module, and what every test says about them.

use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family as ModuleFamily;
pub use simcom_modem_simulator::pipe::Bench;
use simcom_modem_simulator::referee::ComplaintKind;

use crate::driver::{Broker, ClientIndex, ConnectOptions, Family, Inbox, Will};
pub use crate::shell::{ShellModem, shell_modem};

pub const FIRST: ClientIndex = ClientIndex::First;
pub const SECOND: ClientIndex = ClientIndex::Second;

/// The families as the driver and as the module know them.
pub const FAMILIES: [(Family, ModuleFamily); 4] = [
    (Family::A7600, ModuleFamily::A7600),
    (Family::A76xx, ModuleFamily::A76xx),
    (Family::Sim7600, ModuleFamily::Sim7600),
    (Family::Sim767x, ModuleFamily::Sim767x),
];

/// What a module calls a family.
pub fn module_family(family: Family) -> ModuleFamily {
    FAMILIES.iter().find(|(driver, _)| *driver == family).expect("every family is in the table").1
}

pub type TestInbox = Inbox<32_768>;
pub type TestModem<'a> = ShellModem<'a, &'a TestInbox>;

/// A driver on the module of this bench; made again, it is a microcontroller that was reset.
pub fn modem<'a>(bench: &Bench, family: Family, inbox: &'a TestInbox) -> TestModem<'a> {
    shell_modem(bench, family, inbox)
}

/// A module of this family with a habit of its own.
pub fn bench_with(family: Family, change: impl FnOnce(&mut Behaviour)) -> Bench {
    let mut behaviour = Behaviour::of(module_family(family));
    change(&mut behaviour);
    Bench::with(module_family(family), behaviour)
}

pub fn bench(family: Family) -> Bench {
    Bench::new(module_family(family))
}

pub static WILL: Will<'static> = Will::new("meter-3/state", b"vanished");

/// Options that the tests share.
pub static OPTIONS: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-3");

/// A payload that would be a result, a prompt, a URC and a message header if only looks counted.
pub const LOOK_ALIKES: &[u8] =
    b"\r\nOK\r\n>\r\n\r\n> \r\n+CMQTTCONNLOST: 0,1\r\n\r\nERROR\r\n\0\xff\r\n+CMQTTPUB: 0,6\r\n\r\nRDY\r\n+CMQTTRXPAYLOAD: 0,9\r\n";

/// What a driver that knows nothing of the module may do: ask a service that is not started.
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

/// Fails if the referee saw anything that is not in `tolerated`.
pub fn assert_no_complaints(bench: &Bench, tolerated: &[ComplaintKind]) {
    let complaints = bench.modem(|module, _| module.take_complaints());
    let serious: Vec<_> = complaints.iter().filter(|complaint| !tolerated.contains(&complaint.kind)).collect();
    assert!(serious.is_empty(), "{serious:#?}\n{}", bench.transcript_text());
}

/// What a program does that is not interested in why: with the transcript where it fails.
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
