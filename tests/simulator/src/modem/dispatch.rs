//! Dispatches a command line to its implementation.

use super::Modem;
use super::answer::{Refusal, RefusalAnswer, code_then_error};
use super::line::{Form, Line, parse};
use crate::behaviour::GarbageLine;
use crate::referee::ComplaintKind;

/// Beginning of the name of every command of MQTT.
const MQTT: &str = "CMQTT";

impl Modem {
    pub(super) fn execute(&mut self, line: &[u8]) {
        if self.holds_while_pending(line) {
            self.input.hold(line);
            return;
        }
        let (name, result) = match parse(line) {
            Ok(parsed) => {
                let name = parsed.name.clone();
                let asks = matches!(parsed.form, Form::Read | Form::Test);
                let result = match self.refusal_while_pending(&parsed) {
                    Some(refusal) => Err(refusal),
                    None => self.dispatch(parsed),
                };
                (name, if asks { result.map_err(Refusal::unavoidable) } else { result })
            }
            Err(refusal) => (String::new(), Err(refusal)),
        };
        if let Err(refusal) = result {
            self.refuse(&name, line, refusal);
        }
    }

    /// Queries, and commands that bring a module in an unknown state to a known one, are no mistakes when they fail.
    fn dispatch(&mut self, line: Line) -> Result<(), Refusal> {
        let Some(mqtt) = line.name.strip_prefix(MQTT) else {
            return self.general(line);
        };
        if !self.behaviour.firmware.mqtt {
            return Err(unknown().unavoidable());
        }
        match (mqtt, line.form) {
            (_, Form::Test) => self.test_form(mqtt),
            ("START", Form::Execute) => self.start(None),
            ("START", Form::Write(parameters)) => self.start_on_context(&parameters),
            ("STOP", Form::Execute) => self.stop().map_err(Refusal::unavoidable_if_about_state),
            ("ACCQ", Form::Write(parameters)) => self.acquire(&parameters),
            ("ACCQ", Form::Read) => self.read_acquired(),
            ("REL", Form::Write(parameters)) => self.release(&parameters).map_err(Refusal::unavoidable_if_about_state),
            ("REL", Form::Read) => self.read_released(),
            ("SSLCFG", Form::Write(parameters)) => self.set_ssl_context(&parameters),
            ("SSLCFG", Form::Read) => self.read_ssl_contexts(),
            ("CFG", Form::Write(parameters)) => self.configure(&parameters),
            ("CFG", Form::Read) => self.read_configuration(),
            ("WILLTOPIC", Form::Write(parameters)) => self.will_topic(&parameters),
            ("WILLMSG", Form::Write(parameters)) => self.will_message(&parameters),
            ("CONNECT", Form::Write(parameters)) => self.connect(&parameters),
            ("CONNECT", Form::Read) => self.read_connections(),
            ("DISC", Form::Write(parameters)) => {
                self.disconnect(&parameters).map_err(Refusal::unavoidable_if_about_state)
            }
            ("DISC", Form::Read) => self.read_disconnected(),
            ("TOPIC", Form::Write(parameters)) => self.topic(&parameters),
            ("PAYLOAD", Form::Write(parameters)) => self.payload(&parameters),
            ("PUB", Form::Write(parameters)) => self.publish(&parameters),
            ("SUBTOPIC", Form::Write(parameters)) => self.subscribe_topic(&parameters),
            ("SUB", Form::Write(parameters)) => self.subscribe(&parameters),
            ("SUB", Form::Read) => self.read_subscriptions(),
            ("UNSUBTOPIC", Form::Write(parameters)) => self.unsubscribe_topic(&parameters),
            ("UNSUB", Form::Write(parameters)) => self.unsubscribe(&parameters),
            _ => Err(unknown()),
        }
    }

    pub(super) fn garbage(&self, what: &str) -> Refusal {
        let mut refusal = Refusal::new(ComplaintKind::Garbage, what);
        if self.behaviour.garbage_line == GarbageLine::Silent {
            refusal.answer = RefusalAnswer::Silence;
        }
        refusal
    }

    /// Answers as if the state forbade the command.
    pub(super) fn refuse_by_script(&mut self, line: &[u8], code: u8) {
        let text = String::from_utf8_lossy(line);
        let name = text.trim_start_matches("AT+").split(['=', '?']).next().unwrap_or_default();
        let client = usize::from(text.split_once('=').is_some_and(|(_, rest)| rest.starts_with('1')));
        self.note_refusal();
        self.answer(code_then_error(name, Some(client), code));
    }
}

pub(super) fn is_mqtt(name: &str) -> bool {
    name.starts_with(MQTT)
}

pub(super) fn unknown() -> Refusal {
    Refusal::new(ComplaintKind::UnknownCommand, "no such command or form")
}

pub(super) fn not_in_family(what: &str) -> Refusal {
    Refusal::new(ComplaintKind::NotInFamily, what)
}
