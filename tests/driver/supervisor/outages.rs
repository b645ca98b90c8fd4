//! After an outage of half an hour, the session is up again within the longest wait and 15 s.

use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::pipe::Bench;

use super::bench::*;
use crate::bench::*;

/// Begins an outage at several moments, so that it ends at several places of an attempt.
fn outage(begin: impl Fn(&Bench), end: impl Fn(&Bench)) {
    for delay in [0, 7, 61, 130, 177] {
        on_every_up(&[], |supervised| {
            supervised.pass(SECONDS(delay));
            begin(supervised.bench);
            supervised.pass(SECONDS(1_800) + SECONDS(delay));
            end(supervised.bench);
            let began = supervised.bench.now();
            supervised.expect_up_or_still_up(LONGEST_WAIT + SECONDS(15));
            let took = supervised.bench.now() - began;
            println!("up again after {:.1} s", took.as_secs_f32());
        });
    }
}

#[test]
fn a_broker_that_was_silent_has_its_session_back() {
    outage(
        |bench| {
            bench.loopback(|broker, now| {
                broker.close(now, 0, 1);
                broker.silent = true;
            });
        },
        |bench| bench.loopback(|broker, _| broker.silent = false),
    );
}

#[test]
fn a_broker_that_refused_has_its_session_back() {
    outage(
        |bench| {
            bench.loopback(|broker, now| {
                broker.close(now, 0, 1);
                broker.refuse_connections(Some(29));
            });
        },
        |bench| bench.loopback(|broker, _| broker.refuse_connections(None)),
    );
}

#[test]
fn a_radio_that_was_dead_without_a_urc_has_its_session_back() {
    for noticed in [false, true] {
        outage(
            |bench| bench.modem(|module, now| module.lose_network_silently(now, noticed)),
            |bench| bench.modem(|module, now| module.restore_network(now)),
        );
    }
}

#[test]
fn a_module_that_was_mute_has_its_session_back() {
    outage(|bench| script(bench, "AT", 0, ScriptedAnswer::Silence), end_script);
}
