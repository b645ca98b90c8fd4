//! The async firmware, with embassy.
#![no_std]
#![no_main]

use board::checksum::Checksum;
use board::clock::milliseconds;
use board::device::{COMMANDS, Course, Failure, LIMIT, Next, ONLINE, OPTIONS, RECEIPT, REPORTS, check_uart, text};
use board::ending::end;
use board::uart::{Receiver, Transmitter};
use cortex_m_semihosting::hprintln;
use embassy_executor::Spawner;
use embassy_time::with_timeout;
use simcom_mqtt::{ClientIndex, EmbassyTimer, Error, Family, Modem, Publish, QoS};

type Device = Modem<Receiver, Transmitter, EmbassyTimer, Checksum>;

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    let (receiver, transmitter) = board::start();
    let modem = Modem::new(receiver, transmitter, EmbassyTimer, Family::A76xx, Checksum::new());
    let limit = embassy_time::Duration::from_secs(LIMIT.as_secs());
    end(with_timeout(limit, run(modem)).await.unwrap_or(Err(Failure::Late)))
}

async fn run(mut modem: Device) -> Result<(), Failure> {
    // One image serves every family; a product knows its own.
    let family = modem.detect_family().await?.ok_or(Failure::UnknownModule)?;
    hprintln!("firmware: embassy, {:?}", family);
    go_online(&mut modem).await?;
    for report in &REPORTS {
        modem.client(ClientIndex::First).publish(report).await?;
    }

    let mut course = Course::default();
    loop {
        let event = modem.next_event().await?;
        hprintln!("firmware: {:?} after {} ms", event, milliseconds());
        match course.follow(event)? {
            Next::Listen => {}
            Next::Connect => go_online(&mut modem).await?,
            Next::Confirm => break,
        }
    }
    let receipt = text(modem.handler().take().ok_or(Failure::NoMessage)?);
    hprintln!("firmware: received {}", receipt);
    let confirmation = Publish::new(RECEIPT, receipt.as_bytes()).qos(QoS::AtLeastOnce);
    modem.client(ClientIndex::First).publish(&confirmation).await?;

    let (_, _, ended) = modem.shutdown().await;
    ended?;
    check_uart()
}

async fn go_online(modem: &mut Device) -> Result<(), Error> {
    let mut client = modem.client(ClientIndex::First);
    client.connect(&OPTIONS).await?;
    client.subscribe(COMMANDS, QoS::AtLeastOnce).await?;
    client.publish(&ONLINE).await
}
