//! WILLTOPIC and WILLMSG.

use super::Modem;
use super::answer::Refusal;
use super::line::Parameters;
use super::prompted::Target;

impl Modem {
    pub(super) fn will_topic(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        let (client, length) = self.will_entry(parameters, 2)?;
        self.prompt_for(client, length, Target::WillTopic);
        Ok(())
    }

    pub(super) fn will_message(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        let (client, length) = self.will_entry(parameters, 3)?;
        let qos = self.entry_qos(parameters, 2, client)?;
        self.prompt_for(client, length, Target::WillMessage { qos });
        Ok(())
    }

    fn will_entry(&self, parameters: &Parameters, count: usize) -> Result<(usize, usize), Refusal> {
        self.require_started()?;
        parameters.at_most(count)?;
        let client = parameters.client(0)?;
        self.require_idle(client)?;
        self.require_acquired(client)?;
        self.require_disconnected(client)?;
        Ok((client, self.length(parameters, client, 1024)?))
    }
}
