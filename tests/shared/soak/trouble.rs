//! Faults of a run, one after the other.

use core::time::Duration;
use std::collections::BTreeMap;

use embedded_io_async::ErrorKind;
use fastrand::Rng;
use simcom_modem_simulator::fault::Fault;
use simcom_modem_simulator::pipe::{Bench, Direction};

/// How many publishes lie between two faults.
pub const DISTANCE: usize = 50;

/// What happens to module, broker, network or line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    ConnectionLost,
    Restart,
    NetworkLost,
    BrokerSilent,
    RadioDead,
    ModuleMute,
    LostToHost,
    LostToModule,
    Overrun,
}

impl Trouble {
    pub const ALL: [Self; 9] = [
        Self::ConnectionLost,
        Self::Restart,
        Self::NetworkLost,
        Self::BrokerSilent,
        Self::RadioDead,
        Self::ModuleMute,
        Self::LostToHost,
        Self::LostToModule,
        Self::Overrun,
    ];

    /// It happens now; what lasts ends by itself.
    fn strike(self, bench: &Bench, random: &mut Rng) {
        let end = bench.now() + Duration::from_secs(random.u64(5..120));
        match self {
            Self::ConnectionLost => {
                let (client, cause) = (random.usize(0..2), random.u8(1..3));
                bench.loopback(|broker, now| broker.close(now, client, cause));
            }
            Self::Restart => bench.modem(|modem, now| modem.restart(now)),
            Self::NetworkLost => {
                bench.modem(|modem, now| {
                    modem.network_mut().attached = false;
                    modem.network_lost(now);
                });
                bench.at(end, |bench| bench.modem(|modem, now| modem.restore_network(now)));
            }
            Self::BrokerSilent => {
                bench.loopback(|broker, _| broker.silent = true);
                bench.at(end, |bench| bench.loopback(|broker, _| broker.silent = false));
            }
            Self::RadioDead => {
                bench.modem(|modem, now| modem.lose_network_silently(now, false));
                bench.at(end, |bench| bench.modem(|modem, now| modem.restore_network(now)));
            }
            Self::ModuleMute => {
                bench.modem(|modem, now| modem.set_mute(now, true));
                bench.at(end, |bench| bench.modem(|modem, now| modem.set_mute(now, false)));
            }
            Self::LostToHost => lose(bench, Direction::ToHost, random.usize(1..40), random),
            Self::LostToModule => lose(bench, Direction::ToModem, random.usize(1..8), random),
            Self::Overrun => {
                let position = bench.passed(Direction::ToHost) + random.usize(0..300);
                bench.plan_overrun(position, random.usize(0..40), ErrorKind::Other);
            }
        }
    }
}

/// Loses adjoining bytes, soon.
fn lose(bench: &Bench, direction: Direction, count: usize, random: &mut Rng) {
    let position = bench.passed(direction) + random.usize(0..300);
    for position in position..position + count {
        bench.plan_fault(direction, position, Fault::Lose);
    }
}

/// A fault every [`DISTANCE`] publishes, each kind as often as the others, in a random order.
pub struct Schedule {
    random: Rng,
    coming: Vec<Trouble>,
    next: usize,
    pub struck: BTreeMap<Trouble, usize>,
}

impl Schedule {
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), coming: Vec::new(), next: DISTANCE, struck: BTreeMap::new() }
    }

    /// To be called when a number of publishes has ended.
    pub fn progress(&mut self, bench: &Bench, published: usize) {
        if published < self.next {
            return;
        }
        self.next += DISTANCE;
        if self.coming.is_empty() {
            self.coming = Trouble::ALL.to_vec();
            self.random.shuffle(&mut self.coming);
        }
        let trouble = self.coming.pop().expect("there are kinds");
        *self.struck.entry(trouble).or_default() += 1;
        trouble.strike(bench, &mut self.random);
    }
}
