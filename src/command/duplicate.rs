//! The dup flag of SUB and UNSUB.

use super::{Command, CommandWriter, Request};

/// A command that is written with or without its dup flag.
pub trait Repeatable: Request {
    /// Describes the command with the given dup flag.
    fn describe_with(&self, writer: &mut CommandWriter<'_>, duplicate: bool);
}

/// A [`Sub`](super::Sub), [`Unsub`](super::Unsub), [`SubStaged`](super::SubStaged) or
/// [`UnsubStaged`](super::UnsubStaged) with its `<dup>` set: it repeats a command whose outcome is unknown (A76 §2.1.14
/// and §2.1.16, S67 §2.2.13 and §2.2.14).
///
/// ```
/// use simcom_mqtt::command::{Duplicate, Sub};
/// use simcom_mqtt::{ClientIndex, QoS};
///
/// let again = Duplicate(Sub { client: ClientIndex::First, filter: b"device-7/cmd/#", qos: QoS::AtLeastOnce });
/// # let _ = again;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate<C>(pub C);

impl<C: Repeatable> Request for Duplicate<C> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        self.0.describe_with(writer, true);
    }

    fn data(&self) -> &[u8] {
        self.0.data()
    }
}

impl<C: Repeatable> Command for Duplicate<C> {
    type Response = ();
}
