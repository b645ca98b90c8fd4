//! A module that is busy with an operation of an earlier life, and a service that does not start.

use super::*;
use crate::error::CommandName;
use crate::procedure::Listen;

fn busy(line: &str, name: &str) -> Vec<Row> {
    command(line, &std::format!("\r\n{name}: 0,14\r\n\r\nERROR\r\n"))
}

#[test]
fn a_busy_client_is_looked_at_again_every_two_seconds() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [
        accq_read("\"meter-4\",0", FREE),
        disc_read(0, 1),
        busy("AT+CMQTTDISC=0,60", "+CMQTTDISC"),
        vec![after_ms(2_000)],
        accq_read("\"meter-4\",0", FREE),
        disc_read(0, 1),
        disc(),
        rel(),
        accq(),
        open(),
    ];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
}

#[test]
fn what_the_client_was_busy_with_may_have_connected_it() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [
        accq_read(OURS, FREE),
        disc_read(1, 1),
        busy("AT+CMQTTREL=0", "+CMQTTREL"),
        vec![after_ms(2_000)],
        accq_read(OURS, FREE),
        disc_read(0, 1),
        connect_read("tcp://broker.example:1883"),
    ];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Adopted));
}

#[test]
fn after_a_pause_a_prepared_client_is_acquired_again_only_if_its_id_is_another() {
    for (acquired, again) in [(OURS, vec![]), ("\"meter-4\",0", [rel(), accq()].concat())] {
        let mut dialogue = connected();
        assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
        let script = [
            busy(CONNECT, "+CMQTTCONNECT"),
            vec![after_ms(2_000)],
            accq_read(acquired, FREE),
            disc_read(1, 1),
            again,
            open(),
        ];
        assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    }
}

#[test]
fn a_client_that_stays_busy_is_given_up_after_two_minutes() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let look = || [accq_read(OURS, FREE), disc_read(1, 1), busy("AT+CMQTTREL=0", "+CMQTTREL")].concat();
    let mut script = vec![look()];
    for _ in 0..62 {
        script.push(vec![after_ms(2_000)]);
        script.push(look());
    }
    // REL may fail; what it left is in the way of ACCQ.
    script.push(busy("AT+CMQTTACCQ=0,\"meter-3\",0", "+CMQTTACCQ"));
    assert_eq!(first_connect(&mut dialogue, &script), Err(refused(&"+CMQTTACCQ", 14)));
}

#[test]
fn a_restart_during_the_pause_ends_the_call() {
    let mut dialogue = connected();
    let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "meter-4");
    let script = [busy("AT+CMQTTDISC=0,60", "+CMQTTDISC"), vec![after_ms(500), received("\r\nRDY\r\n")]];
    let result = connect(&mut dialogue, FIRST, &options, Some(&OPTIONS), &script);
    let Err(Error::ModemRestarted { .. }) = result else { panic!("{result:?}") };
}

#[test]
fn a_service_that_is_neither_started_nor_to_be_started_is_tried_for_twelve_seconds() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let refused_start = || [command("AT+CMQTTSTART", ERROR), vec![after_ms(250)]].concat();
    let mut script = vec![accq_read_refused(), refused_start(), accq_read_refused()];
    for _ in 0..6 {
        script.extend([vec![after_ms(2_000)], accq_read_refused(), refused_start(), accq_read_refused()]);
    }
    assert_eq!(first_connect(&mut dialogue, &script), Err(Error::NoMqtt));
}

#[test]
fn a_start_of_an_earlier_life_that_is_under_way_is_waited_for() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [
        accq_read_refused(),
        command("AT+CMQTTSTART", ERROR),
        vec![after_ms(250)],
        accq_read_refused(),
        vec![after_ms(2_000)],
        accq_read(FREE, FREE),
        accq(),
        open(),
    ];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
}

#[test]
fn a_service_that_is_up_though_the_first_query_was_refused_is_used() {
    for start in [
        [command("AT+CMQTTSTART", ERROR), vec![after_ms(250)]].concat(),
        command("AT+CMQTTSTART", "\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n"),
    ] {
        let mut dialogue = Dialogue::in_step(Family::Sim7600);
        let accq = command("AT+CMQTTACCQ=0,\"meter-3\",0,4", OK);
        let script = [accq_read_refused(), start, accq_read(FREE, FREE), accq, open()];
        assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
    }
}

#[test]
fn a_start_before_the_pdp_context_is_up_fails_with_its_code_and_can_be_repeated() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read_refused(), command("AT+CMQTTSTART", "\r\nOK\r\n\r\n+CMQTTSTART: 1\r\n")];
    assert_eq!(first_connect(&mut dialogue, &script), Err(refused(&"+CMQTTSTART", 1)));
    assert_eq!(first_connect(&mut dialogue, &[start(), accq(), open()]), Ok(Connection::Opened));
}

#[test]
fn a_query_without_an_answer_ends_the_call() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [vec![sent("AT+CMQTTACCQ?\r"), after_ms(9_000)]];
    let no_answer = Error::NoAnswer { command: CommandName::new(&"+CMQTTACCQ") };
    assert_eq!(first_connect(&mut dialogue, &script), Err(no_answer));
}
