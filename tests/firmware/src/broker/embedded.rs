//! rumqttd in a thread of this process.

use std::collections::HashMap;
use std::net::SocketAddr;

use rumqttd::{Broker, Config, ConnectionSettings, RouterConfig, ServerSettings};

use crate::peer::{PASSWORD, USER};

/// Room for the largest message of a module with its topic.
const LARGEST_PACKET: usize = 64 * 1024;

/// Starts a broker that lives as long as the process.
pub(super) fn start(listen: SocketAddr) {
    let mut broker = Broker::new(settings(listen));
    std::thread::spawn(move || {
        if let Err(error) = broker.start() {
            eprintln!("the embedded broker failed: {error}");
        }
    });
}

fn settings(listen: SocketAddr) -> Config {
    let connections = ConnectionSettings {
        connection_timeout_ms: 5_000,
        max_payload_size: LARGEST_PACKET,
        max_inflight_count: 100,
        auth: Some(HashMap::from([(USER.to_owned(), PASSWORD.to_owned())])),
        external_auth: None,
        // Without it a message to a topic without any subscription ends its publisher's connection.
        dynamic_filters: true,
    };
    let server = ServerSettings { name: "v4".to_owned(), listen, tls: None, next_connection_delay_ms: 0, connections };
    Config {
        router: RouterConfig {
            max_connections: 10,
            max_outgoing_packet_count: 200,
            max_segment_size: 1024 * 1024,
            max_segment_count: 10,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("1".to_owned(), server)])),
        ..Config::default()
    }
}
