//! The module that all tasks share, and the session that a supervisor keeps up.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Poll;
use core::time::Duration;

use board::clock::milliseconds;
use board::device::OPTIONS;
use board::uart::{Receiver, Transmitter};
use cortex_m_semihosting::hprintln;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_time::Timer;
use simcom_mqtt::error::Delivery;
use simcom_mqtt::network::Apn;
use simcom_mqtt::supervisor::{Backoff, Policy, Recovery, SupervisedEvent, Supervisor, SyncSubscriptionList};
use simcom_mqtt::{ClientIndex, EmbassyTimer, Error, Publish, QoS, Route, Router, SharedModem, SyncInbox};

/// The one client that is used.
pub const CLIENT: ClientIndex = ClientIndex::First;

pub type Modem = simcom_mqtt::Modem<Receiver, Transmitter, EmbassyTimer, &'static Router<'static>>;

/// The module, which every task calls by this name.
pub static MODULE: SharedModem<
    'static,
    CriticalSectionRawMutex,
    Receiver,
    Transmitter,
    EmbassyTimer,
    &Router<'static>,
> = SharedModem::new();

/// Room for a few commands: a burst does not fit, and is counted.
pub static COMMANDS: SyncInbox<CriticalSectionRawMutex, 256> = SyncInbox::new();

/// Which inbox gets a message.
pub static ROUTER: Router<'static> = match Router::new(&ROUTES) {
    Ok(router) => router,
    Err(_) => panic!("a route is invalid"),
};

static ROUTES: [Route<'static>; 1] = [Route::new("firmware/in/command", &COMMANDS)];
static FILTERS: SyncSubscriptionList<CriticalSectionRawMutex, &str, 1> =
    SyncSubscriptionList::of([("firmware/in/#", QoS::AtLeastOnce)]);
static SESSIONS: AtomicU32 = AtomicU32::new(0);

/// How many commands did not fit into the inbox.
pub fn refused() -> u16 {
    ROUTES.iter().map(Route::refused).sum()
}

/// How often the session has come up.
pub fn sessions() -> u32 {
    SESSIONS.load(Ordering::Relaxed)
}

/// Runs the module until `work` is done, then shuts it down.
pub async fn run(work: impl Future<Output = ()>) -> Result<(), Error> {
    let policy = Policy::new(Backoff::new(7).shortest(Duration::from_millis(200)).longest(Duration::from_secs(4)));
    let mut supervisors = [Supervisor::new(CLIENT, &OPTIONS, &FILTERS, policy)];
    let apn = Apn::new("internet");
    let mut recovery = Recovery::new(&apn);

    let worked = async {
        work.await;
        Ok(())
    };
    first(MODULE.run(&mut supervisors, &mut recovery, on_event), worked).await?;
    // The supervisor would connect again.
    first(MODULE.run(&mut supervisors[..0], &mut recovery, on_event), MODULE.shutdown()).await
}

fn on_event(event: SupervisedEvent) {
    match event {
        SupervisedEvent::Modem(event) => hprintln!("firmware: {} after {} ms", event, milliseconds()),
        SupervisedEvent::Supervisor(event) => {
            hprintln!("firmware: {} after {} ms", event, milliseconds());
            if event.is_up() {
                SESSIONS.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Publishes with QoS 1 until the broker has the message, with the duplicate flag after an unknown outcome. Returns how
/// often the outcome was unknown.
pub async fn deliver(topic: &str, payload: &[u8]) -> u32 {
    let mut repeated = 0;
    loop {
        let message = Publish::new(topic, payload).qos(QoS::AtLeastOnce).duplicate(repeated > 0);
        match MODULE.publish(CLIENT, &message).await {
            Ok(()) => return repeated,
            Err(error) if error.delivery() == Delivery::Unknown => repeated += 1,
            Err(_) => {}
        }
        Timer::after_millis(50).await;
        let _ = MODULE.wait_up(CLIENT).await;
    }
}

/// Runs both until one of them ends.
async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Pending => other.as_mut().poll(context),
        ended => ended,
    })
    .await
}
