//! The application on the simulated module, in virtual time: a day takes milliseconds. The bench has the module, a
//! broker in memory, and the line between microcontroller and module.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use embassy_futures::select::{Either, select};
use embedded_io_async::ErrorKind;
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::pipe::{Bench, Clock, Direction};
use simcom_modem_simulator::referee::Severity;
use simcom_mqtt::{NextStep, Timer};
use test_your_firmware::{Gauge, run};

/// The bench's clock as the driver's timer.
#[derive(Clone)]
struct VirtualTimer(Clock);

impl Timer for VirtualTimer {
    fn now(&self) -> Duration {
        self.0.now()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        self.0.wait_until(deadline).await;
    }
}

/// A tank that the test fills.
#[derive(Clone, Default)]
struct Tank(Rc<Cell<u16>>);

impl Gauge for Tank {
    fn level(&mut self) -> u16 {
        self.0.get()
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Runs the application for this long. Returns the step that it has ended with, if it has.
fn run_for(bench: &Bench, tank: &Tank, time: Duration) -> Option<NextStep> {
    let (receiver, transmitter) = bench.host();
    let mut end = VirtualTimer(bench.clock());
    let deadline = end.now() + time;
    let application = run(receiver, transmitter, VirtualTimer(bench.clock()), tank.clone());
    match bench.block_on(select(application, end.wait_until(deadline))) {
        Either::First(step) => Some(step),
        Either::Second(()) => None,
    }
}

/// The levels that the broker has received.
fn levels(bench: &Bench) -> Vec<u16> {
    bench.loopback(|broker, _| {
        let published = broker.publications().iter().filter(|publication| publication.topic == b"tank-3/level");
        published.map(|publication| u16::from_be_bytes(publication.payload[..].try_into().unwrap())).collect()
    })
}

fn ask_at(bench: &Bench, time: Duration) {
    bench.at(time, |bench| bench.loopback(|broker, now| broker.publish(now, b"tank-3/ask", b"", false)));
}

/// The referee knows what a real module would have refused or been confused by.
fn assert_no_errors(bench: &Bench) {
    let complaints = bench.modem(|module, _| module.take_complaints());
    let errors: Vec<_> = complaints.iter().filter(|complaint| complaint.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{}", bench.transcript_text());
}

#[test]
fn the_level_is_published_at_the_start_and_when_asked() {
    let bench = Bench::new(Family::A76xx);
    let tank = Tank::default();
    tank.0.set(120);
    let pumped = tank.clone();
    bench.at(seconds(3_600), move |_| pumped.0.set(80));
    ask_at(&bench, seconds(7_200));
    assert_eq!(run_for(&bench, &tank, seconds(86_400)), None);
    assert_eq!(levels(&bench), [120, 80], "{}", bench.transcript_text());
    assert_no_errors(&bench);
}

#[test]
fn it_comes_back_after_a_lost_connection_a_lost_network_and_a_restart_of_the_module() {
    let bench = Bench::new(Family::A76xx);
    bench.at(seconds(60), |bench| bench.loopback(|broker, now| broker.close(now, 0, 1)));
    bench.at(seconds(120), |bench| bench.modem(|module, now| module.network_lost(now)));
    bench.at(seconds(180), |bench| bench.modem(|module, now| module.restore_network(now)));
    bench.at(seconds(240), |bench| bench.modem(|module, now| module.restart(now)));
    ask_at(&bench, seconds(400));
    assert_eq!(run_for(&bench, &Tank::default(), seconds(600)), None);
    // At the start, after each failure, and once because it was asked.
    assert_eq!(levels(&bench).len(), 5, "{}", bench.transcript_text());
    assert_no_errors(&bench);
}

#[test]
fn bytes_lost_by_the_uart_do_not_stop_it() {
    // Three bytes at every place of the session, until the session is shorter.
    for position in 0.. {
        let bench = Bench::new(Family::A76xx);
        bench.plan_overrun(position, 3, ErrorKind::OutOfMemory);
        ask_at(&bench, seconds(300));
        assert_eq!(run_for(&bench, &Tank::default(), seconds(600)), None);
        // The question itself may be hit: a module does not repeat it.
        assert!(!levels(&bench).is_empty(), "byte {position}\n{}", bench.transcript_text());
        if bench.passed(Direction::ToHost) <= position {
            assert!(position > 400, "the session has only {position} bytes");
            break;
        }
    }
}

#[test]
fn it_gives_up_where_only_a_person_can_help() {
    let bench = Bench::new(Family::A76xx);
    bench.loopback(|broker, _| broker.refuse_connections(Some(30)));
    assert_eq!(run_for(&bench, &Tank::default(), seconds(600)), Some(NextStep::CorrectInput));

    let mut behaviour = Behaviour::of(Family::A76xx);
    behaviour.bring_up.pin = "1234".into();
    let bench = Bench::with(Family::A76xx, behaviour);
    assert_eq!(run_for(&bench, &Tank::default(), seconds(600)), Some(NextStep::CorrectInput));
}
