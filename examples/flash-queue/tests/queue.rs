//! The queue on a mock flash and the simulated module.

use core::time::Duration;

use flash_queue::{FlashQueue, QueueError};
use sequential_storage::mock_flash::{MockFlashBase, WriteCountCheck};
use sequential_storage::queue::QueueConfig;
use simcom_modem_simulator::behaviour::{Override, ScriptedAnswer};
use simcom_modem_simulator::pipe::{Bench, Clock, Receiver, Transmitter};
use simcom_mqtt::{Broker, ClientIndex, ConnectOptions, Error, Family, Modem, RefuseAll, Timer};

/// Two pages of 1 KB.
type Flash = MockFlashBase<2, 4, 256>;

const OPTIONS: ConnectOptions<'static> = ConnectOptions::new(Broker::tcp("broker.example", 1883), "well-5");

struct VirtualTimer(Clock);

impl Timer for VirtualTimer {
    fn now(&self) -> Duration {
        self.0.now()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        self.0.wait_until(deadline).await;
    }
}

type TestModem = Modem<Receiver, Transmitter, VirtualTimer, RefuseAll>;

fn modem(bench: &Bench) -> TestModem {
    let (receiver, transmitter) = bench.host();
    Modem::new(receiver, transmitter, VirtualTimer(bench.clock()), Family::A76xx, RefuseAll)
}

fn bench() -> Bench {
    Bench::new(simcom_modem_simulator::family::Family::A76xx)
}

fn flash() -> Flash {
    Flash::new(WriteCountCheck::Twice, None, true)
}

fn queue(flash: Flash) -> FlashQueue<Flash> {
    FlashQueue::new(flash, QueueConfig::new(Flash::FULL_FLASH_RANGE), Family::A76xx)
}

fn level(number: usize) -> String {
    format!("level {number}")
}

/// The payloads that the broker has received.
fn arrived(bench: &Bench) -> Vec<String> {
    let publications = bench.loopback(|broker, _| broker.publications().to_vec());
    publications.into_iter().map(|publication| String::from_utf8(publication.payload).unwrap()).collect()
}

async fn connect(modem: &mut TestModem) {
    modem.client(ClientIndex::First).connect(&OPTIONS).await.unwrap();
}

#[test]
fn messages_outlast_a_reset_and_arrive_in_order_when_there_is_a_connection() {
    let bench = bench();
    bench.block_on(async {
        let mut queued = queue(flash());
        for number in 0..3 {
            queued.push("well-5/level", level(number).as_bytes()).await.unwrap();
        }
        let offline = queued.drain(&mut modem(&bench).client(ClientIndex::First)).await;
        assert!(matches!(offline, Err(QueueError::Publish(Error::Illegal { .. }))), "{offline:?}");
        // The microcontroller is reset: only the flash is left.
        let mut queued = queue(queued.into_flash());
        queued.push("well-5/level", level(3).as_bytes()).await.unwrap();
        let mut modem = modem(&bench);
        connect(&mut modem).await;
        assert_eq!(queued.drain(&mut modem.client(ClientIndex::First)).await.unwrap(), 4);
        assert_eq!(queued.drain(&mut modem.client(ClientIndex::First)).await.unwrap(), 0);
        assert_eq!(arrived(&bench), [0, 1, 2, 3].map(level));
    });
}

#[test]
fn a_message_whose_outcome_is_unknown_is_published_again_as_a_duplicate() {
    let bench = bench();
    bench.block_on(async {
        let mut queued = queue(flash());
        let mut modem = modem(&bench);
        connect(&mut modem).await;
        queued.drain(&mut modem.client(ClientIndex::First)).await.unwrap();
        queued.push("well-5/level", b"one").await.unwrap();
        bench.modem(|module, _| {
            let answer = ScriptedAnswer::Exactly(b"\r\nOK\r\n".to_vec());
            module.behaviour_mut().overrides.push(Override { prefix: "AT+CMQTTPUB".to_owned(), nth: 1, answer });
        });
        let unknown = queued.drain(&mut modem.client(ClientIndex::First)).await;
        assert!(matches!(unknown, Err(QueueError::Publish(Error::OutcomeUnknown { .. }))), "{unknown:?}");
        assert_eq!(queued.drain(&mut modem.client(ClientIndex::First)).await.unwrap(), 1);
        let text = bench.transcript_text();
        assert!(text.contains("AT+CMQTTPUB=0,1,60,0,0") && text.contains("AT+CMQTTPUB=0,1,60,0,1"), "{text}");
    });
}

#[test]
fn a_loss_of_power_in_the_middle_of_a_push_loses_no_earlier_message() {
    for bytes in 0..40 {
        let bench = bench();
        bench.block_on(async {
            let mut queued = queue(flash());
            queued.push("well-5/level", level(0).as_bytes()).await.unwrap();
            let mut flash = queued.into_flash();
            flash.bytes_until_shutoff = Some(bytes);
            let mut queued = queue(flash);
            let is_stored = queued.push("well-5/level", level(1).as_bytes()).await.is_ok();
            let mut flash = queued.into_flash();
            flash.bytes_until_shutoff = None;
            let mut queued = queue(flash);
            queued.push("well-5/level", level(2).as_bytes()).await.unwrap();
            let mut modem = modem(&bench);
            connect(&mut modem).await;
            queued.drain(&mut modem.client(ClientIndex::First)).await.unwrap();
            let arrived = arrived(&bench);
            assert!(arrived.contains(&level(0)) && arrived.contains(&level(2)), "{bytes} bytes: {arrived:?}");
            assert!(!is_stored || arrived.contains(&level(1)), "{bytes} bytes: {arrived:?}");
        });
    }
}

#[test]
fn a_full_flash_loses_its_oldest_messages() {
    let bench = bench();
    bench.block_on(async {
        let mut queued = queue(flash());
        for number in 0..200 {
            queued.push("well-5/level", level(number).as_bytes()).await.unwrap();
        }
        let mut modem = modem(&bench);
        connect(&mut modem).await;
        let published = queued.drain(&mut modem.client(ClientIndex::First)).await.unwrap();
        assert!((20..200).contains(&published), "{published}");
        let newest: Vec<_> = (200 - published..200).map(level).collect();
        assert_eq!(arrived(&bench), newest);
    });
}

#[test]
fn what_the_module_would_refuse_and_what_is_too_long_is_not_stored() {
    bench().block_on(async {
        let mut queued = queue(flash());
        assert!(matches!(queued.push("well-5/#", b"x").await, Err(QueueError::Invalid(_))));
        assert!(matches!(queued.push("well-5", &[0; 600]).await, Err(QueueError::TooLong)));
    });
}
