//! The workloads, each with the driver and without it, on the same script.

use core::hint::black_box;

use embedded_io_async::{BufRead, Write};
use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Event, Family, MessageHandler, Modem, Publish, QoS};

use crate::dialogue::{CLIENT_ID, CONNECT, HOST, MESSAGE, PAYLOAD, PAYLOAD_BYTES, PORT, PUBLISH, TOPIC};
use crate::executor::block_on;
use crate::module::{Module, Step};

/// The repeated work.
#[derive(Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    /// Units per repetition.
    pub units: usize,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A message is received in chunks of this number of bytes.
    Receive(usize),
    /// A message is published with QoS 1.
    Publish,
}

pub const WORKLOADS: [Workload; 3] = [
    Workload { name: "receive_chunks_of_1", units: MESSAGE.len(), kind: Kind::Receive(1) },
    Workload { name: "receive_chunks_of_64", units: MESSAGE.len(), kind: Kind::Receive(64) },
    Workload { name: "publish_qos_1", units: 1, kind: Kind::Publish },
];

/// The code that does the work.
#[derive(Clone, Copy)]
pub enum Side {
    /// The driver.
    Driver,
    /// A loop that moves the same bytes without parsing them: the part of the figures that does not belong to the
    /// driver.
    Harness,
}

pub const SIDES: [(&str, Side); 2] = [("driver", Side::Driver), ("harness", Side::Harness)];

/// Largest write of the driver in bytes.
const WRITTEN: usize = 32;

static OPTIONS: ConnectOptions<'_> = ConnectOptions::new(Broker::tcp(HOST, PORT), CLIENT_ID);

/// Does the workload `count` times. Not inlined, so that constant arguments do not change its code.
#[inline(never)]
pub fn run(workload: Workload, side: Side, count: usize) {
    let module = Module::new();
    match side {
        Side::Driver => block_on(with_driver(&module, workload.kind, count)),
        Side::Harness => block_on(without(&module, workload.kind, count)),
    }
    module.assert_done();
}

/// A message handler that only counts bytes.
#[derive(Default)]
struct Length(usize);

impl MessageHandler for Length {
    fn begin(&mut self, _: ClientIndex, _topic_length: usize, _payload_length: usize) -> bool {
        true
    }

    fn payload(&mut self, part: &[u8]) {
        self.0 += black_box(part).len();
    }

    fn end(&mut self) -> bool {
        true
    }
}

async fn with_driver(module: &Module, kind: Kind, count: usize) {
    let (receiver, transmitter, clock) = module.uart();
    let mut modem = Modem::new(receiver, transmitter, clock, Family::A76xx, Length::default());
    module.play(CONNECT);
    modem.client(ClientIndex::First).connect(&OPTIONS).await.expect("the script connects");
    let message = Publish::new(TOPIC, PAYLOAD).qos(QoS::AtLeastOnce);
    for _ in 0..count {
        match kind {
            Kind::Receive(chunk) => {
                module.emit(&MESSAGE, chunk);
                let event = modem.next_event().await;
                assert!(matches!(event, Ok(Event::Message(ClientIndex::First))), "{event:?}");
            }
            Kind::Publish => {
                module.play(PUBLISH);
                modem.client(ClientIndex::First).publish(&message).await.expect("the script publishes");
            }
        }
        module.assert_done();
    }
    if let Kind::Receive(_) = kind {
        assert_eq!(modem.handler().0, count * PAYLOAD_BYTES);
    }
}

async fn without(module: &Module, kind: Kind, count: usize) {
    let (mut receiver, mut transmitter, _) = module.uart();
    let mut length = Length::default();
    for _ in 0..count {
        match kind {
            Kind::Receive(chunk) => {
                module.emit(&MESSAGE, chunk);
                take(&mut receiver, MESSAGE.len(), &mut length).await;
            }
            Kind::Publish => {
                module.play(PUBLISH);
                for Step { sent, answer } in PUBLISH {
                    for bytes in sent.chunks(WRITTEN) {
                        let Ok(_) = transmitter.write(bytes).await;
                    }
                    let Ok(()) = transmitter.flush().await;
                    take(&mut receiver, answer.len(), &mut length).await;
                }
            }
        }
        module.assert_done();
    }
}

/// Receives `count` bytes.
async fn take(receiver: &mut impl BufRead<Error = core::convert::Infallible>, count: usize, length: &mut Length) {
    let mut left = count;
    while left > 0 {
        let Ok(bytes) = receiver.fill_buf().await;
        length.payload(bytes);
        let taken = bytes.len();
        receiver.consume(taken);
        left -= taken;
    }
}
