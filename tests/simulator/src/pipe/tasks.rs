//! Runs several tasks in virtual time, each with its own waker.

use core::fmt::Write;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Waker};
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

use super::{Bench, Why};

/// Number of polls of one task at the same time after which it counts as busy.
const MOST_POLLS_AT_ONE_TIME: usize = 1_000;

/// Tasks of a host, as an executor of firmware runs them: each has its own waker and is polled only when it is woken.
///
/// A task that is polled again and again without virtual time passing fails the test: on a microcontroller it would
/// keep the processor from sleeping, and tasks of lower priority from running.
///
/// Tasks are polled in the order in which they were woken, or in a random one by [`shuffle`](Self::shuffle).
///
/// ```
/// use core::time::Duration;
/// use simcom_modem_simulator::{family::Family, pipe::{Bench, Tasks}};
///
/// let bench = Bench::new(Family::A7600);
/// let mut tasks = Tasks::new(&bench);
/// let mut clock = bench.clock();
/// let sleeper = tasks.spawn("sleeper", async move { clock.wait_until(Duration::from_secs(60)).await });
/// tasks.run_until_ended(sleeper);
/// assert_eq!((bench.now(), tasks.polls(sleeper)), (Duration::from_secs(60), 2));
/// ```
pub struct Tasks<'t> {
    bench: Bench,
    tasks: Vec<Task<'t>>,
    woken: Arc<Queue>,
    most_polls: usize,
    order: Option<fastrand::Rng>,
}

/// A task of [`Tasks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(usize);

type TaskFuture<'t> = Pin<Box<dyn Future<Output = ()> + 't>>;

struct Task<'t> {
    name: String,
    state: State<'t>,
    waker: Arc<TaskWaker>,
    polls: usize,
    /// Polls since time last advanced, and when that was.
    recent: (Duration, usize),
    /// The highest number of these so far.
    most_recent: usize,
}

enum State<'t> {
    Waiting(TaskFuture<'t>),
    Ended,
    Dropped,
}

/// The woken tasks, first woken first.
#[derive(Debug, Default)]
struct Queue(Mutex<VecDeque<TaskId>>);

#[derive(Debug)]
struct TaskWaker {
    id: TaskId,
    is_queued: AtomicBool,
    woken: Arc<Queue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            self.woken.ids().push_back(self.id);
        }
    }
}

impl Queue {
    fn ids(&self) -> std::sync::MutexGuard<'_, VecDeque<TaskId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'t> Tasks<'t> {
    /// An executor for hosts of this bench.
    pub fn new(bench: &Bench) -> Self {
        Self {
            bench: bench.clone(),
            tasks: Vec::new(),
            woken: Arc::default(),
            most_polls: MOST_POLLS_AT_ONE_TIME,
            order: None,
        }
    }

    /// Sets how often a task may be polled without virtual time passing; 1,000 by default.
    pub fn set_most_polls(&mut self, polls: usize) {
        self.most_polls = polls;
    }

    /// From now on the next of several woken tasks is chosen by chance. The same seed gives the same order.
    pub fn shuffle(&mut self, seed: u64) {
        self.order = Some(fastrand::Rng::with_seed(seed));
    }

    /// Starts a task.
    pub fn spawn(&mut self, name: &str, future: impl Future<Output = ()> + 't) -> TaskId {
        let id = TaskId(self.tasks.len());
        let waker = Arc::new(TaskWaker { id, is_queued: AtomicBool::new(false), woken: self.woken.clone() });
        waker.wake_by_ref();
        let state = State::Waiting(Box::pin(future));
        self.tasks.push(Task {
            name: name.to_owned(),
            state,
            waker,
            polls: 0,
            recent: (Duration::ZERO, 0),
            most_recent: 0,
        });
        id
    }

    /// Drops the future of a task, as an executor does that ends it early. Nothing happens if it has ended.
    pub fn drop_task(&mut self, id: TaskId) {
        let state = &mut self.tasks[id.0].state;
        if matches!(state, State::Waiting(_)) {
            *state = State::Dropped;
        }
    }

    /// Whether a task has run to its end.
    pub fn has_ended(&self, id: TaskId) -> bool {
        matches!(self.tasks[id.0].state, State::Ended)
    }

    /// How often a task has been polled.
    pub fn polls(&self, id: TaskId) -> usize {
        self.tasks[id.0].polls
    }

    /// Runs all tasks until this one has ended.
    ///
    /// # Panics
    ///
    /// If it waits for an event that never happens, if a task is busy, or at the bench's limit of virtual time. The
    /// message ends with the transcript.
    pub fn run_until_ended(&mut self, id: TaskId) {
        while !self.has_ended(id) {
            self.poll_next_or_fail();
        }
    }

    /// Lets time pass until a task is woken, and polls it once.
    ///
    /// # Panics
    ///
    /// As [`run_until_ended`](Self::run_until_ended).
    pub fn poll_next_or_fail(&mut self) -> TaskId {
        match self.poll_next(None) {
            Ok(id) => id,
            Err(why) => self.give_up(why),
        }
    }

    /// How often a task has been polled at most without virtual time passing.
    pub fn most_polls_at_one_time(&self) -> usize {
        self.tasks.iter().map(|task| task.most_recent).max().unwrap_or_default()
    }

    /// Runs all tasks for a time.
    ///
    /// # Panics
    ///
    /// If a task is busy.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.bench.now() + time;
        while self.poll_next(Some(end)).is_ok() {}
        self.bench.pass(end.saturating_sub(self.bench.now()));
    }

    /// Runs all tasks until this one has been polled `polls` times in all, or has ended.
    ///
    /// # Panics
    ///
    /// As [`run_until_ended`](Self::run_until_ended).
    pub fn run_until_polled(&mut self, id: TaskId, polls: usize) {
        while self.polls(id) < polls && !self.has_ended(id) {
            self.poll_next_or_fail();
        }
    }

    /// Lets time pass until a task is woken, not beyond `end`, and polls it once.
    ///
    /// # Errors
    ///
    /// Why no task was woken.
    ///
    /// # Panics
    ///
    /// If the task is busy.
    pub fn poll_next(&mut self, end: Option<Duration>) -> Result<TaskId, Why> {
        loop {
            self.bench.advance_until(end, || !self.woken.ids().is_empty())?;
            let Some(id) = self.take_woken() else { continue };
            if self.poll(id) {
                return Ok(id);
            }
        }
    }

    fn take_woken(&mut self) -> Option<TaskId> {
        let mut ids = self.woken.ids();
        let index = match &mut self.order {
            Some(order) if !ids.is_empty() => order.usize(..ids.len()),
            _ => 0,
        };
        ids.remove(index)
    }

    /// Returns whether there was something to poll.
    fn poll(&mut self, id: TaskId) -> bool {
        let now = self.bench.now();
        let task = &mut self.tasks[id.0];
        task.waker.is_queued.store(false, Ordering::Relaxed);
        let State::Waiting(future) = &mut task.state else { return false };
        task.polls += 1;
        let before = if task.recent.0 == now { task.recent.1 } else { 0 };
        task.recent = (now, before + 1);
        task.most_recent = task.most_recent.max(task.recent.1);
        self.bench.count_step();
        let waker = Waker::from(task.waker.clone());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            task.state = State::Ended;
        } else if task.recent.1 > self.most_polls {
            self.give_up(Why::PollsExceeded);
        }
        true
    }

    fn give_up(&self, why: Why) -> ! {
        let mut list = String::new();
        for task in &self.tasks {
            let state = match task.state {
                State::Waiting(_) => "waits",
                State::Ended => "has ended",
                State::Dropped => "was dropped",
            };
            let Task { name, polls, recent: (since, count), .. } = task;
            let _ = write!(list, "\ntask \"{name}\" {state}, {polls} polls, {count} of them at {since:?}");
        }
        self.bench.give_up_on(&format!("{why}{list}\n"));
    }
}
