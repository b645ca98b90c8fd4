//! Makes or ends one subscription.

use super::execute::once;
use super::subscribe::{follow, names};
use crate::at::Line;
use crate::command::{ClientIndex, CommandWriter, QoS, Request, Sub, Unsub, describe_read};
use crate::session::{Failure, Next, Procedure, Session};

/// As [`Subscribe`](super::Subscribe) or a single UNSUB, of a topic filter that is in here.
pub(crate) struct ChangeSubscription<F> {
    client: ClientIndex,
    filter: F,
    /// Of a subscription to make; `None` where it is to be ended.
    qos: Option<QoS>,
    listed: Option<bool>,
}

impl<F> ChangeSubscription<F> {
    pub(crate) const fn new(client: ClientIndex, filter: F, qos: Option<QoS>) -> Self {
        Self { client, filter, qos, listed: None }
    }
}

impl<F: AsRef<[u8]>> Procedure for ChangeSubscription<F> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        if self.qos.is_none() {
            return once(last);
        }
        follow(last, &mut self.listed, self.client, session)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        let (client, filter) = (self.client, self.filter.as_ref());
        match (self.qos, self.listed) {
            (None, _) => Unsub { client, filter }.describe(writer),
            (Some(qos), None) => Sub { client, filter, qos }.describe(writer),
            (Some(_), Some(_)) => _ = describe_read(writer),
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(self.filter.as_ref())
    }

    fn line(&mut self, line: Line<'_>) {
        if names(line, self.filter.as_ref()) {
            self.listed = Some(true);
        }
    }
}
