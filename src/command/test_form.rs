//! Test forms, `AT+X=?`: which values the module takes. The module answers them whether the service is started or not.

use super::{Answer, Command, CommandInfo, CommandWriter, Range, Ranges, Request};
use crate::at::Line;

// The structs hold nothing and differ only in their names, so a macro writes them.
macro_rules! test_forms {
    ($($(#[$documentation:meta])* $command:ident = $name:literal),* $(,)?) => {
        $(
            $(#[$documentation])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $command;

            impl Request for $command {
                fn describe(&self, writer: &mut CommandWriter<'_>) {
                    writer.command(const { &CommandInfo::new($name, Answer::Information) }).text("=?");
                }
            }

            impl Command for $command {
                type Response = Ranges;

                fn line(&self, response: &mut Self::Response, line: Line<'_>) {
                    response.line(line, $name);
                }

                fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
                    response.read(bytes);
                }
            }
        )*
    };
}

test_forms! {
    /// `AT+CMQTTACCQ=?`: ranges of client, length of the client id, server type; on SIM7600 also MQTT version (A76
    /// §2.1.3, S67 §2.2.3).
    AccqTest = "+CMQTTACCQ",
    /// `AT+CMQTTREL=?`: range of client (A76 §2.1.4, S67 §2.2.4).
    RelTest = "+CMQTTREL",
    /// `AT+CMQTTSSLCFG=?`: ranges of client and SSL context (A76 §2.1.5, S67 §2.2.5).
    SslcfgTest = "+CMQTTSSLCFG",
    /// `AT+CMQTTWILLTOPIC=?`: ranges of client and length (A76 §2.1.6, S67 §2.2.6).
    WillTopicTest = "+CMQTTWILLTOPIC",
    /// `AT+CMQTTWILLMSG=?`: ranges of client, length, quality of service (A76 §2.1.7, S67 §2.2.7).
    WillMsgTest = "+CMQTTWILLMSG",
    /// `AT+CMQTTCONNECT=?`: ranges of client, length of the address, keep-alive in seconds, clean session (A76 §2.1.8,
    /// S67 §2.2.8).
    ConnectTest = "+CMQTTCONNECT",
    /// `AT+CMQTTDISC=?`: ranges of client and timeout in seconds (A76 §2.1.9, S67 §2.2.9).
    DiscTest = "+CMQTTDISC",
    /// `AT+CMQTTTOPIC=?`: ranges of client and length (A76 §2.1.10, S67 §2.2.10).
    TopicTest = "+CMQTTTOPIC",
    /// `AT+CMQTTPAYLOAD=?`: ranges of client and length (A76 §2.1.11, S67 §2.2.11).
    PayloadTest = "+CMQTTPAYLOAD",
    /// `AT+CMQTTPUB=?`: ranges of client, quality of service, timeout in seconds, retain flag, dup flag (A76 §2.1.12,
    /// S67 §2.2.12).
    PubTest = "+CMQTTPUB",
    /// `AT+CMQTTSUBTOPIC=?`: ranges of client, length, quality of service; refused where the family has no staged
    /// subscriptions (A76 §2.1.13).
    SubtopicTest = "+CMQTTSUBTOPIC",
    /// `AT+CMQTTSUB=?`: ranges of client, length, quality of service, dup flag (A76 §2.1.14, S67 §2.2.13). Some modules
    /// list lengths from 0, but no module takes a length of 0.
    SubTest = "+CMQTTSUB",
    /// `AT+CMQTTUNSUBTOPIC=?`: ranges of client and length; refused where the family has no staged subscriptions (A76
    /// §2.1.15).
    UnsubtopicTest = "+CMQTTUNSUBTOPIC",
    /// `AT+CMQTTUNSUB=?`: ranges of client, length, dup flag (A76 §2.1.16, S67 §2.2.14). As with SUB, no module takes a
    /// length of 0.
    UnsubTest = "+CMQTTUNSUB",
}

/// `AT+CMQTTCFG=?`: which settings there are, and their ranges (A76 §2.1.17, S67 §2.2.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CfgTest;

/// The settings of `AT+CMQTTCFG` with the range of their values; `None` for one that the module does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct CfgRanges {
    /// `"checkUTF8"`: 0 or 1.
    pub check_utf8: Option<Range>,
    /// `"optimeout"`, in seconds.
    pub operation_timeout: Option<Range>,
    /// `"version"`: 3 is MQTT 3.1, 4 is MQTT 3.1.1.
    pub version: Option<Range>,
}

impl Request for CfgTest {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CMQTTCFG", Answer::Information) }).text("=?");
    }
}

impl Command for CfgTest {
    type Response = CfgRanges;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some(mut parameters) = line.parameters("+CMQTTCFG") else { return };
        // The manuals have blanks inside these quotes.
        let setting = match parameters.quoted().map(<[u8]>::trim_ascii) {
            Some(b"checkUTF8") => &mut response.check_utf8,
            Some(b"optimeout") => &mut response.operation_timeout,
            Some(b"version") => &mut response.version,
            _ => return,
        };
        let mut ranges = Ranges::default();
        ranges.read(parameters.rest());
        *setting = ranges.get(1);
    }
}
