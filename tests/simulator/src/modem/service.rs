//! START and STOP, restarts and the loss of the network.

use core::time::Duration;

use super::agenda::Step;
use super::answer::{OK, Refusal, framed};
use super::dispatch::not_in_family;
use super::journal::JournalEntry;
use super::line::Parameters;
use super::packet_domain::context_id;
use super::script::{ISIMAID, Injected, stk_line};
use super::terminal::SinceBoot;
use super::{Client, Modem, Service};
use crate::behaviour::{
    BootEvents, DoneOrder, Point, ReadyLine, StartAgain, StopAcquired, StopNotStarted, SuccessOrder,
};
use crate::broker::Request;
use crate::referee::ComplaintKind;

impl Modem {
    /// `AT+CMQTTSTART=<cid>`.
    pub(super) fn start_on_context(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        if !self.family.starts_on_any_context() {
            return Err(not_in_family("the family's START has no parameter"));
        }
        parameters.at_most(1)?;
        let context = context_id(parameters, 0)?;
        self.start(Some(context))
    }

    pub(super) fn start(&mut self, context: Option<u8>) -> Result<(), Refusal> {
        if self.behaviour.stale_answer_in_start {
            self.wire.extend_from_slice(b"\r\n+CGREG: 0,1\r\n\r\nOK\r\n\r\nSMS DONE\r\n");
        }
        if self.service != Service::Stopped {
            let refusal = Refusal::new(ComplaintKind::AlreadyStarted, "the service is started").unavoidable();
            return Err(match self.behaviour.start_again {
                StartAgain::Error => refusal,
                StartAgain::Code23 => refusal.with_service_code(23),
            });
        }
        self.starts += 1;
        let is_active = match context {
            Some(context) => self.network.contexts.get(&context).is_some_and(|context| context.active),
            None => self.any_context_is_active(),
        };
        let has_network = self.network.attached && is_active && self.sim_is_ready();
        let fails = self.starts <= self.behaviour.start_failures || !has_network;
        let order = if fails { SuccessOrder::OkFirst } else { self.behaviour.start_order };
        let code = u8::from(fails);
        self.service = Service::Starting;
        let delay = self.behaviour.timing.start;
        let (at, ok_after) = self.answer_in_order(order, delay);
        let injected = self.injected.clone();
        self.agenda.plan(at, Step::Started { code, context, ok_after, injected });
        Ok(())
    }

    /// Plans `OK` where it comes first; returns the time of the outcome and whether `OK` follows it.
    fn answer_in_order(&mut self, order: SuccessOrder, delay: Duration) -> (Duration, bool) {
        match order {
            SuccessOrder::OkFirst => {
                self.answer_ok();
                (self.after_result(delay), false)
            }
            SuccessOrder::ResultFirst => (self.after(delay), true),
        }
    }

    /// With the context in the command, it stands in the outcome too.
    pub(super) fn started(&mut self, code: u8, context: Option<u8>, ok_after: bool, injected: &Injected) {
        self.service = if code == 0 { Service::Started } else { Service::Stopped };
        let context = context.map(|context| format!(",{context}")).unwrap_or_default();
        self.service_outcome(&format!("+CMQTTSTART: {code}{context}"), ok_after, injected);
    }

    pub(super) fn stop(&mut self) -> Result<(), Refusal> {
        if self.service != Service::Started {
            let refusal = Refusal::new(ComplaintKind::NotStarted, "the service is not started");
            return Err(match self.behaviour.stop_not_started {
                StopNotStarted::Error => refusal,
                StopNotStarted::Code9 => refusal.with_service_code(9),
            });
        }
        if self.reboots_over_live_session((0..2).any(|client| self.clients[client].connected)) {
            return Ok(());
        }
        if self.clients.iter().any(|client| client.acquired.is_some()) {
            return self.refuse_stop();
        }
        self.service = Service::Stopping;
        let (order, delay) = (self.behaviour.stop_order, self.behaviour.timing.stop);
        let (at, ok_after) = self.answer_in_order(order, delay);
        let injected = self.injected.clone();
        self.agenda.plan(at, Step::Stopped { ok_after, injected });
        Ok(())
    }

    fn refuse_stop(&mut self) -> Result<(), Refusal> {
        let refusal = Refusal::new(ComplaintKind::StillAcquired, "a client is still acquired");
        match self.behaviour.stop_acquired {
            StopAcquired::Code21 => Err(refusal.with_service_code(21)),
            StopAcquired::Code19 => Err(refusal.with_service_code(19)),
            StopAcquired::OkThenCode21 => {
                self.complain(refusal.kind, refusal.what);
                self.answer_ok();
                let at = self.after_result(self.behaviour.timing.stop);
                self.agenda.plan(at, Step::Emit(framed("+CMQTTSTOP: 21")));
                Ok(())
            }
        }
    }

    pub(super) fn stopped(&mut self, ok_after: bool, injected: &Injected) {
        self.forget_service();
        self.service_outcome("+CMQTTSTOP: 0", ok_after, injected);
        if self.behaviour.nonet_after_stop {
            self.wire.extend(framed("+CMQTTNONET"));
        }
    }

    fn service_outcome(&mut self, line: &str, ok_after: bool, injected: &Injected) {
        self.inject(injected, Point::BeforeOutcome);
        self.wire.extend(framed(line));
        self.inject(injected, Point::AfterOutcome);
        if ok_after {
            self.send_final(OK, injected);
        }
    }

    fn forget_service(&mut self) {
        self.service = Service::Stopped;
        self.clients = [Client::default(), Client::default()];
        self.received.clear();
    }

    /// Reboots when a live session is ended or connected over, if that switch is on.
    pub(super) fn reboots_over_live_session(&mut self, live: bool) -> bool {
        let reboots = live && self.behaviour.live_session_reboots;
        if reboots {
            self.restart(self.now);
        }
        reboots
    }

    /// The module restarts: all MQTT state is lost, echo is as at power-on, boot lines follow.
    pub fn restart(&mut self, now: Duration) {
        self.advance(now);
        let connected: Vec<usize> = (0..2).filter(|&client| self.clients[client].connected).collect();
        if self.behaviour.reset_urcs && !connected.is_empty() {
            for client in &connected {
                self.wire.extend(framed(&format!("+CMQTTCONNLOST: {client},3")));
            }
            if self.behaviour.nonet {
                self.wire.extend(framed("+CMQTTNONET"));
            }
        }
        self.power_on(now);
    }

    /// Power fails and returns: a restart without a URC before it.
    pub fn power_on(&mut self, now: Duration) {
        self.advance(now);
        self.note(JournalEntry::Restarted);
        self.forget_everything();
        self.network.silent = false;
        self.is_mute = false;
        self.switch_on();
        self.plan_boot();
    }

    /// Clears what a module loses without power. It receives nothing until it has booted.
    pub(super) fn forget_everything(&mut self) {
        for client in 0..2 {
            if self.clients[client].connected || self.clients[client].is_busy() {
                self.request(Request::Drop { client });
            }
        }
        self.agenda.clear();
        self.forget_service();
        self.echo = self.behaviour.echo;
        self.terminal.since_boot = SinceBoot::default();
        self.ssl_contexts = Default::default();
        self.forget_contexts();
        self.input.boots();
    }

    fn plan_boot(&mut self) {
        let delay = self.behaviour.timing.boot;
        let mut at = self.after(delay);
        self.agenda.plan(at, Step::Booted);
        at = at.saturating_add(self.behaviour.bring_up.ready_line_delay);
        self.terminal.since_boot.ready_line_is_due = true;
        self.agenda.plan(at, Step::Ready(framed(self.ready_line())));
        for line in self.boot_lines() {
            at = at.saturating_add(delay);
            self.agenda.plan(at, Step::Emit(framed(&line)));
        }
        if self.behaviour.boot_lines {
            at = at.saturating_add(self.behaviour.bring_up.done_delay);
            for line in match self.behaviour.bring_up.done_order {
                DoneOrder::SmsFirst => ["SMS DONE", "PB DONE"],
                DoneOrder::PbFirst => ["PB DONE", "SMS DONE"],
            } {
                at = at.saturating_add(delay);
                self.agenda.plan(at, Step::Emit(framed(line)));
            }
        }
    }

    pub(super) fn ready(&mut self, line: &[u8]) {
        self.terminal.since_boot.ready_line_is_due = false;
        self.last_loss = Some(self.now);
        self.wire.extend_from_slice(line);
    }

    fn ready_line(&self) -> &'static str {
        match self.behaviour.ready_line {
            ReadyLine::Rdy => "RDY",
            ReadyLine::AtReady => "*ATREADY: 1",
        }
    }

    /// The boot lines between the ready line and the last two.
    fn boot_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.behaviour.boot_lines {
            return lines;
        }
        let bring_up = &self.behaviour.bring_up;
        if self.behaviour.ready_line == ReadyLine::AtReady {
            lines.push(ISIMAID.to_owned());
        }
        lines.push(if self.sim_is_ready() { "+CPIN: READY" } else { "+CPIN: SIM PIN" }.to_owned());
        if bring_up.boot_stk {
            lines.push(stk_line());
        }
        if matches!(bring_up.boot_events, BootEvents::EpsPdn | BootEvents::Both) {
            lines.push("+CGEV: EPS PDN ACT 1".to_owned());
        }
        if matches!(bring_up.boot_events, BootEvents::MePdn | BootEvents::Both) {
            lines.push("+CGEV: ME PDN ACT 8,4".to_owned());
        }
        lines
    }

    /// The network is lost and the module reports it: CONNLOST with cause 3 for each connected client, then NONET where
    /// the module has it, which stops the service.
    pub fn network_lost(&mut self, now: Duration) {
        self.advance(now);
        let mut at = now;
        for client in 0..2 {
            if self.clients[client].connected || self.clients[client].is_busy() {
                self.request(Request::Drop { client });
                self.connection_lost(client, 3);
            }
            if let Some(operation) = &self.clients[client].operation {
                at = at.max(operation.earliest);
            }
        }
        self.agenda.plan(at, Step::NetworkGone);
        self.advance(now);
    }

    pub(super) fn network_gone(&mut self) {
        if !self.behaviour.nonet {
            return;
        }
        self.wire.extend(framed("+CMQTTNONET"));
        self.note(JournalEntry::NetworkLost);
        self.last_loss = Some(self.now);
        if !self.behaviour.nonet_keeps_service {
            self.forget_service();
        }
    }

    /// The radio fails without a URC. `AT+CSQ` answers `99,99`. If the module has `noticed`, `AT+CMQTTDISC?` reports
    /// the clients as disconnected; if not, they stay connected until an operation times out.
    pub fn lose_network_silently(&mut self, now: Duration, noticed: bool) {
        self.advance(now);
        for client in 0..2 {
            // A connection whose outcome has not been reported yet is lost like any other.
            if self.clients[client].connected || self.clients[client].is_busy() {
                self.request(Request::Drop { client });
                if noticed {
                    self.clients[client].disconnect();
                }
            }
        }
        self.network.silent = true;
    }

    /// The radio is back. Sessions that the module still held as connected are lost with cause 2.
    pub fn restore_network(&mut self, now: Duration) {
        self.advance(now);
        self.network.attached = true;
        if core::mem::take(&mut self.network.silent) {
            for client in 0..2 {
                self.connection_lost(client, 2);
            }
        }
    }
}
