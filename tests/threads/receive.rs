//! Tasks that await the messages of an inbox.

use core::cell::Cell;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::task::Wake;
use std::thread;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use simcom_mqtt::{Event, MessageHandler, Publish, QoS, Route, Router, SyncInbox};

use crate::inbox::{Counting, INTERRUPT, locks_during, receive as put};
use crate::module::{FIRST, OPTIONS, modem};

type SharedInbox<const N: usize> = SyncInbox<CriticalSectionRawMutex, N>;

/// A task that counts how often it is woken.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Task {
    fn woken(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Polls a future in this task.
fn poll<F: Future>(task: &Arc<Task>, future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(task.clone())))
}

#[test]
fn a_message_wakes_the_task_that_waits_once() {
    let inbox = SharedInbox::<64>::new();
    let task = Arc::new(Task::default());
    let mut buffer = [0; 64];
    let mut receiving = pin!(inbox.receive(&mut buffer));
    assert!(poll(&task, receiving.as_mut()).is_pending());
    let mut handler = &inbox;
    assert!(handler.begin(FIRST, 4, 2));
    handler.topic(b"door");
    handler.aborted();
    assert!(!put(&inbox, b"door", &[0; 64]), "larger than the inbox");
    assert_eq!(task.woken(), 0, "nothing has come whole");
    assert!(put(&inbox, b"door", b"on"));
    assert!(put(&inbox, b"door", b"off"));
    assert_eq!(task.woken(), 1);
    let Poll::Ready(message) = poll(&task, receiving) else { panic!("there is a message") };
    assert_eq!((message.topic(), message.payload()), (&b"door"[..], &b"on"[..]));
    let mut buffer = [0; 64];
    let Poll::Ready(message) = poll(&task, pin!(inbox.receive(&mut buffer))) else { panic!("there is another one") };
    assert_eq!(message.payload(), b"off");
    assert_eq!(task.woken(), 1, "the task was running");
}

#[test]
fn a_dropped_future_takes_no_message_along() {
    let inbox = SharedInbox::<64>::new();
    let (first, second) = (Arc::new(Task::default()), Arc::new(Task::default()));
    let mut buffer = [0; 64];
    {
        let mut dropped = pin!(inbox.receive(&mut buffer));
        assert!(poll(&first, dropped.as_mut()).is_pending());
        assert!(put(&inbox, b"door", b"on"));
        assert_eq!(first.woken(), 1);
    }
    assert!(!inbox.is_empty());
    assert!(poll(&second, pin!(inbox.receive(&mut buffer))).is_ready());
    assert!(poll(&second, pin!(inbox.receive(&mut buffer))).is_pending());
    assert!(put(&inbox, b"door", b"off"));
    assert_eq!((first.woken(), second.woken()), (1, 1));
}

#[test]
fn of_two_tasks_the_one_polled_last_is_woken_and_neither_is_polled_in_a_loop() {
    let inbox = SharedInbox::<64>::new();
    let (first, second) = (Arc::new(Task::default()), Arc::new(Task::default()));
    let mut buffers = [[0; 64]; 2];
    let [of_first, of_second] = &mut buffers;
    let (mut at_first, mut at_second) = (pin!(inbox.receive(of_first)), pin!(inbox.receive(of_second)));
    assert!(poll(&first, at_first.as_mut()).is_pending());
    assert!(poll(&second, at_second.as_mut()).is_pending());
    assert_eq!((first.woken(), second.woken()), (0, 0));
    assert!(put(&inbox, b"door", b"on"));
    assert_eq!((first.woken(), second.woken()), (0, 1));
    assert!(poll(&second, at_second).is_ready());
    assert!(poll(&first, at_first.as_mut()).is_pending());
    assert!(put(&inbox, b"door", b"off"));
    assert_eq!((first.woken(), second.woken()), (1, 1));
    assert!(poll(&first, at_first).is_ready());
}

#[test]
fn a_task_that_comes_while_a_message_is_being_taken_is_woken_for_the_next_one() {
    static INBOX: SyncInbox<Counting, 1024> = SyncInbox::new();
    thread_local! {
        static TASK: Arc<Task> = Arc::default();
        static HAS_COME: Cell<bool> = const { Cell::new(false) };
    }
    fn poll_once() -> bool {
        let mut buffer = [0; 1024];
        TASK.with(|task| poll(task, pin!(INBOX.receive(&mut buffer))).is_ready())
    }
    assert!(put(&INBOX, b"first", &[1; 200]));
    assert!(put(&INBOX, b"second", &[2; 200]));
    INTERRUPT.set(Some(|| {
        // Only the first time: between the header and the bytes behind it.
        if !HAS_COME.replace(true) {
            assert!(!poll_once());
        }
        assert_eq!(TASK.with(|task| task.woken()), 0, "bytes of the message are left");
    }));
    let mut buffer = [0; 1024];
    assert_eq!(INBOX.take(&mut buffer).unwrap().topic(), b"first");
    INTERRUPT.set(None);
    assert_eq!(TASK.with(|task| task.woken()), 1);
    assert!(poll_once());
}

#[test]
fn an_inbox_gets_no_more_of_a_message_once_its_filter_does_not_match() {
    let (matching, longer, other) =
        (SyncInbox::<Counting, 64>::new(), SyncInbox::<Counting, 128>::new(), SyncInbox::<Counting, 256>::new());
    let routes = [
        Route::new("pump/+", &matching),
        Route::new("pump/set/#", &matching),
        Route::new("pump/set/at", &longer),
        Route::new("lamp/#", &other),
    ];
    let mut router = Router::new(&routes).unwrap();
    assert!(router.begin(FIRST, 8, 10));
    assert_eq!(locks_during(|| router.topic(b"pump/")), 3, "three routes may match");
    assert_eq!(locks_during(|| router.topic(b"set")), 3);
    assert_eq!(locks_during(|| router.payload(b"12345")), 3, "that one has no match is seen at the end");
    assert_eq!(locks_during(|| router.payload(b"67890")), 3);
    assert!(router.end());
    let mut buffer = [0; 64];
    assert_eq!(matching.take(&mut buffer).unwrap().payload(), b"1234567890");
    assert!(matching.is_empty() && longer.is_empty() && other.is_empty());
}

/// Runs a future on this thread and counts its polls.
fn block_on<F: Future>(future: F) -> (F::Output, usize) {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    let mut polls = 0;
    loop {
        polls += 1;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return (output, polls);
        }
        thread::park();
    }
}

#[test]
fn tasks_on_other_threads_get_every_message_of_their_own() {
    static COMMANDS: SharedInbox<4096> = SharedInbox::new();
    static LOG: SharedInbox<512> = SharedInbox::new();
    static ROUTES: [Route; 2] = [Route::new("cmd/#", &COMMANDS), Route::new("+/log", &LOG)];
    static ROUTER: Router = match Router::new(&ROUTES) {
        Ok(router) => router,
        Err(_) => panic!("a route is invalid"),
    };
    const MESSAGES: usize = 2_000;
    async fn count<const N: usize>(inbox: &SharedInbox<N>, topic: &[u8]) {
        let mut buffer = [0; N];
        for number in 0..MESSAGES {
            let message = inbox.receive(&mut buffer).await;
            assert_eq!((message.topic(), message.payload()), (topic, number.to_string().as_bytes()));
        }
    }
    let commands = thread::spawn(|| block_on(count(&COMMANDS, b"cmd/pump")).1);
    let log = thread::spawn(|| block_on(count(&LOG, b"pump/log")).1);
    for number in 0..MESSAGES {
        for topic in [&b"cmd/pump"[..], b"pump/log"] {
            while !put(&ROUTER, topic, number.to_string().as_bytes()) {
                thread::yield_now();
            }
        }
    }
    for polls in [commands.join().unwrap(), log.join().unwrap()] {
        // A thread may wake once without having been woken.
        assert!(polls <= 2 * MESSAGES + 1, "{polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn tokio_tasks_receive_what_a_modem_in_another_task_has_put_in_their_inboxes() {
    static COMMANDS: SharedInbox<512> = SharedInbox::new();
    static CLOCK: SharedInbox<64> = SharedInbox::new();
    static ROUTES: [Route; 2] = [Route::new("meter-3/#", &COMMANDS), Route::new("clock", &CLOCK)];
    async fn topic<const N: usize>(inbox: &SharedInbox<N>) -> String {
        let mut buffer = [0; N];
        inbox.receive(&mut buffer).await.topic_str().unwrap().to_owned()
    }
    let commands = tokio::spawn(topic(&COMMANDS));
    let clock = tokio::spawn(topic(&CLOCK));
    let mut modem = modem(Router::new(&ROUTES).unwrap());
    let calls = tokio::spawn(async move {
        let mut client = modem.client(FIRST);
        client.connect(&OPTIONS).await?;
        client.subscribe("#", QoS::AtMostOnce).await?;
        for topic in ["meter-3/set", "clock", "meter-4/set"] {
            client.publish(&Publish::new(topic, b"12")).await?;
        }
        let mut events = Vec::new();
        while events.len() < 2 {
            events.push(modem.next_event().await?);
        }
        Ok::<_, simcom_mqtt::Error>((events, modem.handler().unmatched(), modem.counters().refused_messages))
    });
    assert_eq!(commands.await.unwrap(), "meter-3/set");
    assert_eq!(clock.await.unwrap(), "clock");
    let (events, unmatched, refused) = calls.await.unwrap().unwrap();
    assert!(matches!(events[..], [Event::Message(FIRST), Event::MessageRefused { client: FIRST, count: 1, .. }]));
    assert_eq!((unmatched, refused), (1, 1));
}
