//! A simulated module at the other end of a pipe that threads may share.

use core::time::Duration;

use embedded_io_adapters::tokio_1::FromTokio;
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_modem_simulator::loopback::Loopback;
use simcom_modem_simulator::modem;
use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Family, MessageHandler, Modem, Timer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::time::{Instant, sleep, sleep_until};

pub const FIRST: ClientIndex = ClientIndex::First;

pub static OPTIONS: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-3");

pub type Receiver = FromTokio<BufReader<ReadHalf<DuplexStream>>>;
pub type Transmitter = FromTokio<WriteHalf<DuplexStream>>;

/// The time of tokio. Where a test has stopped it, it passes only while all tasks wait.
pub struct Clock(Instant);

impl Timer for Clock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        sleep_until(self.0 + deadline).await;
    }
}

/// Serves a module and its broker until the pipe is closed.
async fn serve(mut stream: DuplexStream) {
    let family = ModuleFamily::A76xx;
    let (mut module, mut broker) = (modem::Modem::new(family, Behaviour::of(family)), Loopback::default());
    let start = Instant::now();
    let mut received = [0; 64];
    loop {
        let now = start.elapsed();
        module.take_requests(now).into_iter().for_each(|request| broker.request(now, request));
        broker.events(now).into_iter().for_each(|event| module.event(now, event));
        let output = module.output(now);
        if stream.write_all(&output).await.is_err() {
            return;
        }
        tokio::select! {
            count = stream.read(&mut received) => match count {
                Ok(0) | Err(_) => return,
                Ok(count) => module.receive(start.elapsed(), &received[..count]),
            },
            () = sleep(Duration::from_millis(1)) => {}
        }
    }
}

/// A pipe with a module at its other end, which a task of tokio serves.
pub fn pipe() -> (Receiver, Transmitter) {
    let (driver, module) = duplex(64);
    tokio::spawn(serve(module));
    let (receiver, transmitter) = split(driver);
    (FromTokio::new(BufReader::new(receiver)), FromTokio::new(transmitter))
}

/// A modem on such a pipe.
pub fn modem<H: MessageHandler>(handler: H) -> Modem<Receiver, Transmitter, Clock, H> {
    let (receiver, transmitter) = pipe();
    Modem::new(receiver, transmitter, Clock(Instant::now()), Family::A76xx, handler)
}
