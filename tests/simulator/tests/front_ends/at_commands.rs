//! AT commands to a module that is connected to a real broker.

use crate::broker;
use crate::host::{Host, attached, quick};
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::front_end::Simulator;
use tokio::io::{DuplexStream, duplex};

type Wire = Host<DuplexStream>;

async fn start(host: &mut Wire) {
    host.command("AT+CMQTTSTART", "+CMQTTSTART: 0").await;
}

async fn connect(host: &mut Wire, client: usize) {
    host.command(&format!("AT+CMQTTACCQ={client},\"device-{client}\""), "OK").await;
    let connect = format!("AT+CMQTTCONNECT={client},\"tcp://broker.example:1883\",60,1");
    host.command(&connect, &format!("+CMQTTCONNECT: {client},0")).await;
}

async fn subscribe(host: &mut Wire, client: usize, filter: &str, qos: u8) {
    let command = format!("AT+CMQTTSUB={client},{},{qos}", filter.len());
    host.prompted(&command, filter.as_bytes(), &format!("+CMQTTSUB: {client},0")).await;
}

async fn publish(host: &mut Wire, client: usize, topic: &str, payload: &[u8], qos: u8) {
    let stage_topic = format!("AT+CMQTTTOPIC={client},{}", topic.len());
    host.prompted(&stage_topic, topic.as_bytes(), "OK").await;
    if !payload.is_empty() {
        host.prompted(&format!("AT+CMQTTPAYLOAD={client},{}", payload.len()), payload, "OK").await;
    }
    host.write(format!("AT+CMQTTPUB={client},{qos},60\r").as_bytes()).await;
}

/// Waits for a message and returns its topic and payload, put together from their parts.
async fn message(host: &mut Wire, client: usize) -> (Vec<u8>, Vec<u8>) {
    host.until(format!("\r\n+CMQTTRXSTART: {client},")).await;
    host.until("\r\n").await;
    let (mut topic, mut payload) = (Vec::new(), Vec::new());
    loop {
        host.until("+CMQTTRX").await;
        match host.until(": ").await.as_slice() {
            b"TOPIC: " => topic.extend(part(host).await),
            b"PAYLOAD: " => payload.extend(part(host).await),
            _ => return (topic, payload),
        }
    }
}

/// Reads `<client>,<length>` and that many bytes.
async fn part(host: &mut Wire) -> Vec<u8> {
    host.until(",").await;
    let length = String::from_utf8(host.until("\r\n").await).unwrap();
    host.take(length.trim_end().parse().unwrap()).await
}

#[tokio::test]
async fn message_of_every_quality_comes_back() {
    let mut host = attached(broker::start());
    start(&mut host).await;
    connect(&mut host, 0).await;
    for qos in 0..=2 {
        let topic = format!("quality/{qos}");
        subscribe(&mut host, 0, &topic, qos).await;
        publish(&mut host, 0, &topic, b"\r\nOK\r\n>\0\xff", qos).await;
        assert_eq!(message(&mut host, 0).await, (topic.into_bytes(), b"\r\nOK\r\n>\0\xff".to_vec()));
    }
}

#[tokio::test]
async fn publish_is_complete_when_the_broker_has_acknowledged() {
    let mut host = attached(broker::start());
    start(&mut host).await;
    connect(&mut host, 0).await;
    for qos in 0..=2 {
        publish(&mut host, 0, "no/subscriber", b"", qos).await;
        host.until("\r\nOK\r\n").await;
        host.until("\r\n+CMQTTPUB: 0,0\r\n").await;
    }
}

#[tokio::test]
async fn largest_payload_passes_between_two_clients() {
    let mut host = attached(broker::start());
    start(&mut host).await;
    connect(&mut host, 0).await;
    connect(&mut host, 1).await;
    subscribe(&mut host, 1, "large/#", 1).await;
    let payload: Vec<u8> = (0..10_240_u32).map(|byte| byte as u8).collect();
    publish(&mut host, 0, "large/one", &payload, 1).await;
    assert_eq!(message(&mut host, 1).await, (b"large/one".to_vec(), payload));
}

#[tokio::test]
async fn retained_message_comes_with_the_subscription() {
    let mut host = attached(broker::start());
    start(&mut host).await;
    connect(&mut host, 0).await;
    host.prompted("AT+CMQTTTOPIC=0,4", b"kept", "OK").await;
    host.prompted("AT+CMQTTPAYLOAD=0,5", b"state", "OK").await;
    host.command("AT+CMQTTPUB=0,1,60,1", "+CMQTTPUB: 0,0").await;
    subscribe(&mut host, 0, "kept", 1).await;
    assert_eq!(message(&mut host, 0).await, (b"kept".to_vec(), b"state".to_vec()));
}

#[tokio::test]
async fn port_without_listener_fails_with_code_3() {
    let (_port_is_kept, refusing) = broker::refusing();
    let mut host = attached(refusing);
    start(&mut host).await;
    host.command("AT+CMQTTACCQ=0,\"device-0\"", "OK").await;
    host.command("AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1", "+CMQTTCONNECT: 0,3").await;
}

#[tokio::test]
async fn restarted_module_leaves_its_will() {
    let broker = broker::start();
    let mut witness = attached(broker.clone());
    start(&mut witness).await;
    connect(&mut witness, 0).await;
    subscribe(&mut witness, 0, "gone", 1).await;

    let (module_side, host_side) = duplex(64);
    let family = Family::A76xx;
    let mut mortal = Simulator::new(family, quick(family)).broker_override(broker);
    let remote = mortal.remote();
    tokio::spawn(async move { mortal.serve(module_side).await });
    let mut host = Host::new(host_side);
    start(&mut host).await;
    host.command("AT+CMQTTACCQ=0,\"mortal\"", "OK").await;
    host.prompted("AT+CMQTTWILLTOPIC=0,4", b"gone", "OK").await;
    host.prompted("AT+CMQTTWILLMSG=0,3,1", b"\0\x01\xff", "OK").await;
    host.command("AT+CMQTTCONNECT=0,\"tcp://broker.example\",60,1", "+CMQTTCONNECT: 0,0").await;
    remote.restart();
    host.until("\r\n*ATREADY: 1\r\n").await;
    assert_eq!(message(&mut witness, 0).await, (b"gone".to_vec(), b"\0\x01\xff".to_vec()));
}

#[tokio::test]
async fn session_outlives_the_host() {
    let family = Family::A7600;
    let mut simulator = Simulator::new(family, quick(family)).broker_override(broker::start());
    let (module_side, host_side) = duplex(64);
    let first = async {
        let mut host = Host::new(host_side);
        start(&mut host).await;
        connect(&mut host, 0).await;
        host.write(b"AT+CMQTT").await;
    };
    let (served, ()) = tokio::join!(simulator.serve(module_side), first);
    served.unwrap();

    let (module_side, host_side) = duplex(64);
    let second = async {
        let mut host = Host::new(host_side);
        host.write(b"DISC?\r").await;
        host.until("\r\n+CMQTTDISC: 0,0\r\n").await;
    };
    let (served, ()) = tokio::join!(simulator.serve(module_side), second);
    served.unwrap();
    assert_eq!(simulator.complaints(), []);
}
