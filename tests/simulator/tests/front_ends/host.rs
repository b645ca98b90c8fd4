//! A host that sends AT commands.

use std::time::Duration;

use simcom_modem_simulator::behaviour::{Behaviour, MessagePlace, Timing};
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::front_end::Simulator;
use simcom_modem_simulator::mqtt::BrokerAddress;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::timeout;

/// The host's end of the wire, and bytes that were received and not returned yet.
pub struct Host<S> {
    pub stream: S,
    received: Vec<u8>,
}

/// A module that is faster than any real one, and delivers messages after the pending outcome.
pub fn quick(family: Family) -> Behaviour {
    let short = Duration::from_millis(1);
    let timing = Timing {
        prompt: short,
        result: short,
        start: short,
        stop: short,
        connect: short,
        subscribe: short,
        publish: short,
        disconnect: short,
        extra_ok: short,
        time_server: short,
        boot: short,
    };
    Behaviour {
        timing,
        message_in_subscribe: MessagePlace::After,
        message_in_publish: MessagePlace::After,
        ..Behaviour::of(family)
    }
}

/// A module on its own task, connected to `broker`, and a host at the other end of the wire.
pub fn attached(broker: BrokerAddress) -> Host<DuplexStream> {
    let (module_side, host_side) = duplex(64);
    let family = Family::A7600;
    let mut simulator = Simulator::new(family, quick(family)).broker_override(broker);
    tokio::spawn(async move { simulator.serve(module_side).await });
    Host::new(host_side)
}

impl<S: AsyncRead + AsyncWrite + Unpin> Host<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, received: Vec::new() }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Waits for `end` and returns everything up to it.
    pub async fn until(&mut self, end: impl AsRef<[u8]>) -> Vec<u8> {
        let end = end.as_ref();
        let found = timeout(Duration::from_secs(10), async {
            loop {
                let place = self.received.windows(end.len()).position(|window| window == end);
                if let Some(place) = place {
                    return self.received.drain(..place + end.len()).collect();
                }
                let count = self.stream.read_buf(&mut self.received).await.unwrap();
                assert_ne!(count, 0, "the wire ended");
            }
        });
        let waited = found.await;
        let (end, received) = (end.escape_ascii(), self.received.escape_ascii());
        waited.unwrap_or_else(|_| panic!("no \"{end}\" in \"{received}\""))
    }

    /// Waits for any `count` bytes.
    pub async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.received.len() < count {
            let read = self.stream.read_buf(&mut self.received).await.unwrap();
            assert_ne!(read, 0, "the wire ended");
        }
        self.received.drain(..count).collect()
    }

    /// Sends `command` and waits for its `answer`.
    pub async fn command(&mut self, command: &str, answer: &str) {
        self.write(format!("{command}\r").as_bytes()).await;
        self.until(format!("\r\n{answer}\r\n")).await;
    }

    /// Sends `command`, sends `data` at its prompt and waits for `answer`.
    pub async fn prompted(&mut self, command: &str, data: &[u8], answer: &str) {
        self.write(format!("{command}\r").as_bytes()).await;
        self.until("\r\n>").await;
        self.write(data).await;
        self.until(format!("\r\n{answer}\r\n")).await;
    }
}
