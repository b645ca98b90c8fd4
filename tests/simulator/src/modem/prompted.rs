//! Commands that prompt for data.

use super::Modem;
use super::agenda::Step;
use super::answer::{ERROR, Refusal, code_then_error};
use super::journal::JournalEntry;
use super::line::Parameters;
use super::script::Injected;
use crate::behaviour::{Point, Prompt};
use crate::referee::ComplaintKind;

/// Data a prompt asks for.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) client: usize,
    pub(super) length: usize,
    pub(super) target: Target,
}

/// The purpose of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    WillTopic,
    WillMessage {
        qos: u8,
    },
    Topic,
    Payload,
    SubscribeTopic {
        qos: u8,
    },
    UnsubscribeTopic,
    Subscribe {
        qos: u8,
    },
    Unsubscribe,
    /// A file, which belongs to no client.
    Certificate {
        name: String,
    },
}

impl Target {
    fn name(&self) -> &'static str {
        match self {
            Self::WillTopic => "CMQTTWILLTOPIC",
            Self::WillMessage { .. } => "CMQTTWILLMSG",
            Self::Topic => "CMQTTTOPIC",
            Self::Payload => "CMQTTPAYLOAD",
            Self::SubscribeTopic { .. } => "CMQTTSUBTOPIC",
            Self::UnsubscribeTopic => "CMQTTUNSUBTOPIC",
            Self::Subscribe { .. } => "CMQTTSUB",
            Self::Unsubscribe => "CMQTTUNSUB",
            Self::Certificate { .. } => "CCERTDOWN",
        }
    }

    fn is_topic(&self) -> bool {
        !matches!(self, Self::WillMessage { .. } | Self::Payload)
    }

    /// Topics to publish to: no wildcards.
    fn is_topic_name(&self) -> bool {
        matches!(self, Self::Topic | Self::WillTopic)
    }
}

impl Modem {
    /// `<req_length>`, the second parameter of every prompted command.
    pub(super) fn length(&self, parameters: &Parameters, client: usize, longest: u32) -> Result<usize, Refusal> {
        parameters
            .number_in(1, "req_length", 1..=longest)
            .map(|length| length as usize)
            .map_err(|refusal| refusal.out_of_range_is_12(client))
    }

    /// `<qos>` of a prompted command.
    pub(super) fn entry_qos(&self, parameters: &Parameters, index: usize, client: usize) -> Result<u8, Refusal> {
        parameters
            .number_in(index, "qos", 0..=2)
            .map(|qos| qos as u8)
            .map_err(|refusal| refusal.out_of_range_is_12(client))
    }

    pub(super) fn prompt_for(&mut self, client: usize, length: usize, target: Target) {
        let entry = Entry { client, length, target };
        let injected = self.injected.clone();
        self.agenda.plan(self.after(self.behaviour.timing.prompt), Step::Prompt { entry, injected });
    }

    pub(super) fn send_prompt(&mut self, entry: Entry, injected: Injected) {
        self.wire.extend_from_slice(match self.behaviour.prompt {
            Prompt::CrLf => b"\r\n>",
            Prompt::Bare => b">",
            Prompt::Space => b"> ",
            Prompt::CrLfSpace => b"\r\n> ",
        });
        self.inject(&injected, Point::AfterPrompt);
        self.input.takes_data(entry, Vec::new(), injected);
    }

    /// The data of a prompt are complete.
    pub(super) fn entered(&mut self, entry: Entry, data: Vec<u8>) {
        let Entry { client, target, .. } = entry;
        if let Target::Certificate { name } = target {
            return self.downloaded(name, data);
        }
        let is_acquired = self.clients[client].acquired.is_some();
        let accepted = is_acquired && (!target.is_topic() || self.accepts_topic(client, &target, &data));
        self.note(JournalEntry::Data { data: data.clone(), accepted });
        if !is_acquired {
            return self.answer(ERROR.to_vec());
        }
        if !accepted {
            return self.answer(code_then_error(target.name(), Some(client), 2));
        }
        let state = &mut self.clients[client];
        match target {
            Target::WillTopic => state.will_topic = Some(data),
            Target::WillMessage { qos } => state.will_message = Some((data, qos)),
            Target::Topic => state.topic = Some(data),
            Target::Payload => state.payload = Some(data),
            Target::SubscribeTopic { qos } => state.subscribe_topics.push((data, qos)),
            Target::UnsubscribeTopic => state.unsubscribe_topics.push(data),
            Target::Subscribe { qos } => return self.begin_subscribe(client, vec![(data, qos)]),
            Target::Unsubscribe => return self.begin_unsubscribe(client, vec![data]),
            // Stored above.
            Target::Certificate { .. } => {}
        }
        self.answer_ok();
    }

    /// Code 2 while `checkUTF8` is on. What only a broker would refuse is accepted, with a complaint.
    fn accepts_topic(&mut self, client: usize, target: &Target, topic: &[u8]) -> bool {
        let check = self.clients[client].settings.check_utf8;
        let shown = topic.escape_ascii();
        if check && str::from_utf8(topic).is_err() {
            let what = format!("{}: \"{shown}\" is not UTF-8", target.name());
            self.complain(ComplaintKind::BadTopic, what);
            return false;
        }
        let wildcard = target.is_topic_name() && topic.iter().any(|byte| matches!(byte, b'+' | b'#'));
        if wildcard || topic.contains(&0) {
            let what = format!("{}: \"{shown}\" is no topic for a broker", target.name());
            self.complain(ComplaintKind::BadTopic, what);
        }
        true
    }
}
