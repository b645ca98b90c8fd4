//! The other side of the broker: receives the firmware's messages and publishes to it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, Publish, QoS, SubscribeFilter};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::broker::{Broker, BrokerKind};

/// User name of the firmware.
pub(crate) const USER: &str = "device-7";
/// Password of the firmware.
pub(crate) const PASSWORD: &str = "secret";

/// Time limit of one step of a scenario.
pub(crate) const STEP_TIMEOUT: Duration = Duration::from_secs(20);
/// Time within which a broker publishes the will of a closed connection.
const MOMENT: Duration = Duration::from_millis(200);
/// Topic of a marker: all earlier messages have arrived before it.
const MARK: &str = "bench/mark";
/// Room for the largest message of a module with its topic.
const LARGEST_PACKET: usize = 64 * 1024;

/// A client of the broker with subscriptions to the firmware's topics.
pub(crate) struct Peer {
    client: AsyncClient,
    messages: mpsc::UnboundedReceiver<Publish>,
    /// Whether messages arrive with the quality of service with which they were published: the embedded broker delivers
    /// every message with that of the subscription.
    shows_qos: bool,
    broker: SocketAddr,
    _event_loop: JoinSet<()>,
}

impl Peer {
    /// Connects, and returns when the broker has granted the subscriptions.
    pub(crate) async fn connect(broker: &Broker, filters: &[&str]) -> Result<Self> {
        let (client, mut event_loop) = client("bench", broker.address);
        let filters = filters.iter().chain(&[MARK]);
        client
            .try_subscribe_many(filters.map(|filter| SubscribeFilter::new((*filter).to_owned(), QoS::ExactlyOnce)))?;
        let subscribed = async {
            loop {
                if let Event::Incoming(Incoming::SubAck(_)) = event_loop.poll().await? {
                    return Ok::<(), rumqttc::ConnectionError>(());
                }
            }
        };
        timeout(STEP_TIMEOUT, subscribed).await.context("the broker does not answer the bench")??;
        let (received, messages) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(receive(event_loop, received));
        Ok(Self {
            client,
            messages,
            shows_qos: broker.kind == BrokerKind::Mosquitto,
            broker: broker.address,
            _event_loop: tasks,
        })
    }

    /// Connects with the client id of another client, whose connection the broker closes, and leaves.
    pub(crate) async fn take_over(&self, client_id: &str) -> Result<()> {
        let (_client, mut event_loop) = client(client_id, self.broker);
        let connected = async {
            while !matches!(event_loop.poll().await?, Event::Incoming(Incoming::ConnAck(_))) {}
            Ok::<(), rumqttc::ConnectionError>(())
        };
        timeout(STEP_TIMEOUT, connected).await.context("the broker does not answer the bench")??;
        Ok(())
    }

    /// Publishes with QoS 1.
    pub(crate) async fn send(&self, topic: &str, payload: &[u8]) -> Result<()> {
        self.client.publish(topic, QoS::AtLeastOnce, false, payload).await.context("the broker has left the bench")
    }

    /// Checks that the next message is this one.
    pub(crate) async fn expect(&mut self, topic: &str, qos: QoS, payload: &[u8]) -> Result<()> {
        let awaited = format!("\"{}\" on {topic}", payload.escape_ascii());
        let came = self.next(&awaited).await?;
        ensure!(came.topic == topic && came.payload == payload, "{} came instead of {awaited}", described(&came));
        self.check_qos(&came, qos)
    }

    /// Returns the next message, which must be on this topic.
    pub(crate) async fn expect_on(&mut self, topic: &str) -> Result<Publish> {
        let awaited = format!("a message on {topic}");
        let came = self.next(&awaited).await?;
        ensure!(came.topic == topic, "{} came instead of {awaited}", described(&came));
        Ok(came)
    }

    /// Checks the quality of service of the message, as far as the broker shows it.
    pub(crate) fn check_qos(&self, came: &Publish, qos: QoS) -> Result<()> {
        let is_right = came.qos == qos || !self.shows_qos;
        ensure!(is_right, "{} came with QoS {} instead of {}", described(came), came.qos as u8, qos as u8);
        Ok(())
    }

    /// Returns the next message, whenever it comes. Dropping the future loses none.
    pub(crate) async fn message(&mut self) -> Result<Publish> {
        self.messages.recv().await.context("the broker has left the bench")
    }

    async fn next(&mut self, awaited: &str) -> Result<Publish> {
        match timeout(STEP_TIMEOUT, self.message()).await {
            Ok(next) => next,
            Err(_) => bail!("waited {} s in vain for {awaited}", STEP_TIMEOUT.as_secs()),
        }
    }

    /// Checks that no unexpected message has arrived, not even the will of a connection that ends at this moment.
    pub(crate) async fn expect_nothing_more(&mut self) -> Result<()> {
        sleep(MOMENT).await;
        self.send(MARK, b"").await?;
        self.expect(MARK, QoS::AtLeastOnce, b"").await.context("at the end")
    }
}

fn client(client_id: &str, broker: SocketAddr) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(client_id, broker.ip().to_string(), broker.port());
    options.set_credentials(USER, PASSWORD).set_max_packet_size(LARGEST_PACKET, LARGEST_PACKET);
    AsyncClient::new(options, 10)
}

async fn receive(mut event_loop: EventLoop, received: mpsc::UnboundedSender<Publish>) {
    while let Ok(event) = event_loop.poll().await {
        if let Event::Incoming(Incoming::Publish(message)) = event
            && received.send(message).is_err()
        {
            return;
        }
    }
}

pub(crate) fn described(message: &Publish) -> String {
    const SHOWN: usize = 40;
    let shown = message.payload[..message.payload.len().min(SHOWN)].escape_ascii();
    let rest = if message.payload.len() > SHOWN { "…" } else { "" };
    format!("\"{shown}{rest}\" on {}", message.topic)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "firmware/out/0";

    async fn peer() -> Peer {
        let broker = Broker::start(Some(BrokerKind::Embedded)).await.unwrap();
        Peer::connect(&broker, &[TOPIC]).await.unwrap()
    }

    #[tokio::test]
    async fn expected_messages_pass() {
        let mut peer = peer().await;
        peer.send(TOPIC, b"21.5").await.unwrap();
        peer.expect(TOPIC, QoS::AtLeastOnce, b"21.5").await.unwrap();
        peer.expect_nothing_more().await.unwrap();
    }

    #[tokio::test]
    async fn an_unexpected_message_is_named() {
        let mut peer = peer().await;
        peer.send(TOPIC, &[b'x'; 50]).await.unwrap();
        let wrong = peer.expect(TOPIC, QoS::AtLeastOnce, b"21.5").await.unwrap_err();
        let came = "x".repeat(40);
        assert_eq!(wrong.to_string(), format!("\"{came}…\" on {TOPIC} came instead of \"21.5\" on {TOPIC}"));
    }

    #[tokio::test]
    async fn an_extra_message_is_noticed_at_the_end() {
        let mut peer = peer().await;
        peer.send(TOPIC, b"once").await.unwrap();
        peer.send(TOPIC, b"once").await.unwrap();
        peer.expect(TOPIC, QoS::AtLeastOnce, b"once").await.unwrap();
        assert!(peer.expect_nothing_more().await.is_err());
    }
}
