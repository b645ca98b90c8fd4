//! One struct for each command and form, and the traits behind them.
//!
//! The structs are named as the manuals name the commands. [`Modem::execute`](crate::Modem::execute) sends any of them;
//! the calls of [`Client`](crate::Client) put them in the right order.

mod check;
mod connection;
mod general;
mod publish;
mod service;
mod settings;
mod subscribe;

use crate::at::{Encoder, Line};
use crate::error::{CommandName, InvalidInput};
use crate::family::{Family, Timeouts};

pub use connection::{Accq, AccqRead, Connect, ConnectRead, Disc, DiscRead, Rel, ServerType};
pub use general::{At, Cpin, Creg, Csq, EchoOff};
pub use publish::{Payload, Pub, Topic};
pub use service::{Start, Stop};
pub use settings::{Cfg, MqttVersion, Setting, WillMsg, WillTopic};
pub use subscribe::{Sub, Unsub};

/// One of the two MQTT clients of a module, `<client_index>` of the manuals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ClientIndex {
    /// Client 0.
    First,
    /// Client 1.
    Second,
}

impl ClientIndex {
    /// Both clients.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// The number that the module uses.
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 0,
            Self::Second => 1,
        }
    }

    /// The client with this number, 0 or 1.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::First),
            1 => Some(Self::Second),
            _ => None,
        }
    }

    /// The other client.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// The element of a pair that belongs to this client.
    pub(crate) const fn of<T>(self, pair: &[T; 2]) -> &T {
        let [first, second] = pair;
        match self {
            Self::First => first,
            Self::Second => second,
        }
    }

    /// The element of a pair that belongs to this client, to be changed.
    pub(crate) const fn of_mut<T>(self, pair: &mut [T; 2]) -> &mut T {
        let [first, second] = pair;
        match self {
            Self::First => first,
            Self::Second => second,
        }
    }
}

/// Quality of service of MQTT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum QoS {
    /// 0: delivered once or not at all.
    #[default]
    AtMostOnce,
    /// 1: delivered once or more.
    AtLeastOnce,
    /// 2: delivered exactly once.
    ExactlyOnce,
}

/// How the module answers a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A final result.
    Plain,
    /// Lines that begin with the command's name, then a final result.
    Information,
    /// Any lines, then a final result (`AT+CGMM`, `AT+CGSN`, the text of an SMS).
    Text,
    /// A final result and a line with the outcome, in either order.
    Deferred,
}

/// What the session has to know about a command in order to carry it out, whatever its parameters.
#[derive(Debug)]
pub struct Descriptor {
    pub(crate) name: CommandName,
    pub(crate) answer: Answer,
    pub(crate) step: Step,
}

impl Descriptor {
    /// A command `AT<name>` with this kind of answer; `name` is `+CMGF`, for example.
    pub const fn new(name: &'static str, answer: Answer) -> Self {
        Self { name: CommandName(name), answer, step: Step::None }
    }

    const fn step(mut self, step: Step) -> Self {
        self.step = step;
        self
    }
}

/// What a command means for the lifecycle of service and clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    None,
    EchoOff,
    Start,
    Stop,
    Accq,
    Rel,
    Configure,
    Connect,
    Disc,
    Topic,
    Payload,
    Pub,
    Sub,
    Unsub,
}

/// A command as the session sees it: how it is written and how it is answered.
pub trait Request {
    /// Name and kind of answer; a constant.
    fn descriptor(&self) -> &'static Descriptor;

    /// The client that the command is for, whose number its answers begin with.
    fn client(&self) -> Option<ClientIndex> {
        None
    }

    /// How long the final result, or the outcome of a deferred command, may take, in milliseconds.
    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        timeouts.command
    }

    /// Writes what follows the name, as `=0,1` or `?`; nothing for an execute form. The CR is not part of it.
    fn parameters(&self, line: &mut Encoder<'_>) {
        let _ = line;
    }

    /// The bytes that go out after the prompt. A command without data awaits no prompt.
    fn data(&self) -> &[u8] {
        &[]
    }

    /// How many bytes go out after the prompt.
    fn data_length(&self) -> usize {
        self.data().len()
    }

    /// Whether the module of this family can take the command. Called before the first byte is sent.
    ///
    /// # Errors
    ///
    /// Which argument is wrong, and how.
    fn check(&self, family: Family) -> Result<(), InvalidInput> {
        let _ = family;
        Ok(())
    }
}

/// A command with its typed response. Implement it, and [`Request`], to send commands of your own beside MQTT on the same
/// port.
pub trait Command: Request {
    /// What is read from the lines of the answer; `()` where only the result counts.
    type Response: Default;

    /// Takes one line of the answer, at most 64 bytes of it.
    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let (_, _) = (response, line);
    }

    /// Takes more of the line that was [cut](Line::is_cut), in parts of any size.
    fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
        let (_, _) = (response, bytes);
    }
}

/// Commands that answer with nothing but their result.
macro_rules! no_response {
    ($($command:ty),* $(,)?) => {
        $(impl $crate::command::Command for $command {
            type Response = ();
        })*
    };
}
pub(crate) use no_response;

#[cfg(test)]
pub(crate) mod tests;
