//! The dup flag of SUB and UNSUB.

use super::{ClientIndex, Command, Descriptor, Request};
use crate::at::Encoder;
use crate::error::InvalidInput;
use crate::family::{Family, Timeouts};

/// A command that is written with or without its dup flag.
pub trait Repeatable: Request {
    /// Writes what follows the name.
    fn parameters_with(&self, line: &mut Encoder<'_>, duplicate: bool);
}

/// A [`Sub`](super::Sub), [`Unsub`](super::Unsub), [`SubStaged`](super::SubStaged) or [`UnsubStaged`](super::UnsubStaged)
/// with its `<dup>` set: it repeats one whose outcome is unknown (A76 §2.1.14 and §2.1.16, S67 §2.2.13 and §2.2.14).
///
/// ```
/// use simcom_mqtt::command::{Duplicate, Sub};
/// use simcom_mqtt::{ClientIndex, QoS};
///
/// let again = Duplicate(Sub { client: ClientIndex::First, filter: "device-7/cmd/#", qos: QoS::AtLeastOnce });
/// # let _ = again;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate<C>(pub C);

impl<C: Repeatable> Request for Duplicate<C> {
    fn descriptor(&self) -> &'static Descriptor {
        self.0.descriptor()
    }

    fn client(&self) -> Option<ClientIndex> {
        self.0.client()
    }

    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        self.0.timeout_milliseconds(timeouts)
    }

    fn parameters(&self, line: &mut Encoder<'_>) {
        self.0.parameters_with(line, true);
    }

    fn data(&self) -> &[u8] {
        self.0.data()
    }

    fn data_length(&self) -> usize {
        self.0.data_length()
    }

    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        self.0.check(family)
    }
}

impl<C: Repeatable> Command for Duplicate<C> {
    type Response = ();
}
