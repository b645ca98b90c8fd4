//! A module that has outlived a reset of the microcontroller: what it was brought to is adopted or torn down.

use super::*;
use crate::error::Illegal;
use crate::options::Publish;
use crate::procedure::PublishMessage;

const ADDRESS: &str = "tcp://broker.example:1883";

#[track_caller]
fn first_connect_to(options: &ConnectOptions<'_>, script: &[Vec<Row>]) -> Result<Connection, Error> {
    connect(&mut Dialogue::in_step(Family::A76xx), FIRST, options, None, script)
}

#[test]
fn a_live_session_with_our_id_and_address_is_adopted() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read(ADDRESS)];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Adopted));
    assert_eq!(dialogue.client(FIRST), ClientState::Connected);
}

#[test]
fn after_an_adoption_an_empty_publish_does_not_send_what_may_be_staged() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read(ADDRESS)];
    assert_eq!(first_connect(&mut dialogue, &script), Ok(Connection::Adopted));
    let result = dialogue.call(&mut PublishMessage::new(FIRST, &Publish::new("t", b"")), &[]);
    assert_eq!(result, Err(illegal(&"+CMQTTPUB", Illegal::PayloadStaged)));
    // The next connect acquires the client again, which clears it.
    let script = [disc(), rel(), accq(), open()];
    assert_eq!(reconnect(&mut dialogue, &script), Ok(Connection::Opened));
    let script =
        [prompted("AT+CMQTTTOPIC=0,1", "t", OK), command("AT+CMQTTPUB=0,0,60,0,0", "\r\nOK\r\n\r\n+CMQTTPUB: 0,0\r\n")];
    assert_eq!(dialogue.call(&mut PublishMessage::new(FIRST, &Publish::new("t", b"")), &script.concat()), Ok(()));
}

#[test]
fn an_id_and_an_address_longer_than_a_line_are_compared_whole() {
    let id = "m".repeat(128);
    let host = std::format!("{}.example", "h".repeat(200));
    let options = ConnectOptions::new(Broker::tcp(&host, 1883), &id);
    let other_id = std::format!("{}n", &id[..127]);
    let accq_answer = |id: &str| std::format!("\r\n+CMQTTACCQ: 0,\"{id}\",0\r\n+CMQTTACCQ: 1,\"\",0\r\n\r\nOK\r\n");
    let address = std::format!("tcp://{host}:1883");
    for cut in [received, received_cut] {
        let read = |id: &str| vec![sent("AT+CMQTTACCQ?\r"), cut(accq_answer(id))];
        let script = [read(&id), disc_read(0, 1), connect_read(&address)];
        assert_eq!(first_connect_to(&options, &script), Ok(Connection::Adopted));

        let accq = std::format!("AT+CMQTTACCQ=0,\"{id}\",0");
        let connect = std::format!("AT+CMQTTCONNECT=0,\"{address}\",60,1");
        let again = [
            disc(),
            rel(),
            command(&accq, OK),
            command("AT+CMQTTCFG=\"version\",0,4", OK),
            command(&connect, "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,0\r\n"),
        ]
        .concat();
        let script = [read(&other_id), disc_read(0, 1), again.clone()];
        assert_eq!(first_connect_to(&options, &script), Ok(Connection::Opened), "the last byte of the id differs");
        let script = [read(&id), disc_read(0, 1), connect_read(&std::format!("tcp://{host}:1884")), again];
        assert_eq!(first_connect_to(&options, &script), Ok(Connection::Opened), "the last byte of the port differs");
    }
}

#[test]
fn a_live_session_with_another_id_or_for_tls_is_ended() {
    for acquired in ["\"meter-4\",0", "\"meter-3\",1", "\"meter-33\",0", "\"meter\",0"] {
        let script = [accq_read(acquired, FREE), disc_read(0, 1), disc(), rel(), accq(), open()];
        assert_eq!(first_connect_to(&OPTIONS, &script), Ok(Connection::Opened), "{acquired}");
    }
}

#[test]
fn a_live_session_to_another_address_is_ended() {
    for address in ["tcp://other.example:1883", "tcp://broker.example:18830", "tcp://broker.example:188"] {
        let script = [accq_read(OURS, FREE), disc_read(0, 1), connect_read(address), disc(), rel(), accq(), open()];
        assert_eq!(first_connect_to(&OPTIONS, &script), Ok(Connection::Opened), "{address}");
    }
}

#[test]
fn a_client_that_is_acquired_and_not_connected_is_acquired_again() {
    // Its settings and its will are those of an earlier life.
    for acquired in [OURS, "\"meter-4\",0"] {
        let script = [accq_read(acquired, FREE), disc_read(1, 1), rel(), accq(), open()];
        assert_eq!(first_connect_to(&OPTIONS, &script), Ok(Connection::Opened), "{acquired}");
    }
}

#[test]
fn a_module_that_does_not_say_whether_it_is_connected_is_torn_down() {
    let script = [
        accq_read(OURS, FREE),
        command("AT+CMQTTDISC?", ERROR),
        command("AT+CMQTTDISC=0,60", "\r\n+CMQTTDISC: 0,11\r\n\r\nERROR\r\n"),
        command("AT+CMQTTREL=0", ERROR),
        accq(),
        open(),
    ];
    assert_eq!(first_connect_to(&OPTIONS, &script), Ok(Connection::Opened));
}

#[test]
fn the_second_client_reads_its_own_lines() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [
        accq_read("\"other\",1", OURS),
        disc_read(1, 0),
        command(
            "AT+CMQTTCONNECT?",
            "\r\n+CMQTTCONNECT: 0\r\n+CMQTTCONNECT: 1,\"tcp://broker.example:1883\",60,1\r\n\r\nOK\r\n",
        ),
    ];
    assert_eq!(connect(&mut dialogue, SECOND, &OPTIONS, None, &script), Ok(Connection::Adopted));
    assert_eq!(dialogue.client(FIRST), ClientState::Unknown, "it is in use, and not this call's business");
}
