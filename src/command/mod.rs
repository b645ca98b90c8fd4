//! One struct for each command and form, and the traits behind them.
//!
//! The structs are named as the manuals name the commands. [`Modem::execute`](crate::Modem::execute) sends any of them;
//! the calls of [`Client`](crate::Client) send them in the right order. A command that the family does not have is
//! refused before a byte is sent. Without a modem, [`Encoded`] turns a command into bytes and its answer into a
//! response.
//!
//! | command | execute and write forms | read form | test form |
//! |---|---|---|---|
//! | `AT+CMQTTSTART` | [`Start`], [`StartContext`] ⁴ | | |
//! | `AT+CMQTTSTOP` | [`Stop`] | | |
//! | `AT+CMQTTACCQ` | [`Accq`] | [`AccqRead`] | [`AccqTest`] |
//! | `AT+CMQTTREL` | [`Rel`] | [`RelRead`] | [`RelTest`] |
//! | `AT+CMQTTSSLCFG` | [`Sslcfg`] | [`SslcfgRead`] | [`SslcfgTest`] |
//! | `AT+CMQTTWILLTOPIC` | [`WillTopic`] | | [`WillTopicTest`] |
//! | `AT+CMQTTWILLMSG` | [`WillMsg`] | | [`WillMsgTest`] |
//! | `AT+CMQTTCONNECT` | [`Connect`] | [`ConnectRead`] | [`ConnectTest`] |
//! | `AT+CMQTTDISC` | [`Disc`] | [`DiscRead`] | [`DiscTest`] |
//! | `AT+CMQTTTOPIC` | [`Topic`] | | [`TopicTest`] |
//! | `AT+CMQTTPAYLOAD` | [`Payload`] | | [`PayloadTest`] |
//! | `AT+CMQTTPUB` | [`Pub`] | | [`PubTest`] |
//! | `AT+CMQTTSUBTOPIC` ¹ | [`Subtopic`] | | [`SubtopicTest`] |
//! | `AT+CMQTTSUB` | [`Sub`], [`SubStaged`] ¹; with dup flag [`Duplicate`] of either | [`SubRead`] ² | [`SubTest`] |
//! | `AT+CMQTTUNSUBTOPIC` ¹ | [`Unsubtopic`] | | [`UnsubtopicTest`] |
//! | `AT+CMQTTUNSUB` | [`Unsub`], [`UnsubStaged`] ¹; with dup flag [`Duplicate`] of either | | [`UnsubTest`] |
//! | `AT+CMQTTCFG` | [`Cfg`]: `"version"` ³ | [`CfgRead`] | [`CfgTest`] |
//! | `AT+CSSLCFG` | [`Csslcfg`], members see [`SslSetting`] | | |
//! | `AT+CCERTDOWN` | [`Ccertdown`] | | |
//! | `AT+CCERTDELE` | [`Ccertdele`] | | |
//! | `AT+CCERTLIST` | [`Ccertlist`] | | |
//! | `AT`, `ATE0` | [`At`], [`EchoOff`] | | |
//!
//! ¹ Not on SIM767x. ² A76xx and SIM767x. ³ A76xx and SIM767x; SIM7600 has the version in [`Accq`].
//! ⁴ SIM767x.
//!
//! The commands for SIM card, mobile network, clock and serial port are in [`network`].
//!
//! # Commands of your own
//!
//! SMS, GNSS, HTTP and the other functions of the module share the port with MQTT. A command for them is a struct with
//! two traits: [`Request`] says how it is written and answered, [`Command`] reads the answer. Messages and lost
//! connections are noticed while it runs, as with any other command.
//!
//! ```
//! use simcom_mqtt::at::Line;
//! use simcom_mqtt::command::{Answer, Command, CommandWriter, CommandInfo, Request};
//!
//! /// `AT+CMGR=<index>`: a stored SMS, after `AT+CMGF=1` (text mode).
//! struct ReadSms {
//!     index: u32,
//! }
//!
//! /// The beginning of the SMS; what is longer is left out.
//! #[derive(Default)]
//! struct Sms {
//!     text: [u8; 32],
//!     length: usize,
//!     has_begun: bool,
//! }
//!
//! impl Sms {
//!     fn add(&mut self, bytes: &[u8]) {
//!         let room = self.text.get_mut(self.length..).unwrap_or_default();
//!         self.length += room.iter_mut().zip(bytes).map(|(place, &byte)| *place = byte).count();
//!     }
//! }
//!
//! impl Request for ReadSms {
//!     fn describe(&self, writer: &mut CommandWriter<'_>) {
//!         // The text stands on lines of its own, which do not begin with the name of the command.
//!         writer.command(const { &CommandInfo::new("+CMGR", Answer::Text) }).byte(b'=').number(self.index);
//!     }
//! }
//!
//! impl Command for ReadSms {
//!     type Response = Sms;
//!
//!     // +CMGR: "REC READ","+491700000000","","26/01/31,10:00:00+04"
//!     // on
//!     fn line(&self, sms: &mut Sms, line: Line<'_>) {
//!         if sms.has_begun {
//!             sms.add(line.bytes());
//!         } else {
//!             sms.has_begun = line.parameters("+CMGR").is_some();
//!         }
//!     }
//!
//!     // Only 64 bytes of a line come at once. Of the header, none of the others matter.
//!     fn rest(&self, sms: &mut Sms, bytes: &[u8]) {
//!         if sms.length > 0 {
//!             sms.add(bytes);
//!         }
//!     }
//! }
//!
//! # use simcom_mqtt::{Error, MessageHandler, Modem, Timer};
//! # use embedded_io_async::{BufRead, Write};
//! async fn is_switched_on<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
//!     modem: &mut Modem<R, T, C, H>,
//! ) -> Result<bool, Error> {
//!     let sms = modem.execute(&ReadSms { index: 1 }).await?;
//!     Ok(sms.text.get(..sms.length) == Some(b"on"))
//! }
//! ```

mod certificate;
pub(crate) mod check;
mod client_index;
mod connection;
mod duplicate;
mod encoded;
mod general;
mod list;
pub mod network;
mod per_client;
mod publish;
mod ranges;
mod read_form;
mod service;
mod settings;
mod staged;
mod subscribe;
mod test_form;
mod text;
mod tls;
mod writer;

use crate::ResultCode;
use crate::at::Line;
use crate::error::{CommandName, InvalidInput};
use crate::family::{Family, Timeouts};
use crate::skipped::SkippedSettings;
use crate::timer::LONGEST_WAIT_MS;

pub use certificate::{Ccertdele, Ccertdown, Ccertlist};
pub use client_index::ClientIndex;
pub use connection::{Accq, Connect, Disc, Rel, ServerType};
pub use duplicate::Duplicate;
pub use encoded::Encoded;
pub use general::{At, EchoOff};
pub use list::{Listed, Part};
pub use per_client::PerClient;
pub use publish::{Payload, Pub, Topic};
pub use ranges::{Range, Ranges};
pub use read_form::{
    AccqRead, Acquired, CfgRead, ConnectParameters, ConnectRead, DiscRead, RelRead, Settings, SslcfgRead,
};
pub use service::{Start, StartContext, Stop};
pub use settings::{Cfg, MqttVersion, Setting, WillMsg, WillTopic};
pub use staged::{SubStaged, Subtopic, UnsubStaged, Unsubtopic};
pub(crate) use subscribe::describe_read;
pub use subscribe::{Sub, SubRead, Unsub};
pub use test_form::{
    AccqTest, CfgRanges, CfgTest, ConnectTest, DiscTest, PayloadTest, PubTest, RelTest, SslcfgTest, SubTest,
    SubtopicTest, TopicTest, UnsubTest, UnsubtopicTest, WillMsgTest, WillTopicTest,
};
pub use text::Text;
pub use tls::{AuthMode, Csslcfg, Secret, SslSetting, SslVersion, Sslcfg};
pub use writer::CommandWriter;

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

impl QoS {
    /// The quality of service with this number, 0-2.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
}

/// How the module answers a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A final result.
    Plain,
    /// Lines that begin with the command's name, then a final result.
    Information,
    /// At least one line that begins with the command's name, then a final result (`AT+CSQ`). An `OK` without that line
    /// belongs to an earlier command.
    Query,
    /// Any lines, then a final result (`AT+CGMM`, `AT+CGSN`, the text of an SMS). A line that reads like a URC or a
    /// final result is taken for one. Text of unknown origin, such as an SMS, can contain such lines: read it in a form
    /// that cannot (PDU mode).
    Text,
    /// A final result and a line with the outcome, in either order.
    Deferred,
}

/// What the session has to know about a command to carry it out, independent of its parameters.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandInfo {
    pub(crate) name: &'static str,
    pub(crate) answer: Answer,
    pub(crate) effect: Effect,
    /// The default that it sets, if it sets one.
    pub(crate) default: SkippedSettings,
}

impl CommandInfo {
    /// A command `AT<name>` with this kind of answer; `name` is `+CMGF`, for example.
    pub const fn new(name: &'static str, answer: Answer) -> Self {
        Self { name, answer, effect: Effect::None, default: SkippedSettings::NONE }
    }

    /// The name of an exchange that belongs to no call.
    pub(crate) const NAMELESS: &'static Self = &Self::new("", Answer::Plain);

    pub(crate) const fn command_name(&'static self) -> CommandName {
        CommandName(&self.name)
    }

    pub(crate) const fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Time for the final result, or for the outcome of a deferred command, in milliseconds: what the command says
    /// itself, where that is not 0, else the usual time, which is no shorter than `least_ms`.
    pub(crate) fn timeout_ms(&self, timeouts: &Timeouts, own_ms: u32, least_ms: u32) -> u32 {
        let usual_ms = match self.effect {
            Effect::Start => timeouts.start_ms,
            Effect::Stop => timeouts.stop_ms,
            Effect::Connect | Effect::Disc | Effect::Sub | Effect::Unsub => timeouts.operation_ms,
            _ => timeouts.command_ms,
        };
        let timeout_ms = if own_ms > 0 { own_ms } else { usual_ms.max(least_ms) };
        timeout_ms.min(LONGEST_WAIT_MS)
    }

    /// Whether a line that is neither a URC nor a final result is a part of the answer.
    #[inline]
    pub(crate) fn takes(&self, line: Line<'_>) -> bool {
        match self.answer {
            Answer::Text => true,
            Answer::Information | Answer::Query => line.parameters(self.name).is_some(),
            Answer::Plain | Answer::Deferred => false,
        }
    }
}

/// The code in `+CMQTTxxx: [<client_index>,]<err>`, if `line` is one of this command and client.
pub(crate) fn code_in(line: Line<'_>, name: &str, client: Option<ClientIndex>) -> Option<ResultCode> {
    let mut parameters = line.parameters(name)?;
    if let Some(client) = client
        && parameters.number()? != u32::from(client.number())
    {
        return None;
    }
    parameters.small_number().map(ResultCode::new)
}

/// What a command means for the lifecycle of service and clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    None,
    /// None. Only a firmware without TLS refuses it.
    Tls,
    EchoOff,
    Start,
    Stop,
    Configure,
    /// Legal from the start of the service until the client connects.
    SslContext,
    Accq,
    Rel,
    Connect,
    Disc,
    Pub,
    Sub,
    Unsub,
    Topic,
    Payload,
    Subtopic,
    Unsubtopic,
}

impl Effect {
    pub(crate) const fn needs_connection(self) -> bool {
        matches!(
            self,
            Self::Topic | Self::Payload | Self::Pub | Self::Sub | Self::Unsub | Self::Subtopic | Self::Unsubtopic
        )
    }
}

/// A command as the session sees it: how it is written and how it is answered.
pub trait Request {
    /// Describes everything that must be known before the command is sent. It is called several times for each
    /// command, and must describe the same every time.
    fn describe(&self, writer: &mut CommandWriter<'_>);

    /// The bytes that are sent after the prompt. The description [announces](CommandWriter::prompt) how many.
    fn data(&self) -> &[u8] {
        &[]
    }
}

impl dyn Request + '_ {
    /// Checks whether a module of this family can take the command as described.
    ///
    /// # Errors
    ///
    /// Which argument is wrong, and how.
    pub fn check(&self, family: Family) -> Result<(), InvalidInput> {
        let mut writer = CommandWriter::checking(family);
        self.describe(&mut writer);
        writer.checked()
    }
}

/// A command with its typed response. Implement it, and [`Request`], to send commands of your own on the same port.
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

/// Commands that are answered with a final result only.
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
