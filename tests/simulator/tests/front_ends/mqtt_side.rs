//! The MQTT side against a real broker.

use std::time::Duration;

use crate::broker;
use simcom_modem_simulator::broker::{Connection, Event, Request, Will};
use simcom_modem_simulator::mqtt::{BrokerAddress, MqttSide};
use tokio::time::timeout;

fn connection(broker: &BrokerAddress, client_id: &str) -> Connection {
    Connection::new(broker.host.clone(), broker.port, client_id)
}

async fn next(mqtt: &mut MqttSide) -> Event {
    timeout(Duration::from_secs(10), mqtt.event()).await.expect("an event")
}

async fn connect(mqtt: &mut MqttSide, client: usize, connection: Connection) {
    mqtt.carry_out(Request::Connect { client, connection, tls: None });
    assert_eq!(next(mqtt).await, Event::Connected { client });
}

async fn subscribe(mqtt: &mut MqttSide, client: usize, filter: &str, qos: u8) {
    mqtt.carry_out(Request::Subscribe { client, filters: vec![(filter.into(), qos)] });
    assert_eq!(next(mqtt).await, Event::Subscribed { client });
}

fn publish(client: usize, topic: &str, payload: &[u8], qos: u8, retained: bool) -> Request {
    Request::Publish { client, topic: topic.into(), payload: payload.to_vec(), qos, retained }
}

fn message(client: usize, topic: &str, payload: &[u8]) -> Event {
    Event::Message { client, topic: topic.into(), payload: payload.to_vec() }
}

#[tokio::test]
async fn every_quality_of_service_completes_and_delivers() {
    let broker = broker::start();
    let mut mqtt = MqttSide::new();
    connect(&mut mqtt, 0, connection(&broker, "first")).await;
    for qos in 0..=2 {
        let topic = format!("quality/{qos}");
        subscribe(&mut mqtt, 0, &topic, qos).await;
        mqtt.carry_out(publish(0, &topic, &[qos, 0, 0xff], qos, false));
        let mut events = [next(&mut mqtt).await, next(&mut mqtt).await];
        events.sort_by_key(|event| matches!(event, Event::Message { .. }));
        assert_eq!(events, [Event::Published { client: 0 }, message(0, &topic, &[qos, 0, 0xff])]);
    }
}

#[tokio::test]
async fn largest_payload_and_topic_pass_both_ways() {
    let broker = broker::start();
    let mut mqtt = MqttSide::new();
    connect(&mut mqtt, 0, connection(&broker, "publisher")).await;
    connect(&mut mqtt, 1, connection(&broker, "subscriber")).await;
    let topic = "t/".repeat(512);
    let payload: Vec<u8> = (0..10_240_u32).map(|byte| byte as u8).collect();
    subscribe(&mut mqtt, 1, "#", 1).await;
    mqtt.carry_out(publish(0, &topic, &payload, 1, false));
    let mut events = [next(&mut mqtt).await, next(&mut mqtt).await];
    events.sort_by_key(|event| matches!(event, Event::Message { .. }));
    assert_eq!(events, [Event::Published { client: 0 }, message(1, &topic, &payload)]);
}

#[tokio::test]
async fn several_filters_are_subscribed_and_unsubscribed_at_once() {
    let broker = broker::start();
    let mut mqtt = MqttSide::new();
    connect(&mut mqtt, 0, connection(&broker, "first")).await;
    let filters: Vec<Vec<u8>> = (0..40).map(|number| format!("many/{number}").into_bytes()).collect();
    let with_qos = filters.iter().map(|filter| (filter.clone(), 1)).collect();
    mqtt.carry_out(Request::Subscribe { client: 0, filters: with_qos });
    assert_eq!(next(&mut mqtt).await, Event::Subscribed { client: 0 });
    mqtt.carry_out(Request::Unsubscribe { client: 0, filters });
    assert_eq!(next(&mut mqtt).await, Event::Unsubscribed { client: 0 });
    mqtt.carry_out(publish(0, "many/7", b"unheard", 1, false));
    assert_eq!(next(&mut mqtt).await, Event::Published { client: 0 });
}

#[tokio::test]
async fn retained_message_reaches_a_later_subscriber() {
    let broker = broker::start();
    let mut mqtt = MqttSide::new();
    connect(&mut mqtt, 0, connection(&broker, "first")).await;
    mqtt.carry_out(publish(0, "kept", b"state", 1, true));
    assert_eq!(next(&mut mqtt).await, Event::Published { client: 0 });
    connect(&mut mqtt, 1, connection(&broker, "second")).await;
    subscribe(&mut mqtt, 1, "kept", 1).await;
    assert_eq!(next(&mut mqtt).await, message(1, "kept", b"state"));
}

fn with_will(broker: &BrokerAddress) -> Connection {
    let will = Will { topic: b"gone".to_vec(), message: vec![0, 1, 0xff], qos: 1 };
    Connection { will: Some(will), ..connection(broker, "mortal") }
}

#[tokio::test]
async fn dropped_connection_leaves_its_will() {
    let broker = broker::start();
    let mut mqtt = MqttSide::new();
    connect(&mut mqtt, 1, connection(&broker, "witness")).await;
    subscribe(&mut mqtt, 1, "gone", 1).await;
    connect(&mut mqtt, 0, with_will(&broker)).await;
    mqtt.carry_out(Request::Drop { client: 0 });
    assert_eq!(next(&mut mqtt).await, message(1, "gone", &[0, 1, 0xff]));
}

#[tokio::test]
async fn disconnected_client_leaves_no_will() {
    let broker = broker::start();
    let mut mqtt = MqttSide::new();
    connect(&mut mqtt, 1, connection(&broker, "witness")).await;
    subscribe(&mut mqtt, 1, "gone", 1).await;
    connect(&mut mqtt, 0, with_will(&broker)).await;
    mqtt.carry_out(Request::Disconnect { client: 0 });
    assert_eq!(next(&mut mqtt).await, Event::Disconnected { client: 0 });
    mqtt.carry_out(publish(1, "gone", b"end", 1, false));
    let mut events = [next(&mut mqtt).await, next(&mut mqtt).await];
    events.sort_by_key(|event| matches!(event, Event::Message { .. }));
    assert_eq!(events, [Event::Published { client: 1 }, message(1, "gone", b"end")]);
}

#[tokio::test]
async fn client_connects_again_after_disconnect_and_after_drop() {
    let broker = broker::start();
    let mut mqtt = MqttSide::new();
    connect(&mut mqtt, 0, connection(&broker, "first")).await;
    mqtt.carry_out(Request::Disconnect { client: 0 });
    assert_eq!(next(&mut mqtt).await, Event::Disconnected { client: 0 });
    connect(&mut mqtt, 0, connection(&broker, "first")).await;
    mqtt.carry_out(Request::Drop { client: 0 });
    connect(&mut mqtt, 0, connection(&broker, "first")).await;
    subscribe(&mut mqtt, 0, "again", 0).await;
}

#[tokio::test]
async fn overridden_broker_is_used_whatever_the_address_says() {
    let broker = broker::start();
    let mut mqtt = MqttSide::new();
    mqtt.override_broker(broker.clone());
    let elsewhere = Connection { host: "broker.invalid".to_owned(), ..connection(&broker, "first") };
    connect(&mut mqtt, 0, elsewhere).await;
}
