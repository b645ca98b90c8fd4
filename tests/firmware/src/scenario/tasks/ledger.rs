//! Every message in both directions, and the comparison with the firmware's own counts.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use rumqttc::{Publish, QoS};
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::modem::message_bytes;

use super::report::Report;
use crate::peer::described;

/// To the firmware's task that obeys commands.
pub(super) const COMMAND: &str = "firmware/in/command";
/// To none of its tasks.
pub(super) const OTHER: &str = "firmware/in/other";
/// The beginning of a message on the UART.
const MESSAGE: &[u8] = b"\r\n+CMQTTRXSTART: ";

/// What was sent to the firmware, and how often each of its messages has arrived.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    commands: Vec<Vec<u8>>,
    answers: BTreeMap<Vec<u8>, usize>,
    readings: BTreeMap<usize, usize>,
    states: BTreeMap<usize, usize>,
    report: Option<Report>,
}

impl Ledger {
    pub(super) fn command_sent(&mut self, payload: Vec<u8>) {
        self.commands.push(payload);
    }

    pub(super) fn commands_sent(&self) -> usize {
        self.commands.len()
    }

    /// How many different readings have arrived.
    pub(super) fn readings(&self) -> usize {
        self.readings.len()
    }

    /// How many commands have been answered.
    pub(super) fn answers(&self) -> usize {
        self.answers.len()
    }

    /// How many commands have been answered of those after the first `count`.
    pub(super) fn answered_since(&self, count: usize) -> usize {
        self.commands.iter().skip(count).filter(|command| self.answers.contains_key(*command)).count()
    }

    pub(super) fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// Takes a message of the firmware. Returns whether it is an answer.
    pub(super) fn take(&mut self, message: &Publish) -> Result<bool> {
        self.take_payload(&message.topic, &message.payload).with_context(|| described(message))
    }

    fn take_payload(&mut self, topic: &str, payload: &[u8]) -> Result<bool> {
        match topic {
            "firmware/out/answer" => *self.answers.entry(payload.to_vec()).or_default() += 1,
            "firmware/out/reading" => *self.readings.entry(number(payload)?).or_default() += 1,
            "firmware/out/state" => *self.states.entry(number(payload)?).or_default() += 1,
            "firmware/out/report" => self.report = Some(Report::read(std::str::from_utf8(payload)?)?),
            _ => bail!("not a topic of the firmware"),
        }
        Ok(topic == "firmware/out/answer")
    }

    /// Compares what has arrived with the report, where the module has passed these bytes to the firmware.
    pub(super) fn judge(&self, behaviour: &Behaviour, to_host: &[u8], faults: usize) -> Result<()> {
        let report = self.report.as_ref().context("no report")?;
        report.check(faults)?;
        self.judge_published(report)?;
        let begins = to_host.windows(MESSAGE.len()).enumerate().filter(|(_, window)| *window == MESSAGE);
        let messages: Vec<&[u8]> = begins.map(|(begin, _)| &to_host[begin..]).collect();
        self.judge_commands(report, |topic, payload| {
            let whole = message_bytes(behaviour, 0, topic.as_bytes(), payload);
            messages.iter().filter(|message| message.starts_with(&whole)).count()
        })
    }

    /// Every reading has arrived at least once, no state twice, and nothing is missing or repeated without being
    /// counted.
    fn judge_published(&self, report: &Report) -> Result<()> {
        for number in 0..report.readings {
            ensure!(self.readings.contains_key(&number), "reading {number} of {} is missing", report.readings);
        }
        let readings: usize = self.readings.values().sum();
        let most = report.readings + report.repeated;
        ensure!(readings <= most, "{readings} readings have arrived, of at most {most} that were published");
        if let Some((number, times)) = self.states.iter().find(|(_, times)| **times > 1) {
            bail!("state {number} has arrived {times} times at QoS {}", QoS::ExactlyOnce as u8);
        }
        let missing = (0..report.states).filter(|number| !self.states.contains_key(number)).count();
        ensure!(missing <= report.unknown, "{missing} states are missing, {} were counted", report.unknown);
        ensure!(self.states.keys().all(|number| *number < report.states), "a state that was not published");
        Ok(())
    }

    /// Every command that was announced whole was answered, or counted as refused.
    fn judge_commands(&self, report: &Report, announced: impl Fn(&str, &[u8]) -> usize) -> Result<()> {
        let mut whole = 0;
        for command in &self.commands {
            let (times, is_answered) = (announced(COMMAND, command), self.answers.contains_key(command));
            let shown = command.escape_ascii();
            ensure!(times <= 1, "the module has announced the command \"{shown}\" {times} times");
            ensure!(times == 1 || !is_answered, "an answer to the command \"{shown}\", which did not arrive whole");
            whole += times;
        }
        if let Some(answer) = self.answers.keys().find(|answer| !self.commands.contains(*answer)) {
            bail!("an answer to no command: \"{}\"", answer.escape_ascii());
        }
        let Report { commands, commands_refused, answers_repeated, unmatched, .. } = *report;
        let (answered, answers) = (self.answers.len(), self.answers.values().sum::<usize>());
        ensure!(answered == commands, "{answered} commands were answered, of {commands} that were received");
        ensure!(
            whole == commands + commands_refused,
            "{whole} commands were announced, {commands} were received and {commands_refused} refused"
        );
        ensure!(commands_refused > 0, "no command was refused: the burst was too short");
        let most = commands + answers_repeated;
        ensure!(answers <= most, "{answers} answers have arrived, of at most {most} that were published");
        let others = announced(OTHER, b"");
        ensure!(others == unmatched, "{others} messages have no inbox, {unmatched} were counted");
        ensure!(others > 0, "no message without an inbox was announced");
        Ok(())
    }
}

fn number(payload: &[u8]) -> Result<usize> {
    std::str::from_utf8(payload)?.parse().context("not a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of 2 readings, 2 states and 3 commands, and the firmware's report, everything right.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        for command in [b"0", b"1", b"2"] {
            ledger.command_sent(command.to_vec());
        }
        for (topic, payload) in [
            ("reading", "0"),
            ("reading", "1"),
            ("reading", "1"),
            ("state", "1"),
            ("answer", "0"),
            (
                "report",
                "sessions=1 readings=2 states=2 repeated=1 unknown=1 refused=0 dropped=0 commands=1 answers-repeated=0 \
                 commands-refused=1 unmatched=1 signals=99 signals-failed=0 longest-call-ms=9",
            ),
        ] {
            ledger.take_payload(&format!("firmware/out/{topic}"), payload.as_bytes()).unwrap();
        }
        ledger
    }

    /// The last command did not arrive.
    const ANNOUNCED: [(&str, &str); 3] = [(COMMAND, "0"), (COMMAND, "1"), (OTHER, "")];

    fn judge(change: impl Fn(&mut Ledger), announced: &[(&str, &str)]) -> String {
        let behaviour = Behaviour::of(simcom_modem_simulator::family::Family::A76xx);
        let messages = announced.iter().map(|(topic, payload)| (topic.as_bytes(), payload.as_bytes()));
        let to_host: Vec<u8> =
            messages.flat_map(|(topic, payload)| message_bytes(&behaviour, 0, topic, payload)).collect();
        let mut ledger = ledger();
        change(&mut ledger);
        ledger.judge(&behaviour, &to_host, 0).err().map(|wrong| wrong.to_string()).unwrap_or_default()
    }

    fn with_report(change: impl Fn(&mut Report)) -> String {
        judge(|ledger| change(ledger.report.as_mut().unwrap()), &ANNOUNCED)
    }

    #[test]
    fn what_is_accounted_for_passes() {
        assert_eq!(judge(|_| {}, &ANNOUNCED), "");
    }

    #[test]
    fn a_missing_reading_and_one_too_many_are_found() {
        assert_eq!(judge(|ledger| ledger.readings = BTreeMap::from([(1, 2)]), &ANNOUNCED), "reading 0 of 2 is missing");
        let wrong = with_report(|report| report.repeated = 0);
        assert_eq!(wrong, "3 readings have arrived, of at most 2 that were published");
    }

    #[test]
    fn a_doubled_state_and_one_that_was_not_counted_are_found() {
        let wrong = judge(|ledger| ledger.states = BTreeMap::from([(1, 2)]), &ANNOUNCED);
        assert_eq!(wrong, "state 1 has arrived 2 times at QoS 2");
        let wrong = with_report(|report| report.unknown = 0);
        assert_eq!(wrong, "1 states are missing, 0 were counted");
    }

    #[test]
    fn a_command_without_answer_that_was_not_counted_is_found() {
        let wrong = with_report(|report| report.commands_refused = 2);
        assert_eq!(wrong, "2 commands were announced, 1 were received and 2 refused");
        let wrong = judge(|ledger| ledger.answers.clear(), &ANNOUNCED);
        assert_eq!(wrong, "0 commands were answered, of 1 that were received");
        let all = [&ANNOUNCED[..], &[(COMMAND, "2")]].concat();
        assert_eq!(judge(|_| {}, &all), "3 commands were announced, 1 were received and 1 refused");
    }

    #[test]
    fn an_answer_to_what_did_not_arrive_whole_is_found() {
        let wrong = judge(|_| {}, &ANNOUNCED[1..]);
        assert_eq!(wrong, "an answer to the command \"0\", which did not arrive whole");
    }

    #[test]
    fn a_message_without_inbox_that_was_not_counted_is_found() {
        let wrong = with_report(|report| report.unmatched = 0);
        assert_eq!(wrong, "1 messages have no inbox, 0 were counted");
    }

    #[test]
    fn a_foreign_message_is_refused() {
        let mut ledger = ledger();
        assert!(ledger.take_payload("firmware/out/other", b"0").is_err());
        assert!(ledger.take_payload("firmware/out/reading", b"none").is_err());
    }
}
