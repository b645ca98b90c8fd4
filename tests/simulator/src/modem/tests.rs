//! Behaviour of the module, byte for byte.

mod bring_up;
mod connection;
mod firmware;
mod input;
mod lifecycle;
mod pending;
mod power;
mod publish;
mod received;
mod recovery;
mod referee;
mod script;
mod settings;
mod subscribe;
mod test_form;
mod tls;

use core::time::Duration;

use super::Modem;
use crate::behaviour::Behaviour;
use crate::broker::{Connection, Event, Request};
use crate::family::Family;
use crate::referee::{ComplaintKind, Severity};

/// Longer than any delay of the module, shorter than any timeout.
const A_WHILE: Duration = Duration::from_secs(2);

/// A module with echo off, and the time.
struct Rig {
    modem: Modem,
    now: Duration,
}

impl Rig {
    fn new(family: Family) -> Self {
        Self::with(family, &[])
    }

    fn with(family: Family, switches: &[(&str, &str)]) -> Self {
        let mut behaviour = Behaviour::of(family);
        for (name, value) in switches {
            behaviour.set(name, value).unwrap();
        }
        let mut modem = Modem::new(family, behaviour);
        modem.preset_echo(false);
        Self { modem, now: Duration::ZERO }
    }

    /// A module with client 0 connected.
    fn connected(family: Family, switches: &[(&str, &str)]) -> Self {
        let mut rig = Self::with(family, switches);
        rig.modem.preset_connected(0, connection("device-7"));
        rig.requests();
        rig
    }

    fn set(&mut self, name: &str, value: &str) {
        self.modem.behaviour_mut().set(name, value).unwrap();
    }

    /// Sends a command line and returns the output of the next while.
    fn send(&mut self, line: &str) -> String {
        self.modem.receive(self.now, format!("{line}\r").as_bytes());
        self.pass(A_WHILE)
    }

    fn send_bytes(&mut self, bytes: &[u8]) -> String {
        self.modem.receive(self.now, bytes);
        self.pass(A_WHILE)
    }

    fn pass(&mut self, time: Duration) -> String {
        self.now += time;
        String::from_utf8(self.modem.output(self.now)).unwrap()
    }

    /// Passes an event of the broker and returns the output of the next while.
    fn event(&mut self, event: Event) -> String {
        self.modem.event(self.now, event);
        self.pass(A_WHILE)
    }

    fn requests(&mut self) -> Vec<Request> {
        self.modem.take_requests(self.now)
    }

    /// The kinds of the complaints since the last call.
    fn complaints(&mut self) -> Vec<ComplaintKind> {
        self.modem.take_complaints().into_iter().map(|complaint| complaint.kind).collect()
    }

    /// The severities of the complaints since the last call.
    fn severities(&mut self) -> Vec<Severity> {
        self.modem.take_complaints().into_iter().map(|complaint| complaint.severity).collect()
    }

    /// Sends a command and its data.
    fn enter(&mut self, line: &str, data: &[u8]) {
        assert_eq!(self.send(line), "\r\n>", "{line}");
        assert_eq!(self.send_bytes(data), "\r\nOK\r\n", "{line}");
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.modem.complaints(), [], "a test names the complaints it expects");
        }
    }
}

fn connection(client_id: &str) -> Connection {
    Connection::new("broker.example", 1883, client_id)
}
