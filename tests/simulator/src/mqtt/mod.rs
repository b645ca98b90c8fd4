//! The MQTT side over a real network: sends the module's [`Request`]s to a broker through `rumqttc`.
//!
//! Every connection has its own task, because `rumqttc` sends keep-alives and acknowledgements only while it is polled.
//! It speaks MQTT 3.1.1; version 3 (MQTT 3.1) is accepted as a setting and changes nothing on the wire. TLS is 1.2 or
//! 1.3, through `rustls`.

mod address;
mod connection;
mod failure;
mod tls;

use std::collections::VecDeque;

pub use address::{BrokerAddress, InvalidBrokerAddress};

use crate::broker::{Event, Request};
use connection::ConnectionTask;

/// The MQTT side of a module: both clients, each with at most one connection.
///
/// Needs a tokio runtime. Dropping it closes both connections without DISCONNECT.
#[derive(Default)]
pub struct MqttSide {
    broker_override: Option<BrokerAddress>,
    connections: [Option<ConnectionTask>; 2],
    /// Answers to requests that never reached a connection.
    answers: VecDeque<Event>,
}

impl MqttSide {
    /// An MQTT side without connections, which connects to the address of `AT+CMQTTCONNECT`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects to `broker`, regardless of `AT+CMQTTCONNECT`. A verified server still has to prove the name in
    /// `AT+CMQTTCONNECT`. The name in the handshake (SNI), if enabled, is that of `broker`.
    pub fn override_broker(&mut self, broker: BrokerAddress) {
        self.broker_override = Some(broker);
    }

    /// Starts `request`. [`event`](Self::event) returns the answer.
    pub fn carry_out(&mut self, request: Request) {
        match request {
            Request::Connect { client, connection, tls } => {
                let broker = self
                    .broker_override
                    .clone()
                    .unwrap_or_else(|| BrokerAddress { host: connection.host.clone(), port: connection.port });
                self.connections[client] = Some(ConnectionTask::open(client, connection, tls, broker));
            }
            Request::Drop { client } => self.connections[client] = None,
            Request::Publish { client, .. }
            | Request::Subscribe { client, .. }
            | Request::Unsubscribe { client, .. }
            | Request::Disconnect { client } => self.answers.extend(match &self.connections[client] {
                Some(connection) => connection.request(request),
                None => failure::answer(&request, failure::NO_CONNECTION),
            }),
        }
    }

    /// Waits for the next event of either client. Dropping the future loses nothing.
    pub async fn event(&mut self) -> Event {
        if let Some(answer) = self.answers.pop_front() {
            return answer;
        }
        let [first, second] = &mut self.connections;
        tokio::select! {
            Some(event) = next_event(first) => event,
            Some(event) = next_event(second) => event,
            else => std::future::pending().await,
        }
    }
}

async fn next_event(connection: &mut Option<ConnectionTask>) -> Option<Event> {
    connection.as_mut()?.event().await
}
