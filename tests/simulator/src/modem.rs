//! The module itself, without I/O: bytes and broker events in, bytes and broker requests out.
//!
//! The caller supplies the time. Future actions are in the agenda; [`Modem::next_deadline`] returns the time of the
//! first one.

mod agenda;
mod answer;
mod certificates;
mod client;
mod clock;
mod connection;
mod dispatch;
mod general;
mod input;
mod journal;
mod line;
mod ntp;
mod operation;
mod packet_domain;
mod pending;
mod power;
mod preset;
mod prompted;
mod publish;
mod radio;
mod received;
mod script;
mod service;
mod settings;
mod sim;
mod state;
mod subscribe;
mod terminal;
mod test_form;
mod tls;
mod will;

#[cfg(test)]
mod tests;

pub use journal::JournalEntry;
pub use received::message_bytes;
pub use state::{Acquired, Client, Network, PdpContext, Service, Settings};

use core::time::Duration;
use std::collections::VecDeque;

use crate::behaviour::Behaviour;
use crate::broker::{Event, Request, SslContext};
use crate::family::Family;
use crate::referee::{Complaint, ComplaintKind, Severity};
use agenda::{Agenda, Step};
use certificates::Certificates;
use input::Input;
use power::Pins;
use received::Received;
use script::Injected;
use terminal::Terminal;

/// Commands that arrive within this time after a report of a loss or restart may have been on the wire already.
const CROSSING: Duration = Duration::from_secs(1);

/// A simulated module.
#[derive(Debug)]
pub struct Modem {
    family: Family,
    behaviour: Behaviour,
    now: Duration,
    agenda: Agenda,
    wire: Vec<u8>,
    requests: Vec<Request>,
    complaints: Vec<Complaint>,
    journal: Option<Vec<JournalEntry>>,
    /// When the module last reported a loss or a restart.
    last_loss: Option<Duration>,
    /// The line or data under way was begun by an earlier host.
    line_is_inherited: bool,
    input: Input,
    echo: bool,
    service: Service,
    starts: u32,
    tls_connects: u32,
    operations: u64,
    clients: [Client; 2],
    network: Network,
    terminal: Terminal,
    pins: Pins,
    is_mute: bool,
    ssl_contexts: [SslContext; 10],
    certificates: Certificates,
    received: VecDeque<Received>,
    occurrences: crate::behaviour::Occurrences,
    injected: Injected,
}

impl Modem {
    /// A module that booted long ago: its service is stopped and it sends nothing by itself.
    pub fn new(family: Family, behaviour: Behaviour) -> Self {
        let mut modem = Self {
            family,
            now: Duration::ZERO,
            agenda: Agenda::default(),
            wire: Vec::new(),
            requests: Vec::new(),
            complaints: Vec::new(),
            journal: None,
            last_loss: None,
            line_is_inherited: false,
            input: Input::default(),
            echo: behaviour.echo,
            service: Service::Stopped,
            starts: 0,
            tls_connects: 0,
            operations: 0,
            clients: [Client::default(), Client::default()],
            network: Network::default(),
            terminal: Terminal::of(&behaviour),
            pins: Pins::default(),
            is_mute: false,
            ssl_contexts: Default::default(),
            certificates: Certificates::default(),
            received: VecDeque::new(),
            occurrences: Default::default(),
            injected: Injected::default(),
            behaviour,
        };
        modem.forget_contexts();
        modem
    }

    /// Bytes from the host.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        self.advance(now);
        if self.is_mute {
            return;
        }
        for &byte in bytes {
            self.receive_byte(byte);
        }
        self.deliver_received();
    }

    /// Another host is attached from now on, or the same one after a reset. What the earlier one has begun stays as it
    /// is; the referee does not attribute it to the new one.
    pub fn host_replaced(&mut self, now: Duration) {
        self.advance(now);
        self.line_is_inherited = !self.input.is_idle();
    }

    /// Bytes that the module has sent by `now` and that were not returned yet.
    pub fn output(&mut self, now: Duration) -> Vec<u8> {
        self.advance(now);
        let output = core::mem::take(&mut self.wire);
        if self.is_mute { Vec::new() } else { output }
    }

    /// Time of the module's next action; the present if output or requests are waiting to be fetched.
    pub fn next_deadline(&self) -> Option<Duration> {
        if self.wire.is_empty() && self.requests.is_empty() { self.agenda.next() } else { Some(self.now) }
    }

    /// Requests of the module to its MQTT side up to `now`.
    pub fn take_requests(&mut self, now: Duration) -> Vec<Request> {
        self.advance(now);
        core::mem::take(&mut self.requests)
    }

    /// An event of the MQTT side.
    pub fn event(&mut self, now: Duration, event: Event) {
        self.advance(now);
        if self.network.silent || !self.is_on() {
            return;
        }
        match event {
            Event::Connected { client } => self.resolve(client, operation::Kind::is_connect, 0),
            Event::ConnectFailed { client, code } => self.resolve(client, operation::Kind::is_connect, code),
            Event::Published { client } => self.resolve(client, operation::Kind::is_publish, 0),
            Event::PublishFailed { client, code } => self.resolve(client, operation::Kind::is_publish, code),
            Event::Subscribed { client } => self.resolve(client, operation::Kind::is_subscribe, 0),
            Event::SubscribeFailed { client, code } => self.resolve(client, operation::Kind::is_subscribe, code),
            Event::Unsubscribed { client } => self.resolve(client, operation::Kind::is_unsubscribe, 0),
            Event::UnsubscribeFailed { client, code } => self.resolve(client, operation::Kind::is_unsubscribe, code),
            Event::Disconnected { client } => self.resolve(client, operation::Kind::is_disconnect, 0),
            Event::Message { client, topic, payload } => self.message(client, topic, payload),
            Event::ConnectionLost { client, cause } => self.connection_lost(client, cause),
        }
        self.deliver_received();
    }

    /// Complaints so far, oldest first.
    pub fn complaints(&self) -> &[Complaint] {
        &self.complaints
    }

    /// Takes the complaints, for tests that expect some.
    pub fn take_complaints(&mut self) -> Vec<Complaint> {
        core::mem::take(&mut self.complaints)
    }

    /// The module's family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The module's behaviour.
    pub fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// The module's behaviour, to be changed while it runs.
    pub fn behaviour_mut(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    /// State of the MQTT service.
    pub fn service(&self) -> Service {
        self.service
    }

    /// State of a client; `index` is 0 or 1.
    pub fn client(&self, index: usize) -> &Client {
        &self.clients[index]
    }

    /// The radio network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The radio network, to be changed while the module runs.
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// Whether the module echoes commands.
    pub fn echoes(&self) -> bool {
        self.echo
    }

    /// Number of bytes that a waiting prompt still needs.
    pub fn awaited_data(&self) -> Option<usize> {
        self.input.awaited()
    }

    /// Whether the module's UART is dead: it receives and sends nothing. What is under way goes on inside, and what it
    /// has to report is lost. RESET, PWRKEY and a loss of power end it.
    pub fn set_mute(&mut self, now: Duration, mute: bool) {
        self.advance(now);
        if self.is_mute {
            self.wire.clear();
        }
        self.is_mute = mute;
    }

    /// Whether it is [mute](Self::set_mute).
    pub fn is_mute(&self) -> bool {
        self.is_mute
    }

    /// Sends bytes of the caller, framing included: a URC, or noise.
    pub fn emit(&mut self, now: Duration, bytes: &[u8]) {
        self.advance(now);
        self.wire.extend_from_slice(bytes);
    }

    fn advance(&mut self, now: Duration) {
        while let Some((at, step)) = self.agenda.take_due(now) {
            self.now = self.now.max(at);
            self.perform(step);
            self.carry_out_held();
            self.deliver_received();
            self.receive_queued();
            self.deliver_received();
        }
        self.now = self.now.max(now);
    }

    /// `now` plus a delay. A delay can be set to any value, at any time.
    fn after(&self, delay: Duration) -> Duration {
        self.now.saturating_add(delay)
    }

    /// The time of a final result planned now, plus a delay.
    fn after_result(&self, delay: Duration) -> Duration {
        self.after(self.behaviour.timing.result).saturating_add(delay)
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Emit(bytes) => self.wire.extend(bytes),
            Step::Ready(bytes) => self.ready(&bytes),
            Step::Final { bytes, injected } => self.send_final(&bytes, &injected),
            Step::Prompt { entry, injected } => self.send_prompt(entry, injected),
            Step::Ask { client, operation, request } => self.ask(client, operation, request),
            Step::Conclude { client, operation } => self.conclude(client, operation),
            Step::Expire { client, operation } => self.expire(client, operation),
            Step::Started { code, context, ok_after, injected } => self.started(code, context, ok_after, &injected),
            Step::Stopped { ok_after, injected } => self.stopped(ok_after, &injected),
            Step::TimeServerAnswered => self.time_server_answered(),
            Step::NetworkGone => self.network_gone(),
            Step::Booted => self.input.boot_ends(),
            Step::Restart => self.restart(self.now),
            Step::PowerKeyHeld => self.power_key_held(),
            Step::ResetHeld => self.power_on(self.now),
            Step::Shutdown => self.shut_down(),
            Step::Off => self.cut_power(self.now),
        }
    }

    fn complain(&mut self, kind: ComplaintKind, what: impl Into<String>) {
        self.complain_as(Severity::Error, kind, what);
    }

    /// A command that crossed the report of a loss on the wire, or that an earlier host began, is no mistake of the
    /// present host.
    fn complain_as(&mut self, severity: Severity, kind: ComplaintKind, what: impl Into<String>) {
        let excused = self.line_is_inherited || (kind.is_about_state() && self.has_just_lost());
        let severity = if excused { Severity::Warning } else { severity };
        self.complaints.push(Complaint { at: self.now, severity, kind, what: what.into() });
    }

    fn has_just_lost(&self) -> bool {
        self.terminal.since_boot.ready_line_is_due
            || self.last_loss.is_some_and(|loss| self.now.saturating_sub(loss) < CROSSING)
    }

    fn request(&mut self, request: Request) {
        if !self.network.silent {
            self.requests.push(request);
        }
    }
}
