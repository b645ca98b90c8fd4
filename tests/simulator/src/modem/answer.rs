//! Final results and how they are framed.

use super::agenda::Step;
use super::script::Injected;
use super::{Modem, Service};
use crate::behaviour::Point;
use crate::referee::{ComplaintKind, Severity};

pub(super) const OK: &[u8] = b"\r\nOK\r\n";
pub(super) const ERROR: &[u8] = b"\r\nERROR\r\n";

/// A command that is not carried out: the referee's complaint and the module's answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) kind: ComplaintKind,
    pub(super) severity: Severity,
    pub(super) what: String,
    pub(super) answer: RefusalAnswer,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum RefusalAnswer {
    /// Bare `ERROR`.
    Error,
    /// `+<command>: [<client>,]<code>`, `ERROR`.
    Code { client: Option<usize>, code: u8 },
    /// `OK` nevertheless.
    Ok,
    /// No answer.
    Silence,
}

impl Refusal {
    pub(super) fn new(kind: ComplaintKind, what: impl Into<String>) -> Self {
        Self { kind, severity: Severity::Error, what: what.into(), answer: RefusalAnswer::Error }
    }

    /// A warning only: a host that does not know the module's state, or its firmware, has no other way to find out.
    pub(super) fn unavoidable(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same, but a warning if the state that forbids the command can have outlived the host.
    pub(super) fn unavoidable_if_about_state(self) -> Self {
        if self.kind.is_about_state() { self.unavoidable() } else { self }
    }

    /// The same with a bare `ERROR`.
    pub(super) fn bare(mut self) -> Self {
        self.answer = RefusalAnswer::Error;
        self
    }

    pub(super) fn with_code(mut self, client: usize, code: u8) -> Self {
        self.answer = RefusalAnswer::Code { client: Some(client), code };
        self
    }

    pub(super) fn with_service_code(mut self, code: u8) -> Self {
        self.answer = RefusalAnswer::Code { client: None, code };
        self
    }

    /// The modules report a number out of range of a prompted command with code 12.
    pub(super) fn out_of_range_is_12(self, client: usize) -> Self {
        if self.kind == ComplaintKind::OutOfRange { self.with_code(client, 12) } else { self }
    }
}

/// A line with its framing.
pub(super) fn framed(line: &str) -> Vec<u8> {
    format!("\r\n{line}\r\n").into_bytes()
}

/// Adjoining lines of one answer.
pub(super) fn framed_lines(lines: &[String]) -> Vec<u8> {
    if lines.is_empty() { Vec::new() } else { framed(&lines.join("\r\n")) }
}

impl Modem {
    /// Information lines and `OK`.
    pub(super) fn answer_lines(&mut self, lines: &[String]) {
        let mut bytes = framed_lines(lines);
        bytes.extend_from_slice(OK);
        self.answer(bytes);
    }

    pub(super) fn answer_ok(&mut self) {
        self.answer(OK.to_vec());
    }

    /// Plans the final result of the command under way.
    pub(super) fn answer(&mut self, bytes: Vec<u8>) {
        let injected = self.injected.clone();
        self.agenda.plan(self.after(self.behaviour.timing.result), Step::Final { bytes, injected });
    }

    pub(super) fn send_final(&mut self, bytes: &[u8], injected: &Injected) {
        self.wire.extend_from_slice(bytes);
        self.input.takes_commands();
        self.inject(injected, Point::AfterFinal);
    }

    pub(super) fn refuse(&mut self, name: &str, line: &[u8], refusal: Refusal) {
        let what = format!("{}: {}", line.escape_ascii(), refusal.what);
        self.complain_as(refusal.severity, refusal.kind, what);
        self.note_refusal();
        match refusal.answer {
            RefusalAnswer::Error => self.answer(ERROR.to_vec()),
            RefusalAnswer::Code { client, code } => self.answer(code_then_error(name, client, code)),
            RefusalAnswer::Ok => self.answer_ok(),
            RefusalAnswer::Silence => self.input.takes_commands(),
        }
    }

    pub(super) fn require_started(&self) -> Result<(), Refusal> {
        if self.service == Service::Started {
            return Ok(());
        }
        Err(Refusal::new(ComplaintKind::NotStarted, "the service is not started"))
    }

    /// Code 14 from an operation's `OK` to its outcome.
    pub(super) fn require_idle(&self, client: usize) -> Result<(), Refusal> {
        if self.clients[client].is_busy() {
            return Err(busy(client, "the client waits for an outcome"));
        }
        Ok(())
    }

    pub(super) fn require_acquired(&self, client: usize) -> Result<(), Refusal> {
        if self.clients[client].acquired.is_some() {
            return Ok(());
        }
        let what = "the client is not acquired";
        Err(Refusal::new(ComplaintKind::NotAcquired, what).with_code(client, 20))
    }

    pub(super) fn require_connected(&self, client: usize) -> Result<(), Refusal> {
        self.require_acquired(client)?;
        if self.clients[client].connected {
            return Ok(());
        }
        let refusal = not_connected(client, "the client is not connected");
        Err(if self.clients[client].taken_over { refusal.unavoidable() } else { refusal })
    }

    /// For commands that go to the broker.
    pub(super) fn require_session(&self, client: usize) -> Result<(), Refusal> {
        self.require_connected(client)?;
        if self.clients[client].taken_over {
            return Err(not_connected(client, "another device has taken the session over").unavoidable());
        }
        Ok(())
    }

    /// For commands that belong between ACCQ and CONNECT.
    pub(super) fn require_disconnected(&self, client: usize) -> Result<(), Refusal> {
        if !self.clients[client].connected {
            return Ok(());
        }
        let what = "the client is connected already";
        Err(Refusal::new(ComplaintKind::AlreadyConnected, what).with_code(client, 13))
    }
}

pub(super) fn busy(client: usize, what: &str) -> Refusal {
    Refusal::new(ComplaintKind::Busy, what).with_code(client, 14)
}

fn not_connected(client: usize, what: &str) -> Refusal {
    Refusal::new(ComplaintKind::NotConnected, what).with_code(client, 11)
}

pub(super) fn code_then_error(name: &str, client: Option<usize>, code: u8) -> Vec<u8> {
    let mut bytes = framed(&code_line(name, client, code));
    bytes.extend_from_slice(ERROR);
    bytes
}

pub(super) fn code_line(name: &str, client: Option<usize>, code: u8) -> String {
    match client {
        Some(client) => format!("+{name}: {client},{code}"),
        None => format!("+{name}: {code}"),
    }
}
