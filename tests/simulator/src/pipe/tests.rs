mod bounds;
mod faults;
mod tasks;

use embedded_io_async::{BufRead, Read, Write};

use super::*;
use crate::referee::ComplaintKind;

/// Reads until the answer ends with `end`.
async fn read_until(receiver: &mut Receiver, end: &str) -> Vec<u8> {
    let mut answer = Vec::new();
    while !answer.ends_with(end.as_bytes()) {
        let bytes = receiver.fill_buf().await.unwrap();
        let count = bytes.len();
        answer.extend_from_slice(bytes);
        receiver.consume(count);
    }
    answer
}

async fn command(host: &mut (Receiver, Transmitter), line: &str, end: &str) -> Vec<u8> {
    host.1.write_all(line.as_bytes()).await.unwrap();
    host.1.write_all(b"\r").await.unwrap();
    read_until(&mut host.0, end).await
}

/// Connects, subscribes, publishes to itself and returns everything it read.
async fn conversation(host: &mut (Receiver, Transmitter)) -> Vec<u8> {
    let mut all = Vec::new();
    for (line, end) in [
        ("AT+CMQTTSTART", "START: 0\r\n"),
        ("AT+CMQTTACCQ=0,\"device-7\"", "OK\r\n"),
        ("AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1", "CONNECT: 0,0\r\n"),
        ("AT+CMQTTSUB=0,3,1", ">"),
    ] {
        all.extend(command(host, line, end).await);
    }
    host.1.write_all(b"cmd").await.unwrap();
    all.extend(read_until(&mut host.0, "SUB: 0,0\r\n").await);
    all.extend(command(host, "AT+CMQTTTOPIC=0,3", ">").await);
    host.1.write_all(b"cmd").await.unwrap();
    all.extend(read_until(&mut host.0, "OK\r\n").await);
    all.extend(command(host, "AT+CMQTTPUB=0,1,60", "PUB: 0,0\r\n").await);
    all
}

#[test]
fn a_host_talks_to_a_broker_through_the_module() {
    let bench = Bench::new(Family::A76xx);
    let mut host = bench.host();
    let all = bench.block_on(conversation(&mut host));
    let text = String::from_utf8(all).unwrap();
    assert!(text.ends_with(
        "\r\nOK\r\n\r\n+CMQTTRXSTART: 0,3,0\r\n+CMQTTRXTOPIC: 0,3\r\ncmd\r\n+CMQTTRXEND: 0\r\n\r\n+CMQTTPUB: 0,0\r\n"
    ));
    assert_eq!(bench.modem(|modem, _| modem.take_complaints()), []);
    assert!(bench.now() < Duration::from_secs(2));
    assert_eq!(bench.received(), text.as_bytes());
    assert!(bench.sent().starts_with(b"AT+CMQTTSTART\rAT+CMQTTACCQ"));
}

#[test]
fn every_chunking_carries_the_same_bytes() {
    let whole = {
        let bench = Bench::new(Family::A76xx);
        bench.block_on(conversation(&mut bench.host()))
    };
    let mut chunkings = vec![ReadChunks::AtMost(1), ReadChunks::AtMost(7)];
    chunkings.extend((0..whole.len()).map(ReadChunks::SplitAt));
    for read in chunkings {
        let bench = Bench::new(Family::A76xx);
        bench.set_chunking(Chunking {
            read,
            pending_before_read: true,
            longest_write: Some(3),
            pending_before_write: true,
        });
        assert_eq!(bench.block_on(conversation(&mut bench.host())), whole, "{read:?}");
    }
}

#[test]
fn a_split_falls_where_it_was_set() {
    let bench = Bench::new(Family::A7600);
    bench.set_chunking(Chunking { read: ReadChunks::SplitAt(4), ..Chunking::default() });
    let (mut receiver, mut transmitter) = bench.host();
    bench.block_on(async {
        transmitter.write_all(b"AT\r").await.unwrap();
        let mut clock = bench.clock();
        clock.wait_until(Duration::from_secs(1)).await;
        assert_eq!(receiver.fill_buf().await.unwrap(), b"AT\r\r");
        receiver.consume(4);
        assert_eq!(receiver.fill_buf().await.unwrap(), b"\nOK\r\n");
    });
}

#[test]
fn bytes_shown_but_not_consumed_survive_a_dropped_future() {
    let bench = Bench::new(Family::A7600);
    let (mut receiver, mut transmitter) = bench.host();
    bench.block_on(transmitter.write_all(b"AT\r")).unwrap();
    assert!(bench.poll_then_drop(receiver.fill_buf(), 5).is_some());
    let mut buffer = [0; 2];
    assert_eq!(bench.block_on(receiver.read(&mut buffer)), Ok(2));
    assert_eq!(&buffer, b"AT");
    assert_eq!(bench.block_on(receiver.read(&mut buffer)), Ok(1));
}

#[test]
fn a_future_polled_too_seldom_is_dropped_half_way() {
    let bench = Bench::new(Family::A76xx);
    bench.set_chunking(Chunking { pending_before_write: true, ..Chunking::default() });
    let (_, mut transmitter) = bench.host();
    assert_eq!(bench.poll_then_drop(transmitter.write_all(b"AT\r"), 0), None);
    assert_eq!(bench.poll_then_drop(transmitter.write_all(b"AT\r"), 1), None);
    assert_eq!(bench.sent(), b"");
    assert_eq!(bench.poll_then_drop(transmitter.write_all(b"AT\r"), 2), Some(Ok(())));
    assert_eq!(bench.sent(), b"AT\r");
}

#[test]
fn time_passes_only_while_the_future_waits() {
    let bench = Bench::new(Family::A7600);
    let mut clock = bench.clock();
    bench.block_on(async {
        clock.wait_until(Duration::from_secs(3600)).await;
        clock.wait_until(Duration::from_secs(5)).await;
    });
    assert_eq!(bench.now(), Duration::from_secs(3600));
    bench.pass(Duration::from_secs(60));
    assert_eq!(clock.now(), Duration::from_secs(3660));
}

#[test]
fn a_dropped_wait_leaves_nothing_behind() {
    let bench = Bench::new(Family::A7600);
    let mut clock = bench.clock();
    assert_eq!(bench.poll_then_drop(clock.wait_until(Duration::from_secs(9)), 1), None);
    assert_eq!(bench.0.borrow().next_deadline(), None);
}

#[test]
#[should_panic(expected = "waits for something that never comes")]
fn a_wait_for_nothing_panics() {
    let bench = Bench::new(Family::A7600);
    let (mut receiver, _) = bench.host();
    let _ = bench.block_on(receiver.fill_buf());
}

#[test]
#[should_panic(expected = "the time limit is reached")]
fn virtual_time_is_limited() {
    let bench = Bench::new(Family::A7600);
    bench.set_time_limit(Duration::from_secs(10));
    bench.block_on(bench.clock().wait_until(Duration::from_secs(11)));
}

#[test]
fn read_errors_and_lost_bytes_are_injected() {
    let bench = Bench::new(Family::A7600);
    let (mut receiver, mut transmitter) = bench.host();
    bench.fail_next_read(ErrorKind::Other);
    bench.lose(4);
    bench.block_on(async {
        transmitter.write_all(b"AT\r").await.unwrap();
        assert_eq!(receiver.fill_buf().await, Err(ErrorKind::Other));
        assert_eq!(read_until(&mut receiver, "OK\r\n").await, b"\nOK\r\n");
    });
}

#[test]
fn actions_run_at_their_time_and_at_their_byte() {
    let bench = Bench::new(Family::Sim7600);
    bench.at(Duration::from_secs(1), |bench| {
        let now = bench.now();
        bench.modem(|modem, now| modem.restart(now));
        assert_eq!(now, Duration::from_secs(1));
    });
    let (mut receiver, _) = bench.host();
    let boot = bench.block_on(read_until(&mut receiver, "PB DONE\r\n"));
    assert!(boot.starts_with(b"\r\nRDY\r\n"));
}

#[test]
fn a_restart_cuts_the_output_at_any_byte() {
    for at in 1..10 {
        let bench = Bench::new(Family::Sim7600);
        bench.after_output(at, |bench| {
            bench.cut_output();
            bench.modem(|modem, now| modem.restart(now));
        });
        let mut host = bench.host();
        let received = bench.block_on(command(&mut host, "AT", "PB DONE\r\n"));
        assert_eq!(&received[..at], &b"AT\r\r\nOK\r\n"[..at]);
        assert!(received[at..].starts_with(b"\r\nRDY\r\n"), "{}", received.escape_ascii());
    }
}

#[test]
fn an_action_runs_between_two_bytes_of_the_host() {
    let bench = Bench::new(Family::Sim7600);
    bench.after_input(5, |bench| bench.modem(|modem, now| modem.emit(now, b"\r\nPB DONE\r\n")));
    let mut host = bench.host();
    let received = bench.block_on(command(&mut host, "AT+CSQ", "OK\r\n"));
    assert_eq!(received, b"\r\nPB DONE\r\nAT+CSQ\r\r\n+CSQ: 23,0\r\n\r\nOK\r\n");
}

#[test]
fn the_broker_closes_the_connection_at_a_given_time() {
    let bench = Bench::new(Family::A76xx);
    let mut host = bench.host();
    bench.block_on(conversation(&mut host));
    bench.at(Duration::from_secs(60), |bench| {
        bench.loopback(|broker, now| broker.close(now, 0, 1));
    });
    let urc = bench.block_on(read_until(&mut host.0, "LOST: 0,1\r\n"));
    assert_eq!(urc, b"\r\n+CMQTTCONNLOST: 0,1\r\n");
}

#[test]
fn the_transcript_has_direction_time_and_bytes() {
    let bench = Bench::new(Family::A7600);
    let mut host = bench.host();
    bench.block_on(command(&mut host, "AT", "OK\r\n"));
    let result = bench.modem(|modem, _| modem.behaviour().timing.result);
    assert_eq!(
        bench.transcript(),
        [
            (Direction::ToModem, Duration::ZERO, b"AT\r".to_vec()),
            (Direction::ToHost, Duration::ZERO, b"AT\r".to_vec()),
            (Direction::ToHost, result, b"\r\nOK\r\n".to_vec()),
        ]
    );
    assert!(bench.transcript_text().contains("-> AT\\r"));
}

#[test]
fn a_reset_host_finds_the_module_as_it_left_it() {
    let bench = Bench::new(Family::A76xx);
    bench.block_on(async {
        let (_, mut transmitter) = bench.host();
        transmitter.write_all(b"AT+CMQ").await.unwrap();
    });
    let mut host = bench.host();
    bench.block_on(command(&mut host, "AT", "ERROR\r\n"));
    let complaints = bench.modem(|modem, _| modem.take_complaints());
    assert_eq!(complaints[0].kind, ComplaintKind::UnknownCommand);
}

#[test]
fn a_flush_ends_a_write_of_a_certificate() {
    let bench = Bench::new(Family::A76xx);
    let (_receiver, mut transmitter) = bench.host();
    bench.modem(|modem, _| modem.preset_prompt("AT+CCERTDOWN=\"ca.pem\",500", b""));
    bench.block_on(async {
        for length in [100, 200, 200] {
            transmitter.write_all(&vec![b'c'; length - 1]).await.unwrap();
            transmitter.write_all(b"c").await.unwrap();
            transmitter.flush().await.unwrap();
        }
    });
    bench.modem(|modem, _| assert_eq!(modem.largest_certificate_write(), 200));
}

#[test]
#[should_panic(expected = "the future spins")]
fn a_host_that_wakes_itself_for_ever_is_given_up() {
    Bench::new(Family::A76xx).block_on(core::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        core::task::Poll::<()>::Pending
    }));
}

#[test]
#[should_panic(expected = "the future spins")]
fn a_host_that_looks_at_the_clock_for_ever_is_given_up() {
    let bench = Bench::new(Family::A76xx);
    let clock = bench.clock();
    bench.block_on(async { while clock.now().is_zero() {} });
}
