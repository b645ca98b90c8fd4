//! The blocking client on a pseudo-terminal, through `transport::std`, as on a serial port of a computer.
#![cfg(unix)]

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use embedded_io::ReadReady;
use serialport::SerialPort;
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_modem_simulator::front_end::pty::PtyFrontEnd;
use simcom_modem_simulator::front_end::{Remote, Simulator};
use simcom_mqtt::blocking::Modem;
use simcom_mqtt::command::Part;
use simcom_mqtt::command::network::Csq;
use simcom_mqtt::transport::std::Serial;
use simcom_mqtt::{Event, Family, Inbox, Timer};

struct Clock(Instant);

impl Timer for Clock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

type Half = Serial<Box<dyn SerialPort>>;

/// A simulated module on a pseudo-terminal, which is served until the program ends, and both halves of a port on it.
fn module(test: &str) -> (Half, Half, Remote) {
    let path: PathBuf = std::env::temp_dir().join(format!("simcom-mqtt-{}-{test}", std::process::id()));
    let (opened, front_end_opened) = channel();
    let link = path.clone();
    spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let family = ModuleFamily::A76xx;
            let mut simulator = Simulator::new(family, Behaviour::of(family));
            let mut front_end = PtyFrontEnd::open(link).unwrap();
            opened.send(simulator.remote()).unwrap();
            front_end.run(&mut simulator).await.unwrap()
        })
    });
    let remote = front_end_opened.recv_timeout(Duration::from_secs(10)).unwrap();
    let transmitter = serialport::new(path.to_str().unwrap(), 115_200).open().unwrap();
    let receiver = transmitter.try_clone().unwrap();
    std::fs::remove_file(path).unwrap();
    (Serial::new(receiver), Serial::new(transmitter), remote)
}

fn modem(
    receiver: Half,
    transmitter: Half,
    inbox: &Inbox<1024>,
) -> Modem<Half, Half, Clock, &Inbox<1024>, impl FnMut() -> core::ops::ControlFlow<()>> {
    let end = Instant::now() + Duration::from_secs(60);
    Modem::new(receiver, transmitter, Clock(Instant::now()), Family::A76xx, inbox).with_idle(move || {
        sleep(Duration::from_millis(1));
        if Instant::now() < end { core::ops::ControlFlow::Continue(()) } else { core::ops::ControlFlow::Break(()) }
    })
}

#[test]
fn a_file_of_the_longest_length_and_answers_of_many_lines_pass_through_a_terminal() {
    let (receiver, transmitter, _remote) = module("file");
    let inbox = Inbox::new();
    let mut modem = modem(receiver, transmitter, &inbox);
    let content: Vec<u8> = (0..=255).cycle().take(10_240).collect();
    let names: Vec<String> = (0..40).map(|number| format!("certificate-{number}.der")).collect();
    modem.store_certificate("longest.der", content.len(), &mut &content[..]).unwrap();
    for name in &names {
        modem.store_certificate(name, 3, &mut &b"abc"[..]).unwrap();
    }
    let listed = std::cell::RefCell::new(Vec::new());
    let count = modem.list_certificates(|part: Part<'_>| listed.borrow_mut().extend_from_slice(part.bytes())).unwrap();
    assert_eq!(usize::from(count), names.len() + 1);
    let listed = String::from_utf8(listed.into_inner()).unwrap();
    assert!(names.iter().all(|name| listed.contains(name)), "{listed}");
}

#[test]
fn what_the_module_sends_by_itself_arrives_while_the_port_is_idle() {
    let (receiver, transmitter, remote) = module("idle");
    let inbox = Inbox::new();
    let mut modem = modem(receiver, transmitter, &inbox);
    modem.execute(&Csq).unwrap();
    assert!(!modem.uart().0.read_ready().unwrap(), "nothing has arrived");
    remote.act(|module, now| module.emit(now, b"\r\nRDY\r\n"));
    assert_eq!(modem.next_event(), Ok(Event::ModemRestarted));
}
