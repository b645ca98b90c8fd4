//! TOPIC, PAYLOAD and PUB.

use core::time::Duration;

use super::Modem;
use super::answer::Refusal;
use super::line::Parameters;
use super::operation::Kind;
use super::prompted::Target;
use crate::broker::Request;
use crate::referee::ComplaintKind;

impl Modem {
    pub(super) fn topic(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        let client = self.connected_client(parameters, 2)?;
        let length = self.length(parameters, client, 1024)?;
        self.prompt_for(client, length, Target::Topic);
        Ok(())
    }

    pub(super) fn payload(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        let client = self.connected_client(parameters, 2)?;
        let length = self.length(parameters, client, self.family.longest_payload())?;
        self.prompt_for(client, length, Target::Payload);
        Ok(())
    }

    pub(super) fn publish(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        let client = self.connected_client(parameters, 5)?;
        let qos = parameters.number_in(1, "qos", 0..=2);
        let timeout = parameters.number_in(2, "pub_timeout", self.family.publish_timeouts());
        let retained = parameters.flag_or_off(3, "retained");
        let dup = parameters.flag_or_off(4, "dup");
        let coded = |refusal: Refusal| refusal.out_of_range_is_12(client);
        let (qos, timeout) = (qos.map_err(coded)? as u8, timeout.map_err(coded)?);
        let retained = retained.map_err(coded)?;
        dup.map_err(coded)?;
        let Some(topic) = self.clients[client].topic.take() else {
            let what = "no topic is staged";
            return Err(Refusal::new(ComplaintKind::TopicEmpty, what).with_code(client, 18));
        };
        let payload = self.clients[client].payload.take().unwrap_or_default();
        let timeout = Duration::from_secs(timeout.into());
        let request = Request::Publish { client, topic, payload, qos, retained };
        self.begin_operation(client, Kind::Publish, timeout, request);
        Ok(())
    }

    /// The client of a command that needs a live session.
    pub(super) fn connected_client(&self, parameters: &Parameters, most: usize) -> Result<usize, Refusal> {
        self.require_started()?;
        parameters.at_most(most)?;
        let client = parameters.client(0)?;
        self.require_idle(client)?;
        self.require_session(client)?;
        Ok(client)
    }
}
