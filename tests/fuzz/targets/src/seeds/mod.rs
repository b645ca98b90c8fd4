//! Initial inputs: the stored transcripts, dialogues of a core with a simulated module, and byte sequences that modules
//! were seen to send.

mod seen;
pub(crate) mod session;
mod transcript;

use core::time::Duration;

use simcom_modem_simulator::transcript::Transcript;

use crate::answers;
use crate::core::simulated::Said;
use crate::script::{Step, input};
use seen::SEEN;
pub use transcript::transcripts;

/// A dialogue, from which the seeds of every target are made.
struct Dialogue {
    name: String,
    /// The family, as in the first byte of an input.
    family: u8,
    parts: Vec<Part>,
}

enum Part {
    Call(u8),
    Said(Said),
    /// Events and messages are taken.
    Take,
}

impl Dialogue {
    /// Bytes of the module.
    fn by_module(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().filter_map(|part| match part {
            Part::Said(Said::ByModule(bytes)) => Some(&bytes[..]),
            _ => None,
        })
    }
}

/// The seeds of each target, with their names.
#[derive(Debug)]
pub struct Seeds {
    pub answers: Vec<(String, Vec<u8>)>,
    pub core: Vec<(String, Vec<u8>)>,
    pub engine: Vec<(String, Vec<u8>)>,
    pub expectations: Vec<(String, Vec<u8>)>,
    pub module: Vec<(String, Vec<u8>)>,
    pub parser: Vec<(String, Vec<u8>)>,
}

impl Seeds {
    /// From these transcripts and from other sources.
    pub fn new(transcripts: &[Transcript]) -> Self {
        let transcripts = transcripts.iter().enumerate();
        let transcripts = transcripts.map(|(number, it)| transcript::dialogue(format!("transcript-{number}"), it));
        let mut seeds = Self {
            answers: vec![],
            core: vec![],
            engine: vec![],
            expectations: vec![],
            module: vec![],
            parser: vec![],
        };
        for (number, example) in answers::examples() {
            seeds.answers.push((format!("manual-{number}"), answer_seed(number, example.as_bytes())));
        }
        for (number, (call, bytes)) in SEEN.into_iter().enumerate() {
            let name = format!("seen-{number}");
            seeds.core.push((name.clone(), [&[8 + 2, 5, call][..], bytes].concat()));
            seeds.expectations.push((name.clone(), expectations(bytes)));
            seeds.parser.push((name, parser_seed(bytes)));
        }
        for dialogue in session::dialogues().chain(transcripts) {
            let name = &dialogue.name;
            seeds.core.push((name.clone(), core(&dialogue)));
            seeds.engine.push((name.clone(), engine(&dialogue)));
            seeds.module.push((name.clone(), module(&dialogue)));
            seeds.parser.push((name.clone(), parser_seed(&dialogue.by_module().collect::<Vec<_>>().concat())));
            for (number, answer) in answers_in(&dialogue).into_iter().enumerate() {
                seeds.answers.push((format!("{name}-{number}"), answer));
            }
        }
        seeds
    }
}

/// A prompt is awaited, and some of what follows is data, or a text.
fn expectations(bytes: &[u8]) -> Vec<u8> {
    let (before, behind) = bytes.split_at(bytes.len() / 2);
    input(&[
        Step::Operation(5, 1),
        Step::Bytes(before.to_vec()),
        Step::Operation(2, 3),
        Step::Bytes(behind.to_vec()),
        Step::Operation(4, 0),
        Step::Bytes(bytes.to_vec()),
    ])
}

/// The calls, driven as documented, with the bytes of the dialogue.
fn engine(dialogue: &Dialogue) -> Vec<u8> {
    let turn = [Step::Operation(12, 0), Step::Operation(6, 0), Step::Operation(7, 0), Step::Operation(9, 0)];
    let mut steps = Vec::new();
    for part in &dialogue.parts {
        match part {
            Part::Call(number) => steps.extend([Step::Operation(3, *number), Step::Operation(5, 0)]),
            Part::Said(Said::ByModule(bytes)) => steps.push(Step::Bytes(bytes.clone())),
            Part::Said(Said::Nothing(_)) => steps.push(Step::Operation(1, 1)),
            Part::Said(Said::ByHost(_)) => {}
            Part::Take => steps.push(Step::Operation(15, 0)),
        }
        steps.extend(turn.clone());
    }
    [&[dialogue.family][..], &input(&steps)].concat()
}

/// Prompts are awaited after every line.
fn parser_seed(bytes: &[u8]) -> Vec<u8> {
    [&[0xff, 7][..], bytes].concat()
}

fn answer_seed(number: u8, answer: &[u8]) -> Vec<u8> {
    [&[number, 7][..], answer].concat()
}

/// The module's bytes in one piece, for each command whose answer they contain.
fn answers_in(dialogue: &Dialogue) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for bytes in dialogue.by_module() {
        for (number, example) in answers::examples() {
            let name = example.split_inclusive(':').next().unwrap_or_default().trim_start();
            if name.starts_with('+') && bytes.windows(name.len()).any(|text| text == name.as_bytes()) {
                seeds.push(answer_seed(number, bytes));
            }
        }
    }
    seeds
}

/// The calls and the module's bytes, with their times.
fn core(dialogue: &Dialogue) -> Vec<u8> {
    let steps = dialogue.parts.iter().flat_map(|part| match part {
        Part::Call(call) => vec![Step::Operation(5, *call)],
        Part::Said(Said::ByModule(bytes)) => vec![Step::Bytes(bytes.clone())],
        Part::Said(Said::ByHost(_)) => vec![],
        Part::Said(Said::Nothing(time)) => pass(*time),
        Part::Take => vec![Step::Operation(8, 0)],
    });
    script(dialogue.family | 8, &steps.collect::<Vec<_>>())
}

/// The host's bytes, with their times.
fn module(dialogue: &Dialogue) -> Vec<u8> {
    let steps = dialogue.parts.iter().flat_map(|part| match part {
        Part::Said(Said::ByHost(bytes)) => vec![Step::Bytes(bytes.clone())],
        Part::Said(Said::Nothing(time)) => pass(*time),
        _ => vec![],
    });
    script(dialogue.family, &steps.collect::<Vec<_>>())
}

fn script(head: u8, steps: &[Step]) -> Vec<u8> {
    [&[head][..], &input(steps)].concat()
}

/// Operations for a time, rounded up.
fn pass(time: Duration) -> Vec<Step> {
    match u8::try_from(time.as_millis()) {
        Ok(milliseconds) => vec![Step::Operation(1, milliseconds)],
        Err(_) => {
            let tens = time.as_millis().div_ceil(10) as f64;
            vec![Step::Operation(2, tens.sqrt().ceil().min(255.0) as u8)]
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use simcom_modem_simulator::pipe::Direction;
    use simcom_mqtt::Error;

    use super::*;

    /// The operations of a seed have times that are rounded up.
    fn without_times<N>((results, number): (Vec<Option<Result<(), Error>>>, N)) -> (Vec<String>, N) {
        let words = results.into_iter().map(|result| match result {
            Some(Err(Error::ConnectRefused { refusal, .. })) => format!("connect: {refusal:?}"),
            result => format!("{result:?}"),
        });
        (words.collect(), number)
    }

    #[test]
    fn the_core_takes_a_recorded_session_as_the_module_served_it() {
        for (dialogue, recorded) in session::dialogues_with_results() {
            let run = crate::core::run(&core(&dialogue));
            assert_eq!(without_times(run.outcome()), without_times(recorded));
        }
    }

    #[test]
    fn every_transcript_makes_a_seed_in_which_the_module_says_the_same() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts");
        let transcripts = transcripts(&folder).unwrap();
        assert!(transcripts.len() > 20);
        for transcript in &transcripts {
            let dialogue = transcript::dialogue(String::new(), transcript);
            // Between the recorded bytes there are the answers to the core's sync queries.
            let mut said = dialogue.by_module();
            for step in transcript.steps.iter().filter(|step| step.direction == Direction::ToHost) {
                assert!(said.any(|bytes| bytes == step.bytes), "line {} of {transcript}", step.line);
            }
        }
    }
}
