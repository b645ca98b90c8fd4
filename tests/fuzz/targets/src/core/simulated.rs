//! A core and a simulated module in virtual time.

use core::time::Duration;

use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_modem_simulator::loopback::Loopback;
use simcom_modem_simulator::modem::Modem;
use simcom_mqtt::sans_io::{Engine, Outgoing, Procedure, Progress, WINDOW_BYTES};
use simcom_mqtt::{Error, Family, MessageHandler};

use super::run::LONGEST_CALL_MS;

/// Every family, as the driver and as the module know it.
const FAMILIES: [(Family, ModuleFamily); 4] = [
    (Family::A7600, ModuleFamily::A7600),
    (Family::A76xx, ModuleFamily::A76xx),
    (Family::Sim7600, ModuleFamily::Sim7600),
    (Family::Sim767x, ModuleFamily::Sim767x),
];

/// A step of the dialogue between a core and its module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    ByHost(Vec<u8>),
    ByModule(Vec<u8>),
    /// Time passes.
    Nothing(Duration),
}

/// A module with a broker, and the dialogue.
#[derive(Debug)]
pub(crate) struct Simulated {
    module: Modem,
    pub(crate) broker: Loopback,
    switched_on: Duration,
    pub(crate) dialogue: Vec<Said>,
}

impl Simulated {
    pub(crate) fn switched_on(family: Family, now: Duration) -> Self {
        let (_, family) = FAMILIES.into_iter().find(|(driver, _)| *driver == family).expect("every family is listed");
        let module = Modem::new(family, Behaviour::of(family));
        Self { module, broker: Loopback::default(), switched_on: now, dialogue: Vec::new() }
    }

    /// Carries out a call. Returns `None` if both sides wait for ever, as for an event that never arrives.
    pub(crate) fn carry_out(
        &mut self,
        core: &mut Engine,
        handler: &mut dyn MessageHandler,
        now: &mut Duration,
        call: &mut dyn Procedure,
    ) -> Option<Result<(), Error>> {
        let end = *now + Duration::from_millis(LONGEST_CALL_MS);
        core.pass_time(*now);
        if let Err(error) = core.begin_call(call) {
            return Some(Err(error.into()));
        }
        let mut window = [0; WINDOW_BYTES];
        while *now <= end {
            core.pass_time(*now);
            match core.poll(call) {
                Ok(Progress::Waiting) => {}
                ended => return Some(ended.map(|_| ())),
            }
            let since = *now - self.switched_on;
            match core.transmit(call, &mut window) {
                Outgoing::Bytes(bytes) => {
                    let count = bytes.len();
                    self.module.receive(since, bytes);
                    self.dialogue.push(Said::ByHost(bytes.to_vec()));
                    core.transmitted(count);
                }
                Outgoing::Source(limit) => {
                    let bytes = &[b'.'; 32][..limit.min(32)];
                    self.module.receive(since, bytes);
                    self.dialogue.push(Said::ByHost(bytes.to_vec()));
                    core.transmitted(bytes.len());
                }
                Outgoing::Flush => core.flushed(),
                Outgoing::Nothing => {
                    let arrived = self.carry(since);
                    if !arrived.is_empty() {
                        core.receive(&arrived, call, handler);
                        self.dialogue.push(Said::ByModule(arrived));
                    } else if !core.input_is_drained() && !self.wait(core, handler, now) {
                        return None;
                    }
                }
            }
        }
        panic!("the call does not end");
    }

    /// The module's bytes at the present time.
    fn carry(&mut self, now: Duration) -> Vec<u8> {
        for request in self.module.take_requests(now) {
            self.broker.request(now, request);
        }
        for event in self.broker.events(now) {
            self.module.event(now, event);
        }
        self.module.output(now)
    }

    /// Advances to the next event. Returns whether there is one.
    fn wait(&mut self, core: &mut Engine, handler: &mut dyn MessageHandler, now: &mut Duration) -> bool {
        let due = core.time_left().map(|left| *now + Duration::from_millis(left.into()));
        let module = [self.module.next_deadline(), self.broker.next_deadline()].into_iter().flatten().min();
        let module = module.map(|at| self.switched_on + at);
        let Some(next) = due.into_iter().chain(module).min() else { return false };
        let next = next.max(*now);
        self.dialogue.push(Said::Nothing(next - *now));
        *now = next;
        if module.is_none_or(|module| module > next) {
            core.pass_time(next);
            core.expire(handler);
        }
        true
    }
}
