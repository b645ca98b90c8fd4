//! A shared module on a simulated one, and what the tests of it have in common.

use core::cell::RefCell;
use core::fmt::Debug;
use core::time::Duration;
use std::rc::Rc;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::pipe::{Bench, Receiver, TaskId, Tasks, Transmitter};

use crate::driver::network::Apn;
use crate::driver::supervisor::{Backoff, Policy, Recovery, SubscriptionList, SupervisedEvent, Supervisor};
use crate::driver::{
    Broker, ClientIndex, ConnectOptions, Event, Family, MessageHandler, Publish, QoS, RefuseAll, SharedModem,
};
use crate::families::{ALL_FAMILIES, module_family};
use crate::shell::{ShellModem, VirtualTimer, shell_modem};

pub const FIRST: ClientIndex = ClientIndex::First;
pub const SECOND: ClientIndex = ClientIndex::Second;

pub type Module<H = RefuseAll> = SharedModem<'static, NoopRawMutex, Receiver, Transmitter, VirtualTimer, H>;

/// What a call of a task has returned, once it has.
pub type Returned<O> = Rc<RefCell<Option<O>>>;

/// Gives a module its modem, which is there for ever, as in a firmware.
#[track_caller]
pub fn give<H: MessageHandler>(module: &Module<H>, modem: ShellModem<H>) {
    assert!(module.give(Box::leak(Box::new(modem))).is_ok(), "it is given once");
}

/// The options of a client.
pub fn options(client: ClientIndex) -> &'static ConnectOptions<'static> {
    &OPTIONS[usize::from(client.number())]
}

/// A message that the broker acknowledges.
pub fn acknowledged(payload: &[u8]) -> Publish<'_> {
    Publish::new("pump/state", payload).qos(QoS::AtLeastOnce)
}

/// A module with these switches set.
pub fn switched(family: Family, switches: &[(&str, &str)]) -> Bench {
    let mut behaviour = Behaviour::of(module_family(family));
    for (name, value) in switches {
        behaviour.set(name, value).unwrap();
    }
    Bench::with(module_family(family), behaviour)
}

/// Tasks around one shared module. The first one runs it.
pub struct Bed<'t, H: 'static = RefuseAll> {
    pub bench: Bench,
    pub tasks: Tasks<'t>,
    pub module: &'t Module<H>,
    pub events: Rc<RefCell<Vec<SupervisedEvent>>>,
}

/// What the supervised clients subscribe to.
pub type Filters = SubscriptionList<&'static str, 4>;

/// The longest wait of the supervisors.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

static APN: Apn<'static> = Apn::new("internet");
pub static OPTIONS: [ConnectOptions<'static>; 2] = [
    ConnectOptions::new(Broker::tcp("broker.example", 1883), "pump-1"),
    ConnectOptions::new(Broker::tcp("broker.example", 1883), "pump-2"),
];

impl<'t, H: MessageHandler + 'static> Bed<'t, H> {
    /// Without supervisors.
    pub fn new(bench: &Bench, module: &'t Module<H>, family: Family, handler: H) -> Self {
        Self::supervised(bench, module, family, handler, &[])
    }

    /// With a supervisor for each of these clients, and their filters.
    pub fn supervised(
        bench: &Bench,
        module: &'t Module<H>,
        family: Family,
        handler: H,
        clients: &[(ClientIndex, &'t Filters)],
    ) -> Self {
        let policy = Policy::new(Backoff::new(7).longest(LONGEST_WAIT));
        let supervisor = |&(client, filters): &(ClientIndex, &'t Filters)| {
            Supervisor::new(client, &OPTIONS[usize::from(client.number())], filters, policy)
        };
        let mut supervisors: Vec<_> = clients.iter().map(supervisor).collect();
        give(module, shell_modem(bench, family, handler));
        let mut tasks = Tasks::new(bench);
        let events = Rc::new(RefCell::new(Vec::new()));
        let seen = events.clone();
        tasks.spawn("runner", async move {
            let mut recovery = Recovery::new(&APN);
            let ended = module.run(&mut supervisors, &mut recovery, |event| seen.borrow_mut().push(event)).await;
            panic!("the runner ended: {ended:?}");
        });
        Self { bench: bench.clone(), tasks, module, events }
    }

    /// Whether the module has reported this event.
    pub fn has_heard(&self, event: Event) -> bool {
        self.events.borrow().contains(&SupervisedEvent::Modem(event))
    }

    /// Starts a task that makes one call.
    pub fn call<O: 't>(&mut self, name: &str, call: impl Future<Output = O> + 't) -> (TaskId, Returned<O>) {
        let returned = Returned::default();
        let result = returned.clone();
        let id = self.tasks.spawn(name, async move {
            let output = call.await;
            *result.borrow_mut() = Some(output);
        });
        (id, returned)
    }

    /// Makes one call to its end.
    #[track_caller]
    pub fn now<O: 't>(&mut self, name: &str, call: impl Future<Output = O> + 't) -> O {
        let (id, returned) = self.call(name, call);
        self.tasks.run_until_ended(id);
        returned.take().expect("it has ended")
    }

    /// Connects a client.
    #[track_caller]
    pub fn connect(&mut self, client: ClientIndex) {
        let module = self.module;
        let connected = self.now("connect", async move { module.connect(client, options(client)).await });
        assert!(connected.is_ok(), "{connected:?}\n{}", self.bench.transcript_text());
    }

    /// For this long.
    pub fn run_for_seconds(&mut self, seconds: u64) {
        self.tasks.run_for(Duration::from_secs(seconds));
    }
}

/// What it has returned by now.
#[track_caller]
pub fn returned<O: Debug>(returned: &Returned<O>, bench: &Bench) -> O {
    let output = returned.take();
    output.unwrap_or_else(|| panic!("the call has not ended at {:?}\n{}", bench.now(), bench.transcript_text()))
}

/// On every family: a module with these switches, whose clients are connected.
pub fn on_every_family(switches: &[(&str, &str)], clients: &[ClientIndex], test: impl Fn(&mut Bed<'_>)) {
    for (family, _) in ALL_FAMILIES {
        let bench = switched(family, switches);
        let module = Module::new();
        let mut bed = Bed::new(&bench, &module, family, RefuseAll);
        for client in clients {
            bed.connect(*client);
        }
        test(&mut bed);
    }
}
