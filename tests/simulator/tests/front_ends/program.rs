//! The program itself.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};

use simcom_modem_simulator::pipe::Direction;
use simcom_modem_simulator::transcript::Transcript;

use rustix::process::{Pid, Signal, kill_process};

/// The program, run with `arguments`; ended at the end of the test, whatever its outcome.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_simcom-modem-simulator"));
        Self(command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// The address or path in the line `ready on …`.
    fn place(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim_end().strip_prefix("ready on ").expect("ready").to_owned()
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.0.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits for the end and returns stderr.
    fn end(&mut self) -> (ExitStatus, String) {
        let mut errors = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.0.wait().unwrap(), errors)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn expect(port: &mut impl Read, answer: &str) {
    let mut received = vec![0; answer.len()];
    port.read_exact(&mut received).unwrap();
    assert_eq!(String::from_utf8_lossy(&received), answer);
}

#[test]
fn a_recorded_dialogue_is_a_transcript_without_secrets() {
    let path = std::env::temp_dir().join(format!("simulator-record-{}.txt", std::process::id()));
    let mut program = Program::start(&["--tcp", "127.0.0.1:0", "--record", path.to_str().unwrap()]);
    let mut port = TcpStream::connect(program.place()).unwrap();
    port.write_all(b"ATE0\r").unwrap();
    expect(&mut port, "ATE0\r\r\nOK\r\n");
    port.write_all(b"AT+CMQTTCONNECT=0,\"tcp://127.0.0.1:1\",60,1,\"me\",\"secret\"\r").unwrap();
    expect(&mut port, "\r\nERROR\r\n");
    program.signal(Signal::TERM);
    assert_eq!(program.end().0.code(), Some(0));
    let transcript = Transcript::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let connect = b"AT+CMQTTCONNECT=0,\"tcp://127.0.0.1:1\",60,1,\"me\",\"xxxxxx\"\r";
    assert_eq!(transcript.bytes(Direction::ToModem), [b"ATE0\r", &connect[..]].concat());
    assert_eq!(transcript.bytes(Direction::ToHost), b"ATE0\r\r\nOK\r\n\r\nERROR\r\n");
}

#[test]
fn a_file_that_cannot_be_recorded_to_is_named() {
    let mut program = Program::start(&["--tcp", "127.0.0.1:0", "--record", "/no/such/folder/file"]);
    let (status, errors) = program.end();
    assert_eq!(status.code(), Some(1));
    assert!(errors.contains("cannot record to /no/such/folder/file: "), "{errors}");
}

#[test]
fn complaints_are_printed_and_make_a_strict_run_fail() {
    let mut program = Program::start(&["--tcp", "127.0.0.1:0", "--strict", "--log"]);
    let mut port = TcpStream::connect(program.place()).unwrap();
    port.write_all(b"AT+CMQTTACCQ=0,\"early\"\r").unwrap();
    expect(&mut port, "AT+CMQTTACCQ=0,\"early\"\r\r\nERROR\r\n");
    program.signal(Signal::TERM);
    let (status, errors) = program.end();
    assert_eq!(status.code(), Some(3));
    assert!(errors.contains("referee: at ") && errors.contains("error: NotStarted: AT+CMQTTACCQ="), "{errors}");
    assert!(errors.contains("referee: errors: 1, warnings: 0"), "{errors}");
    assert!(errors.contains("→ AT+CMQTTACCQ=0,"), "{errors}");
    assert!(errors.contains("← ERROR"), "{errors}");
}

#[test]
fn questions_are_warnings_and_do_not_make_a_strict_run_fail() {
    let mut program = Program::start(&["--tcp", "127.0.0.1:0", "--strict", "--set", "echo=off"]);
    let mut port = TcpStream::connect(program.place()).unwrap();
    for question in ["AT+CMQTTACCQ?\r", "AT+CMQTTDISC?\r", "AT+CMQTTFOO=?\r", "AT+CMQTTSTOP\r"] {
        port.write_all(question.as_bytes()).unwrap();
        expect(&mut port, "\r\nERROR\r\n");
    }
    program.signal(Signal::TERM);
    let (status, errors) = program.end();
    assert_eq!(status.code(), Some(0), "{errors}");
    assert!(errors.contains("warning: NotStarted: AT+CMQTTACCQ?"), "{errors}");
    assert!(errors.contains("referee: errors: 0, warnings: 4"), "{errors}");
}

#[test]
fn faults_strike_and_stand_in_the_log() {
    let faults = ["--fault", "to-modem:0:lose", "--fault", "to-host:2:flip=0x01", "--log"];
    let mut program = Program::start(&[&["--tcp", "127.0.0.1:0", "--set", "echo=off"][..], &faults].concat());
    let mut port = TcpStream::connect(program.place()).unwrap();
    port.write_all(b"AT\r").unwrap();
    expect(&mut port, "\r\nDRROR\r\n");
    program.signal(Signal::TERM);
    let (status, errors) = program.end();
    assert_eq!(status.code(), Some(0), "{errors}");
    assert!(errors.contains("→ fault: byte 0 'A' lost\n"), "{errors}");
    assert!(errors.contains("← fault: byte 2 'E' changed by 0x01\n"), "{errors}");
}

#[test]
fn a_fault_beyond_the_end_of_the_dialogue_is_reported_and_makes_a_strict_run_fail() {
    for (strict, code) in [(&["--strict"][..], 4), (&[], 0)] {
        let fault = ["--fault", "to-host:500:silence=100"];
        let mut program = Program::start(&[&["--tcp", "127.0.0.1:0"][..], &fault, strict].concat());
        let mut port = TcpStream::connect(program.place()).unwrap();
        port.write_all(b"AT\r").unwrap();
        expect(&mut port, "AT\r\r\nOK\r\n");
        program.signal(Signal::TERM);
        let (status, errors) = program.end();
        assert_eq!(status.code(), Some(code), "{errors}");
        let report = "the fault to-host at byte 500 (lost, and what follows within 100ms) is beyond the end";
        assert!(errors.contains(report) && errors.contains("9 bytes went there"), "{errors}");
    }
}

#[test]
fn switches_and_signals_reach_the_module() {
    let family_and_switches = ["--family", "sim7600", "--set", "echo=off", "--set", "boot-lines=off"];
    let mut program = Program::start(&[&["--tcp", "127.0.0.1:0", "--strict"][..], &family_and_switches].concat());
    let mut port = TcpStream::connect(program.place()).unwrap();
    port.write_all(b"AT\r").unwrap();
    expect(&mut port, "\r\nOK\r\n");
    program.signal(Signal::USR1);
    expect(&mut port, "\r\nRDY\r\n");
    program.signal(Signal::USR2);
    expect(&mut port, "\r\n+CMQTTNONET\r\n");
    program.signal(Signal::INT);
    assert_eq!(program.end().0.code(), Some(0));
}

#[test]
fn link_exists_from_ready_to_the_end() {
    let path = std::env::temp_dir().join(format!("simcom-modem-{}-program", std::process::id()));
    let mut program = Program::start(&["--pty", path.to_str().unwrap()]);
    assert_eq!(program.place(), path.to_str().unwrap());
    let mut port = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    port.write_all(b"AT\r").unwrap();
    expect(&mut port, "AT\r\r\nOK\r\n");
    program.signal(Signal::TERM);
    assert_eq!(program.end().0.code(), Some(0));
    assert!(fs::symlink_metadata(&path).is_err());
}

#[test]
fn mistakes_are_one_line_and_an_exit_code() {
    let mistakes: [(&[&str], i32); 7] = [
        (&["--tcp", "127.0.0.1:0", "--fault", "to-host:3:drop"], 2),
        (&["--tcp", "127.0.0.1:0", "--fault-rate", "to-host:lose=2"], 2),
        (&["--tcp", "127.0.0.1:0", "--fault-rate", "to-host:lose=1", "--fault-rate", "to-host:flip=1"], 1),
        (&["--tcp", "127.0.0.1:0", "--set", "no-such=1"], 1),
        (&["--tcp", "nowhere"], 1),
        (&["--pty", "/no/such/folder/modem"], 1),
        (&["--tcp", "127.0.0.1:0", "--family", "sim800"], 2),
    ];
    for (arguments, code) in mistakes {
        let (status, errors) = Program::start(arguments).end();
        assert_eq!(status.code(), Some(code), "{arguments:?}: {errors}");
        assert_eq!(errors.lines().filter(|line| line.contains("simulator: ") || line.contains("error: ")).count(), 1);
    }
}
