//! The receiving side of the line: bytes become command lines, data, or are lost.

use super::Modem;
use super::answer::Refusal;
use super::prompted::{Entry, Target};
use super::script::Injected;
use crate::behaviour::{Point, ScriptedAnswer};
use crate::referee::ComplaintKind;

const CARRIAGE_RETURN: u8 = b'\r';
const LINE_FEED: u8 = b'\n';

/// What becomes of the next byte.
#[derive(Debug, Default)]
pub(super) struct Input {
    line: Vec<u8>,
    phase: Phase,
}

#[derive(Debug, Default)]
enum Phase {
    /// It belongs to a command line.
    #[default]
    Command,
    /// It is lost: a final result or a prompt is owed. Holds the complaint about bytes lost so far.
    Executing { complaint: Option<usize> },
    /// It is data.
    Data { entry: Entry, data: Vec<u8>, injected: Injected },
    /// It is lost: the module boots.
    Booting,
}

impl Input {
    pub(super) fn takes_commands(&mut self) {
        self.phase = Phase::Command;
    }

    pub(super) fn takes_data(&mut self, entry: Entry, data: Vec<u8>, injected: Injected) {
        self.phase = Phase::Data { entry, data, injected };
    }

    pub(super) fn executes(&mut self) {
        self.phase = Phase::Executing { complaint: None };
    }

    pub(super) fn boots(&mut self) {
        self.line.clear();
        self.phase = Phase::Booting;
    }

    pub(super) fn boot_ends(&mut self) {
        if matches!(self.phase, Phase::Booting) {
            self.phase = Phase::Command;
        }
    }

    pub(super) fn is_executing(&self) -> bool {
        matches!(self.phase, Phase::Executing { .. })
    }

    pub(super) fn awaited(&self) -> Option<usize> {
        match &self.phase {
            Phase::Data { entry, data, .. } => Some(entry.length.saturating_sub(data.len())),
            _ => None,
        }
    }

    pub(super) fn begin_line(&mut self, bytes: &[u8]) {
        self.line = bytes.to_vec();
    }
}

impl Modem {
    pub(super) fn receive_byte(&mut self, byte: u8) {
        let asleep = self.is_asleep();
        match &mut self.input.phase {
            Phase::Booting => {}
            Phase::Executing { complaint } => {
                let known = *complaint;
                self.lose_byte(byte, known);
            }
            Phase::Command if asleep => self.lose_byte_asleep(byte),
            Phase::Data { entry, data, .. } => {
                data.push(byte);
                let complete = data.len() >= entry.length;
                if matches!(entry.target, Target::Certificate { .. }) {
                    self.count_certificate_byte();
                }
                if complete {
                    self.data_complete();
                }
            }
            Phase::Command => match byte {
                CARRIAGE_RETURN => self.line_complete(),
                LINE_FEED => {}
                _ => self.input.line.push(byte),
            },
        }
    }

    /// CR and LF are harmless: the LF of a CR LF, or a terminator after data.
    fn lose_byte(&mut self, byte: u8, complaint: Option<usize>) {
        if matches!(byte, CARRIAGE_RETURN | LINE_FEED) {
            return;
        }
        let shown = byte.escape_ascii().to_string();
        match complaint.and_then(|index| self.complaints.get_mut(index)) {
            Some(earlier) => earlier.what.push_str(&shown),
            None => {
                let index = self.complaints.len();
                self.complain(ComplaintKind::BytesWhileExecuting, format!("lost: {shown}"));
                self.input.phase = Phase::Executing { complaint: Some(index) };
            }
        }
    }

    /// A complaint a line, not a byte.
    fn lose_byte_asleep(&mut self, byte: u8) {
        self.input.line.clear();
        if byte == CARRIAGE_RETURN {
            self.complain(ComplaintKind::BytesWhileAsleep, "a line is lost");
        }
    }

    fn line_complete(&mut self) {
        let line = core::mem::take(&mut self.input.line);
        if line.is_empty() {
            if self.echo {
                self.wire.push(CARRIAGE_RETURN);
            }
            return;
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        self.begin_script(&text);
        self.input.executes();
        let scripted = self.scripted_answer(&text);
        if scripted == Some(ScriptedAnswer::Silence) {
            self.input.takes_commands();
            return;
        }
        self.echo_line(&line);
        match scripted {
            Some(ScriptedAnswer::Exactly(bytes)) => self.answer(bytes),
            Some(ScriptedAnswer::Refuse(code)) => self.refuse_by_script(&line, code),
            Some(ScriptedAnswer::Silence) | None => self.check_and_execute(&line),
        }
    }

    fn echo_line(&mut self, line: &[u8]) {
        let injected = self.injected.clone();
        self.inject(&injected, Point::BeforeEcho);
        if self.echo {
            self.wire.extend_from_slice(line);
            self.wire.push(CARRIAGE_RETURN);
        }
        self.inject(&injected, Point::AfterEcho);
    }

    fn check_and_execute(&mut self, line: &[u8]) {
        if let Err(refusal) = self.check_line(line) {
            self.refuse("", line, refusal);
        } else {
            self.execute(line);
        }
    }

    fn check_line(&self, line: &[u8]) -> Result<(), Refusal> {
        if line.len() > self.behaviour.line_buffer {
            let what = format!("more than {} bytes", self.behaviour.line_buffer);
            return Err(Refusal::new(ComplaintKind::LineTooLong, what));
        }
        if !line.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"AT")) {
            return Err(self.garbage("no AT"));
        }
        if line.iter().any(|byte| byte.is_ascii_control()) {
            return Err(Refusal::new(ComplaintKind::Garbage, "a control character"));
        }
        Ok(())
    }

    fn data_complete(&mut self) {
        let Phase::Data { entry, data, injected } =
            core::mem::replace(&mut self.input.phase, Phase::Executing { complaint: None })
        else {
            return;
        };
        self.inject(&injected, Point::AfterData);
        self.injected = injected;
        self.entered(entry, data);
    }
}
