//! One run: the calls of a session with its fault, then a recovery, and the verdict.

mod events;

use core::cell::Cell;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use simcom_modem_simulator::fault::{Fault, Rates};
use simcom_modem_simulator::modem::JournalEntry;
use simcom_modem_simulator::pipe::{Bench, Bound, Chunking, Direction, ReadChunks, Stopped, Why};

use crate::DROPS_FUTURES;
use crate::case::{Case, Class, Incident, OVERRUN, RATES, Trouble, UNANSWERED};
use crate::documented::longest;
use crate::driver::{Error, Event};
use crate::families::module_family;
use crate::incident::{Reset, befall};
use crate::reference::Reference;
use crate::session::{Call, HostInbox, HostModem, make, sent_by_broker, sent_by_host};
use crate::shell::shell_modem;
use crate::verdict::{Before, Reported, Verdict, Violation, judge_traffic};

/// A call is given up after this time, whatever is documented.
const GIVEN_UP: Duration = Duration::from_secs(1_200);
/// What the UART needs at 115,200 baud for the longest payload, for as much to fill a prompt, and for a message.
const UART_TIME: Duration = Duration::from_secs(3);
/// How long an operation from before a reset of the host may keep the client busy that it has adopted.
const BUSY_AFTER_ADOPTION: Duration = Duration::from_secs(185);
/// What each further loss of bytes adds to the documented time of a call.
const FURTHER_LOSS: Duration = Duration::from_secs(26);
/// A recovery that takes longer is worth a look.
const SLOW: Duration = Duration::from_secs(10);
const POLLS: usize = 2_000_000;

/// Creates many points at which a future can be dropped.
const MANY_POLLS: Chunking = Chunking {
    read: ReadChunks::AtMost(5),
    pending_before_read: true,
    longest_write: Some(3),
    pending_before_write: true,
};

/// The end of a call, for the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Fine,
    /// An error, a loss, a restart, a hang: the host connects.
    Badly,
    /// The host was reset.
    Reset,
}

pub struct Execution<'a> {
    case: &'a Case,
    pub bench: Bench,
    inbox: &'a HostInbox,
    modem: Option<HostModem<'a>>,
    reset: Rc<Reset>,
    /// Time of the incident, or of the dropped call.
    incident_at: Rc<Cell<Option<Duration>>>,
    /// The fault has passed: earlier events are known.
    is_recovering: bool,
    received: Vec<(Vec<u8>, Vec<u8>)>,
    /// The call that was dropped, until the next one: that has to await the rest.
    dropped: Option<Call>,
    /// Number of polls of each call.
    pub polls: Vec<usize>,
    pub verdict: Verdict,
}

/// Runs a case. A verdict with violations or a slow recovery comes with the transcript.
pub fn run(case: &Case, reference: &Reference) -> (Verdict, String) {
    let inbox = HostInbox::new();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut execution = Execution::new(case, &inbox);
        execution.plan();
        execution.session_and_recovery();
        let class = execution.class(reference);
        let verdict = execution.verdict.of_class(class);
        let is_shown = !verdict.violations.is_empty() || verdict.recovery.is_some_and(|recovery| recovery > SLOW);
        let text = if is_shown { execution.bench.transcript_text() } else { String::new() };
        (verdict, text)
    }));
    result.unwrap_or_else(|payload| {
        let what = payload.downcast_ref::<String>().cloned().unwrap_or_default();
        let mut verdict = Verdict::new(case);
        verdict.add(Violation::Panic, what);
        (verdict, String::new())
    })
}

impl<'a> Execution<'a> {
    pub fn new(case: &'a Case, inbox: &'a HostInbox) -> Self {
        let family = case.setting.family;
        let bench = Bench::with(module_family(family), case.setting.behaviour());
        bench.modem(|module, _| module.keep_journal());
        bench.set_baud(case.setting.baud.and_then(core::num::NonZeroU32::new));
        if case.setting.is_cut_small {
            bench.set_chunking(MANY_POLLS);
        }
        let modem = Some(shell_modem(&bench, family, inbox));
        Self {
            case,
            bench,
            inbox,
            modem,
            reset: Rc::default(),
            incident_at: Rc::default(),
            is_recovering: false,
            received: Vec::new(),
            dropped: None,
            polls: Vec::new(),
            verdict: Verdict::new(case),
        }
    }

    fn plan(&self) {
        match self.case.trouble {
            Trouble::None | Trouble::Drop(..) => {}
            Trouble::Byte(direction, position, fault) => self.bench.plan_fault(direction, position, fault),
            Trouble::Overrun(position, count) => self.bench.plan_overrun(position, count, OVERRUN),
            Trouble::Chance(direction, seed) => self.bench.set_fault_rates(direction, seed, RATES),
            Trouble::Incident(direction, position, incident) => {
                let (reset, at) = (self.reset.clone(), self.incident_at.clone());
                let action = move |bench: &Bench| {
                    at.set(Some(bench.now()));
                    befall(bench, incident, reset);
                };
                match direction {
                    Direction::ToHost => self.bench.after_output(position, action),
                    Direction::ToModem => self.bench.after_input(position, action),
                }
            }
        }
    }

    /// Makes the calls until the host has to connect again. Returns whether it has.
    pub fn session(&mut self) -> bool {
        for (index, call) in self.case.setting.calls.iter().enumerate() {
            self.polls.push(0);
            let ended = match self.case.trouble {
                Trouble::Drop(dropped, polls) if dropped == index => self.drop_call(*call, polls),
                _ => self.call(*call),
            };
            match ended {
                Ended::Fine => {}
                Ended::Badly => return true,
                Ended::Reset => {
                    self.modem = Some(shell_modem(&self.bench, self.case.setting.family, self.inbox));
                    return true;
                }
            }
        }
        false
    }

    fn session_and_recovery(&mut self) {
        let counts = self.session();
        for direction in [Direction::ToHost, Direction::ToModem] {
            self.bench.set_fault_rates(direction, 0, Rates::default());
        }
        self.bench.set_chunking(Chunking::default());
        let end = self.end_of_fault();
        if end > self.bench.now() {
            self.bench.pass(end - self.bench.now());
        }
        // It came behind the last call.
        if self.reset.is_overdue() {
            self.modem = Some(shell_modem(&self.bench, self.case.setting.family, self.inbox));
        }
        let afterwards =
            [Call::Connect, Call::Subscribe, Call::PublishAfterwards, Call::ReceiveAfterwards, Call::Shutdown];
        self.is_recovering = true;
        for call in afterwards {
            let failed_calls = self.verdict.failed_calls;
            if self.call(call) != Ended::Fine {
                let what = format!("{call:?} after the fault fails");
                self.verdict.failed_calls = failed_calls;
                self.verdict.add(Violation::NotRecovered, what);
                break;
            }
            if call == Call::ReceiveAfterwards && counts {
                // Bytes of a longer loss can have been sent after the call that it made fail.
                self.verdict.recovery = Some(self.bench.now().saturating_sub(end.max(self.end_of_fault())));
            }
        }
        let received = core::mem::take(&mut self.received);
        judge_traffic(self.case, &self.bench, &received, &mut self.verdict);
    }

    /// Time at which the last fault had passed.
    fn end_of_fault(&self) -> Duration {
        let strikes = self.bench.strikes();
        let ends = strikes.iter().map(|(_, strike)| match strike.fault {
            Fault::Silence(time) | Fault::Hold(time) => strike.at + time,
            _ => strike.at,
        });
        // A module that restarts receives nothing before it has booted.
        let lasts = match self.case.trouble {
            Trouble::Incident(_, _, Incident::Restart) => self.bench.modem(|module, _| module.behaviour().timing.boot),
            Trouble::Incident(_, _, Incident::HostResetUnanswered) => UNANSWERED,
            _ => Duration::ZERO,
        };
        ends.chain(self.incident_at.get().map(|at| at + lasts)).max().unwrap_or_default()
    }

    /// Makes a call and judges its end.
    fn call(&mut self, call: Call) -> Ended {
        if let Some(message) = sent_by_broker(call) {
            self.bench.loopback(|broker, now| broker.publish(now, message.topic.as_bytes(), message.payload, false));
        }
        let before = Before::of(&self.bench);
        let expected = sent_by_broker(call).or_else(|| sent_by_host(awaited(call)?, self.case.setting.family));
        if let Some(expected) = expected.filter(|_| receives(call)) {
            return self.receive(expected.topic.as_bytes(), expected.payload);
        }
        let result = if call == Call::Shutdown {
            let Some(modem) = self.modem.take() else { return Ended::Badly };
            let result = self.bound(async { modem.shutdown().await.2.map(|()| None) }, GIVEN_UP);
            self.modem = Some(shell_modem(&self.bench, self.case.setting.family, self.inbox));
            result
        } else {
            let Some(mut modem) = self.modem.take() else { return Ended::Badly };
            let result = self.bound(make(call, self.case.setting.family, &mut modem), GIVEN_UP);
            self.modem = Some(modem);
            result
        };
        self.judge_time(call, before.at);
        let ended = self.judge_result(call, &before, result);
        if ended == Ended::Fine && call != Call::Shutdown { self.pending_events(&before) } else { ended }
    }

    /// Whether a call that has ended took longer than is documented.
    fn judge_time(&mut self, call: Call, begin: Duration) {
        let Some(documented) = longest(call) else { return };
        let rest_of_dropped = self.dropped.take().and_then(longest).unwrap_or_default();
        let further_losses = match self.case.trouble {
            Trouble::Chance(..) => u32::try_from(self.bench.strikes().len()).unwrap_or(u32::MAX),
            _ => 0,
        };
        let busy = match self.case.trouble {
            Trouble::Incident(_, _, Incident::HostReset | Incident::HostResetUnanswered) => BUSY_AFTER_ADOPTION,
            _ => Duration::ZERO,
        };
        let limit = documented + rest_of_dropped + busy + FURTHER_LOSS * further_losses + UART_TIME;
        let time = self.bench.now() - begin;
        if time > limit {
            self.verdict.add(Violation::Hang, format!("{call:?} took {time:?}, and {limit:?} at most is documented"));
        }
    }

    /// Runs a future of the host; `None` if it was reset meanwhile.
    fn bound<T>(
        &mut self,
        future: impl Future<Output = Result<T, Error>>,
        time: Duration,
    ) -> Result<Option<Result<T, Error>>, Stopped> {
        let bench = self.bench.clone();
        bench.set_time_limit(bench.now() + time);
        let mut future = pin!(future);
        let polls = Cell::new(0);
        let reset = self.reset.clone();
        let result = bench.run(
            poll_fn(|context| {
                polls.set(polls.get() + 1);
                if reset.is_due(context) {
                    return Poll::Ready(None);
                }
                match future.as_mut().poll(context) {
                    _ if reset.is_due(context) => Poll::Ready(None),
                    Poll::Ready(result) => Poll::Ready(Some(result)),
                    Poll::Pending => Poll::Pending,
                }
            }),
            Bound { polls: POLLS, time },
        );
        if let Some(of_call) = self.polls.last_mut() {
            *of_call += polls.get();
        }
        result
    }

    fn judge_result(
        &mut self,
        call: Call,
        before: &Before,
        result: Result<Option<Result<Option<Event>, Error>>, Stopped>,
    ) -> Ended {
        match result {
            Ok(None) => Ended::Reset,
            Ok(Some(Ok(_))) => {
                let is_excused = call == Call::Connect && self.incident_at.get() >= Some(before.at);
                if !is_excused && !before.is_done(call, self.case, &self.bench) {
                    self.verdict.add(Violation::ForgedResult, format!("{call:?} said Ok"));
                }
                Ended::Fine
            }
            Ok(Some(Err(error))) => {
                self.judge_error(call, error);
                self.verdict.failed_calls += 1;
                Ended::Badly
            }
            Err(stopped) => {
                self.verdict.add(Violation::Hang, format!("{call:?}: {stopped}"));
                Ended::Badly
            }
        }
    }

    fn judge_error(&mut self, call: Call, error: Error) {
        if error == Error::Aborted {
            self.verdict.add(Violation::Hang, format!("{call:?} was given up"));
        }
        if Reported::by_error(error).is_some_and(|reported| !reported.is_true(&self.bench)) {
            self.verdict.add(Violation::ForgedEvent, format!("{call:?}: {error:?}"));
        }
    }

    /// Polls a call this number of times, then drops it. The host continues.
    fn drop_call(&mut self, call: Call, polls: usize) -> Ended {
        if !DROPS_FUTURES {
            return self.call(call);
        }
        if let Some(message) = sent_by_broker(call) {
            self.bench.loopback(|broker, now| broker.publish(now, message.topic.as_bytes(), message.payload, false));
        }
        let before = Before::of(&self.bench);
        let bound = Bound { polls, time: GIVEN_UP };
        let Some(mut modem) = self.modem.take() else { return Ended::Badly };
        let family = self.case.setting.family;
        let result = if call == Call::Shutdown {
            let result = self.bench.run(async { modem.shutdown().await.2.map(|()| None) }, bound);
            modem = shell_modem(&self.bench, family, self.inbox);
            result
        } else {
            self.bench.run(make(call, family, &mut modem), bound)
        };
        self.modem = Some(modem);
        self.incident_at.set(Some(self.bench.now()));
        self.dropped = Some(call);
        match result {
            Err(Stopped { why: Why::PollsExceeded, .. }) => Ended::Fine,
            other => self.judge_result(call, &before, other.map(Some)),
        }
    }

    /// The class, by the effect of the fault on the module.
    fn class(&self, reference: &Reference) -> Class {
        match self.case.trouble {
            Trouble::Byte(Direction::ToHost, position, Fault::Flip(_)) if reference.is_data(position) => {
                Class::ToHostChangedInData
            }
            Trouble::Byte(Direction::ToModem, _, fault) if !matches!(fault, Fault::Silence(_)) => {
                let accepted = self.bench.modem(|module, _| {
                    let journal = module.journal().iter();
                    match journal.zip(&reference.journal).find(|(entry, known)| entry != known) {
                        Some((JournalEntry::Line { accepted, .. }, _)) => *accepted,
                        // The host notices missing bytes: no answer arrives.
                        Some((JournalEntry::Data { accepted, .. }, _)) => *accepted && fault != Fault::Lose,
                        _ => false,
                    }
                });
                if accepted { Class::ToModuleAccepted } else { self.case.class }
            }
            Trouble::Chance(Direction::ToHost, _) if self.verdict.is_corrupt() && !self.verdict.has_wrong_length => {
                Class::ChanceToHostCancelled
            }
            _ => self.case.class,
        }
    }
}

fn receives(call: Call) -> bool {
    sent_by_broker(call).is_some() || awaited(call).is_some()
}

/// The publish whose echo a call waits for.
fn awaited(call: Call) -> Option<Call> {
    (call == Call::ReceiveAfterwards).then_some(Call::PublishAfterwards)
}
