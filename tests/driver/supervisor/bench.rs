//! A supervised modem, and what its tests ask of it.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use simcom_modem_simulator::pipe::Bench;

use crate::bench::*;
use crate::driver::network::Apn;
use crate::driver::supervisor::{
    Backoff, Policy, Recovery, SubscriptionList, SupervisedEvent, Supervisor, SupervisorEvent, Transition,
};
use crate::driver::{ConnectOptions, Event, QoS};
use crate::shell::ResetHook;

pub const SECONDS: fn(u64) -> Duration = Duration::from_secs;
pub static APN: Apn<'static> = Apn::new("internet");

pub type Filters = SubscriptionList<&'static str, 4>;

/// The list of most tests.
pub fn two_filters() -> Filters {
    let filters = Filters::new();
    filters.add("meter-3/#", QoS::AtLeastOnce).unwrap();
    filters.add("all/cmd", QoS::AtMostOnce).unwrap();
    filters
}

pub const POLICY: Policy = Policy::new(Backoff::new(7));
/// The longest wait of that.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A supervised module: its driver, and all that the driver borrows.
pub struct Supervised<'a, 'm> {
    pub bench: &'a Bench,
    pub modem: &'a mut TestModem<'m>,
    pub supervisors: [Supervisor<'a, &'a Filters>; 1],
    #[allow(dead_code, reason = "only the tests that drop futures need it")]
    pub filters: &'a Filters,
    pub recovery: Recovery<&'a Apn<'a>, ResetHook>,
    pub resets: Rc<Cell<u32>>,
    /// Every event of the supervisor, and when it came.
    pub events: Vec<(Duration, SupervisorEvent)>,
}

impl<'a, 'm> Supervised<'a, 'm> {
    pub fn new(
        bench: &'a Bench,
        modem: &'a mut TestModem<'m>,
        options: &'a ConnectOptions<'a>,
        filters: &'a Filters,
        policy: Policy,
    ) -> Self {
        let resets = Rc::new(Cell::new(0));
        let recovery = Recovery::new(&APN).with_reset(ResetHook { bench: bench.clone(), resets: resets.clone() });
        let supervisors = [Supervisor::new(FIRST, options, filters, policy)];
        Self { bench, modem, supervisors, filters, recovery, resets, events: Vec::new() }
    }

    /// The next event, if it comes until then.
    pub async fn next(&mut self, deadline: Duration) -> Option<SupervisedEvent> {
        let next = self.modem.supervise_until(deadline, &mut self.supervisors, &mut self.recovery).await;
        let event = next.or_transcript(self.bench);
        if let Some(SupervisedEvent::Supervisor(event)) = event {
            self.events.push((self.bench.now(), event));
        }
        event
    }

    /// The next transition of this kind within this time.
    #[track_caller]
    pub fn expect(&mut self, time: Duration, is_it: impl Fn(&Transition) -> bool) -> SupervisorEvent {
        let bench = self.bench.clone();
        let deadline = bench.now() + time;
        let found = bench.block_on(async {
            while bench.now() <= deadline {
                match self.next(deadline).await {
                    Some(SupervisedEvent::Supervisor(event)) if is_it(&event.transition) => return Some(event),
                    Some(_) => {}
                    None => return None,
                }
            }
            None
        });
        let Some(event) = found else { panic!("not in {time:?}: {:#?}\n{}", self.events, bench.transcript_text()) };
        event
    }

    #[track_caller]
    pub fn expect_up(&mut self, time: Duration) -> SupervisorEvent {
        let event = self.expect(time, |transition| *transition == Transition::Up);
        assert_eq!(filters_at_broker(self.bench), ["all/cmd", "meter-3/#"], "{}", self.bench.transcript_text());
        event
    }

    /// The session is up within this time, or has stayed up.
    #[track_caller]
    pub fn expect_up_or_still_up(&mut self, time: Duration) {
        self.pass(SECONDS(1));
        if !(self.supervisors[0].is_up() && filters_at_broker(self.bench).len() == 2) {
            self.expect_up(time - SECONDS(1));
        }
    }

    /// Lets this time pass; what happens is in the events.
    pub fn pass(&mut self, time: Duration) -> Vec<Event> {
        let bench = self.bench.clone();
        let deadline = bench.now() + time;
        let mut events = Vec::new();
        bench.block_on(async {
            while bench.now() < deadline {
                if let Some(SupervisedEvent::Modem(event)) = self.next(deadline).await {
                    events.push(event);
                }
            }
        });
        events
    }

    /// The transitions so far.
    pub fn transitions(&self) -> Vec<Transition> {
        self.events.iter().map(|(_, event)| event.transition).collect()
    }

    pub fn count(&self, is_it: impl Fn(&Transition) -> bool) -> usize {
        self.events.iter().filter(|(_, event)| is_it(&event.transition)).count()
    }
}

/// The filters of the first client at the broker, in order.
pub fn filters_at_broker(bench: &Bench) -> Vec<String> {
    let mut filters: Vec<_> =
        crate::bench::filters(bench).into_iter().map(|filter| String::from_utf8(filter).unwrap()).collect();
    filters.sort_unstable();
    filters
}

/// On every family of the shell: a module with these switches set, and a supervised driver that knows nothing of it.
pub fn on_every_fresh(switches: &[(&str, &str)], test: impl Fn(&mut Supervised<'_, '_>)) {
    with_policy(switches, POLICY, test);
}

pub fn with_policy(switches: &[(&str, &str)], policy: Policy, test: impl Fn(&mut Supervised<'_, '_>)) {
    for (family, _) in FAMILIES {
        let bench = switched(family, switches);
        let inbox = TestInbox::new();
        let filters = two_filters();
        let mut modem = modem(&bench, family, &inbox);
        test(&mut Supervised::new(&bench, &mut modem, &OPTIONS, &filters, policy));
    }
}

/// On every family of the shell: a supervised session that is up.
pub fn on_every_up(switches: &[(&str, &str)], test: impl Fn(&mut Supervised<'_, '_>)) {
    on_every_fresh(switches, |supervised| {
        supervised.expect_up(SECONDS(10));
        supervised.events.clear();
        test(supervised);
    });
}
