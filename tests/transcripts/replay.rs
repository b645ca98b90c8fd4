//! Replays one transcript against the driver, in every form.

use core::future::poll_fn;
use core::num::NonZeroU32;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::path::Path;

use simcom_modem_simulator::pipe::{Bench, Bound, Chunking, Direction, ReadChunks};
use simcom_modem_simulator::transcript::{DROPPED, Expectation, Transcript};

use crate::calls::{self, ReplayInbox, ReplayModem};
use crate::module::{Deviation, ScriptedModule};
use crate::shell::shell_modem;

/// Time limit of a call.
const CALL: Bound = Bound { polls: 2_000_000, time: Duration::from_secs(400) };
/// Polling interval for the end of a dropped call.
const LOOK: Duration = Duration::from_millis(1);
/// Time after the dialogue without a byte or an event of the driver.
const QUIET: Duration = Duration::from_secs(3);
/// Maximum number of places at which a dialogue is split in two.
const SPLITS: usize = 40;

/// How the bytes are cut.
#[derive(Clone, Copy, Debug)]
enum Form {
    Chunks(Chunking),
    /// Split before this byte of the module.
    Split(usize),
    /// At this speed.
    Baud(u32),
}

fn forms(transcript: &Transcript) -> impl Iterator<Item = Form> {
    let whole = Chunking::default();
    let at_most = |count| Chunking { read: ReadChunks::AtMost(count), ..whole };
    let reluctant =
        Chunking { pending_before_read: true, longest_write: Some(1), pending_before_write: true, ..at_most(3) };
    let length = transcript.bytes(Direction::ToHost).len();
    let splits = (1..length).step_by(length.div_ceil(SPLITS).max(1)).map(Form::Split);
    [whole, at_most(1), at_most(7), at_most(64), reluctant]
        .map(Form::Chunks)
        .into_iter()
        .chain([Form::Baud(115_200)])
        .chain(splits)
}

/// Replays a file in every form; returns the first error with its line.
pub fn replay(path: &Path) -> Result<(), String> {
    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path);
    let transcript = Transcript::read(path).map_err(|error| error.to_string())?;
    if transcript.calls.is_empty() {
        return Err(format!("{}: there are no calls", path.display()));
    }
    in_every_form(&transcript).map_err(|(line, problem)| format!("{}:{line}: {problem}", path.display()))
}

/// Replays a transcript in every form; returns the first error with its line.
pub fn in_every_form(transcript: &Transcript) -> Result<(), (usize, String)> {
    forms(transcript).try_for_each(|form| {
        let (bench, module) = stage(transcript);
        in_form(transcript, form, &bench, &module).map_err(|(line, problem)| {
            // The last line represents the end.
            let line = line.unwrap_or_else(|| transcript.steps.last().map_or(1, |step| step.line));
            (line, format!("{problem} ({form:?})\n{}", bench.transcript_text()))
        })
    })
}

fn stage(transcript: &Transcript) -> (Bench, ScriptedModule) {
    let module = ScriptedModule::before(transcript.header.family);
    (Bench::of(module.clone()), module)
}

fn in_form(transcript: &Transcript, form: Form, bench: &Bench, module: &ScriptedModule) -> Result<(), Deviation> {
    let header = &transcript.header;
    let inbox = ReplayInbox::new();
    let mut modem = Some(shell_modem(bench, calls::family(header.family), &inbox));
    let mut supervision = None;
    for call in &header.before {
        let result = bench.run(calls::make(call, &mut modem, &mut supervision, &inbox), CALL);
        let result = result.unwrap_or_else(|stopped| stopped.to_string());
        if !matches!(&result[..], "ok" | "opened") {
            return Err((Some(call.line), format!("{} before the dialogue: {result}", call.name)));
        }
    }
    bench.pass(Duration::from_secs(1));
    match form {
        Form::Chunks(chunking) => bench.set_chunking(chunking),
        Form::Split(place) => {
            let read = ReadChunks::SplitAt(bench.passed(Direction::ToHost) + place);
            bench.set_chunking(Chunking { read, ..Chunking::default() });
        }
        Form::Baud(baud) => bench.set_baud(NonZeroU32::new(baud)),
    }
    let before = bench.passed(Direction::ToHost);
    module.begin(bench.now(), transcript.steps.clone(), header.before.is_empty());
    for Expectation { call, begins_behind, result, line, ends_behind } in &transcript.calls {
        let made = calls::make(call, &mut modem, &mut supervision, &inbox);
        let came = match &result[..] {
            // Without an effect.
            DROPPED if begins_behind == ends_behind => continue,
            DROPPED => {
                let above = transcript.steps.iter().take(*ends_behind);
                let said = above.filter(|step| step.direction == Direction::ToHost).map(|step| step.bytes.len());
                let read = before + said.sum::<usize>();
                let is_over = || module.steps_done() >= *ends_behind && bench.read() >= read;
                bench.run(dropped_when(is_over, made, bench), CALL)
            }
            _ => bench.run(made, CALL),
        };
        if let Some(deviation) = module.deviation() {
            return Err(deviation);
        }
        let came = came.unwrap_or_else(|stopped| {
            let waits_for =
                module.missing().map(|(line, missing)| format!("; line {}: {missing}", line.unwrap_or_default()));
            format!("nothing: {stopped}{}", waits_for.unwrap_or_default())
        });
        if came != *result {
            return Err((Some(*line), format!("{} gives {came} instead of {result}", call.name)));
        }
    }
    end(bench, module, modem, &inbox)
}

/// Runs a call until it is to be dropped. Returns its result if it ends before.
async fn dropped_when(is_over: impl Fn() -> bool, call: impl Future<Output = String>, bench: &Bench) -> String {
    let mut call = pin!(call);
    let mut clock = bench.clock();
    loop {
        // The last step may happen without waking the call.
        let next_look = clock.now() + LOOK;
        let mut look = pin!(clock.wait_until(next_look));
        let ended = poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if is_over() => Poll::Ready(Some(DROPPED.to_owned())),
            Poll::Pending => look.as_mut().poll(context).map(|()| None),
        });
        if let Some(result) = ended.await {
            return result;
        }
    }
}

/// Runs the rest of the dialogue and checks that nothing else happens.
fn end(
    bench: &Bench,
    module: &ScriptedModule,
    mut modem: Option<ReplayModem<'_>>,
    inbox: &ReplayInbox,
) -> Result<(), Deviation> {
    let quiet = Bound { time: QUIET + module.time_left(), ..CALL };
    if let Ok(event) = bench.run(calls::next_event_of(&mut modem, inbox), quiet) {
        return Err((None, format!("the transcript does not have this event: {event}")));
    }
    bench.pass(quiet.time);
    module.deviation().or_else(|| module.missing()).map_or(Ok(()), Err)
}
