//! Messages with a missing or an extra block: never delivered as complete, and the protocol continues.

use core::time::Duration;

use crate::bench::*;
use crate::driver::Event;

/// On every family, invalid blocks: the message is counted as broken within this time, and the next one arrives.
fn breaks_off(blocks: &[&str], within: Duration) {
    on_every_subscribed(async |bench, modem, inbox| {
        bench.modem(|module, now| module.emit(now, blocks.concat().as_bytes()));
        let start = bench.now();
        assert_eq!(modem.next_event().await, Ok(Event::MessageAborted { client: FIRST, count: 1 }));
        assert!(bench.now() - start <= within, "{blocks:?}: {:?}", bench.now() - start);
        publish_works(bench, modem).await;
        assert_eq!(modem.next_event().await, Ok(Event::Message(FIRST)), "{blocks:?}\n{}", bench.transcript_text());
        assert_eq!(messages(inbox), [(FIRST, b"meter-3/after".to_vec(), b"x".to_vec())]);
        assert_eq!(modem.counters().aborted_messages, 1);
    });
}

const AT_ONCE: Duration = Duration::from_millis(10);
/// The time after which a message has stalled, plus the polling interval of a blocking client.
const STALL: Duration = Duration::from_millis(2_010);

const START: &str = "\r\n+CMQTTRXSTART: 0,9,5\r\n";
const TOPIC: &str = "+CMQTTRXTOPIC: 0,9\r\nmeter-3/a\r\n";
const PAYLOAD: &str = "+CMQTTRXPAYLOAD: 0,5\r\nwhole\r\n";
const END: &str = "+CMQTTRXEND: 0\r\n";

#[test]
fn an_end_before_everything_has_come_is_not_the_end_of_a_whole_message() {
    breaks_off(&[START, END], AT_ONCE);
    breaks_off(&[START, TOPIC, END], AT_ONCE);
    breaks_off(&[START, PAYLOAD, END], AT_ONCE);
    breaks_off(&[START, TOPIC, "+CMQTTRXPAYLOAD: 0,4\r\nhalf\r\n", END], AT_ONCE);
}

#[test]
fn the_end_of_the_other_clients_message_does_not_end_this_one() {
    breaks_off(&[START, TOPIC, PAYLOAD, "+CMQTTRXEND: 1\r\n"], AT_ONCE);
}

#[test]
fn a_part_of_the_other_clients_message_is_no_part_of_this_one() {
    // Whichever client the part names, the message of the first one is aborted.
    for foreign in ["+CMQTTRXTOPIC: 1,9\r\nnot yours\r\n", "+CMQTTRXPAYLOAD: 1,5\r\nwhole\r\n"] {
        breaks_off(&[START, foreign, "+CMQTTRXEND: 1\r\n"], AT_ONCE);
    }
    breaks_off(&[START, TOPIC, "+CMQTTRXPAYLOAD: 1,5\r\nwhole\r\n", END], AT_ONCE);
}

#[test]
fn a_message_that_stalls_between_two_blocks_breaks_off() {
    breaks_off(&[START], STALL);
    breaks_off(&[START, TOPIC], STALL);
    breaks_off(&[START, TOPIC, PAYLOAD], STALL);
}

#[test]
fn data_whose_beginning_and_end_were_lost_are_data_only_until_they_stall() {
    on_every_subscribed(async |bench, modem, _| {
        bench.modem(|module, now| module.emit(now, b"\r\n+CMQTTRXPAYLOAD: 0,1500\r\nthe rest was lost"));
        assert_eq!(modem.next_event().await, Ok(Event::MessageAborted { client: FIRST, count: 1 }));
        let events = events_of(bench, modem, Duration::from_millis(2_500)).await;
        assert_eq!(events, [], "{}", bench.transcript_text());
        publish_works(bench, modem).await;
    });
}
