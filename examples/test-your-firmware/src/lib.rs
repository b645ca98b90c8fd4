//! The application of a tank gauge, without its hardware: it publishes the level when it connects and whenever it is
//! asked. The firmware calls it with its UART, clock and sensor; the tests call it with simulated ones.
#![no_std]

use core::ops::ControlFlow;
use core::time::Duration;

use embedded_io::ReadReady;
use embedded_io_async::{BufRead, Write};
use simcom_mqtt::command::network::{Csq, Rssi};
use simcom_mqtt::network::Apn;
use simcom_mqtt::{
    Broker, ClientIndex, ConnectOptions, Error, Event, Family, Inbox, Modem, NextStep, Publish, QoS, Timer, blocking,
};

const FAMILY: Family = Family::A76xx;
/// The first wait after a failure; each further one is twice as long.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(64);

/// The sensor.
pub trait Gauge {
    /// The level of the tank, in centimetres.
    fn level(&mut self) -> u16;
}

/// Connects, publishes the level, answers questions, and recovers from failures. Returns the step that is needed and
/// that it cannot take itself, such as a reset of the module, or other credentials.
pub async fn run(
    receiver: impl BufRead,
    transmitter: impl Write,
    mut timer: impl Timer + Clone,
    mut gauge: impl Gauge,
) -> NextStep {
    let inbox = Inbox::<256>::new();
    let apn = Apn::new("internet");
    let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "tank-3").credentials("tank-3", "secret");
    let mut modem = Modem::new(receiver, transmitter, timer.clone(), FAMILY, &inbox);
    let mut step = NextStep::BringUp;
    let mut wait = SHORTEST_WAIT;
    loop {
        if step == NextStep::BringUp
            && let Err(error) = modem.bring_up(&apn, |_| {}).await
        {
            step = error.next_step();
        } else {
            let ended: Result<Event, Error> = async {
                let mut client = modem.client(ClientIndex::First);
                client.connect(&options).await?;
                client.subscribe("tank-3/ask", QoS::AtLeastOnce).await?;
                let mut is_asked = true;
                loop {
                    if is_asked {
                        let level = gauge.level().to_be_bytes();
                        let message = Publish::new("tank-3/level", &level).qos(QoS::AtLeastOnce);
                        modem.client(ClientIndex::First).publish(&message).await?;
                        wait = SHORTEST_WAIT;
                    }
                    let event = modem.next_event().await?;
                    if event.next_step() != NextStep::Continue {
                        return Ok(event);
                    }
                    is_asked = false;
                    while inbox.take(&mut [0; 64]).is_some() {
                        is_asked = true;
                    }
                }
            }
            .await;
            step = ended.map_or_else(|error| error.next_step(), |event| event.next_step());
        }
        if matches!(step, NextStep::CorrectInput | NextStep::Reset | NextStep::RestartUart) {
            return step;
        }
        let end = timer.now() + wait;
        timer.wait_until(end).await;
        wait = LONGEST_WAIT.min(wait * 2);
    }
}

/// The test at the end of the production line, without an executor: is the module there, and does it hear a network?
pub fn signal<R, T>(receiver: R, transmitter: T, timer: impl Timer, idle: impl FnMut()) -> Result<Option<Rssi>, Error>
where
    R: embedded_io::Read + ReadReady,
    T: embedded_io::Write,
{
    let mut idle = idle;
    let inbox = Inbox::<64>::new();
    let modem = blocking::Modem::new(receiver, transmitter, timer, FAMILY, &inbox);
    let mut modem = modem.with_idle(|| {
        idle();
        ControlFlow::Continue(())
    });
    modem.execute(&Csq)
}
