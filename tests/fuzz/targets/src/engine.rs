//! The public engine with its methods in any order, at any time, with any procedure: no panic. In the end, unless the
//! clock has run backwards, a module that has just been switched on can be connected.
//!
//! The target `core` keeps the rules of the documentation; this one breaks them. The first byte of an input selects the
//! family (bits 0 and 1). The rest is a [script](crate::script); bytes are received, and these are the operations:
//!
//! | operation | |
//! |---|---|
//! | 1 *n* | *n*² · 10 ms pass |
//! | 2 *n* | the clock jumps to *n*² · 20 s: less than 47 days in all |
//! | 3 *n* | procedure *n* is made again, and used from now on |
//! | 4 *n* | procedure *n* is used from now on, as it is |
//! | 5 | `begin_call` |
//! | 6 | `poll` |
//! | 7 *n* | `transmit`, then `transmitted` of all bytes if *n* is 0, else of *n*² |
//! | 8 *n* | `transmitted` of *n*² bytes out of the blue |
//! | 9 | `flushed` |
//! | 11 *n* | `receive_failed` |
//! | 12 | `input_is_drained` |
//! | 14 | `expire` |
//! | 15 | `take_event`, and the messages out of the inbox |

use core::time::Duration;

use embedded_io::ErrorKind;
use simcom_mqtt::command::network::{Cgmm, Csq};
use simcom_mqtt::command::{QoS, Start, Sub};
use simcom_mqtt::network::Apn;
use simcom_mqtt::sans_io::{
    BringUp, Connect, Detect, Disconnect, Engine, Execute, Listen, Outgoing, Procedure, PublishMessage, Shutdown,
    Store, SubscribeAll, WINDOW_BYTES,
};
use simcom_mqtt::{ClientIndex, Family, Inbox, Publish};

use crate::core::calls::PLAIN;
use crate::core::simulated::Simulated;
use crate::findings::Findings;
use crate::script::{Step, steps};
use crate::split_first;

/// Number of procedures that are made again; behind them comes a bring-up.
const PROCEDURES: u8 = 13;

static MESSAGE: Publish<'static> = Publish::new("device-7/state", b"\r\nOK\r\n>+CMQTTRXEND: 0\r\n");
static SUB: Sub<'static> = Sub { client: ClientIndex::First, filter: b"device-7/cmd/#", qos: QoS::AtLeastOnce };
const FILTERS: &[(&str, QoS)] = &[("device-7/cmd/#", QoS::AtLeastOnce), ("all", QoS::ExactlyOnce)];

/// Runs a script.
///
/// # Panics
///
/// On a defect of the engine.
pub fn check(input: &[u8]) -> Findings {
    let (head, input) = split_first(input);
    let family = [Family::A7600, Family::A76xx, Family::Sim7600, Family::Sim767x][usize::from(head & 3)];
    let (mut engine, inbox, mut now) = (Engine::new(family), Inbox::<512>::new(), Duration::ZERO);
    let apn = Apn::new("internet").pin("1234");
    let mut handler = &inbox;
    let (mut pin_unconfirmed, mut on_stage) = (false, |_| {});
    let mut procedures: Vec<_> = (0..PROCEDURES).map(made).collect();
    procedures.push(Box::new(BringUp::new(&apn, &mut pin_unconfirmed, &mut on_stage, now)));
    let (mut used, mut has_gone_back) = (0, false);
    for step in steps(input) {
        let (operation, argument) = match step {
            Step::Bytes(bytes) => {
                engine.receive(&bytes, &mut *procedures[used], &mut handler);
                continue;
            }
            Step::Operation(operation, argument) => (operation, argument),
        };
        let square = u64::from(argument).pow(2);
        let procedure = &mut procedures[used];
        match operation {
            1 => now += Duration::from_millis(square * 10),
            2 => {
                let then = core::mem::replace(&mut now, Duration::from_secs(square * 20));
                has_gone_back |= now < then;
            }
            3 | 4 => {
                used = usize::from(argument) % procedures.len();
                // The last one borrows.
                if operation == 3 && used < PROCEDURES.into() {
                    procedures[used] = made(argument % (PROCEDURES + 1));
                }
            }
            5 => drop(engine.begin_call(&**procedure)),
            6 => {
                if let Err(error) = engine.poll(&mut **procedure) {
                    assert!(!error.to_string().is_empty());
                }
            }
            7 => {
                let mut window = [0; WINDOW_BYTES];
                let count = match engine.transmit(&**procedure, &mut window) {
                    Outgoing::Bytes(bytes) => {
                        assert!(!bytes.is_empty(), "nothing is sent again and again");
                        bytes.len()
                    }
                    Outgoing::Source(limit) => limit,
                    Outgoing::Flush | Outgoing::Nothing => 0,
                };
                engine.transmitted(if argument == 0 { count } else { square as usize });
            }
            8 => engine.transmitted(square as usize),
            9 => engine.flushed(),
            11 => {
                let kinds = [ErrorKind::Other, ErrorKind::InvalidData, ErrorKind::BrokenPipe];
                let _ = engine.receive_failed(kinds[usize::from(argument) % kinds.len()], &mut handler);
            }
            12 => {
                engine.input_is_drained();
                assert!(!engine.input_is_drained(), "news twice");
            }
            14 => engine.expire(&mut handler),
            15 => {
                while engine.take_event().is_some() {}
                while inbox.take(&mut [0; 512]).is_some() {}
            }
            _ => {}
        }
        engine.pass_time(now);
        let _ = (engine.time_left(), engine.counters(), engine.family(), engine.service_state());
        let _ = ClientIndex::ALL.map(|client| engine.client_state(client));
    }
    if has_gone_back {
        // What was awaited until later than now is awaited until then.
        return Findings::new();
    }
    is_connected_again(&mut engine, now)
}

/// Two calls at most are lost to what was before.
fn is_connected_again(engine: &mut Engine, mut now: Duration) -> Findings {
    let mut module = Simulated::switched_on(engine.family(), now);
    let mut inbox = &Inbox::<512>::new();
    let mut results = Vec::new();
    for _ in 0..3 {
        let mut call = Connect::new(ClientIndex::First, &PLAIN);
        match module.carry_out(engine, &mut inbox, &mut now, &mut call).expect("connect waits for ever") {
            Ok(()) => return Findings::new(),
            Err(error) => results.push(error),
        }
    }
    panic!("a new module is not connected: {results:?}");
}

fn made<'p>(number: u8) -> Box<dyn Procedure + 'p> {
    let (first, second) = ClientIndex::ALL.into();
    match number {
        0 => Box::new(Connect::new(first, &PLAIN)),
        1 => Box::new(PublishMessage::new(first, &MESSAGE)),
        2 => Box::new(PublishMessage::announced(second, &MESSAGE, 3_000)),
        3 => Box::new(Execute::new(&SUB)),
        4 => Box::new(SubscribeAll::new(second, FILTERS, Family::A76xx)),
        5 => Box::new(Disconnect::new(first, Duration::from_secs(60))),
        6 => Box::new(Shutdown::new()),
        7 => Box::new(Listen),
        8 => Box::new(Detect::new()),
        9 => Box::new(Store::new("ca.pem", 4_000)),
        10 => Box::new(Execute::new(&Cgmm)),
        11 => Box::new(Execute::new(&Start)),
        _ => Box::new(Execute::new(&Csq)),
    }
}
