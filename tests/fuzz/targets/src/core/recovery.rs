//! Whatever has happened before, a module that has just been switched on can be connected.

use core::time::Duration;

use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::loopback::Loopback;
use simcom_modem_simulator::modem::Modem;
use simcom_mqtt::sans_io::{Call, Outgoing, Window};
use simcom_mqtt::{ClientIndex, Error, Family};

use super::calls::PLAIN;
use super::run::{LONGEST_CALL_MS, Run};

/// One call of `connect` is enough.
pub(super) fn check(run: &mut Run) {
    let family = match run.family {
        Family::A7600 => simcom_modem_simulator::family::Family::A7600,
        Family::A76xx => simcom_modem_simulator::family::Family::A76xx,
        Family::Sim7600 => simcom_modem_simulator::family::Family::Sim7600,
        _ => simcom_modem_simulator::family::Family::Sim767x,
    };
    let module = Modem::new(family, Behaviour::of(family));
    let mut bench = Bench { module, broker: Loopback::default(), switched_on: run.now };
    let mut call = run.core.connect(ClientIndex::First, &PLAIN);
    if let Err(error) = bench.carry_out(run, &mut call) {
        panic!("a new module is not connected: {error}");
    }
}

struct Bench {
    module: Modem,
    broker: Loopback,
    switched_on: Duration,
}

impl Bench {
    /// Carries out a call in virtual time.
    fn carry_out(&mut self, run: &mut Run, call: &mut Call<'_>) -> Result<(), Error> {
        let end = run.now + Duration::from_millis(LONGEST_CALL_MS);
        run.core.begin_call(call)?;
        let mut window = Window::default();
        while run.now <= end {
            run.core.pass_time(run.now);
            if run.core.poll(call)? {
                return Ok(());
            }
            let since = run.now - self.switched_on;
            match run.core.transmit(call, &mut window) {
                Outgoing::Bytes(bytes) => {
                    self.module.receive(since, bytes);
                    let count = bytes.len();
                    run.core.transmitted(count);
                }
                Outgoing::Flush => run.core.flushed(),
                Outgoing::Nothing | Outgoing::Source(_) => {
                    let arrived = self.carry(since);
                    if !arrived.is_empty() {
                        run.core.receive(&arrived, call, &mut run.ledger);
                    } else if !run.core.drain_ended() {
                        self.wait(run);
                    }
                }
            }
        }
        panic!("connect does not end");
    }

    /// What the module says now.
    fn carry(&mut self, now: Duration) -> Vec<u8> {
        for request in self.module.take_requests(now) {
            self.broker.request(now, request);
        }
        for event in self.broker.events(now) {
            self.module.event(now, event);
        }
        self.module.output(now)
    }

    /// Time passes until something happens.
    fn wait(&self, run: &mut Run) {
        let left = run.core.time_left().map(|left| run.now + Duration::from_millis(left.into()));
        let module = [self.module.next_deadline(), self.broker.next_deadline()].into_iter().flatten().min();
        let module = module.map(|at| self.switched_on + at);
        match (left, module) {
            (Some(left), Some(module)) if module <= left => run.now = run.now.max(module),
            (Some(left), _) => {
                run.now = left;
                run.core.pass_time(left);
                run.core.expire(&mut run.ledger);
            }
            (None, Some(module)) => run.now = run.now.max(module),
            (None, None) => panic!("both sides wait for ever"),
        }
    }
}
