//! Answers to the test forms. They do not depend on the state of the service.

use super::Modem;
use super::answer::Refusal;
use super::dispatch::{not_in_family, unknown};
use crate::family::{Family, VersionChoice};

impl Modem {
    pub(super) fn test_form(&mut self, command: &str) -> Result<(), Refusal> {
        let ranges = match command {
            "ACCQ" if self.version_choice() == VersionChoice::Acquire => "(0-1),(1-128)[,(0-1),(3-4)]".to_owned(),
            "ACCQ" => "(0-1),(1-128)[,(0-1)]".to_owned(),
            "REL" => "(0-1)".to_owned(),
            "SSLCFG" => "(0,1),(0-9)".to_owned(),
            "WILLTOPIC" | "TOPIC" => "(0-1),(1-1024)".to_owned(),
            "WILLMSG" => "(0-1),(1-1024),(0-2)".to_owned(),
            "CONNECT" => "(0-1),(9-256),(1-64800),(0-1)[,<user_name>,<pass_word>]".to_owned(),
            "DISC" => match self.family {
                Family::A76xx => "(0-1),(0, 1-180)".to_owned(),
                Family::A7600 | Family::Sim7600 | Family::Sim767x => "(0-1),(0, 60-180)".to_owned(),
            },
            "PAYLOAD" => format!("(0-1),(1-{})", self.family.longest_payload()),
            "PUB" => {
                let timeouts = self.family.publish_timeouts();
                format!("(0-1),(0-2),({}-{}),(0-1),(0-1)", timeouts.start(), timeouts.end())
            }
            "SUB" => format!("(0-1),({}-1024),(0-2),(0-1)", self.least_length()),
            "UNSUB" => format!("(0-1),({}-1024),(0-1)", self.least_length()),
            "SUBTOPIC" | "UNSUBTOPIC" if !self.family.stages_subscriptions() => {
                return Err(not_in_family("the family has no staged subscriptions"));
            }
            "SUBTOPIC" => "(0-1),(1-1024),(0-2)".to_owned(),
            "UNSUBTOPIC" => "(0-1),(1-1024)".to_owned(),
            "CFG" => {
                self.test_configuration();
                return Ok(());
            }
            _ => return Err(unknown()),
        };
        self.answer_lines(&[format!("+CMQTT{command}: {ranges}")]);
        Ok(())
    }

    /// The A7600 manual's test answers of SUB and UNSUB begin at 0, although a length of 0 is refused.
    fn least_length(&self) -> u8 {
        u8::from(self.family == Family::Sim767x)
    }

    /// The blanks are those of the SIM767X note.
    fn test_configuration(&mut self) {
        let blank = if self.family == Family::Sim767x { " " } else { "" };
        let mut lines = vec![
            format!("+CMQTTCFG: \"checkUTF8\",{blank}(0-1),{blank}(0-1)"),
            format!("+CMQTTCFG: \"optimeout\",{blank}(0-1),{blank}(20-120)"),
        ];
        if self.version_choice() == VersionChoice::Configuration {
            lines.push("+CMQTTCFG: \"version\",(0-1),(3-4)".to_owned());
        }
        self.answer_lines(&lines);
    }
}
