//! Faults and speed of the line in real time, on tokio's paused clock.

use std::num::NonZeroU32;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::host::{Host, quick};
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::fault::{Fault, Rates, Strike};
use simcom_modem_simulator::front_end::{Observer, Simulator};
use simcom_modem_simulator::pipe::Direction::{self, ToHost, ToModem};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout};

fn simulator() -> Simulator {
    Simulator::new(Family::A7600, quick(Family::A7600))
}

fn attached(mut simulator: Simulator) -> Host<DuplexStream> {
    let (module_side, host_side) = duplex(64);
    tokio::spawn(async move { simulator.serve(module_side).await });
    Host::new(host_side)
}

/// A host of a module whose line has these faults.
fn struck(faults: &[(Direction, usize, Fault)]) -> Host<DuplexStream> {
    let mut simulator = simulator();
    for (direction, position, fault) in faults {
        simulator.plan_fault(*direction, *position, *fault);
    }
    attached(simulator)
}

/// The bytes that arrive within a second.
async fn heard(host: &mut DuplexStream) -> Vec<u8> {
    let mut heard = Vec::new();
    while let Ok(count) = timeout(Duration::from_secs(1), host.read_buf(&mut heard)).await {
        assert_ne!(count.unwrap(), 0, "the line ended");
    }
    heard
}

#[tokio::test(start_paused = true)]
async fn bytes_are_lost_doubled_and_changed_in_both_directions() {
    for (direction, position, fault, answer) in [
        (ToModem, 0, Fault::Lose, "T\r\r\nERROR\r\n"),
        (ToModem, 1, Fault::Double, "ATT\r\r\nERROR\r\n"),
        (ToModem, 1, Fault::Flip(0x20), "At\r\r\nOK\r\n"),
        (ToHost, 0, Fault::Lose, "T\r\r\nOK\r\n"),
        (ToHost, 5, Fault::Double, "AT\r\r\nOOK\r\n"),
        (ToHost, 8, Fault::Flip(0x01), "AT\r\r\nOK\r\x0b"),
    ] {
        let mut host = struck(&[(direction, position, fault)]);
        host.write(b"AT\r").await;
        assert_eq!(
            String::from_utf8(heard(&mut host.stream).await).unwrap(),
            answer,
            "{direction:?} {position} {fault}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_after_its_time() {
    let mut host = struck(&[(ToHost, 3, Fault::Silence(Duration::from_secs(5)))]);
    host.write(b"AT\r").await;
    assert_eq!(heard(&mut host.stream).await, b"AT\r");
    host.write(b"AT\r").await;
    assert_eq!(heard(&mut host.stream).await, b"");
    tokio::time::sleep(Duration::from_secs(4)).await;
    host.write(b"AT\r").await;
    assert_eq!(heard(&mut host.stream).await, b"AT\r\r\nOK\r\n");
}

#[tokio::test(start_paused = true)]
async fn what_is_held_comes_late_and_complete() {
    let mut host = struck(&[(ToHost, 4, Fault::Hold(Duration::from_secs(3)))]);
    host.write(b"AT\r").await;
    assert_eq!(heard(&mut host.stream).await, b"AT\r\r");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(heard(&mut host.stream).await, b"\nOK\r\n");
}

#[tokio::test(start_paused = true)]
async fn chance_strikes_the_same_bytes_with_the_same_seed() {
    let mut answers = Vec::new();
    for seed in [7, 7, 8] {
        let mut simulator = simulator();
        simulator.set_fault_rates(ToHost, seed, Rates { lose: 0.2, double: 0.2, flip: 0.2 });
        let mut host = attached(simulator);
        for _ in 0..5 {
            host.write(b"AT+CSQ\r").await;
        }
        answers.push(heard(&mut host.stream).await);
    }
    assert_eq!(answers[0], answers[1]);
    assert_ne!(answers[0], answers[2]);
}

#[tokio::test(start_paused = true)]
async fn positions_go_on_from_host_to_host_and_what_was_never_reached_is_known() {
    let mut simulator = simulator();
    simulator.plan_fault(ToModem, 3, Fault::Lose);
    simulator.plan_fault(ToModem, 6, Fault::Double);
    for answer in [&b"AT\r\r\nOK\r\n"[..], b"T\r\r\nERROR\r\n"] {
        let (module_side, mut host_side) = duplex(64);
        host_side.write_all(b"AT\r").await.unwrap();
        tokio::select! {
            served = simulator.serve(module_side) => served.unwrap(),
            heard = heard(&mut host_side) => assert_eq!(heard, answer),
        }
    }
    assert_eq!(simulator.passed(ToModem), 6);
    assert_eq!(simulator.faults_not_reached(ToModem), [(6, Fault::Double)]);
    assert_eq!(simulator.faults_not_reached(ToHost), []);
}

/// How long `bytes` bytes take at 9600 baud.
fn at_9600_baud(bytes: u32) -> Duration {
    Duration::from_secs(10) * bytes / 9600
}

#[tokio::test(start_paused = true)]
async fn a_paced_line_takes_its_time_in_both_directions() {
    let mut host = attached(simulator().baud(NonZeroU32::new(9600).unwrap()));
    let line = format!("AT{}\r", "X".repeat(997));
    let started = Instant::now();
    host.write(line.as_bytes()).await;
    host.take(1).await;
    let first = started.elapsed();
    let expected = at_9600_baud(1001);
    assert!(first >= expected && first < expected + Duration::from_millis(20), "{first:?}, not {expected:?}");
    host.until("\r\nERROR\r\n").await;
    let (all, expected) = (started.elapsed(), at_9600_baud(1000 + 1009));
    assert!(all >= expected && all < expected + Duration::from_millis(20), "{all:?}, not {expected:?}");
}

#[tokio::test(start_paused = true)]
async fn a_line_without_a_speed_takes_no_time() {
    let mut host = attached(simulator());
    let started = Instant::now();
    host.write(format!("AT{}\r", "X".repeat(997)).as_bytes()).await;
    host.take(1000).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_a_host_sent_before_it_left_arrives() {
    let mut simulator = simulator().baud(NonZeroU32::new(9600).unwrap());
    simulator.plan_fault(ToModem, 2, Fault::Hold(Duration::from_secs(9)));
    let (module_side, mut host_side) = duplex(64);
    host_side.write_all(b"ATE0\r").await.unwrap();
    drop(host_side);
    simulator.serve(module_side).await.unwrap();
    assert!(!simulator.modem().echoes());
}

/// An observer that sends each event as text.
struct Seen(Sender<String>);

impl Observer for Seen {
    fn host_sent(&mut self, bytes: &[u8]) {
        let _ = self.0.send(format!("-> {}", bytes.escape_ascii()));
    }

    fn module_sent(&mut self, bytes: &[u8]) {
        let _ = self.0.send(format!("<- {}", bytes.escape_ascii()));
    }

    fn fault_struck(&mut self, direction: Direction, strike: &Strike) {
        let _ = self.0.send(format!("{direction:?}: {strike}"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_sees_what_arrives_and_every_fault() {
    let (seen, observed): (_, Receiver<String>) = channel();
    let mut simulator = simulator().observer(Seen(seen));
    simulator.plan_fault(ToModem, 0, Fault::Lose);
    simulator.plan_fault(ToHost, 2, Fault::Double);
    let mut host = attached(simulator);
    host.write(b"AT\r").await;
    heard(&mut host.stream).await;
    let expected =
        ["ToModem: byte 0 'A' lost", "-> T\\r", "<- T\\r", "ToHost: byte 2 '\\r' doubled", "<- \\r\\r\\nERROR\\r\\n"];
    let seen: Vec<String> = observed.try_iter().collect();
    assert_eq!(seen, expected);
}
