//! Receivers that behave like real UART drivers.

use core::future::pending;

use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read};
use simcom_modem_simulator::pipe::Receiver;

use crate::bench::*;
use crate::driver::{Connection, Family, Modem, Publish, QoS};
use crate::shell::VirtualTimer;

/// After an error it receives nothing until `consume` is called, even with 0 bytes (embassy-rp 0.10).
struct Masked {
    receiver: Receiver,
    is_masked: bool,
}

impl ErrorType for Masked {
    type Error = ErrorKind;
}

impl Read for Masked {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.receiver.read(buffer).await
    }
}

impl BufRead for Masked {
    async fn fill_buf(&mut self) -> Result<&[u8], ErrorKind> {
        if self.is_masked {
            pending::<()>().await;
        }
        self.receiver.fill_buf().await.inspect_err(|_| self.is_masked = true)
    }

    fn consume(&mut self, count: usize) {
        self.is_masked = false;
        self.receiver.consume(count);
    }
}

#[test]
fn a_receiver_that_waits_for_consume_after_an_error_goes_on() {
    let bench = bench(Family::A76xx);
    let inbox = TestInbox::new();
    let (receiver, transmitter) = bench.host();
    let receiver = Masked { receiver, is_masked: false };
    let mut modem = Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), Family::A76xx, &inbox);
    bench.block_on(async {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        bench.fail_next_read(ErrorKind::InvalidData);
        let message = Publish::new("meter-3/a", b"on").qos(QoS::AtLeastOnce);
        modem.client(FIRST).publish(&message).await.or_transcript(&bench);
        assert_eq!(modem.counters().uart_errors, 1);
    });
}

#[test]
fn into_uart_sends_nothing_to_the_module() {
    let bench = bench(Family::A76xx);
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, Family::A76xx, &inbox);
    bench.block_on(async {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        let sent = bench.sent();
        let (receiver, transmitter) = modem.into_uart();
        assert_eq!(bench.sent(), sent);
        // A new driver finds the module unchanged.
        let mut modem = Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), Family::A76xx, &inbox);
        assert_eq!(modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench), Connection::Adopted);
    });
}
