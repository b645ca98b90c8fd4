//! The pseudo-terminal front end, opened as any program opens a serial port.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::sleep;
use std::time::Duration;

use crate::host::quick;
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::front_end::pty::PtyFrontEnd;
use simcom_modem_simulator::front_end::{Observer, Remote, Simulator};
use tokio::task::spawn_blocking;

/// A path for a link, which differs between tests and between runs.
fn path(test: &str) -> PathBuf {
    std::env::temp_dir().join(format!("simcom-modem-{}-{test}", std::process::id()))
}

/// Serves a pseudo-terminal on its own task, and returns what the module reads.
fn serve(path: &PathBuf) -> (Remote, Receiver<Vec<u8>>) {
    let family = Family::A7600;
    let (seen, read_by_module) = channel();
    let mut simulator = Simulator::new(family, quick(family)).observer(Seen(seen));
    let remote = simulator.remote();
    let mut front_end = PtyFrontEnd::open(path).unwrap();
    tokio::spawn(async move { front_end.run(&mut simulator).await });
    (remote, read_by_module)
}

struct Seen(Sender<Vec<u8>>);

impl Observer for Seen {
    fn host_sent(&mut self, bytes: &[u8]) {
        let _ = self.0.send(bytes.to_vec());
    }
}

fn open(path: &PathBuf) -> File {
    OpenOptions::new().read(true).write(true).open(path).unwrap()
}

fn command(port: &mut File, command: &str, answer: &str) {
    port.write_all(command.as_bytes()).unwrap();
    let mut received = vec![0; answer.len()];
    port.read_exact(&mut received).unwrap();
    assert_eq!(String::from_utf8_lossy(&received), answer);
}

#[tokio::test]
async fn port_answers_without_echo_of_its_own() {
    let path = path("answers");
    serve(&path);
    spawn_blocking(move || {
        let mut port = open(&path);
        command(&mut port, "ATE0\r", "ATE0\r\r\nOK\r\n");
        command(&mut port, "AT\r", "\r\nOK\r\n");
        drop(port);
        fs::remove_file(path).unwrap();
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn every_byte_passes_unchanged_both_ways() {
    let path = path("bytes");
    let (remote, read_by_module) = serve(&path);
    let every: Vec<u8> = (0..=255).cycle().take(20_000).collect();
    spawn_blocking(move || {
        let mut port = open(&path);
        port.write_all(&every).unwrap();
        let mut read = Vec::new();
        while read.len() < every.len() {
            read.extend(read_by_module.recv_timeout(Duration::from_secs(10)).unwrap());
        }
        assert!(read == every);

        // A restart ends any effect of that.
        remote.restart();
        let marker = b"\r\nPB DONE\r\n";
        let emitted = every.clone();
        let mut received = Vec::new();
        while !received.ends_with(marker) {
            let mut byte = [0];
            port.read_exact(&mut byte).unwrap();
            received.extend(byte);
        }
        remote.act(move |modem, now| modem.emit(now, &emitted));
        let mut received = vec![0; every.len()];
        port.read_exact(&mut received).unwrap();
        assert!(received == every);
        fs::remove_file(path).unwrap();
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn port_is_opened_and_closed_many_times() {
    let path = path("many");
    serve(&path);
    spawn_blocking(move || {
        for _ in 0..50 {
            command(&mut open(&path), "AT\r", "AT\r\r\nOK\r\n");
        }
        fs::remove_file(path).unwrap();
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_the_module_sends_without_a_host_is_lost() {
    let path = path("no-host");
    let (remote, _) = serve(&path);
    spawn_blocking(move || {
        command(&mut open(&path), "ATE0\r", "ATE0\r\r\nOK\r\n");
        // The module notices a close within milliseconds; a real program takes longer to open a port again.
        sleep(Duration::from_millis(100));
        remote.act(|modem, now| modem.emit(now, b"\r\n+CGEV: ME PDN ACT 8,4\r\n"));
        sleep(Duration::from_millis(100));
        command(&mut open(&path), "AT\r", "\r\nOK\r\n");
        fs::remove_file(path).unwrap();
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn link_is_removed_at_the_end_and_replaces_a_stale_one() {
    let path = path("link");
    symlink("/dev/pts/no-longer-there", &path).unwrap();
    let front_end = PtyFrontEnd::open(&path).unwrap();
    assert_eq!(fs::read_link(&path).unwrap(), front_end.device());
    drop(front_end);
    assert!(fs::symlink_metadata(&path).is_err());
}

#[tokio::test]
async fn file_in_the_place_of_the_link_is_left_alone() {
    let path = path("file");
    fs::write(&path, "precious").unwrap();
    assert!(PtyFrontEnd::open(&path).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    fs::remove_file(path).unwrap();
}
