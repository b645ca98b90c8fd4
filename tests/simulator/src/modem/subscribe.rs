//! SUBTOPIC, SUB, UNSUBTOPIC and UNSUB.

use super::Modem;
use super::answer::Refusal;
use super::dispatch::not_in_family;
use super::line::Parameters;
use super::operation::Kind;
use super::prompted::Target;
use crate::behaviour::SubscribeRead;
use crate::broker::Request;
use crate::referee::ComplaintKind;

impl Modem {
    pub(super) fn subscribe_topic(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        self.require_staging()?;
        let client = self.connected_client(parameters, 3)?;
        let length = self.length(parameters, client, 1024)?;
        let qos = self.entry_qos(parameters, 2, client)?;
        let staged = self.clients[client].subscribe_topics.iter().map(|(topic, _)| topic.len()).sum();
        self.require_room(client, staged, length)?;
        self.prompt_for(client, length, Target::SubscribeTopic { qos });
        Ok(())
    }

    pub(super) fn unsubscribe_topic(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        self.require_staging()?;
        let client = self.connected_client(parameters, 2)?;
        let length = self.length(parameters, client, 1024)?;
        let staged = self.clients[client].unsubscribe_topics.iter().map(Vec::len).sum();
        self.require_room(client, staged, length)?;
        self.prompt_for(client, length, Target::UnsubscribeTopic);
        Ok(())
    }

    fn require_staging(&self) -> Result<(), Refusal> {
        if self.family.stages_subscriptions() {
            return Ok(());
        }
        Err(not_in_family("the family has no staged subscriptions"))
    }

    fn require_room(&self, client: usize, staged: usize, length: usize) -> Result<(), Refusal> {
        match self.family.longest_staged_topics() {
            Some(longest) if staged + length > longest => {
                let what = format!("more than {longest} bytes of staged topics");
                Err(Refusal::new(ComplaintKind::OutOfRange, what).with_code(client, 22))
            }
            _ => Ok(()),
        }
    }

    /// One or two parameters: the staged topics. Three or four: one topic that follows a prompt.
    pub(super) fn subscribe(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        let client = self.connected_client(parameters, 4)?;
        if parameters.count() > 2 {
            let length = self.length(parameters, client, 1024)?;
            let qos = self.entry_qos(parameters, 2, client)?;
            parameters.flag_or_off(3, "dup").map_err(|it| it.out_of_range_is_12(client))?;
            self.prompt_for(client, length, Target::Subscribe { qos });
            return Ok(());
        }
        self.require_staging()?;
        parameters.flag_or_off(1, "dup").map_err(|it| it.out_of_range_is_12(client))?;
        let filters = core::mem::take(&mut self.clients[client].subscribe_topics);
        if filters.is_empty() {
            return Err(no_topic(client));
        }
        self.begin_subscribe(client, filters);
        Ok(())
    }

    /// Two parameters: the staged topics. Three: one topic that follows a prompt.
    pub(super) fn unsubscribe(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        let client = self.connected_client(parameters, 3)?;
        let coded = |refusal: Refusal| refusal.out_of_range_is_12(client);
        if parameters.count() > 2 {
            let length = self.length(parameters, client, 1024)?;
            parameters.flag(2, "dup").map_err(coded)?;
            self.prompt_for(client, length, Target::Unsubscribe);
            return Ok(());
        }
        self.require_staging()?;
        parameters.flag(1, "dup").map_err(coded)?;
        let filters = core::mem::take(&mut self.clients[client].unsubscribe_topics);
        if filters.is_empty() {
            return Err(no_topic(client));
        }
        self.begin_unsubscribe(client, filters);
        Ok(())
    }

    pub(super) fn begin_subscribe(&mut self, client: usize, filters: Vec<(Vec<u8>, u8)>) {
        let kind = Kind::Subscribe(filters.iter().map(|(filter, _)| filter.clone()).collect());
        let timeout = self.operation_timeout(client);
        self.begin_operation(client, kind, timeout, Request::Subscribe { client, filters });
    }

    pub(super) fn begin_unsubscribe(&mut self, client: usize, filters: Vec<Vec<u8>>) {
        let kind = Kind::Unsubscribe(filters.clone());
        let timeout = self.operation_timeout(client);
        self.begin_operation(client, kind, timeout, Request::Unsubscribe { client, filters });
    }

    pub(super) fn read_subscriptions(&mut self) -> Result<(), Refusal> {
        if !self.family.lists_subscriptions() {
            return Err(not_in_family("the family does not list subscriptions"));
        }
        self.require_started()?;
        let topics = self.clients.iter().flat_map(|client| &client.subscriptions);
        let topics = topics.map(|topic| String::from_utf8_lossy(topic).into_owned());
        let lines: Vec<String> = match self.behaviour.subscribe_read {
            SubscribeRead::FollowingLines => core::iter::once("+CMQTTSUB:".to_owned()).chain(topics).collect(),
            SubscribeRead::SameLine => topics.map(|topic| format!("+CMQTTSUB: {topic}")).collect(),
        };
        self.answer_lines(&lines);
        Ok(())
    }
}

fn no_topic(client: usize) -> Refusal {
    Refusal::new(ComplaintKind::TopicEmpty, "no topic is staged").with_code(client, 18)
}
