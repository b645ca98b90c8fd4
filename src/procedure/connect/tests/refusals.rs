//! ACCQ and CONNECT that are refused or fail.

use super::*;
use crate::error::Refusal;
use crate::procedure::Listen;

#[test]
fn an_index_in_use_though_it_was_said_to_be_free_is_torn_down_once() {
    for refusal in ["\r\n+CMQTTACCQ: 0,19\r\n\r\nERROR\r\n", ERROR] {
        let mut dialogue = Dialogue::in_step(Family::A76xx);
        let refused_accq = || command("AT+CMQTTACCQ=0,\"meter-3\",0", refusal);
        let script = [accq_read(FREE, FREE), refused_accq(), disc(), rel(), accq(), open()];
        assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));

        let mut dialogue = Dialogue::in_step(Family::A76xx);
        let script = [accq_read(FREE, FREE), refused_accq(), disc(), rel(), refused_accq()];
        let result = first_connect(&mut dialogue, &script);
        assert!(
            matches!(result, Err(Error::Refused { command, .. }) if command.as_str() == "+CMQTTACCQ"),
            "{result:?}"
        );
    }
}

#[test]
fn tearing_down_does_not_need_disc_and_rel_to_succeed() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [
        accq_read(FREE, FREE),
        command("AT+CMQTTACCQ=0,\"meter-3\",0", "\r\n+CMQTTACCQ: 0,19\r\n\r\nERROR\r\n"),
        command("AT+CMQTTDISC=0,60", "\r\n+CMQTTDISC: 0,11\r\n\r\nERROR\r\n"),
        command("AT+CMQTTREL=0", ERROR),
        accq(),
        open(),
    ];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Opened));
}

#[test]
fn rel_is_not_sent_for_a_client_that_disc_says_is_not_acquired() {
    let mut dialogue = connected();
    let not_acquired = command("AT+CMQTTDISC=0,60", "\r\n+CMQTTDISC: 0,20\r\n\r\nERROR\r\n");
    let script = [not_acquired, accq(), open()];
    assert_eq!(connect(&mut dialogue, FIRST, &OPTIONS, Some(&OPTIONS.user("me")), &script), Ok(Connection::Opened));
}

#[test]
fn an_accq_refused_for_another_reason_ends_the_call() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script =
        [accq_read(FREE, FREE), command("AT+CMQTTACCQ=0,\"meter-3\",0", "\r\n+CMQTTACCQ: 0,12\r\n\r\nERROR\r\n")];
    assert_eq!(first_connect(&mut dialogue, &script), Err(refused(&"+CMQTTACCQ", 12)));
}

#[test]
fn a_failed_connect_says_its_code_in_every_order_and_leaves_the_client_prepared() {
    for answer in [
        "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,26\r\n",
        "\r\n+CMQTTCONNECT: 0,26\r\n\r\nERROR\r\n",
        "\r\nERROR\r\n\r\n+CMQTTCONNECT: 0,26\r\n",
        "\r\n+CMQTTCONNECT: 0,26\r\n\r\nOK\r\n",
    ] {
        let mut dialogue = Dialogue::in_step(Family::A76xx);
        let script = [accq_read(FREE, FREE), accq(), command(CONNECT, answer)];
        assert_eq!(first_connect(&mut dialogue, &script), Err(connect_refused(26, 0)), "{answer:?}");
        assert_eq!(dialogue.client(FIRST), ClientState::Acquired);
        assert_eq!(reconnect(&mut dialogue, &[open()]), Ok(Connection::Opened));
    }
}

#[test]
fn a_failed_connect_says_how_long_it_took_whatever_was_sent_before_it() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let failed = |time_ms| {
        let outcome = received("\r\n+CMQTTCONNECT: 0,32\r\n");
        vec![sent(CONNECT), sent("\r"), received(OK), after_ms(time_ms), outcome]
    };
    let slow_accq = vec![sent("AT+CMQTTACCQ=0,\"meter-3\",0"), sent("\r"), after_ms(3_000), received(OK)];
    let script = [accq_read(FREE, FREE), slow_accq, command("AT+CMQTTCFG=\"version\",0,4", OK), failed(340)];
    assert_eq!(first_connect(&mut dialogue, &script), Err(connect_refused(32, 340)));
    assert_eq!(reconnect(&mut dialogue, &[failed(61_250)]), Err(connect_refused(32, 61_250)));
}

#[test]
fn a_connect_refused_without_a_code_ends_the_call_where_the_module_was_asked_before() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(FREE, FREE), accq(), command(CONNECT, ERROR), vec![after_ms(2_000)]];
    assert_eq!(first_connect(&mut dialogue, &script), Err(connect_refused_so(Refusal::Error, 2_000)));
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown);
}

#[test]
fn after_a_connect_of_which_nothing_is_known_the_next_one_looks() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(FREE, FREE), accq(), command(CONNECT, ERROR), vec![after_ms(2_000)]];
    assert!(first_connect(&mut dialogue, &script).is_err());
    let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read("tcp://broker.example:1883")];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Adopted));
}

#[test]
fn an_early_outcome_of_the_other_clients_connect_is_not_taken() {
    let mut dialogue = connected();
    assert_eq!(dialogue.call(&mut Listen, &[received("\r\n+CMQTTCONNLOST: 0,1\r\n")]), Ok(()));
    let script = [vec![
        sent(CONNECT),
        sent("\r"),
        received("\r\nOK\r\n\r\n+CMQTTCONNECT: 1,32\r\n"),
        after_ms(10),
        received("\r\n+CMQTTCONNECT: 0,0\r\n"),
    ]];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
}

#[test]
fn a_network_lost_on_the_way_is_named() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [
        accq_read(FREE, FREE),
        accq(),
        vec![sent(CONNECT), sent("\r"), received("\r\nOK\r\n\r\n+CMQTTNONET\r\n"), after_ms(1_000)],
    ];
    let result = first_connect(&mut dialogue, &script);
    assert!(matches!(result, Err(Error::NetworkLost { command }) if command.as_str() == "+CMQTTCONNECT"), "{result:?}");
    assert_eq!(dialogue.service(), ServiceState::Stopped);
}

#[test]
fn a_refused_setting_of_the_users_own_ends_the_call() {
    let with_time = OPTIONS.operation_timeout(Duration::from_secs(20));
    let time = "AT+CMQTTCFG=\"optimeout\",0,20";
    let check = "AT+CMQTTCFG=\"checkUTF8\",0,0";
    let code = "\r\n+CMQTTCFG: 0,12\r\n\r\nERROR\r\n";
    for (options, line, answer, error) in [
        (with_time, time, ERROR, refused_without_code(&"+CMQTTCFG=\"optimeout\"")),
        (with_time, time, code, refused(&"+CMQTTCFG=\"optimeout\"", 12)),
        (OPTIONS.check_utf8(false), check, ERROR, refused_without_code(&"+CMQTTCFG=\"checkUTF8\"")),
        (OPTIONS.check_utf8(false), check, code, refused(&"+CMQTTCFG=\"checkUTF8\"", 12)),
    ] {
        let mut dialogue = Dialogue::in_step(Family::A7600);
        let script = [accq_read(FREE, FREE), command("AT+CMQTTACCQ=0,\"meter-3\",0", OK), command(line, answer)];
        assert_eq!(connect(&mut dialogue, FIRST, &options, None, &script), Err(error));
    }
}
