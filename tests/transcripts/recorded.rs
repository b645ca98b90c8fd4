//! Recordings of sessions are transcripts that pass.

use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::pipe::{Bench, Direction};
use simcom_modem_simulator::transcript::{DROPPED, Observation, Recorder, Transcript};
use simcom_mqtt::{Broker, ConnectOptions, Publish, QoS, Will};

use crate::calls::{self, ReplayInbox};
use crate::driver::ClientIndex::First;
use crate::replay;
use crate::shell::shell_modem;
use crate::words;

const CALLS: &str = "\
call: connect host=broker.example port=1883 id=pump-4 user=pump password=xxxxxxxxx will_topic=pump-4/state will_message=gone
result: opened
call: subscribe filter=pump-4/# qos=1
result: ok
call: publish topic=pump-4/level payload=\"\\r\\nAT+CPIN=1234\\r\\n> \\x00\\xff\" qos=1
result: ok
call: next_event
result: message 0 pump-4/level \"\\r\\nAT+CPIN=1234\\r\\n> \\x00\\xff\"
call: store_certificate name=depot-ca.pem data=xxxxxxxxxxxxxxxxxxx
result: ok
call: shutdown
result: ok
";

#[test]
fn a_recorded_session_replays_on_every_family() {
    for family in Family::ALL {
        let (header, dialogue) = record(family);
        assert!(!dialogue.contains("topsecret") && !dialogue.contains("certificate\\r"), "{dialogue}");
        let transcript = format!("{header}\n{CALLS}\n{dialogue}").parse().unwrap_or_else(|error| panic!("{error}"));
        replay::in_every_form(&transcript).unwrap_or_else(|(line, problem)| panic!("line {line}: {problem}"));
    }
}

#[test]
fn a_publish_that_is_dropped_at_any_poll_replays_with_the_calls_behind_it() {
    let (mut polls, mut dropped) = (0, 0);
    loop {
        let text = record_dropped(polls);
        let transcript: Transcript = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        replay::in_every_form(&transcript)
            .unwrap_or_else(|(line, problem)| panic!("{polls} polls, line {line}: {problem}\n{text}"));
        if !text.contains("result: dropped") {
            break;
        }
        polls += 1;
        dropped += 1;
    }
    assert!(dropped > 5, "{dropped}");
}

/// A session whose publish is dropped after this many polls, as an example records it.
fn record_dropped(polls: usize) -> String {
    let bench = Bench::new(Family::A76xx);
    let inbox = ReplayInbox::new();
    let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "pump-4");
    let mut modem = shell_modem(&bench, calls::family(Family::A76xx), &inbox);
    let message = Publish::new("pump-4/level", b"21.5").qos(QoS::AtLeastOnce);
    let mut written = Vec::new();
    let known = Observation { module: "simulated", firmware: "none", family: Family::A76xx, origin: "a test" };
    let mut recorder = Recorder::new(&mut written, &known).expect("a vector takes everything");
    let mut heard = 0;

    let connect = [("host", &b"broker.example"[..]), ("port", b"1883"), ("id", b"pump-4")];
    recorder.call("connect", &connect);
    let connected = bench.block_on(modem.client(First).connect(&options));
    hear(&mut recorder, &bench, &mut heard);
    recorder.result(&words::connection(connected));

    recorder.call("publish", &[("topic", b"pump-4/level"), ("payload", b"21.5"), ("qos", b"1")]);
    let published = bench.poll_then_drop(modem.client(First).publish(&message), polls);
    hear(&mut recorder, &bench, &mut heard);
    recorder.result(&published.map_or(DROPPED.to_owned(), words::done));

    recorder.call("shutdown", &[]);
    let (.., ended) = bench.block_on(modem.shutdown());
    hear(&mut recorder, &bench, &mut heard);
    recorder.result(&words::done(ended));
    drop(recorder);
    String::from_utf8(written).expect("a transcript is ASCII")
}

/// Records the bytes since the last call.
fn hear(recorder: &mut Recorder<&mut Vec<u8>>, bench: &Bench, heard: &mut usize) {
    for (direction, now, bytes) in bench.transcript().into_iter().skip(*heard) {
        *heard += 1;
        match direction {
            Direction::ToModem => recorder.sent(now, &bytes),
            Direction::ToHost => recorder.received(now, &bytes),
        }
    }
}

/// Header and dialogue of a session with the simulated module.
fn record(family: Family) -> (String, String) {
    let bench = Bench::new(family);
    session(&bench, family);
    let known = Observation { module: "simulated", firmware: "none", family, origin: "a test" };
    let mut written = Vec::new();
    let mut recorder = Recorder::new(&mut written, &known).expect("a vector takes everything");
    for (direction, now, bytes) in bench.transcript() {
        match direction {
            Direction::ToModem => recorder.sent(now, &bytes),
            Direction::ToHost => recorder.received(now, &bytes),
        }
    }
    drop(recorder);
    let text = String::from_utf8(written).expect("a transcript is ASCII");
    let (header, dialogue) = text.split_once("\n\n").expect("header and dialogue");
    (header.to_owned(), dialogue.to_owned())
}

/// The options of [`CALLS`], with the secrets.
fn session(bench: &Bench, family: Family) {
    let inbox = ReplayInbox::new();
    let will = Will::new("pump-4/state", b"gone");
    let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "pump-4");
    let options = options.credentials("pump", "topsecret").will(&will);
    let mut modem = shell_modem(bench, calls::family(family), &inbox);
    bench.block_on(async {
        let message = Publish::new("pump-4/level", b"\r\nAT+CPIN=1234\r\n> \0\xff").qos(QoS::AtLeastOnce);
        modem.client(First).connect(&options).await.unwrap();
        modem.client(First).subscribe("pump-4/#", QoS::AtLeastOnce).await.unwrap();
        modem.client(First).publish(&message).await.unwrap();
        modem.next_event().await.unwrap();
        let certificate = b"secret certificate\r";
        modem.store_certificate("depot-ca.pem", certificate.len(), &mut &certificate[..]).await.unwrap();
        modem.shutdown().await.2.unwrap();
    });
}
