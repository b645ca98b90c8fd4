//! Turns a stored transcript into a dialogue: the core makes calls like those of the transcript, and the module sends
//! the recorded bytes.

use core::time::Duration;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::Path;

use simcom_modem_simulator::family;
use simcom_modem_simulator::pipe::Direction;
use simcom_modem_simulator::transcript::{Call as HeaderCall, Transcript};
use simcom_mqtt::sans_io::{Engine, Outgoing, Procedure, Progress, WINDOW_BYTES};
use simcom_mqtt::{Family, RefuseAll};

use super::{Dialogue, Part};
use crate::core::calls::{self, Carrier, Expected};
use crate::core::simulated::Said;

/// Every transcript of a folder of topics.
///
/// # Errors
///
/// One of them cannot be read; the message names file and line.
pub fn transcripts(folder: &Path) -> io::Result<Vec<Transcript>> {
    let mut transcripts = Vec::new();
    for topic in fs::read_dir(folder)? {
        let topic = topic?.path();
        if !topic.is_dir() {
            continue;
        }
        for file in fs::read_dir(&topic)? {
            let path = file?.path();
            transcripts.push(Transcript::read(&path).map_err(io::Error::other)?);
        }
    }
    Ok(transcripts)
}

/// The dialogue of a transcript. The driver's calls before it are not part of it, so the core begins in another state
/// than the recorded driver. The answers still match its commands, which is enough for a seed.
pub(super) fn dialogue(name: String, transcript: &Transcript) -> Dialogue {
    let (number, family) = match transcript.header.family {
        family::Family::A7600 => (0, Family::A7600),
        family::Family::A76xx => (1, Family::A76xx),
        family::Family::Sim7600 => (2, Family::Sim7600),
        family::Family::Sim767x => (3, Family::Sim767x),
    };
    let mut reader = Reader {
        core: Engine::new(family),
        now: Duration::ZERO,
        steps: transcript.steps.iter().map(|step| (step.direction, step.after, step.bytes.clone())).collect(),
        parts: Vec::new(),
    };
    for expectation in &transcript.calls {
        if let Some(call) = number_of(&expectation.call) {
            reader.parts.push(Part::Call(call));
            calls::begin(&mut reader, call);
        }
    }
    // Bytes that no call has waited for.
    while reader.says_more() {}
    Dialogue { name, family: number, parts: reader.parts }
}

/// The call most similar to that of the transcript.
fn number_of(call: &HeaderCall) -> Option<u8> {
    let second = call.number("client") == Some(1);
    Some(match call.name {
        "connect" if call.text("tls").is_some() || second => 2,
        "connect" if call.text("user").is_some() || call.text("will_topic").is_some() => 1,
        "connect" => 0,
        "publish" if second => 8,
        "publish" if call.bytes("payload").is_some_and(<[u8]>::is_empty) => 9,
        "publish" if call.number("qos") == Some(0) => 6,
        "publish" => 7,
        "subscribe" => 12 + u8::from(second),
        "unsubscribe" => 16,
        "disconnect" => 17 + u8::from(second),
        "shutdown" => 19,
        "next_event" => 20,
        "store_certificate" => 22,
        "bring_up" => 23,
        "at" => 24,
        "echo_off" => 25,
        "csq" => 26,
        "cclk" => 30,
        "list_certificates" => 33,
        "start" => 34,
        "rel" => 35,
        _ => return None,
    })
}

/// Makes calls, and receives the recorded bytes.
struct Reader {
    core: Engine,
    now: Duration,
    steps: VecDeque<(Direction, Duration, Vec<u8>)>,
    parts: Vec<Part>,
}

impl Reader {
    /// Passes the next recorded bytes to the core. Returns whether there were any.
    fn says_more(&mut self) -> bool {
        while let Some((direction, after, bytes)) = self.steps.pop_front() {
            self.now += after;
            self.parts.push(Part::Said(Said::Nothing(after)));
            match direction {
                Direction::ToModem => self.parts.push(Part::Said(Said::ByHost(bytes))),
                Direction::ToHost => {
                    self.parts.push(Part::Said(Said::ByModule(bytes)));
                    return true;
                }
            }
        }
        false
    }
}

impl Carrier for Reader {
    fn core(&mut self) -> &mut Engine {
        &mut self.core
    }

    fn now(&self) -> Duration {
        self.now
    }

    fn during(&mut self, call: &mut dyn Procedure, _: &Expected) {
        let mut window = [0; WINDOW_BYTES];
        let mut sent = Vec::new();
        self.core.pass_time(self.now);
        if self.core.begin_call(call).is_err() {
            return;
        }
        while let Ok(Progress::Waiting) = self.core.poll(call) {
            match self.core.transmit(call, &mut window) {
                Outgoing::Bytes(bytes) => {
                    sent.extend(bytes);
                    let count = bytes.len();
                    self.core.transmitted(count);
                }
                Outgoing::Source(limit) => self.core.transmitted(limit),
                Outgoing::Flush => self.core.flushed(),
                Outgoing::Nothing if self.core.input_is_drained() => {}
                Outgoing::Nothing => {
                    // Sync queries are not in a transcript.
                    let said = match &core::mem::take(&mut sent)[..] {
                        b"AT\r" => b"\r\nOK\r\n".to_vec(),
                        b"AT+CSQ\r" => b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n".to_vec(),
                        _ if self.says_more() => {
                            let Some(Part::Said(Said::ByModule(bytes))) = self.parts.last() else { return };
                            let bytes = bytes.clone();
                            self.hears(&bytes, call);
                            continue;
                        }
                        _ if self.core.time_left().is_some_and(|left| left <= 1_000) => {
                            self.now += Duration::from_secs(1);
                            self.core.pass_time(self.now);
                            self.core.expire(&mut RefuseAll);
                            continue;
                        }
                        _ => return,
                    };
                    self.parts.push(Part::Said(Said::ByModule(said.clone())));
                    self.hears(&said, call);
                }
            }
        }
    }

    fn take_events(&mut self) -> usize {
        core::iter::from_fn(|| self.core.take_event()).count()
    }
}

impl Reader {
    fn hears(&mut self, bytes: &[u8], call: &mut dyn Procedure) {
        self.core.pass_time(self.now);
        self.core.receive(bytes, call, &mut RefuseAll);
    }
}
