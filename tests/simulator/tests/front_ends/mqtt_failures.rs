//! Failures between module and broker, against a peer that misbehaves as scripted.

use std::time::Duration;

use crate::broker;
use simcom_modem_simulator::broker::{Connection, Event, Request, Will};
use simcom_modem_simulator::mqtt::MqttSide;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const ACCEPTED: [u8; 4] = [0x20, 2, 0, 0];

fn connection(port: u16) -> Connection {
    Connection::new("127.0.0.1", port, "device")
}

/// Accepts one connection, reads CONNECT, answers with `answer` and returns the socket.
async fn peer(answer: &[u8]) -> (u16, impl Future<Output = TcpStream> + use<>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = answer.to_vec();
    let task = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_packet(&mut socket).await;
        socket.write_all(&answer).await.unwrap();
        socket
    });
    (port, async { task.await.unwrap() })
}

/// Reads one packet of less than 128 bytes.
async fn read_packet(socket: &mut TcpStream) -> Vec<u8> {
    let mut packet = vec![0; 2];
    socket.read_exact(&mut packet).await.unwrap();
    let length = usize::from(packet[1]);
    packet.resize(2 + length, 0);
    socket.read_exact(&mut packet[2..]).await.unwrap();
    packet
}

async fn next(mqtt: &mut MqttSide) -> Event {
    timeout(Duration::from_secs(10), mqtt.event()).await.expect("an event")
}

async fn outcome_of(connection: Connection) -> Event {
    let mut mqtt = MqttSide::new();
    mqtt.carry_out(Request::Connect { client: 1, connection, tls: None });
    next(&mut mqtt).await
}

async fn connected() -> (MqttSide, TcpStream) {
    let (port, socket) = peer(&ACCEPTED).await;
    let mut mqtt = MqttSide::new();
    mqtt.carry_out(Request::Connect { client: 0, connection: connection(port), tls: None });
    assert_eq!(next(&mut mqtt).await, Event::Connected { client: 0 });
    (mqtt, socket.await)
}

fn publish(qos: u8) -> Request {
    Request::Publish { client: 0, topic: b"t".to_vec(), payload: b"p".to_vec(), qos, retained: false }
}

#[tokio::test]
async fn connack_refusals_become_codes_27_to_31() {
    for refusal in 1..=5 {
        let (port, _socket) = peer(&[0x20, 2, 0, refusal]).await;
        let expected = Event::ConnectFailed { client: 1, code: 26 + refusal };
        assert_eq!(outcome_of(connection(port)).await, expected);
    }
}

#[tokio::test]
async fn port_without_listener_is_code_3() {
    let (_port_is_kept, refusing) = broker::refusing();
    assert_eq!(outcome_of(connection(refusing.port)).await, Event::ConnectFailed { client: 1, code: 3 });
}

#[tokio::test]
async fn unknown_host_is_code_25() {
    let unknown = Connection { host: "broker.invalid".to_owned(), ..connection(1883) };
    assert_eq!(outcome_of(unknown).await, Event::ConnectFailed { client: 1, code: 25 });
}

#[tokio::test]
async fn socket_closed_instead_of_connack_is_code_26() {
    let (port, socket) = peer(&[]).await;
    tokio::spawn(async { drop(socket.await) });
    assert_eq!(outcome_of(connection(port)).await, Event::ConnectFailed { client: 1, code: 26 });
}

#[tokio::test]
async fn another_packet_instead_of_connack_is_code_24() {
    let (port, _socket) = peer(&[0xd0, 0]).await;
    assert_eq!(outcome_of(connection(port)).await, Event::ConnectFailed { client: 1, code: 24 });
}

#[tokio::test]
async fn will_topic_that_is_not_utf8_is_code_2() {
    let will = Will { topic: vec![0xff], message: vec![0xff], qos: 0 };
    let outcome = outcome_of(Connection { will: Some(will), ..connection(1) }).await;
    assert_eq!(outcome, Event::ConnectFailed { client: 1, code: 2 });
}

#[tokio::test]
async fn tls_without_an_ssl_context_is_code_33() {
    let outcome = outcome_of(Connection { tls: true, ..connection(1) }).await;
    assert_eq!(outcome, Event::ConnectFailed { client: 1, code: 33 });
}

#[tokio::test]
async fn broker_that_closes_is_cause_1_and_is_not_connected_again() {
    let (port, socket) = peer(&ACCEPTED).await;
    let mut mqtt = MqttSide::new();
    mqtt.carry_out(Request::Connect { client: 0, connection: connection(port), tls: None });
    assert_eq!(next(&mut mqtt).await, Event::Connected { client: 0 });
    drop(socket.await);
    assert_eq!(next(&mut mqtt).await, Event::ConnectionLost { client: 0, cause: 1 });
    mqtt.carry_out(publish(1));
    assert_eq!(next(&mut mqtt).await, Event::PublishFailed { client: 0, code: 11 });
}

#[tokio::test]
async fn broker_that_resets_is_cause_2() {
    let (mut mqtt, socket) = connected().await;
    socket.set_zero_linger().unwrap();
    drop(socket);
    assert_eq!(next(&mut mqtt).await, Event::ConnectionLost { client: 0, cause: 2 });
}

#[tokio::test]
async fn an_outstanding_operation_fails_before_the_loss_is_reported() {
    let (mut mqtt, mut socket) = connected().await;
    mqtt.carry_out(publish(1));
    read_packet(&mut socket).await;
    drop(socket);
    assert_eq!(next(&mut mqtt).await, Event::PublishFailed { client: 0, code: 6 });
    assert_eq!(next(&mut mqtt).await, Event::ConnectionLost { client: 0, cause: 1 });
}

#[tokio::test]
async fn exactly_once_is_complete_at_pubcomp_and_not_before() {
    let (mut mqtt, mut socket) = connected().await;
    mqtt.carry_out(publish(2));
    let packet = read_packet(&mut socket).await;
    let id = [packet[5], packet[6]];
    socket.write_all(&[0x50, 2, id[0], id[1]]).await.unwrap();
    let waiting = timeout(Duration::from_secs(5), async {
        tokio::select! {
            event = mqtt.event() => panic!("{event:?} before PUBCOMP"),
            release = read_packet(&mut socket) => release,
        }
    });
    assert_eq!(waiting.await.unwrap(), [0x62, 2, id[0], id[1]]);
    socket.write_all(&[0x70, 2, id[0], id[1]]).await.unwrap();
    assert_eq!(next(&mut mqtt).await, Event::Published { client: 0 });
}

#[tokio::test]
async fn refused_filter_fails_the_whole_subscribe() {
    let (mut mqtt, mut socket) = connected().await;
    let filters = vec![(b"a".to_vec(), 0), (b"b".to_vec(), 0)];
    mqtt.carry_out(Request::Subscribe { client: 0, filters });
    let packet = read_packet(&mut socket).await;
    socket.write_all(&[0x90, 4, packet[2], packet[3], 0, 0x80]).await.unwrap();
    assert_eq!(next(&mut mqtt).await, Event::SubscribeFailed { client: 0, code: 1 });
}

#[tokio::test]
async fn topics_that_mqtt_cannot_carry_fail_at_once() {
    let (mut mqtt, _socket) = connected().await;
    for (topic, code) in [(&b"\xff"[..], 2), (b"a/#", 12)] {
        let topic = topic.to_vec();
        mqtt.carry_out(Request::Publish { client: 0, topic, payload: vec![], qos: 0, retained: false });
        assert_eq!(next(&mut mqtt).await, Event::PublishFailed { client: 0, code });
    }
    for (filter, code) in [(&b"\xff"[..], 2), (b"a#", 12)] {
        mqtt.carry_out(Request::Subscribe { client: 0, filters: vec![(filter.to_vec(), 0)] });
        assert_eq!(next(&mut mqtt).await, Event::SubscribeFailed { client: 0, code });
        mqtt.carry_out(Request::Unsubscribe { client: 0, filters: vec![filter.to_vec()] });
        assert_eq!(next(&mut mqtt).await, Event::UnsubscribeFailed { client: 0, code });
    }
}

#[tokio::test]
async fn operations_of_a_client_without_connection_are_answered() {
    let mut mqtt = MqttSide::new();
    mqtt.carry_out(publish(0));
    assert_eq!(next(&mut mqtt).await, Event::PublishFailed { client: 0, code: 11 });
    mqtt.carry_out(Request::Disconnect { client: 1 });
    assert_eq!(next(&mut mqtt).await, Event::Disconnected { client: 1 });
}

#[tokio::test]
async fn messages_of_every_quality_are_acknowledged() {
    let (mut mqtt, mut socket) = connected().await;
    let acknowledgements = [(1, vec![0x40, 2, 0, 7]), (2, vec![0x50, 2, 0, 7])];
    for (qos, acknowledgement) in acknowledgements {
        socket.write_all(&[0x30 | qos << 1, 6, 0, 1, b't', 0, 7, b'p']).await.unwrap();
        let received = Event::Message { client: 0, topic: b"t".to_vec(), payload: b"p".to_vec() };
        assert_eq!(next(&mut mqtt).await, received);
        assert_eq!(read_packet(&mut socket).await, acknowledgement);
    }
}
