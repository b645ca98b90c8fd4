//! One connection to a broker: a task that polls `rumqttc` until the connection ends.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rumqttc::{
    AsyncClient, ConnectionError, EventLoop, Incoming, LastWill, MqttOptions, Outgoing, QoS, SubscribeFilter,
    SubscribeReasonCode, TlsConfiguration, Transport, valid_filter, valid_topic,
};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::{BrokerAddress, failure, tls};
use crate::broker::{Connection, Event, Request, TlsOptions};

/// The largest packet MQTT can express (3.1.1 §2.2.3). `rumqttc` would stop at 10,240 bytes, topic included.
const LARGEST_PACKET: usize = 268_435_455;
/// Time for name, socket and CONNACK; also for writing one packet out.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for a broker to close its side after DISCONNECT.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(1);
/// Length of the queue of requests to one connection. The module has at most one request at a time, so the queue is
/// never full.
const REQUEST_QUEUE: usize = 16;
/// Length of the queue of packets to the socket: a module stages up to 5,120 bytes of filters, and `rumqttc` sends one
/// UNSUBSCRIBE for each.
const PACKET_QUEUE: usize = 5120;
/// Length of the queue of events. A full queue holds the broker back instead of dropping messages.
const EVENT_QUEUE: usize = 64;

/// A connection that is open or being opened. Dropping it closes the socket without DISCONNECT: the broker publishes
/// the will.
pub(super) struct ConnectionTask {
    requests: mpsc::Sender<Request>,
    events: mpsc::Receiver<Event>,
    task: AbortHandle,
}

impl ConnectionTask {
    pub(super) fn open(
        client: usize,
        connection: Connection,
        tls: Option<Box<TlsOptions>>,
        broker: BrokerAddress,
    ) -> Self {
        let (requests, requested) = mpsc::channel(REQUEST_QUEUE);
        let (happened, events) = mpsc::channel(EVENT_QUEUE);
        let task = tokio::spawn(run(client, Target { connection, tls, broker }, requested, happened));
        Self { requests, events, task: task.abort_handle() }
    }

    /// Passes `request` to the task; returns the answer at once if that is not possible.
    pub(super) fn request(&self, request: Request) -> Option<Event> {
        match self.requests.try_send(request) {
            Ok(()) => None,
            Err(TrySendError::Full(request)) => failure::answer(&request, failure::CLIENT_IS_BUSY),
            Err(TrySendError::Closed(request)) => failure::answer(&request, failure::NO_CONNECTION),
        }
    }

    /// The next event; `None` after the last event of a closed connection.
    pub(super) async fn event(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

impl Drop for ConnectionTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The target of a connection.
struct Target {
    connection: Connection,
    tls: Option<Box<TlsOptions>>,
    broker: BrokerAddress,
}

async fn run(client: usize, target: Target, mut requests: mpsc::Receiver<Request>, events: mpsc::Sender<Event>) {
    let (mqtt, mut event_loop) = match connect(&target).await {
        Ok(connected) => connected,
        Err(code) => {
            let _ = events.send(Event::ConnectFailed { client, code }).await;
            return;
        }
    };
    let mut exchange = Exchange { client, mqtt, events, outstanding: Vec::new() };
    exchange.report(Event::Connected { client }).await;
    loop {
        match next(&mut event_loop, &mut requests, &mut exchange).await {
            Ok(rumqttc::Event::Outgoing(Outgoing::Disconnect)) => {
                // A socket closed with unread bytes resets the connection, which could overtake DISCONNECT.
                let drain = async { while event_loop.poll().await.is_ok() {} };
                let _ = timeout(CLOSING_TIMEOUT, drain).await;
                exchange.report(Event::Disconnected { client }).await;
                return;
            }
            Ok(event) => exchange.heard(event).await,
            Err(error) => {
                exchange.lost(failure::loss_cause(&error)).await;
                return;
            }
        }
    }
}

/// Waits for the next event of the connection and carries out what is requested meanwhile. `EventLoop::poll` loses
/// packets when it is dropped half-way, so it is kept across requests.
async fn next(
    event_loop: &mut EventLoop,
    requests: &mut mpsc::Receiver<Request>,
    exchange: &mut Exchange,
) -> Result<rumqttc::Event, ConnectionError> {
    let mut event = pin!(event_loop.poll());
    loop {
        tokio::select! {
            event = &mut event => return event,
            Some(request) = requests.recv() => exchange.carry_out(request).await,
        }
    }
}

async fn connect(target: &Target) -> Result<(AsyncClient, EventLoop), u8> {
    let options = mqtt_options(target)?;
    resolve(&target.broker).await?;
    let (mqtt, mut event_loop) = AsyncClient::new(options, PACKET_QUEUE);
    let negotiation = target.tls.as_ref().map_or(0, |tls| tls.context.negotiation_seconds);
    event_loop.network_options.set_connection_timeout(NETWORK_TIMEOUT.as_secs() + u64::from(negotiation));
    match event_loop.poll().await {
        Ok(_) => Ok((mqtt, event_loop)),
        Err(error) if target.tls.is_some() && failure::is_late_alert(&error) => Err(failure::HANDSHAKE_FAIL),
        Err(error) => Err(failure::connect_code(&error)),
    }
}

/// `rumqttc` resolves the name too, but reports a failure as one of the socket.
async fn resolve(broker: &BrokerAddress) -> Result<(), u8> {
    let resolved = timeout(NETWORK_TIMEOUT, tokio::net::lookup_host(broker.to_string())).await;
    let address = resolved.ok().and_then(Result::ok).and_then(|mut addresses| addresses.next());
    address.map(drop).ok_or(failure::DNS_ERROR)
}

fn mqtt_options(target: &Target) -> Result<MqttOptions, u8> {
    let Target { connection, tls, broker } = target;
    // MQTT 3.1.1 §3.1.3.1 requires a client id for a persistent session; `rumqttc` panics without one.
    if connection.client_id.is_empty() && !connection.clean_session {
        return Err(failure::IDENTIFIER_REJECTED);
    }
    let mut options = MqttOptions::new(connection.client_id.as_str(), broker.host.as_str(), broker.port);
    options
        .set_transport(transport(connection, tls.as_deref())?)
        .set_keep_alive(Duration::from_secs(connection.keep_alive.into()))
        .set_clean_session(connection.clean_session)
        .set_max_packet_size(LARGEST_PACKET, LARGEST_PACKET);
    if connection.user.is_some() || connection.password.is_some() {
        options.set_credentials(
            connection.user.as_deref().unwrap_or_default(),
            connection.password.as_deref().unwrap_or_default(),
        );
    }
    if let Some(will) = &connection.will {
        let topic = text(&will.topic)?;
        options.set_last_will(LastWill::new(topic, will.message.as_slice(), quality_of_service(will.qos)?, false));
    }
    Ok(options)
}

/// A module without the SSL context it needs does not request a connection, except for a preset one.
fn transport(connection: &Connection, tls: Option<&TlsOptions>) -> Result<Transport, u8> {
    match (connection.tls, tls) {
        (false, _) => Ok(Transport::tcp()),
        (true, None) => Err(failure::NOT_SET_CERTIFICATE),
        (true, Some(options)) => {
            let configuration = tls::configuration(options, &connection.host)?;
            Ok(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(configuration))))
        }
    }
}

fn text(bytes: &[u8]) -> Result<String, u8> {
    String::from_utf8(bytes.to_vec()).map_err(|_| failure::BAD_UTF8)
}

fn filter(bytes: &[u8]) -> Result<String, u8> {
    let filter = text(bytes)?;
    if valid_filter(&filter) { Ok(filter) } else { Err(failure::INVALID_PARAMETER) }
}

fn quality_of_service(qos: u8) -> Result<QoS, u8> {
    rumqttc::qos(qos).map_err(|_| failure::INVALID_PARAMETER)
}

/// A request that waits for its acknowledgement.
#[derive(Debug, PartialEq, Eq)]
enum Outstanding {
    Publish,
    Subscribe,
    Unsubscribe { acknowledgements: usize },
}

/// The requests and answers of an open connection.
struct Exchange {
    client: usize,
    mqtt: AsyncClient,
    events: mpsc::Sender<Event>,
    outstanding: Vec<Outstanding>,
}

impl Exchange {
    async fn report(&self, event: Event) {
        // Fails only when the receiver is dropped; then this task is being ended too.
        let _ = self.events.send(event).await;
    }

    async fn carry_out(&mut self, request: Request) {
        if let Err(code) = self.send(&request)
            && let Some(answer) = failure::answer(&request, code)
        {
            self.report(answer).await;
        }
    }

    fn send(&mut self, request: &Request) -> Result<(), u8> {
        let busy = |_| failure::CLIENT_IS_BUSY;
        match request {
            Request::Publish { topic, payload, qos, retained, .. } => {
                let topic = text(topic)?;
                if !valid_topic(&topic) {
                    return Err(failure::INVALID_PARAMETER);
                }
                let qos = quality_of_service(*qos)?;
                self.mqtt.try_publish(topic, qos, *retained, payload.as_slice()).map_err(busy)?;
                self.outstanding.push(Outstanding::Publish);
            }
            Request::Subscribe { filters, .. } => {
                let filters = filters
                    .iter()
                    .map(|(path, qos)| Ok(SubscribeFilter::new(filter(path)?, quality_of_service(*qos)?)));
                let filters = filters.collect::<Result<Vec<_>, u8>>()?;
                self.mqtt.try_subscribe_many(filters).map_err(busy)?;
                self.outstanding.push(Outstanding::Subscribe);
            }
            Request::Unsubscribe { filters, .. } => {
                let filters = filters.iter().map(|path| filter(path)).collect::<Result<Vec<_>, u8>>()?;
                let acknowledgements = filters.len();
                for filter in filters {
                    self.mqtt.try_unsubscribe(filter).map_err(busy)?;
                }
                self.outstanding.push(Outstanding::Unsubscribe { acknowledgements });
            }
            Request::Disconnect { .. } => self.mqtt.try_disconnect().map_err(busy)?,
            // These two start and end the task; they are never passed to it.
            Request::Connect { .. } | Request::Drop { .. } => {}
        }
        Ok(())
    }

    async fn heard(&mut self, event: rumqttc::Event) {
        let client = self.client;
        match event {
            // QoS 0 is complete when written out, which carries no packet id.
            rumqttc::Event::Outgoing(Outgoing::Publish(0))
            | rumqttc::Event::Incoming(Incoming::PubAck(_) | Incoming::PubComp(_)) => {
                self.completed(Outstanding::Publish, Event::Published { client }).await;
            }
            rumqttc::Event::Incoming(Incoming::SubAck(acknowledgement)) => {
                let refused = acknowledgement.return_codes.contains(&SubscribeReasonCode::Failure);
                let answer = if refused {
                    Event::SubscribeFailed { client, code: failure::FAILED }
                } else {
                    Event::Subscribed { client }
                };
                self.completed(Outstanding::Subscribe, answer).await;
            }
            rumqttc::Event::Incoming(Incoming::UnsubAck(_)) => self.unsubscribe_acknowledged().await,
            rumqttc::Event::Incoming(Incoming::Publish(message)) => {
                let (topic, payload) = (message.topic.into_bytes(), message.payload.to_vec());
                self.report(Event::Message { client, topic, payload }).await;
            }
            _ => {}
        }
    }

    async fn completed(&mut self, operation: Outstanding, answer: Event) {
        if let Some(index) = self.outstanding.iter().position(|other| *other == operation) {
            self.outstanding.remove(index);
            self.report(answer).await;
        }
    }

    /// `rumqttc` sends one UNSUBSCRIBE per filter; the module waits for all of them.
    async fn unsubscribe_acknowledged(&mut self) {
        let waiting = self.outstanding.iter_mut().find_map(|operation| match operation {
            Outstanding::Unsubscribe { acknowledgements } => Some(acknowledgements),
            _ => None,
        });
        let Some(acknowledgements) = waiting else {
            return;
        };
        *acknowledgements -= 1;
        if *acknowledgements == 0 {
            let done = Outstanding::Unsubscribe { acknowledgements: 0 };
            self.completed(done, Event::Unsubscribed { client: self.client }).await;
        }
    }

    async fn lost(&mut self, cause: u8) {
        let (client, code) = (self.client, failure::MESSAGE_RECEIVE_FAIL);
        for operation in std::mem::take(&mut self.outstanding) {
            let failed = match operation {
                Outstanding::Publish => Event::PublishFailed { client, code },
                Outstanding::Subscribe => Event::SubscribeFailed { client, code },
                Outstanding::Unsubscribe { .. } => Event::UnsubscribeFailed { client, code },
            };
            self.report(failed).await;
        }
        self.report(Event::ConnectionLost { client, cause }).await;
    }
}
