//! The receiving side of the line: bytes become command lines or data, are queued, or are lost.

use std::collections::VecDeque;

use super::Modem;
use super::answer::Refusal;
use super::journal::JournalEntry;
use super::prompted::{Entry, Target};
use super::script::Injected;
use crate::behaviour::{BytesWhileExecuting, Point, ScriptedAnswer};
use crate::referee::ComplaintKind;

const CARRIAGE_RETURN: u8 = b'\r';
const LINE_FEED: u8 = b'\n';

/// A terminator that may follow a command's CR: the LF of a CR LF.
const AFTER_LINE: &[u8] = b"\n";
/// A terminator that may follow data, although none is needed.
const AFTER_DATA: &[u8] = b"\r\n";

/// State of the receiver.
#[derive(Debug, Default)]
pub(super) struct Input {
    line: Vec<u8>,
    phase: Phase,
    /// The last command was one of MQTT.
    is_mqtt: bool,
    /// Bytes that arrived while a command executed; they are processed after it.
    queue: VecDeque<u8>,
    /// A command line that is carried out when the pending outcome has come.
    held: Option<Vec<u8>>,
}

#[derive(Debug, Default)]
enum Phase {
    /// A command line is being received.
    #[default]
    Command,
    /// A final result or a prompt is pending.
    Executing(Executing),
    /// The data of a prompt are being received.
    Data { entry: Entry, data: Vec<u8>, injected: Injected },
    /// The module boots: bytes are lost.
    Booting,
}

#[derive(Debug)]
struct Executing {
    /// The complaint about the bytes received so far.
    complaint: Option<usize>,
    /// A terminator that still belongs to the line or data before.
    terminator: &'static [u8],
}

impl Executing {
    fn after(terminator: &'static [u8]) -> Phase {
        Phase::Executing(Self { complaint: None, terminator })
    }

    /// Takes a byte that is only a terminator.
    fn takes_terminator(&mut self, byte: u8) -> bool {
        let found = self.terminator.iter().position(|&end| end == byte);
        self.terminator = found.and_then(|index| self.terminator.get(index + 1..)).unwrap_or_default();
        found.is_some()
    }
}

impl Input {
    pub(super) fn takes_commands(&mut self) {
        self.phase = Phase::Command;
    }

    pub(super) fn takes_data(&mut self, entry: Entry, data: Vec<u8>, injected: Injected) {
        self.phase = Phase::Data { entry, data, injected };
    }

    pub(super) fn executes(&mut self) {
        self.phase = Executing::after(AFTER_LINE);
    }

    pub(super) fn boots(&mut self) {
        self.line.clear();
        self.queue.clear();
        self.held = None;
        self.phase = Phase::Booting;
    }

    pub(super) fn boot_ends(&mut self) {
        if matches!(self.phase, Phase::Booting) {
            self.phase = Phase::Command;
        }
    }

    pub(super) fn is_executing(&self) -> bool {
        matches!(self.phase, Phase::Executing(_))
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

    pub(super) fn hold(&mut self, line: &[u8]) {
        self.held = Some(line.to_vec());
    }

    pub(super) fn take_held(&mut self) -> Option<Vec<u8>> {
        self.held.take()
    }

    /// A command outside MQTT is under way.
    pub(super) fn executes_other_command(&self) -> bool {
        self.is_executing() && !self.is_mqtt
    }

    /// No line, data or command of a host is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.line.is_empty() && matches!(self.phase, Phase::Command | Phase::Booting)
    }

    fn take_queued(&mut self) -> Option<u8> {
        if self.is_executing() { None } else { self.queue.pop_front() }
    }
}

impl Modem {
    /// Processes queued bytes as far as the module accepts them.
    pub(super) fn receive_queued(&mut self) {
        while let Some(byte) = self.input.take_queued() {
            self.receive_byte(byte);
        }
    }

    pub(super) fn receive_byte(&mut self, byte: u8) {
        let asleep = self.is_asleep();
        match &mut self.input.phase {
            Phase::Booting => {}
            Phase::Executing(executing) => {
                if !executing.takes_terminator(byte) {
                    let complaint = executing.complaint;
                    self.receive_too_early(byte, complaint);
                }
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

    /// CR and LF alone are harmless: no complaint.
    fn receive_too_early(&mut self, byte: u8, complaint: Option<usize>) {
        let fate = match self.behaviour.bytes_while_executing {
            BytesWhileExecuting::Queued => {
                self.input.queue.push_back(byte);
                "taken later"
            }
            BytesWhileExecuting::Lost => "lost",
        };
        if matches!(byte, CARRIAGE_RETURN | LINE_FEED) {
            return;
        }
        let shown = byte.escape_ascii().to_string();
        match complaint.and_then(|index| self.complaints.get_mut(index)) {
            Some(earlier) => earlier.what.push_str(&shown),
            None => {
                let index = self.complaints.len();
                self.complain(ComplaintKind::BytesWhileExecuting, format!("{fate}: {shown}"));
                if let Phase::Executing(executing) = &mut self.input.phase {
                    executing.complaint = Some(index);
                }
            }
        }
    }

    /// One complaint per line, not per byte.
    fn lose_byte_asleep(&mut self, byte: u8) {
        self.input.line.clear();
        if byte == CARRIAGE_RETURN {
            self.complain(ComplaintKind::BytesWhileAsleep, "a line is lost");
            self.disturb();
        }
    }

    /// What an earlier host has begun ends here.
    fn line_complete(&mut self) {
        self.take_line();
        self.line_is_inherited = false;
    }

    fn take_line(&mut self) {
        let line = core::mem::take(&mut self.input.line);
        if line.is_empty() {
            if self.echo {
                self.wire.push(CARRIAGE_RETURN);
            }
            return;
        }
        let command = self.command_of(&line);
        let text = String::from_utf8_lossy(command).into_owned();
        self.begin_script(&text);
        self.input.executes();
        self.input.is_mqtt = text.to_ascii_uppercase().starts_with("AT+CMQTT");
        let scripted = self.scripted_answer(&text);
        if scripted == Some(ScriptedAnswer::Silence) {
            self.input.takes_commands();
            return;
        }
        self.echo_line(&line);
        self.note(JournalEntry::Line { line: command.to_vec(), accepted: true });
        match scripted {
            Some(ScriptedAnswer::Exactly(bytes)) => self.answer(bytes),
            Some(ScriptedAnswer::Refuse(code)) => self.refuse_by_script(command, code),
            Some(ScriptedAnswer::Silence | ScriptedAnswer::AfterData(_)) | None => self.check_and_execute(command),
        }
    }

    /// The line from its first `AT` on, where the module ignores the bytes before it. Another module would refuse the
    /// line, so the referee complains nevertheless.
    fn command_of<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        let begins = line.windows(2).position(|pair| pair.eq_ignore_ascii_case(b"AT"));
        match begins.map(|at| line.split_at(at)) {
            Some((before @ [_, ..], command)) if self.behaviour.ignores_before_at => {
                self.complain(ComplaintKind::Garbage, format!("{}: ignored before AT", before.escape_ascii()));
                command
            }
            _ => line,
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
            core::mem::replace(&mut self.input.phase, Executing::after(AFTER_DATA))
        else {
            return;
        };
        self.inject(&injected, Point::AfterData);
        self.injected = injected;
        match self.injected.after_data.take() {
            Some(answer) => self.answer(answer),
            None => self.entered(entry, data),
        }
        self.line_is_inherited = false;
    }
}
