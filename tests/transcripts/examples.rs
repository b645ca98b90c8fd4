//! Recordings of the examples can be replayed as they are.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use simcom_modem_simulator::behaviour::Behaviour;
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::front_end::Simulator;
use simcom_modem_simulator::front_end::pty::PtyFrontEnd;
use simcom_modem_simulator::transcript::Transcript;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

use crate::replay;

#[path = "../../examples/blocking.rs"]
#[allow(dead_code, reason = "its main function belongs to the example")]
mod blocking;
#[path = "../simulator/tests/front_ends/broker.rs"]
#[allow(dead_code, reason = "no transcript needs a broker that refuses")]
mod broker;
#[path = "../../examples/pub.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "each example brings what the examples share")]
mod publisher;
#[path = "../../examples/sub.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "each example brings what the examples share")]
mod subscriber;

/// A module at a pseudo-terminal, with a broker behind it, and the file to record to.
struct Site {
    folder: PathBuf,
    module: JoinHandle<()>,
}

impl Site {
    fn open(test: &str, family: Family) -> Self {
        let folder = std::env::temp_dir().join(format!("simcom-recording-{}-{test}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut simulator = Simulator::new(family, Behaviour::of(family)).broker_override(broker::start());
        let mut front_end = PtyFrontEnd::open(folder.join("port")).unwrap();
        let module = tokio::spawn(async move {
            front_end.run(&mut simulator).await.unwrap();
        });
        Self { folder, module }
    }

    /// A command line; port, file and session are added.
    fn arguments<A: Parser>(&self, words: &[&str]) -> A {
        let [port, record] = ["port", "recording.txt"].map(|name| self.folder.join(name).display().to_string());
        let session = ["program", "--device", &port, "--record", &record, "-h", "broker.example", "-i", "pump-4"];
        A::try_parse_from(session.iter().chain(words)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Waits until this text is in the recording.
    async fn has_recorded(&self, text: &str) {
        let path = self.folder.join("recording.txt");
        while !fs::read_to_string(&path).unwrap_or_default().contains(text) {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Replays the recording; returns its calls with their results.
    fn replayed(self) -> Vec<String> {
        self.module.abort();
        let path = self.folder.join("recording.txt");
        replay::replay(&path).unwrap_or_else(|error| panic!("{error}\n{}", fs::read_to_string(&path).unwrap()));
        let transcript = Transcript::read(&path).unwrap();
        fs::remove_dir_all(&self.folder).unwrap();
        transcript.calls.iter().map(|it| format!("{} = {}", it.call, it.result)).collect()
    }
}

#[tokio::test]
async fn pub_from_bring_up_to_shutdown() {
    let site = Site::open("pub", Family::A76xx);
    let words = ["-u", "me", "-P", "topsecret", "--will-topic", "pump-4/state", "--will-payload", "gone"];
    let message = ["--apn", "internet", "-t", "pump-4/level", "-m", "7\r\nOK\r\n", "-q", "1", "-r"];
    publisher::run(site.arguments(&[&words[..], &message].concat())).await.unwrap();
    let calls = site.replayed();
    let expected = [
        "bring_up apn=internet = ok 10.49.14.68",
        "connect client=0 host=broker.example port=1883 id=pump-4 keep_alive=60 clean_session=true user=me \
         password=xxxxxxxxx will_topic=pump-4/state will_message=gone will_qos=0 = opened",
        "publish client=0 topic=pump-4/level payload=\"7\\r\\nOK\\r\\n\" qos=1 retained=true = ok",
        "shutdown = ok",
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn pub_of_a_file_by_the_second_client() {
    let site = Site::open("file", Family::Sim767x);
    let payload = site.folder.join("payload");
    fs::write(&payload, [0, b'>', 0xff]).unwrap();
    let message = ["-t", "pump-4/log", "-f", payload.to_str().unwrap(), "--family", "sim767x", "--index", "1"];
    publisher::run(site.arguments(&message)).await.unwrap();
    let calls = site.replayed();
    let published = "publish_from client=1 topic=pump-4/log payload=\"\\x00>\\xff\" qos=0 retained=false = ok";
    assert_eq!(calls[1..], [published, "shutdown = ok"]);
}

#[tokio::test]
async fn pub_stores_a_certificate_and_the_broker_speaks_no_tls() {
    let site = Site::open("tls", Family::A76xx);
    let ca = site.folder.join("ca");
    fs::write(&ca, "-----BEGIN, but no certificate").unwrap();
    let error = publisher::run(site.arguments(&["-t", "a", "-m", "b", "--cafile", ca.to_str().unwrap()])).await;
    assert!(error.is_err());
    let calls = site.replayed();
    assert_eq!(calls[0], "list_certificates = ok 0");
    let stored = calls[1].split_once(".pem data=").unwrap();
    assert_eq!(
        (stored.0.starts_with("store_certificate name=ca-"), stored.1),
        (true, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = ok")
    );
    assert!(calls[2].contains(" tls=server ca=ca-") && calls[2].contains(" = refused +CMQTTCONNECT "));
    assert_eq!(calls[3..], ["shutdown = ok"]);
}

#[tokio::test]
async fn blocking_gets_its_own_message() {
    let site = Site::open("blocking", Family::A7600);
    let arguments = site.arguments(&["-t", "pump-4/echo", "-m", "on", "--family", "a7600"]);
    spawn_blocking(move || blocking::run(&arguments).unwrap()).await.unwrap();
    let calls = site.replayed();
    let is_other = |call: &&String| !call.starts_with("supervise") && !call.starts_with("csq");
    let others: Vec<_> = calls.iter().filter(is_other).collect();
    assert_eq!(others, ["publish client=0 topic=pump-4/echo payload=on qos=1 retained=false = ok", "shutdown = ok"]);
    let ends_with = |end: &str| calls.iter().any(|call| call.ends_with(end));
    assert!(ends_with(" = up") && ends_with("csq = ok -67") && ends_with(" = message 0 pump-4/echo on"), "{calls:#?}");
}

#[tokio::test]
async fn sub_is_dropped_while_it_waits_for_a_message() {
    let site = Site::open("sub", Family::Sim7600);
    let run = subscriber::run(site.arguments(&["-t", "pump-4/#", "-t", "fan/#", "--family", "sim7600"]));
    tokio::select! {
        ended = run => panic!("sub has ended: {ended:?}"),
        () = site.has_recorded("result: up\ncall: supervise") => {}
    }
    let calls = site.replayed();
    let results: Vec<_> = calls.iter().map(|call| call.rsplit_once(" = ").unwrap().1).collect();
    assert_eq!(results, ["connected opened", "up", "dropped"]);
    assert!(calls[0].contains(" filters=\"pump-4/#:0 fan/#:0\" seed="), "{}", calls[0]);
}
