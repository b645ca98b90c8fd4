//! CONNECT, DISC, PUB, SUB and UNSUB from their request to their outcome.

use core::time::Duration;

use super::Modem;
use super::agenda::Step;
use super::answer::{ERROR, OK, code_line, framed};
use super::journal::JournalEntry;
use super::script::Injected;
use super::tls::{NOT_SET_CERTIFICATE, OPEN_SESSION_FAILED};
use crate::behaviour::{
    ConnectCut, ConnectFailure, ConnectOutcome, FailureOrder, Point, SuccessOrder, TakenOver, TimeoutOutcome,
};
use crate::broker::Request;

/// Code of an operation that the broker has not answered in its time.
const TIMED_OUT: u8 = 17;

/// An operation that waits for its broker, or for the time of its outcome.
#[derive(Debug)]
pub(super) struct Operation {
    id: u64,
    kind: Kind,
    injected: Injected,
    /// Earliest time of the outcome.
    pub(super) earliest: Duration,
    /// Time of the final result.
    result_at: Duration,
    /// From the final result to the earliest outcome.
    outcome_delay: Duration,
    /// The final result waits for the outcome, because the order depends on it.
    held: bool,
    answer: Option<Answer>,
    lost: Option<u8>,
}

/// The broker's answer. A switch that is set later applies to later commands.
#[derive(Clone, Copy, Debug)]
struct Answer {
    code: u8,
    order: Order,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Connect,
    Disconnect,
    Publish,
    Subscribe(Vec<Vec<u8>>),
    Unsubscribe(Vec<Vec<u8>>),
}

/// Order of an operation's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    OkFirst,
    OkTwice,
    OkLast,
    ErrorFirst,
    ErrorLast,
}

impl Order {
    /// The final result cannot be sent before the outcome is known.
    fn waits_for_outcome(self) -> bool {
        matches!(self, Self::OkLast | Self::ErrorFirst | Self::ErrorLast)
    }
}

impl Kind {
    pub(super) fn is_connect(&self) -> bool {
        matches!(self, Self::Connect)
    }

    pub(super) fn is_disconnect(&self) -> bool {
        matches!(self, Self::Disconnect)
    }

    pub(super) fn is_publish(&self) -> bool {
        matches!(self, Self::Publish)
    }

    pub(super) fn is_subscribe(&self) -> bool {
        matches!(self, Self::Subscribe(_))
    }

    pub(super) fn is_unsubscribe(&self) -> bool {
        matches!(self, Self::Unsubscribe(_))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Connect => "CMQTTCONNECT",
            Self::Disconnect => "CMQTTDISC",
            Self::Publish => "CMQTTPUB",
            Self::Subscribe(_) => "CMQTTSUB",
            Self::Unsubscribe(_) => "CMQTTUNSUB",
        }
    }
}

impl Operation {
    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }
}

impl Modem {
    /// Sends the request and plans `OK`, unless its place depends on the outcome.
    pub(super) fn begin_operation(&mut self, client: usize, kind: Kind, timeout: Duration, request: Request) {
        let held = [0, 1].into_iter().any(|code| self.order(&kind, code).waits_for_outcome());
        let result_at = self.after(self.behaviour.timing.result);
        let operation = self.open_operation(client, kind, held);
        // After `OK`: captures show a message that a subscribe or publish causes after its `OK`.
        self.agenda.plan(result_at, Step::Ask { client, operation, request });
        self.agenda.plan(self.after(timeout), Step::Expire { client, operation });
    }

    /// A CONNECT that fails before a request is sent to the broker.
    pub(super) fn begin_failed_connect(&mut self, client: usize, code: u8) {
        let held = self.order(&Kind::Connect, code).waits_for_outcome();
        self.open_operation(client, Kind::Connect, held);
        self.resolve(client, Kind::is_connect, code);
    }

    fn open_operation(&mut self, client: usize, kind: Kind, held: bool) -> u64 {
        self.operations += 1;
        let id = self.operations;
        let outcome_delay = self.outcome_delay(&kind);
        let (result_at, earliest) = (self.after(self.behaviour.timing.result), self.after_result(outcome_delay));
        let injected = self.injected.clone();
        self.clients[client].operation =
            Some(Operation { id, kind, injected, earliest, result_at, outcome_delay, held, answer: None, lost: None });
        if !held {
            self.answer_ok();
        }
        id
    }

    /// Sends the request to the broker, unless the operation has ended or been answered meanwhile.
    pub(super) fn ask(&mut self, client: usize, operation: u64, request: Request) {
        let pending = self.clients[client].operation.as_ref();
        if pending.is_some_and(|pending| pending.id == operation && pending.answer.is_none()) {
            self.request(request);
        }
    }

    fn outcome_delay(&self, kind: &Kind) -> Duration {
        let timing = &self.behaviour.timing;
        match kind {
            Kind::Connect => timing.connect,
            Kind::Disconnect => timing.disconnect,
            Kind::Publish => timing.publish,
            Kind::Subscribe(_) | Kind::Unsubscribe(_) => timing.subscribe,
        }
    }

    fn order(&self, kind: &Kind, code: u8) -> Order {
        let behaviour = &self.behaviour;
        let failure = |order| match order {
            FailureOrder::OkFirst => Order::OkFirst,
            FailureOrder::ErrorLast => Order::ErrorLast,
            FailureOrder::OkLast => Order::OkLast,
            FailureOrder::OkTwice => Order::OkTwice,
        };
        match (kind, code) {
            (Kind::Disconnect, 0) if behaviour.disconnect_order == SuccessOrder::ResultFirst => Order::OkLast,
            (_, 0) | (Kind::Disconnect, _) => Order::OkFirst,
            (Kind::Connect, _) => match self.connect_failure(code) {
                ConnectFailure::Late => Order::OkFirst,
                ConnectFailure::Early => Order::ErrorLast,
                ConnectFailure::ErrorFirst => Order::ErrorFirst,
            },
            (Kind::Publish, _) => failure(behaviour.publish_failure),
            (Kind::Subscribe(_) | Kind::Unsubscribe(_), _) => failure(behaviour.subscribe_failure),
        }
    }

    fn connect_failure(&self, code: u8) -> ConnectFailure {
        match code {
            NOT_SET_CERTIFICATE | OPEN_SESSION_FAILED => self.behaviour.tls_failure,
            _ => self.behaviour.connect_failure,
        }
    }

    /// The broker's answer to the operation under way, if it is of this kind and has none yet.
    pub(super) fn resolve(&mut self, client: usize, is_kind: fn(&Kind) -> bool, code: u8) {
        let Some(operation) = &self.clients[client].operation else { return };
        if !is_kind(&operation.kind) || operation.answer.is_some() {
            return;
        }
        let order = self.order(&operation.kind, code);
        if operation.held && !order.waits_for_outcome() {
            self.release_held_ok(client);
        }
        let Some(operation) = &mut self.clients[client].operation else { return };
        operation.answer = Some(Answer { code, order });
        let at = operation.earliest.max(self.now);
        self.agenda.plan(at, Step::Conclude { client, operation: operation.id });
    }

    /// The usual order applies: `OK` now, the outcome after its delay.
    fn release_held_ok(&mut self, client: usize) {
        let Some(operation) = &mut self.clients[client].operation else { return };
        let at = self.now.max(operation.result_at);
        operation.held = false;
        operation.earliest = at.saturating_add(operation.outcome_delay);
        let injected = operation.injected.clone();
        self.agenda.plan(at, Step::Final { bytes: OK.to_vec(), injected });
    }

    /// The operation has timed out: code 17, or nothing where the switch says so.
    pub(super) fn expire(&mut self, client: usize, id: u64) {
        let Some(operation) = &self.clients[client].operation else { return };
        if operation.id != id || operation.answer.is_some() {
            return;
        }
        let kind = operation.kind.clone();
        // A final result that waits for the outcome comes with it in any case.
        let is_reported = operation.held || self.behaviour.timeout_outcome == TimeoutOutcome::Code17;
        if kind.is_connect() {
            self.request(Request::Drop { client });
        }
        if !is_reported {
            self.clients[client].operation = None;
            self.apply_outcome(client, &kind, TIMED_OUT);
            return;
        }
        self.resolve(client, |_| true, TIMED_OUT);
    }

    pub(super) fn conclude(&mut self, client: usize, id: u64) {
        let due = self.clients[client].operation.as_ref().is_some_and(|operation| operation.id == id);
        let Some(operation) = self.clients[client].operation.take_if(|_| due) else { return };
        let Some(Answer { code, order }) = operation.answer else { return };
        self.agenda.cancel_expiry(id);
        self.apply_outcome(client, &operation.kind, code);
        let injected = &operation.injected;
        if order == Order::ErrorFirst && operation.held {
            self.send_final(ERROR, injected);
        }
        let is_unheard = self.behaviour.connect_outcome == ConnectOutcome::Lost;
        if !(is_unheard && operation.kind.is_connect() && code == 0) {
            self.inject(injected, Point::BeforeOutcome);
            self.wire.extend(framed(&code_line(operation.kind.name(), Some(client), code)));
            self.inject(injected, Point::AfterOutcome);
        }
        if order == Order::ErrorLast && operation.held {
            self.send_final(ERROR, injected);
        }
        if let Some(cause) = operation.lost {
            self.report_loss(client, cause);
        }
        if order == Order::OkTwice {
            self.agenda.plan(self.after(self.behaviour.timing.extra_ok), Step::Emit(OK.to_vec()));
        }
        if order == Order::OkLast && operation.held {
            self.send_final(OK, injected);
        }
    }

    /// Another device with the same client id connects: the broker closes this session, without a URC.
    fn take_over(&mut self, client: usize) {
        if self.behaviour.taken_over == TakenOver::No {
            return;
        }
        self.request(Request::Drop { client });
        self.clients[client].taken_over = true;
        if self.behaviour.taken_over == TakenOver::Noticed {
            self.clients[client].disconnect();
        }
    }

    fn apply_outcome(&mut self, client: usize, kind: &Kind, code: u8) {
        if kind.is_connect() && code != 0 {
            self.received.retain(|message| message.client() != client);
        }
        let index = client;
        let client = &mut self.clients[index];
        match (kind, code) {
            (Kind::Connect, 0) => {
                client.connected = true;
                client.taken_over = false;
                self.take_over(index);
            }
            (Kind::Connect, _) => {
                client.ssl_context = None;
                client.connection = None;
            }
            (Kind::Disconnect, 0) => {
                client.disconnect();
                client.taken_over = false;
                client.ssl_context = None;
                client.connection = None;
            }
            (Kind::Subscribe(filters), 0) => {
                for filter in filters {
                    if !client.subscriptions.contains(filter) {
                        client.subscriptions.push(filter.clone());
                    }
                }
            }
            (Kind::Unsubscribe(filters), 0) => {
                client.subscriptions.retain(|filter| !filters.contains(filter));
            }
            _ => {}
        }
    }

    /// The connection is lost. An operation under way fails first, unless its success is on its way already.
    pub(super) fn connection_lost(&mut self, client: usize, cause: u8) {
        let state = &mut self.clients[client];
        let was_connected = state.connected;
        state.disconnect();
        if was_connected || state.operation.is_some() {
            self.note(JournalEntry::ConnectionLost { client });
        }
        let state = &mut self.clients[client];
        let Some(operation) = &mut state.operation else {
            if was_connected {
                self.report_loss(client, cause);
            }
            return;
        };
        let code = match (&operation.kind, &mut operation.answer) {
            (Kind::Connect, Some(answer)) if answer.code == 0 => {
                match self.behaviour.connect_cut {
                    ConnectCut::Code26 => answer.code = 26,
                    ConnectCut::ConnectionLost => operation.lost = Some(cause),
                }
                return;
            }
            (Kind::Connect, _) => 26,
            (Kind::Disconnect, _) => 0,
            (Kind::Publish | Kind::Subscribe(_) | Kind::Unsubscribe(_), _) => {
                operation.lost = Some(cause);
                6
            }
        };
        self.resolve(client, |_| true, code);
    }

    /// Reports the loss of a connection, after every message that came over it.
    fn report_loss(&mut self, client: usize, cause: u8) {
        self.clients[client].disconnect();
        self.last_loss = Some(self.now);
        self.deliver_all(client);
        if self.behaviour.ping_urc {
            self.wire.extend(framed(&format!("+CMQTTPING: {client},6")));
        }
        self.wire.extend(framed(&format!("+CMQTTCONNLOST: {client},{cause}")));
    }
}
