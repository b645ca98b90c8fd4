//! The future of a call is `Send` where receiver, transmitter, timer, handler and command are.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::rc::Rc;
use std::sync::mpsc;

use embassy_executor::{Executor, SendSpawner};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embedded_io_async::{BufRead, Write};
use simcom_mqtt::at::Line;
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::command::{Answer, Command, CommandInfo, CommandWriter, Request};
use simcom_mqtt::network::Apn;
use simcom_mqtt::outbox::Outbox;
use simcom_mqtt::supervisor::{Backoff, Policy, Recovery, Reset, Supervisor, SyncSubscriptionList};
use simcom_mqtt::{ClientIndex, Error, Event, Family, MessageHandler, Modem, Publish, QoS, SyncInbox, Timer};

use crate::module::{FIRST, OPTIONS, Receiver, Transmitter, modem, pipe};

type SharedInbox = SyncInbox<CriticalSectionRawMutex, 1024>;

/// Makes every call, on a modem of which nothing is known but that it can move between threads.
async fn every_call<R, T, C, H>(mut modem: Modem<R, T, C, H>) -> Result<Vec<String>, Error>
where
    R: BufRead,
    T: Write,
    C: Timer,
    H: MessageHandler,
{
    assert!(modem.detect_family().await?.is_some());
    assert!(!modem.identify().await?.model.is_empty());
    let apn = Apn::new("internet");
    let mut stages = 0;
    modem.bring_up(&apn, |_| stages += 1).await.expect("there is a network");
    assert!(stages > 0);
    modem.store_certificate("ca.pem", 3, &mut &b"PEM"[..]).await?;
    modem.store_certificate("other.pem", 3, &mut &b"PEM"[..]).await?;
    let mut names: Vec<Vec<u8>> = Vec::new();
    let count = modem
        .list_certificates(|part| {
            if part.is_first() {
                names.push(Vec::new());
            }
            names.last_mut().expect("a name has begun").extend_from_slice(part.bytes());
        })
        .await?;
    assert_eq!(usize::from(count), names.len());
    modem.delete_certificate("other.pem").await?;
    modem.execute(&Csq).await?;
    let mut client = modem.client(FIRST);
    client.connect(&OPTIONS).await?;
    client.subscribe_all(&[("pump/set", QoS::AtMostOnce), ("pump/log", QoS::AtMostOnce)]).await?;
    client.subscribe("meter-3/#", QoS::AtLeastOnce).await?;
    client.publish_from(&Publish::new("pump/log", b""), 2, &mut &b"on"[..]).await?;
    client.publish(&Publish::new("meter-3/state", b"on").qos(QoS::AtLeastOnce)).await?;
    assert_eq!(modem.next_event().await?, Event::Message(FIRST));
    let outbox = Outbox::<CriticalSectionRawMutex, 8>::new();
    outbox.push(FIRST, &Publish::new("pump/other", b"off")).expect("it is empty");
    assert_eq!(modem.drain(&outbox).await?, 1);
    modem.next_event_until(modem.now()).await?;
    modem.client(FIRST).unsubscribe("pump/set").await?;
    modem.client(FIRST).disconnect().await?;
    supervise(&mut modem).await?;
    modem.shutdown().await.2?;
    Ok(names.into_iter().map(|name| String::from_utf8(name).expect("ASCII")).collect())
}

/// A hook that can move between threads, and counts what it was asked for.
struct CountedReset(u32);

impl Reset for CountedReset {
    async fn reset(&mut self, attempt: u32) {
        self.0 = attempt;
        std::future::ready(()).await;
    }
}

type Filters = SyncSubscriptionList<CriticalSectionRawMutex, &'static str, 2>;

/// Keeps a session up until it is up and another thread has added a filter.
async fn supervise<R, T, C, H>(modem: &mut Modem<R, T, C, H>) -> Result<(), Error>
where
    R: BufRead,
    T: Write,
    C: Timer,
    H: MessageHandler,
{
    let filters: &'static Filters = Box::leak(Box::default());
    let apn = Apn::new("internet");
    let policy = Policy::new(Backoff::new(7));
    let mut supervisors = [Supervisor::new(FIRST, &OPTIONS, filters, policy)];
    let mut recovery = Recovery::new(&apn).with_reset(CountedReset(0));
    while !supervisors[0].is_up() {
        modem.supervise(&mut supervisors, &mut recovery).await?;
    }
    std::thread::spawn(move || filters.add("fan/#", QoS::AtMostOnce)).join().unwrap().unwrap();
    while !filters.is_subscribed("fan/#") {
        modem.supervise_until(modem.now() + Duration::from_millis(10), &mut supervisors, &mut recovery).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn tokio_spawns_every_call_and_another_task_takes_the_messages() {
    static INBOX: SharedInbox = SharedInbox::new();
    let calls = tokio::spawn(every_call(modem(&INBOX)));
    let taken = tokio::spawn(async {
        let mut buffer = [0; 1024];
        loop {
            if let Some(message) = INBOX.take(&mut buffer) {
                break message.topic_str().map(str::to_owned);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert_eq!(calls.await.unwrap().unwrap(), ["ca.pem", "other.pem"]);
    assert_eq!(taken.await.unwrap().as_deref(), Some("pump/log"));
}

/// A clock without an executor's timer: its default `wait_until` keeps the executor busy.
struct BusyClock(std::time::Instant);

impl Timer for BusyClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

type EmbassyModem = Modem<Receiver, Transmitter, BusyClock, &'static SharedInbox>;

#[embassy_executor::task]
async fn embassy_task(modem: EmbassyModem, result: mpsc::Sender<Result<Vec<String>, Error>>) {
    result.send(every_call(modem).await).expect("the test waits");
}

#[test]
fn embassy_spawns_every_call_from_another_thread() {
    static INBOX: SharedInbox = SharedInbox::new();
    let (spawner_sender, spawner) = mpsc::channel::<SendSpawner>();
    std::thread::spawn(move || {
        let executor = Box::leak(Box::new(Executor::new()));
        executor.run(|spawner| spawner_sender.send(spawner.make_send()).expect("the test waits"));
    });
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let (receiver, transmitter) = {
        let _entered = tokio.enter();
        pipe()
    };
    let clock = BusyClock(std::time::Instant::now());
    let (sender, result) = mpsc::channel();
    let modem = Modem::new(receiver, transmitter, clock, Family::A76xx, &INBOX);
    spawner.recv().unwrap().spawn(embassy_task(modem, sender).unwrap());
    assert_eq!(result.recv().unwrap().unwrap(), ["ca.pem", "other.pem"]);
}

/// Counts messages where only its own thread sees it.
#[derive(Default)]
struct LocalHandler(Rc<Cell<u32>>);

impl MessageHandler for LocalHandler {
    fn begin(&mut self, _: ClientIndex, _: usize, _: usize) -> bool {
        true
    }

    fn payload(&mut self, _: &[u8]) {}

    fn end(&mut self) -> bool {
        self.0.set(self.0.get() + 1);
        true
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_of_one_thread_works_on_it() {
    let handler = LocalHandler::default();
    let count = handler.0.clone();
    every_call(modem(handler)).await.unwrap();
    assert_eq!(count.get(), 2);
}

/// A command that only one thread may use.
struct LocalCommand(Rc<RefCell<Vec<u8>>>);

impl Request for LocalCommand {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CSQ", Answer::Query) });
    }
}

impl Command for LocalCommand {
    /// Not `Send` either.
    type Response = Rc<Cell<u32>>;

    fn line(&self, lines: &mut Self::Response, line: Line<'_>) {
        lines.set(lines.get() + 1);
        self.0.borrow_mut().extend_from_slice(line.bytes());
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_of_one_thread_goes_through_execute_local() {
    let command = LocalCommand(Rc::default());
    let mut modem = modem(LocalHandler::default());
    assert_eq!(modem.execute_local(&command).await.unwrap().get(), 1);
    assert!(command.0.borrow().starts_with(b"+CSQ: "));
}

/// Whether a future is `Send`: a method of the type comes before that of the trait, where its bound is met.
struct Probe<'f, F>(&'f F);

impl<F: Send> Probe<'_, F> {
    fn is_send(&self) -> bool {
        let _: &F = self.0;
        true
    }
}

trait NotSend {
    fn is_send(&self) -> bool;
}

impl<F> NotSend for Probe<'_, F> {
    fn is_send(&self) -> bool {
        let _: &F = self.0;
        false
    }
}

#[tokio::test]
async fn what_one_thread_only_may_use_makes_a_future_of_that_thread() {
    static INBOX: SharedInbox = SharedInbox::new();
    let command = LocalCommand(Rc::default());
    let (mut shared, mut local) = (modem(&INBOX), modem(LocalHandler::default()));
    assert!(Probe(&shared.execute(&Csq)).is_send());
    assert!(Probe(&shared.next_event()).is_send());
    assert!(!Probe(&shared.execute_local(&command)).is_send());
    assert!(!Probe(&local.execute(&Csq)).is_send());
    assert!(!Probe(&local.next_event()).is_send());
}
