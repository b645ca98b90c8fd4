//! The commands of a session that is kept up.

use super::DISCONNECT_TIMEOUT;
use super::subscribe::{can_ask, follow, names};
use crate::at::Line;
use crate::command::{ClientIndex, CommandWriter, Disc, QoS, Request, Sub, Unsub, describe_read};
use crate::session::{Failure, Next, Procedure, Session};

/// DISC, UNSUB, or SUB as [`Subscribe`](super::Subscribe) sends it, of a topic filter that is in here.
pub(crate) struct ClientCommand<F> {
    client: ClientIndex,
    /// `None`: DISC.
    filter: Option<F>,
    /// Of SUB.
    qos: Option<QoS>,
    listed: Option<bool>,
}

impl<F> ClientCommand<F> {
    /// DISC.
    pub(crate) const fn disconnect(client: ClientIndex) -> Self {
        Self { client, filter: None, qos: None, listed: None }
    }

    /// SUB with this quality of service, or UNSUB.
    pub(crate) const fn change(client: ClientIndex, filter: F, qos: Option<QoS>) -> Self {
        Self { client, filter: Some(filter), qos, listed: None }
    }
}

impl<F: AsRef<[u8]>> ClientCommand<F> {
    fn filter(&self) -> &[u8] {
        self.filter.as_ref().map_or(&[], AsRef::as_ref)
    }
}

impl<F: AsRef<[u8]>> Procedure for ClientCommand<F> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        follow(last, &mut self.listed, |failure| self.qos.is_some() && can_ask(failure, self.client, session))
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        let (client, filter) = (self.client, self.filter());
        match self.qos {
            Some(qos) if self.listed.is_none() => Sub { client, filter, qos }.describe(writer),
            Some(_) => _ = describe_read(writer),
            None if self.filter.is_some() => Unsub { client, filter }.describe(writer),
            None => Disc { client, timeout: DISCONNECT_TIMEOUT }.describe(writer),
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(self.filter())
    }

    fn line(&mut self, line: Line<'_>) {
        if names(line, self.filter()) {
            self.listed = Some(true);
        }
    }
}
