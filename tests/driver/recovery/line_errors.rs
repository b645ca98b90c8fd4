//! Errors of the UART at any place: payload never becomes protocol.

use core::time::Duration;

use embedded_io_async::ErrorKind;

use crate::bench::*;
use crate::driver::urc::LossCause;
use crate::driver::{ClientState, Event};

/// A payload of `length` bytes whose end looks like the URC of a loss.
fn payload_with_a_loss_at_its_end(length: usize, loss: &[u8]) -> Vec<u8> {
    let mut payload = vec![b'x'; length - loss.len()];
    payload.extend(loss);
    payload
}

const CONNECTION_LOST: &[u8] = b"\r\n+CMQTTCONNLOST: 0,1\r\n";
const NETWORK_LOST: &[u8] = b"\r\n+CMQTTNONET\r\n";
const RESTARTED: &[u8] = b"\r\nRDY\r\n";

/// Checks that there is no event but lost bytes and an aborted message during this time, and that everything works
/// after it.
async fn only_a_message_is_lost(bench: &Bench, modem: &mut TestModem<'_>) {
    let events = events_of(bench, modem, Duration::from_secs(5)).await;
    let expected = [Event::MessageAborted { client: FIRST, count: 1 }, Event::BytesLost];
    assert!(events.iter().all(|event| expected.contains(event)), "{events:?}\n{}", bench.transcript_text());
    assert_eq!(modem.counters().aborted_messages, 1);
    assert_eq!(modem.client(FIRST).state(), ClientState::Connected);
    publish_works(bench, modem).await;
}

#[test]
fn an_error_that_is_reported_before_its_message_does_not_let_the_payload_out() {
    for loss in [CONNECTION_LOST, NETWORK_LOST, RESTARTED] {
        for length in [30, 60, 100, 1000] {
            on_every_subscribed(async |bench, modem, _| {
                let payload = payload_with_a_loss_at_its_end(length, loss);
                bench.loopback(|broker, now| broker.publish(now, b"meter-3/a", &payload, false));
                // The error is reported although no byte was lost.
                bench.fail_next_read(ErrorKind::InvalidData);
                only_a_message_is_lost(bench, modem).await;
            });
        }
    }
}

#[test]
fn an_error_between_two_blocks_does_not_let_the_payload_out() {
    let blocks = [
        &b"\r\n+CMQTTRXSTART: 0,9,100\r\n"[..],
        b"+CMQTTRXTOPIC: 0,9\r\nmeter-3/a\r\n",
        b"+CMQTTRXPAYLOAD: 0,50\r\n",
        b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
        b"+CMQTTRXPAYLOAD: 0,50\r\n",
    ];
    for behind in 1..=blocks.len() {
        on_every_subscribed(async |bench, modem, _| {
            let start = bench.now();
            let early = blocks[..behind].concat();
            let mut late = blocks[behind..].concat();
            late.extend(payload_with_a_loss_at_its_end(50, CONNECTION_LOST));
            late.extend(b"\r\n+CMQTTRXEND: 0\r\n");
            bench.modem(|module, now| module.emit(now, &early));
            bench.at(start + Duration::from_millis(300), |bench| bench.fail_next_read(ErrorKind::InvalidData));
            bench.at(start + Duration::from_millis(600), move |bench| {
                bench.modem(|module, now| module.emit(now, &late));
            });
            only_a_message_is_lost(bench, modem).await;
        });
    }
}

#[test]
fn bytes_lost_in_an_early_part_do_not_let_the_end_of_a_later_one_out() {
    for lost in [1, 5, 25] {
        on_every_subscribed(async |bench, modem, _| {
            let payload = payload_with_a_loss_at_its_end(3000, NETWORK_LOST);
            bench.loopback(|broker, now| broker.publish(now, b"meter-3/a", &payload, false));
            bench.after_output(bench.received().len() + 700, move |bench| {
                bench.fail_next_read(ErrorKind::InvalidData);
                bench.lose(lost);
            });
            only_a_message_is_lost(bench, modem).await;
        });
    }
}

#[test]
fn what_comes_behind_a_message_that_an_error_hit_counts_again() {
    on_every_subscribed(async |bench, modem, inbox| {
        let payload = payload_with_a_loss_at_its_end(1000, CONNECTION_LOST);
        bench.loopback(|broker, now| broker.publish(now, b"meter-3/a", &payload, false));
        bench.fail_next_read(ErrorKind::InvalidData);
        bench.at(bench.now() + Duration::from_millis(200), |bench| {
            bench.loopback(|broker, now| broker.publish(now, b"meter-3/b", b"whole", false));
        });
        let events = events_of(bench, modem, Duration::from_secs(1)).await;
        assert!(events.contains(&Event::Message(FIRST)), "{events:?}\n{}", bench.transcript_text());
        assert_eq!(messages(inbox), [(FIRST, b"meter-3/b".to_vec(), b"whole".to_vec())]);
    });
}

#[test]
fn what_comes_behind_a_message_whose_end_was_lost_counts_again_without_a_silence() {
    on_every_subscribed(async |bench, modem, _| {
        bench.modem(|module, now| {
            module.emit(now, b"\r\n+CMQTTRXSTART: 0,9,100\r\n+CMQTTRXTOPIC: 0,9\r\nmeter-3/a\r\n");
        });
        let start = bench.now();
        bench.at(start + Duration::from_millis(300), |bench| bench.fail_next_read(ErrorKind::InvalidData));
        // Never two seconds without a byte, until there are more bytes than the rest of the message could have.
        for second in 1..=40 {
            bench.at(start + Duration::from_secs(second), |bench| {
                bench.modem(|module, now| module.emit(now, b"\r\n+CGEV: EPS PDN ACT 1\r\n"));
            });
        }
        bench.at(start + Duration::from_secs(41), |bench| bench.loopback(|broker, now| broker.close(now, 0, 1)));
        let events = events_of(bench, modem, Duration::from_secs(42)).await;
        let lost = Event::ConnectionLost { client: FIRST, cause: LossCause::Closed };
        assert!(events.contains(&lost), "{events:?}\n{}", bench.transcript_text());
    });
}
