//! Runs the simulated module on its bench with arbitrary bytes of the host, events of the broker, switches and times.
//!
//! The first byte of an input selects the family (bits 0 and 1) and whether the broker is silent (bit 2). The rest is a
//! [script](crate::script):
//!
//! | operation | |
//! |---|---|
//! | 1 *n* | *n* ms pass |
//! | 2 *n* | *n*² · 10 ms pass |
//! | 3 *n* | an event of the broker without a request; from 128, of client 1 |
//! | 4 *n* | a message of *n*² bytes |
//! | 5 *n* | the network or the power is lost or returns |
//! | 6 *n* | a pin changes |
//! | 7 *n* | switch *n* is set to the value of operation 12 |
//! | 8 *n* | the broker refuses, fails, closes or is slow |
//! | 11 *n* | a fault at one of the next 16 bytes; from 128, at one of the host's |
//! | 12 *n* | the value for operation 7 |
//! | 14 *n* | the speed of the UART |

use core::num::NonZeroU32;
use core::time::Duration;

use embedded_io::ErrorKind;
use embedded_io_async::Write;
use simcom_modem_simulator::behaviour::SWITCHES;
use simcom_modem_simulator::broker::Event;
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::fault::Fault;
use simcom_modem_simulator::pipe::{Bench, Direction};

use crate::findings::Findings;
use crate::script::{Step, steps};
use crate::split_first;

/// Maximum number of the module's own actions after the last input.
const MOST_STEPS_ALONE: usize = 20_000;

const BAUDS: [Option<NonZeroU32>; 4] =
    [None, NonZeroU32::new(9_600), NonZeroU32::new(115_200), NonZeroU32::new(921_600)];

/// Runs a script.
///
/// # Panics
///
/// On a defect of the module.
pub fn check(input: &[u8]) -> Findings {
    let (head, input) = split_first(input);
    let bench = Bench::new(match head & 3 {
        0 => Family::A7600,
        1 => Family::A76xx,
        2 => Family::Sim7600,
        _ => Family::Sim767x,
    });
    bench.loopback(|broker, _| broker.silent = head & 4 != 0);
    bench.set_time_limit(Duration::MAX);
    let (_receiver, mut transmitter) = bench.host();
    let mut given = Given::default();
    let mut value = 0;
    for step in steps(input) {
        given.count(&step);
        match step {
            Step::Bytes(bytes) => bench.block_on(transmitter.write_all(&bytes)).expect("the pipe takes everything"),
            Step::Operation(1, argument) => bench.pass(Duration::from_millis(argument.into())),
            Step::Operation(2, argument) => bench.pass(Duration::from_millis(u64::from(argument).pow(2) * 10)),
            Step::Operation(3, argument) => event(&bench, argument),
            Step::Operation(4, argument) => message(&bench, argument),
            Step::Operation(5, argument) => network(&bench, argument),
            Step::Operation(6, argument) => pin(&bench, argument),
            Step::Operation(7, argument) => set(&bench, argument, value),
            Step::Operation(8, argument) => broker(&bench, argument),
            Step::Operation(11, argument) => fault(&bench, argument),
            Step::Operation(14, argument) => bench.set_baud(BAUDS[usize::from(argument) % BAUDS.len()]),
            Step::Operation(_, argument) => value = argument,
        }
        bench.carry();
    }
    comes_to_rest(&bench);
    given.bounds(&bench);
    Findings::new()
}

/// The module's input, which bounds its output.
#[derive(Debug, Default)]
struct Given {
    lines: usize,
    events: usize,
    bytes: usize,
    message_bytes: usize,
}

impl Given {
    fn count(&mut self, step: &Step) {
        match step {
            Step::Bytes(bytes) => {
                self.bytes += bytes.len();
                self.lines += bytes.iter().filter(|byte| **byte == b'\r').count();
            }
            Step::Operation(4, argument) => self.message_bytes += usize::from(*argument).pow(2) + 1,
            Step::Operation(..) => self.events += 1,
        }
    }

    /// The answer to a line can contain all that was stored before. At worst, a message is sent in parts of one byte
    /// with 255 blank lines before each.
    fn bounds(&self, bench: &Bench) {
        let answers = (self.lines + self.events + 1) * (8_192 + 4 * self.bytes);
        let messages = (self.message_bytes + self.bytes) * 2 * 1_100;
        let output = bench.received().len();
        assert!(output <= answers + messages, "{output} bytes said for {self:?}");
        let complaints = bench.modem(|module, _| module.complaints().len());
        assert!(complaints <= 4 * (self.bytes + self.events + 1), "{complaints} complaints");
    }
}

/// Checks that the module stops by itself after the last input.
fn comes_to_rest(bench: &Bench) {
    for _ in 0..MOST_STEPS_ALONE {
        let module = bench.modem(|module, _| module.next_deadline());
        let broker = bench.loopback(|broker, _| broker.next_deadline());
        let Some(next) = [module, broker].into_iter().flatten().min() else { return };
        bench.pass(next.saturating_sub(bench.now()));
    }
    panic!("the module never comes to rest");
}

fn event(bench: &Bench, argument: u8) {
    let client = usize::from(argument >> 7);
    let code = argument & 63;
    let event = match argument % 11 {
        0 => Event::Connected { client },
        1 => Event::ConnectFailed { client, code },
        2 => Event::Published { client },
        3 => Event::PublishFailed { client, code },
        4 => Event::Subscribed { client },
        5 => Event::SubscribeFailed { client, code },
        6 => Event::Unsubscribed { client },
        7 => Event::UnsubscribeFailed { client, code },
        8 => Event::Disconnected { client },
        9 => Event::ConnectionLost { client, cause: code },
        _ => Event::Message { client, topic: vec![], payload: vec![] },
    };
    bench.modem(|module, now| module.event(now, event));
}

fn message(bench: &Bench, argument: u8) {
    let (client, length) = (usize::from(argument & 1), usize::from(argument).pow(2));
    let payload = b"\r\nOK\r\n>+CMQTTRXEND: 0".iter().copied().cycle().take(length.min(10_240)).collect();
    let event = Event::Message { client, topic: b"device-7/cmd".to_vec(), payload };
    bench.modem(|module, now| module.event(now, event));
}

fn network(bench: &Bench, argument: u8) {
    bench.modem(|module, now| match argument % 8 {
        0 => module.network_lost(now),
        1 => module.lose_network_silently(now, false),
        2 => module.lose_network_silently(now, true),
        3 => module.restore_network(now),
        4 => module.restart(now),
        5 => module.cut_power(now),
        6 => module.power_on(now),
        _ if argument >= 64 => module.network_mut().attached = argument < 128,
        _ => module.set_mute(now, argument < 32),
    });
}

fn pin(bench: &Bench, argument: u8) {
    let high = argument >= 128;
    bench.modem(|module, now| match argument % 3 {
        0 => module.power_key(now, high),
        1 => module.reset_key(now, high),
        _ => module.set_dtr(high),
    });
}

fn set(bench: &Bench, switch: u8, value: u8) {
    let switch = &SWITCHES[usize::from(switch) % SWITCHES.len()];
    let listed = switch.values[usize::from(value) % switch.values.len()];
    let text = if listed.starts_with('<') { value.to_string() } else { listed.to_owned() };
    // A text in place of a number is refused, as on the command line.
    let _ = bench.modem(|module, _| module.behaviour_mut().set(switch.name, &text));
}

fn fault(bench: &Bench, argument: u8) {
    let direction = if argument < 128 { Direction::ToHost } else { Direction::ToModem };
    let fault = match argument >> 4 & 7 {
        0 => Fault::Lose,
        1 => Fault::Double,
        2 => Fault::Silence(Duration::from_secs(5)),
        3 => Fault::Hold(Duration::from_millis(900)),
        4 => Fault::Error(ErrorKind::Other),
        bits => Fault::Flip(1 << bits),
    };
    bench.plan_fault(direction, bench.passed(direction) + usize::from(argument & 15), fault);
}

fn broker(bench: &Bench, argument: u8) {
    let code = argument & 63;
    bench.loopback(|broker, now| match argument % 9 {
        0 => broker.refuse_connections((argument < 128).then_some(code)),
        1 => broker.fail_next_publish(code),
        2 => broker.fail_next_subscribe(code),
        3 => broker.close_at_next_publish(code),
        4 => broker.close_at_next_subscribe(code),
        5 => broker.close(now, usize::from(argument >> 7), code),
        6 => broker.latency = Duration::from_millis(u64::from(argument).pow(2)),
        7 => broker.silent = argument < 128,
        _ => broker.publish(now, b"device-7/cmd", &vec![b'.'; usize::from(argument)], argument < 128),
    });
}
