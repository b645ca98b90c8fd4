//! A shared modem between threads: its futures are `Send`, and executors of different priority can use it.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embedded_io_async::{BufRead, Write};
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::supervisor::{Backoff, NoBringUp, Policy, Recovery, Supervisor, SyncSubscriptionList};
use simcom_mqtt::{ClientIndex, Error, MessageHandler, Publish, QoS, RefuseAll, SharedModem, Timer};

use crate::module::{Clock, FIRST, OPTIONS, Receiver, Transmitter, modem};

type Filters = SyncSubscriptionList<CriticalSectionRawMutex, &'static str, 2>;
type Shared<R, T, C, H> = SharedModem<'static, CriticalSectionRawMutex, R, T, C, H>;

/// Runs the module until it fails.
async fn run<R, T, C, H>(module: &Shared<R, T, C, H>, filters: &'static Filters) -> Result<(), Error>
where
    R: BufRead,
    T: Write,
    C: Timer,
    H: MessageHandler,
{
    let mut supervisors = [Supervisor::new(FIRST, &OPTIONS, filters, Policy::new(Backoff::new(7)))];
    module.run(&mut supervisors, &mut Recovery::new(NoBringUp), |_| {}).await
}

/// Makes every call of a task.
async fn every_call<R, T, C, H>(module: &Shared<R, T, C, H>) -> Result<(), Error>
where
    R: BufRead,
    T: Write,
    C: Timer,
    H: MessageHandler,
{
    module.wait_up(FIRST).await?;
    module.publish(FIRST, &Publish::new("pump/state", b"on").qos(QoS::AtLeastOnce)).await?;
    module.subscribe(FIRST, "pump/set", QoS::AtMostOnce).await?;
    module.unsubscribe(FIRST, "pump/set").await?;
    module.execute(&Csq).await?;
    module.lock(async |modem| modem.execute(&Csq).await).await??;
    assert!(module.is_up(FIRST));
    module.connect(ClientIndex::Second, &OPTIONS).await?;
    module.disconnect(ClientIndex::Second).await
}

/// Each on a thread of its own, as on executors of different priority.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn tasks_on_several_threads_make_every_call() {
    static MODULE: Shared<Receiver, Transmitter, Clock, RefuseAll> = SharedModem::new();
    static FILTERS: Filters = SyncSubscriptionList::new();
    assert!(MODULE.give(Box::leak(Box::new(modem(RefuseAll)))).is_ok());
    let runner = tokio::spawn(run(&MODULE, &FILTERS));
    let signal = tokio::spawn(async {
        loop {
            MODULE.execute(&Csq).await.expect("it is answered");
        }
    });
    for _ in 0..3 {
        tokio::spawn(every_call(&MODULE)).await.expect("no task panics").expect("every call succeeds");
    }
    assert!(!runner.is_finished() && !signal.is_finished());
    runner.abort();
    signal.abort();
}
