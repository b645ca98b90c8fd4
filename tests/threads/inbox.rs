//! The inbox that threads share.

use core::cell::Cell;
use std::thread;

use embassy_sync::blocking_mutex::raw::{CriticalSectionRawMutex, RawMutex};
use simcom_mqtt::{ClientIndex, Inbox, MessageHandler, SyncInbox};

use crate::module::FIRST;

type SharedInbox<const N: usize> = SyncInbox<CriticalSectionRawMutex, N>;

pub fn receive(mut handler: impl MessageHandler, topic: &[u8], payload: &[u8]) -> bool {
    if !handler.begin(ClientIndex::Second, topic.len(), payload.len()) {
        return false;
    }
    handler.topic(topic);
    payload.chunks(1500).for_each(|part| handler.payload(part));
    handler.end()
}

#[test]
fn messages_come_out_as_from_an_inbox_of_one_thread() {
    let (local, shared) = (Inbox::<300>::new(), SharedInbox::<300>::new());
    let mut buffers = ([0; 300], [0; 300]);
    // Lengths around that of a piece, of the inbox, and of a buffer that is too small.
    for length in (0..320).chain((0..320).rev()) {
        let payload: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
        let accepted = receive(&local, b"meter-3/log", &payload);
        assert_eq!(receive(&shared, b"meter-3/log", &payload), accepted);
        assert_eq!(shared.is_empty(), !accepted);
        let room = if length % 3 == 0 { 100 } else { 300 };
        let taken = shared.take(&mut buffers.1[..room]);
        assert_eq!(taken, local.take(&mut buffers.0[..room]));
        assert_eq!(taken.is_some(), accepted);
        assert!(shared.is_empty());
    }
    let mut aborted = &shared;
    assert!(aborted.begin(FIRST, 5, 5));
    aborted.topic(b"pum");
    aborted.aborted();
    assert!(shared.is_empty() && shared.take(&mut buffers.0).is_none());
}

#[test]
fn a_thread_takes_what_another_puts_in() {
    static INBOX: SharedInbox<4096> = SharedInbox::new();
    const MESSAGES: u32 = 2_000;
    let taker = thread::spawn(|| {
        let mut buffer = [0; 4096];
        for number in 0..MESSAGES {
            let message = loop {
                if let Some(message) = INBOX.take(&mut buffer) {
                    break message;
                }
                thread::yield_now();
            };
            assert_eq!(message.topic(), number.to_string().as_bytes());
            assert!(message.payload().iter().all(|&byte| byte == number as u8));
            assert_eq!((message.payload().len(), message.missing()), (number as usize % 1600, 0));
        }
    });
    for number in 0..MESSAGES {
        let payload = vec![number as u8; number as usize % 1600];
        while !receive(&INBOX, number.to_string().as_bytes(), &payload) {
            thread::yield_now();
        }
    }
    taker.join().unwrap();
    assert!(INBOX.is_empty());
}

thread_local! {
    /// How often a [`Counting`] mutex was locked.
    static LOCKS: Cell<usize> = const { Cell::new(0) };
    /// What interrupts after each lock.
    pub static INTERRUPT: Cell<Option<fn()>> = const { Cell::new(None) };
}

pub struct Counting;

// SAFETY: the tests use each of these on one thread only.
unsafe impl RawMutex for Counting {
    const INIT: Self = Self;

    fn lock<R>(&self, f: impl FnOnce() -> R) -> R {
        let result = f();
        LOCKS.set(LOCKS.get() + 1);
        // Without itself.
        if let Some(interrupt) = INTERRUPT.take() {
            interrupt();
            INTERRUPT.set(Some(interrupt));
        }
        result
    }
}

static COUNTED: SyncInbox<Counting, 8192> = SyncInbox::new();

pub fn locks_during(action: impl FnOnce()) -> usize {
    LOCKS.set(0);
    action();
    LOCKS.get()
}

#[test]
fn no_critical_section_copies_more_than_64_bytes() {
    let mut handler = &COUNTED;
    for length in [64, 65, 1500, 4000] {
        let payload = vec![b'x'; length];
        let pieces = length.div_ceil(64);
        assert!(handler.begin(FIRST, 1, length));
        handler.topic(b"a");
        assert_eq!(locks_during(|| handler.payload(&payload)), pieces);
        assert!(handler.end());
        // The header, and topic and payload together.
        let mut buffer = [0; 8192];
        let taken = locks_during(|| assert_eq!(COUNTED.take(&mut buffer).unwrap().payload(), payload));
        assert_eq!(taken, 1 + (length + 1).div_ceil(64));
        // What does not fit is passed over in pieces too.
        assert!(receive(handler, b"a", &payload));
        let taken = locks_during(|| assert_eq!(COUNTED.take(&mut buffer[..10]).unwrap().missing(), length - 9));
        assert_eq!(taken, 1 + (length + 1).div_ceil(64));
    }
}

#[test]
fn an_interrupt_finds_no_message_while_one_is_being_taken() {
    static INTERRUPTED: SyncInbox<Counting, 1024> = SyncInbox::new();
    thread_local!(static TAKEN: Cell<usize> = const { Cell::new(0) });
    assert!(receive(&INTERRUPTED, b"first", &[1; 200]));
    INTERRUPT.set(Some(|| {
        let mut buffer = [0; 1024];
        TAKEN.set(TAKEN.get() + usize::from(INTERRUPTED.take(&mut buffer).is_some()));
        assert!(INTERRUPTED.is_empty());
        // A message that comes meanwhile disturbs nothing.
        let mut handler = &INTERRUPTED;
        assert!(handler.begin(FIRST, 5, 100));
        handler.aborted();
    }));
    let mut buffer = [0; 1024];
    let message = INTERRUPTED.take(&mut buffer).unwrap();
    assert_eq!((message.topic(), message.payload()), (&b"first"[..], &[1; 200][..]));
    INTERRUPT.set(None);
    assert_eq!(TAKEN.get(), 0);
}
