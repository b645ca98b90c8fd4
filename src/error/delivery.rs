//! What the broker may have of a message after each error. The table in the documentation says the same; the tests
//! compare them.

use super::{Error, Refusal};
use crate::ResultCode;
use crate::command::Pub;

/// What the broker may have of a message after an error of the call that published it, from [`Error::delivery`].
///
/// The error names its command. A message goes to the broker with `AT+CMQTTPUB` only: what fails before that has sent
/// nothing. So the last two columns depend on whether the command is that one.
///
/// | error | of `AT+CMQTTPUB` | of another command, or of none |
/// |---|---|---|
/// | [`Invalid`](Error::Invalid), [`Illegal`](Error::Illegal), [`Source`](Error::Source), [`SourceEnded`](Error::SourceEnded), [`CertificateMissing`](Error::CertificateMissing), [`ConnectRefused`](Error::ConnectRefused), [`NoTls`](Error::NoTls), [`NoMqtt`](Error::NoMqtt), [`Offline`](Error::Offline), [`QueueFull`](Error::QueueFull) | [`NotSent`](Self::NotSent) | [`NotSent`](Self::NotSent) |
/// | [`Refused`](Error::Refused) with 2, 9, 10, 11, 12, 14, 18, 20 or 22: refused before it was sent | [`NotSent`](Self::NotSent) | [`NotSent`](Self::NotSent) |
/// | [`Refused`](Error::Refused) otherwise: failed on the way, or without a reason | [`Unknown`](Self::Unknown) | [`NotSent`](Self::NotSent) |
/// | [`NoAnswer`](Error::NoAnswer), [`OutcomeUnknown`](Error::OutcomeUnknown), [`DataCutShort`](Error::DataCutShort), [`ConnectionLost`](Error::ConnectionLost), [`NetworkLost`](Error::NetworkLost), [`ModemRestarted`](Error::ModemRestarted) | [`Unknown`](Self::Unknown) | [`NotSent`](Self::NotSent) |
/// | [`Aborted`](Error::Aborted), [`Receive`](Error::Receive), [`Transmit`](Error::Transmit), which have no command; a dropped future | – | [`Unknown`](Self::Unknown) |
///
/// What follows from it, beside the [next step](Error::next_step) for the connection:
///
/// | | QoS 0 | QoS 1 | QoS 2 |
/// |---|---|---|---|
/// | [`NotSent`](Self::NotSent) | publish it again | publish it again | publish it again |
/// | [`Unknown`](Self::Unknown) | the broker has it or not: again it may be there twice | publish it again with [`duplicate`](crate::Publish::duplicate) | as QoS 0 |
///
/// What is done about it without the program:
///
/// | a publish has failed with | a [supervisor](crate::supervisor) | `Outbox`, of the feature `outbox` |
/// |---|---|---|
/// | 6, 11, 16, `ConnectionLost` | connects after the shortest wait, and subscribes | keeps the message until it is up; QoS 1 goes again with `dup`, QoS 0 and 2 only if nothing was sent, else they are counted |
/// | `NetworkLost`, `ModemRestarted` | brings the module up, connects, subscribes | the same |
/// | 17, `OutcomeUnknown`, `NoAnswer` | after the second in a row disconnects and connects | the same |
/// | no code, a code that asks for other input | nothing | tries again; counts the message as refused after the fifth time |
/// | `Offline`, `Illegal` | is at work | keeps the message |
/// | `Invalid` | nothing | the same |
///
/// `Outbox` does this by itself. It knows whether the last command was begun, also where the
/// error names none, and counts what it cannot repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Delivery {
    /// It has nothing of it.
    NotSent,
    /// It may have it or not.
    Unknown,
}

/// Codes with which a module refuses to publish, in ascending order. The others are about what happened on the way.
const NOT_SENT: [ResultCode; 9] = [
    ResultCode::BAD_UTF8,
    ResultCode::NETWORK_NOT_OPENED,
    ResultCode::CLIENT_INDEX_ERROR,
    ResultCode::NO_CONNECTION,
    ResultCode::INVALID_PARAMETER,
    ResultCode::CLIENT_IS_BUSY,
    ResultCode::TOPIC_IS_EMPTY,
    ResultCode::CLIENT_NOT_ACQUIRED,
    ResultCode::LENGTH_OUT_OF_RANGE,
];

impl Error {
    /// What the broker may have of the message, if the call was to publish one: the [table](Delivery) as data.
    ///
    /// ```
    /// use simcom_mqtt::Error;
    /// use simcom_mqtt::error::{CommandName, Delivery};
    ///
    /// let unanswered = |name| Error::NoAnswer { command: CommandName::new(name) };
    /// assert_eq!(unanswered(&"+CMQTTPAYLOAD").delivery(), Delivery::NotSent);
    /// assert_eq!(unanswered(&"+CMQTTPUB").delivery(), Delivery::Unknown);
    /// ```
    pub fn delivery(&self) -> Delivery {
        self.delivery_after(match self {
            Self::Refused { command, .. }
            | Self::NoAnswer { command }
            | Self::OutcomeUnknown { command }
            | Self::DataCutShort { command }
            | Self::ConnectionLost { command }
            | Self::NetworkLost { command }
            | Self::ModemRestarted { command } => command.as_str() == Pub::INFO.name,
            _ => true,
        })
    }

    /// The same for a call of which it is known whether its `AT+CMQTTPUB` was begun.
    pub(crate) fn delivery_after(&self, is_begun: bool) -> Delivery {
        match self {
            Self::Invalid(_)
            | Self::Illegal { .. }
            | Self::Source(_)
            | Self::SourceEnded
            | Self::CertificateMissing { .. }
            | Self::ConnectRefused { .. }
            | Self::NoTls
            | Self::NoMqtt
            | Self::Offline
            | Self::QueueFull => Delivery::NotSent,
            Self::Refused { refusal: Refusal::Code(code), .. } if NOT_SENT.contains(code) => Delivery::NotSent,
            Self::Aborted
            | Self::Receive(_)
            | Self::Transmit(_)
            | Self::Refused { .. }
            | Self::NoAnswer { .. }
            | Self::OutcomeUnknown { .. }
            | Self::DataCutShort { .. }
            | Self::ConnectionLost { .. }
            | Self::NetworkLost { .. }
            | Self::ModemRestarted { .. } => {
                if is_begun {
                    Delivery::Unknown
                } else {
                    Delivery::NotSent
                }
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    extern crate std;

    use std::collections::BTreeSet;
    use std::string::ToString;
    use std::vec::Vec;
    use std::{format, vec};

    use embedded_io::ErrorKind;

    use super::*;
    use crate::error::{CommandName, Elapsed, Illegal, InvalidInput, Parameter, Problem};
    use crate::next_step::documented::{identifier, links};

    const SOURCE: &str = include_str!("delivery.rs");

    /// The cells of each row of the first table.
    fn rows() -> Vec<Vec<&'static str>> {
        let table = SOURCE.lines().skip_while(|line| !line.starts_with("/// |---|---|---|")).skip(1);
        let rows = table.map_while(|line| line.strip_prefix("/// | ")?.strip_suffix(" |"));
        rows.map(|row| row.split(" | ").collect()).collect()
    }

    /// Every error of a command, or without one.
    pub(crate) fn errors(command: CommandName) -> Vec<Error> {
        let codes = (0..=36).map(|code| Refusal::Code(ResultCode::new(code)));
        let refusals = codes.chain([Refusal::Error, Refusal::Equipment(None), Refusal::Equipment(Some(13))]);
        let others = [
            Error::Invalid(InvalidInput::new(Parameter::Topic, Problem::Empty)),
            Error::Illegal { command, reason: Illegal::ClientNotConnected },
            Error::NoAnswer { command },
            Error::OutcomeUnknown { command },
            Error::DataCutShort { command },
            Error::ConnectionLost { command },
            Error::NetworkLost { command },
            Error::ModemRestarted { command },
            Error::Aborted,
            Error::Receive(ErrorKind::BrokenPipe),
            Error::Transmit(ErrorKind::WriteZero),
            Error::Source(ErrorKind::Other),
            Error::SourceEnded,
            Error::CertificateMissing { command },
            Error::ConnectRefused { refusal: Refusal::Error, after: Elapsed::from_millis(340) },
            Error::NoTls,
            Error::NoMqtt,
            Error::Offline,
            Error::QueueFull,
        ];
        others.into_iter().chain(refusals.map(|refusal| Error::Refused { command, refusal })).collect()
    }

    /// Whether a row is about an error: the refusals have two rows, one of which lists the codes.
    fn is_about(row: &str, error: &Error) -> bool {
        let codes = row.split(|character: char| !character.is_ascii_digit()).filter_map(|number| number.parse().ok());
        let codes: BTreeSet<u8> = codes.collect();
        let is_listed = |refusal: &Refusal| matches!(refusal, Refusal::Code(code) if codes.contains(&code.number()));
        let variant = format!("{error:?}");
        links(row, "Error::").contains(&identifier(&variant))
            && match error {
                Error::Refused { refusal, .. } if !codes.is_empty() => is_listed(refusal),
                Error::Refused { refusal, .. } => !matches!(refusal, Refusal::Code(code) if NOT_SENT.contains(code)),
                _ => true,
            }
    }

    #[test]
    fn the_table_says_what_delivery_returns() {
        let mut used = BTreeSet::new();
        for (column, name) in [(1, &"+CMQTTPUB"), (2, &"+CMQTTTOPIC"), (2, &"+CMQTTPAYLOAD"), (2, &"+CSQ"), (2, &"")] {
            for error in errors(CommandName::new(name)) {
                let rows = rows();
                let about: Vec<_> = rows.iter().enumerate().filter(|(_, row)| is_about(row[0], &error)).collect();
                let [(index, row)] = about[..] else { panic!("{error:?} has {} rows", about.len()) };
                used.insert(index);
                // An error without a command has one entry.
                let cell = if links(row[1], "Self::").is_empty() { row[2] } else { row[column] };
                assert_eq!(links(cell, "Self::"), vec![format!("{:?}", error.delivery())], "{name:?}: {error:?}");
            }
        }
        assert_eq!(used.len(), rows().len(), "a row is about no error");
    }

    #[test]
    fn every_code_that_says_not_sent_is_in_the_table_and_no_other() {
        let row = rows().into_iter().find(|row| row[0].contains("with 2")).unwrap();
        let numbers = row[0].split(|character: char| !character.is_ascii_digit()).filter(|number| !number.is_empty());
        let known: Vec<_> = NOT_SENT.iter().map(|code| code.number().to_string()).collect();
        assert_eq!(numbers.collect::<Vec<_>>(), known);
    }
}
