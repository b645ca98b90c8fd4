//! The effects of commands.

use std::time::Duration;

use crate::bench::Station;
use crate::{MINUTE, for_all, uptime};

#[test]
fn commands_are_obeyed_and_answered() {
    for_all(
        5 * MINUTE,
        |station| {
            for (second, command) in [(70, "led on"), (80, "interval 10"), (110, "what?"), (120, "led off")] {
                station.command_at(Duration::from_secs(second), command);
            }
            station.at(Duration::from_secs(100), |station| assert!(station.led.get()));
        },
        |station| {
            assert!(!station.led.get());
            assert_eq!(
                station.payloads("device-7/answer"),
                [
                    "led is on",
                    "interval is 10 s",
                    "commands: led on, led off, interval 10..3600, restart",
                    "led is off",
                    "restarting",
                ]
            );
            let uptimes: Vec<u64> = station.payloads("device-7/measurement").iter().map(|text| uptime(text)).collect();
            assert!(
                uptimes.len() > 20 && uptimes.windows(2).skip(2).all(|pair| (10..=11).contains(&(pair[1] - pair[0]))),
                "{uptimes:?}"
            );
        },
    );
}

#[test]
fn a_stream_of_commands_does_not_keep_measurements_from_their_time() {
    for_all(
        10 * MINUTE,
        |station| keep_commanding(station, Duration::from_millis(100), Duration::from_secs(590)),
        |station| {
            let uptimes: Vec<u64> = station.payloads("device-7/measurement").iter().map(|text| uptime(text)).collect();
            assert_eq!(uptimes.len(), 10, "{uptimes:?}");
            assert!(uptimes.windows(2).all(|pair| (60..=62).contains(&(pair[1] - pair[0]))), "{uptimes:?}");
            let answers = station.payloads("device-7/answer").len();
            assert!(answers > 100, "{answers} answers");
        },
    );
}

#[test]
fn commands_that_wait_together_are_all_answered_at_once() {
    for_all(
        5 * MINUTE,
        |station| {
            for command in ["led on", "what?", "led off"] {
                station.command_at(Duration::from_secs(100), command);
            }
            station.at(Duration::from_secs(105), |station| {
                assert_eq!(station.payloads("device-7/answer").len(), 3, "{}", station.bench.transcript_text());
            });
        },
        |station| assert_eq!(station.payloads("device-7/answer").len(), 4),
    );
}

#[test]
fn a_restart_is_obeyed_though_its_answer_is_lost() {
    for_all(
        5 * MINUTE,
        |station| {
            station.at(5 * MINUTE, |station| {
                station.bench.loopback(|broker, _| broker.close_at_next_publish(2));
            });
        },
        |station| {
            let late = station.bench.now() - 5 * MINUTE;
            assert!(late < MINUTE, "{late:?} after the command");
            assert_eq!(station.connects(), 1, "no connection is made for the answer");
        },
    );
}

/// Sends a command to the device, and another one after each interval, until the end.
fn keep_commanding(station: &Station, interval: Duration, end: Duration) {
    let now = station.bench.now();
    station.command_at(now, "led on");
    if now + interval < end {
        station.at(now + interval, move |station| keep_commanding(station, interval, end));
    }
}
