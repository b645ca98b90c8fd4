//! Tasks of tokio share one module, each inside of timeouts.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use simcom_modem_simulator::pipe::Bench;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

use crate::bed::{Filters, LONGEST_WAIT, OPTIONS};
use crate::driver::command::network::Csq;
use crate::driver::supervisor::{Backoff, NoBringUp, Policy, Recovery, Supervisor};
use crate::driver::{ClientIndex, Modem, Publish, QoS, RefuseAll, SharedModem};
use crate::families::ALL_FAMILIES;
use crate::paused::{PausedBench, PausedReceiver, PausedTimer, PausedTransmitter};

type Module = SharedModem<'static, NoopRawMutex, PausedReceiver, PausedTransmitter, PausedTimer, RefuseAll>;

const MESSAGES: usize = 100;
/// Far more than they need.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const CLIENTS: [ClientIndex; 2] = [ClientIndex::First, ClientIndex::Second];

/// A task that publishes until the broker has each of its messages. Every fifth call has too little time.
async fn publish(module: &'static Module, client: ClientIndex, name: &'static str) {
    for number in 0..MESSAGES {
        let payload = format!("{name} {number}");
        let message = Publish::new("pump/state", payload.as_bytes()).qos(QoS::AtLeastOnce);
        let mut attempt = number;
        loop {
            let patience = Duration::from_millis(if attempt.is_multiple_of(5) { 30 } else { 200_000 });
            if timeout(patience, module.publish(client, &message)).await == Ok(Ok(())) {
                break;
            }
            attempt += 1;
            sleep(Duration::from_millis(500)).await;
        }
        sleep(Duration::from_millis(300)).await;
    }
}

/// A task of another subsystem, impatient too.
async fn signal(module: &'static Module, answered: Rc<Cell<usize>>) {
    for attempt in 0_u64.. {
        let patience = Duration::from_millis(if attempt.is_multiple_of(4) { attempt % 20 } else { 60_000 });
        if matches!(timeout(patience, module.execute(&Csq)).await, Ok(Ok(_))) {
            answered.set(answered.get() + 1);
        }
        sleep(Duration::from_millis(700)).await;
    }
}

async fn run(module: &'static Module) {
    let filters = [Filters::new(), Filters::new()];
    let mut seed = 0;
    let mut supervisors = CLIENTS.map(|client| {
        seed += 1;
        let index = usize::from(client.number());
        let policy = Policy::new(Backoff::new(seed).longest(LONGEST_WAIT));
        Supervisor::new(client, &OPTIONS[index], &filters[index], policy)
    });
    let ended = module.run(&mut supervisors, &mut Recovery::new(NoBringUp), |_| {}).await;
    panic!("the runner has ended: {ended:?}");
}

/// What fails meanwhile.
async fn faults(bench: Bench) {
    let faults: [fn(&Bench); 4] = [
        |bench| bench.loopback(|broker, now| broker.close(now, 0, 1)),
        |bench| bench.modem(|modem, now| modem.restart(now)),
        |bench| bench.modem(|modem, now| modem.network_lost(now)),
        |bench| bench.lose(9),
    ];
    for fault in faults.into_iter().cycle() {
        sleep(Duration::from_secs(9)).await;
        fault(&bench);
    }
}

#[test]
fn every_task_of_tokio_is_served_although_calls_time_out() {
    for (family, module_family) in ALL_FAMILIES {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let local = LocalSet::new();
        runtime.expect("a runtime").block_on(local.run_until(async {
            let bench = PausedBench::new(Bench::new(module_family));
            let (receiver, transmitter) = bench.host();
            let module: &'static Module = Box::leak(Box::new(Module::new()));
            let modem = Box::leak(Box::new(Modem::new(receiver, transmitter, bench.timer(), family, RefuseAll)));
            assert!(module.give(modem).is_ok(), "it is given once");
            let answered = Rc::new(Cell::new(0));
            spawn_local(run(module));
            spawn_local(signal(module, answered.clone()));
            spawn_local(faults(bench.bench.clone()));
            let publishers: [JoinHandle<()>; 3] = [
                spawn_local(publish(module, ClientIndex::First, "first")),
                spawn_local(publish(module, ClientIndex::First, "other")),
                spawn_local(publish(module, ClientIndex::Second, "second")),
            ];
            for publisher in publishers {
                let ended = timeout(LONGEST, publisher).await.expect("no task is stuck");
                ended.expect("it does not panic");
            }
            expect_all(&bench.bench);
            assert!(answered.get() > 20, "{family:?}: {} answers", answered.get());
        }));
    }
}

/// The broker has every message.
#[track_caller]
fn expect_all(bench: &Bench) {
    let arrived = bench.loopback(|broker, _| broker.publications().to_vec());
    for name in ["first", "other", "second"] {
        for number in 0..MESSAGES {
            let payload = format!("{name} {number}");
            assert!(
                arrived.iter().any(|it| it.payload == payload.as_bytes()),
                "{payload}\n{}",
                bench.transcript_text()
            );
        }
    }
}
