//! The application on a simulated module, in virtual time: hours take milliseconds.

mod bench;
mod commands;
mod position;

use std::time::Duration;

use bench::{SETTINGS, Shell, Station};
use simcom_modem_simulator::behaviour::{Override, ScriptedAnswer};
use simcom_modem_simulator::broker::{Authentication, Request};
use simcom_modem_simulator::family::Family as ModuleFamily;
use simcom_modem_simulator::modem::message_bytes;
use simcom_modem_simulator::pipe::Direction;

const MINUTE: Duration = Duration::from_secs(60);

/// Runs a scenario on every family over both clients. After `length` a command makes the application restart, so that
/// it ends.
fn for_all(length: Duration, arrange: impl Fn(&Station), check: impl Fn(&Station)) {
    for family in ModuleFamily::ALL {
        for shell in Shell::BOTH {
            let station = Station::new(family);
            arrange(&station);
            station.run_for(length, shell);
            check(&station);
            station.assert_no_complaints();
        }
    }
}

#[test]
fn a_module_that_is_off_is_switched_on_and_publishes_a_measurement_every_minute() {
    for_all(
        10 * MINUTE,
        |station| station.bench.modem(|module, now| module.cut_power(now)),
        |station| {
            let measurements = station.payloads("device-7/measurement");
            assert_eq!(measurements.len(), 10, "{measurements:?}");
            let uptimes: Vec<u64> = measurements.iter().map(|text| uptime(text)).collect();
            assert!(uptimes.windows(2).all(|pair| (60..=61).contains(&(pair[1] - pair[0]))), "{uptimes:?}");
            let expected = format!(r#"{{"uptime":{},"temperature":-0.5,"rssi":-67}}"#, uptimes[0]);
            assert_eq!(measurements[0], expected);
            assert_eq!(station.payloads("device-7/status"), ["online"]);
            assert_eq!(station.payloads("device-7/answer"), ["restarting"]);
            assert_eq!(station.commands_sent("AT+IFC=2,2"), 1, "RTS and CTS are wired");
        },
    );
}

#[test]
fn the_connection_is_verified_and_has_a_will() {
    for_all(
        5 * MINUTE,
        |_| {},
        |station| {
            station.bench.loopback(|broker, _| {
                let tls = broker.tls_options(0).expect("a connection over TLS");
                assert_eq!(tls.context.authentication, Authentication::Server);
                assert_eq!(tls.ca_certificate.as_deref(), Some(SETTINGS.ca));
                assert!(tls.context.server_name_indication);
                let connection = broker.connection(0).expect("a connection");
                assert_eq!(connection.client_id, "device-7");
                assert_eq!(connection.user.as_deref(), Some("user-7"));
                assert_eq!(connection.password.as_deref(), Some("secret"));
                let will = connection.will.as_ref().expect("a will");
                assert_eq!((&will.topic[..], &will.message[..]), (&b"device-7/status"[..], &b"offline"[..]));
                assert!(broker.publications().iter().all(|it| it.client.is_none() || it.qos == 1));
                let status = broker.publications().iter().find(|it| it.topic == b"device-7/status").expect("a status");
                assert!(status.retained);
            });
        },
    );
}

#[test]
fn a_session_that_died_in_silence_is_noticed_however_long_the_interval() {
    for_all(
        60 * MINUTE,
        |station| {
            station.command_at(Duration::from_secs(70), "interval 3600");
            station.at(10 * MINUTE, |station| {
                station.bench.modem(|module, now| module.lose_network_silently(now, false));
            });
            station.at(15 * MINUTE, |station| station.bench.modem(|module, now| module.restore_network(now)));
            station.at(25 * MINUTE, |station| {
                assert_eq!(station.connects(), 2, "{}", station.bench.transcript_text());
                assert!(station.is_connected());
            });
        },
        |station| assert!(station.is_connected()),
    );
}

#[test]
fn a_module_that_refuses_flow_control_is_connected_all_the_same() {
    let refusal = ScriptedAnswer::Exactly(b"\r\nERROR\r\n".to_vec());
    let refusal = Override { prefix: "AT+IFC".to_owned(), nth: 0, answer: refusal };
    for_all(
        5 * MINUTE,
        |station| station.bench.modem(|module, _| module.behaviour_mut().overrides.push(refusal.clone())),
        |station| {
            assert_eq!(station.payloads("device-7/measurement").len(), 5);
            let transcript = station.bench.transcript();
            let mut sent = transcript.iter().filter(|(direction, ..)| *direction == Direction::ToModem);
            let refused = sent.find(|(.., bytes)| bytes.starts_with(b"AT+IFC=")).expect("it is tried").1;
            let next = sent.next().expect("a next command").1;
            assert!(next - refused < Duration::from_secs(1), "the next command is not of another attempt");
        },
    );
}

#[test]
fn a_restart_of_the_microcontroller_adopts_the_session_and_stores_nothing() {
    for family in ModuleFamily::ALL {
        for shell in Shell::BOTH {
            let station = Station::new(family);
            for _ in 0..3 {
                station.run_for(3 * MINUTE, shell);
            }
            assert_eq!(station.connects(), 1);
            assert_eq!(station.commands_sent("AT+CCERTDOWN="), 1);
            station.assert_no_complaints();
        }
    }
}

#[test]
fn a_restart_of_the_module_at_any_moment_costs_one_measurement_at_most() {
    for second in [0, 1, 29, 60, 61, 119] {
        for_all(
            10 * MINUTE,
            |station| {
                station.at(Duration::from_secs(second), |station| {
                    station.bench.modem(|module, now| module.restart(now));
                });
            },
            |station| {
                let count = station.payloads("device-7/measurement").len();
                assert!((9..=11).contains(&count), "{count} measurements after a restart at {second} s");
                assert!(station.is_connected());
            },
        );
    }
}

#[test]
fn a_lost_connection_is_made_again_with_its_subscription() {
    for_all(
        10 * MINUTE,
        |station| {
            for second in [100, 200, 201, 300] {
                station.at(Duration::from_secs(second), |station| {
                    station.bench.loopback(|broker, now| broker.close(now, 0, 1));
                });
            }
            station.at(Duration::from_secs(105), |station| assert!(station.is_connected(), "within seconds"));
            station.at(Duration::from_secs(400), |station| {
                station.bench.loopback(|broker, _| broker.close_at_next_publish(2));
            });
            station.command_at(Duration::from_secs(550), "led on");
        },
        |station| {
            assert!(station.led.get());
            assert!(station.payloads("device-7/measurement").len() >= 10);
            assert!(station.payloads("device-7/status").contains(&"offline".to_owned()), "the will");
            assert!(station.is_connected());
        },
    );
}

#[test]
fn a_lost_network_is_waited_for() {
    for_all(
        30 * MINUTE,
        |station| {
            station.at(Duration::from_secs(100), |station| {
                station.bench.modem(|module, now| module.network_lost(now));
            });
            station.at(Duration::from_secs(900), |station| {
                station.bench.modem(|module, now| module.restore_network(now));
            });
        },
        |station| {
            assert!(station.payloads("device-7/measurement").len() >= 10, "{}", station.bench.transcript_text());
            assert!(station.is_connected());
        },
    );
}

#[test]
fn a_lost_network_is_looked_for_before_the_broker_is() {
    for_all(
        10 * MINUTE,
        |station| {
            station.at(Duration::from_secs(100), |station| {
                station.bench.modem(|module, now| module.network_lost(now));
            });
        },
        |station| {
            assert_eq!(
                station.attachments(),
                station.attachments_after_lost_network(),
                "{}",
                station.bench.transcript_text()
            );
            assert!(station.is_connected());
        },
    );
}

#[test]
fn a_lost_network_is_looked_for_though_a_message_came_with_the_news() {
    for_all(
        10 * MINUTE,
        |station| {
            station.at(Duration::from_secs(100), |station| {
                station.bench.modem(|module, now| {
                    let message = message_bytes(module.behaviour(), 0, b"device-7/command", b"led on");
                    module.emit(now, &message);
                    module.network_lost(now);
                });
            });
        },
        |station| {
            assert_eq!(
                station.attachments(),
                station.attachments_after_lost_network(),
                "{}",
                station.bench.transcript_text()
            );
            assert!(station.led.get());
            assert!(station.is_connected());
        },
    );
}

#[test]
fn a_module_that_restarts_while_the_next_attempt_is_waited_for_is_brought_up_first() {
    for_all(
        10 * MINUTE,
        |station| {
            station.at(Duration::from_secs(100), |station| {
                station.bench.loopback(|broker, now| broker.close(now, 0, 1));
            });
            station.at(Duration::from_millis(100_200), |station| {
                station.bench.modem(|module, now| {
                    module.behaviour_mut().timing.boot = Duration::from_millis(200);
                    module.restart(now);
                });
            });
        },
        |station| {
            assert_eq!(station.attachments(), 2, "{}", station.bench.transcript_text());
            assert!(station.is_connected());
        },
    );
}

#[test]
fn a_module_that_does_not_answer_is_restarted() {
    for_all(
        30 * MINUTE,
        |station| {
            station.at(Duration::from_secs(100), |station| {
                station.bench.modem(|module, now| module.cut_power(now));
            });
        },
        |station| {
            let measurements = station.payloads("device-7/measurement");
            assert!(measurements.len() >= 25, "{measurements:?}");
            assert!(station.is_connected());
        },
    );
}

#[test]
fn a_radio_that_died_in_silence_is_noticed_and_the_module_reset() {
    for_all(
        120 * MINUTE,
        |station| {
            station.at(Duration::from_secs(100), |station| {
                station.bench.modem(|module, now| module.lose_network_silently(now, false));
            });
        },
        |station| {
            let measurements = station.payloads("device-7/measurement");
            assert!(measurements.len() >= 20, "{measurements:?}");
            assert!(station.is_connected());
        },
    );
}

#[test]
fn a_session_that_publishes_is_not_probed() {
    for_all(
        30 * MINUTE,
        |station| station.command_at(Duration::from_secs(20), "interval 10"),
        |station| {
            let probes = station.commands_sent("AT+CMQTTDISC?");
            assert!(probes <= 2, "{probes} probes");
        },
    );
}

#[test]
fn a_broker_that_refuses_is_asked_less_and_less_often() {
    for_all(
        121 * MINUTE,
        |station| {
            station.bench.loopback(|broker, _| broker.refuse_connections(Some(3)));
            station.at(100 * MINUTE, |station| station.bench.loopback(|broker, _| broker.refuse_connections(None)));
        },
        |station| {
            assert!((20..40).contains(&station.connects()), "{} attempts", station.connects());
            assert!(station.payloads("device-7/measurement").len() >= 10);
        },
    );
}

#[test]
fn a_certificate_of_an_earlier_start_is_stored_again_when_tls_fails() {
    for family in ModuleFamily::ALL {
        for shell in Shell::BOTH {
            let station = Station::new(family);
            station.run_for(2 * MINUTE, shell);
            station.bench.modem(|module, now| module.restart(now));
            station.bench.loopback(|broker, _| broker.refuse_connections(Some(32)));
            station.at(station.bench.now() + 5 * MINUTE, |station| {
                station.bench.loopback(|broker, _| broker.refuse_connections(None));
            });
            station.run_for(20 * MINUTE, shell);
            assert_eq!(station.commands_sent("AT+CCERTDOWN="), 2);
            assert!(station.is_connected());
            station.assert_no_complaints();
        }
    }
}

/// The seconds in a measurement.
fn uptime(measurement: &str) -> u64 {
    let rest = measurement.strip_prefix(r#"{"uptime":"#).expect("an uptime");
    rest.split(',').next().and_then(|number| number.parse().ok()).expect("a number")
}

impl Station {
    /// How often the module was brought up: each bring-up sets flow control once, and nothing else does.
    fn attachments(&self) -> usize {
        self.commands_sent("AT+IFC=")
    }

    /// Only A7600 does not say that the network is lost, but that the connection is: then it is connected again.
    fn attachments_after_lost_network(&self) -> usize {
        if self.family == ModuleFamily::A7600 { 1 } else { 2 }
    }

    /// How often a connection to the broker was requested.
    fn connects(&self) -> usize {
        self.bench.loopback(|broker, _| {
            broker.requests().iter().filter(|request| matches!(request, Request::Connect { .. })).count()
        })
    }
}
