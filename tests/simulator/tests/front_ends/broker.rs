//! A real broker inside the test process.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use rumqttd::{Broker, Config, ConnectionSettings, RouterConfig, ServerSettings};
use simcom_modem_simulator::mqtt::BrokerAddress;
use tokio::net::TcpSocket;

/// Room for the largest payload of a module with its topic.
const LARGEST_PACKET: usize = 64 * 1024;

/// Starts a broker on a free loopback port. It lives as long as the process.
pub fn start() -> BrokerAddress {
    let address = free_address();
    let mut broker = Broker::new(config(address));
    std::thread::spawn(move || {
        let _ = broker.start();
    });
    while TcpStream::connect(address).is_err() {
        std::thread::sleep(Duration::from_millis(5));
    }
    BrokerAddress { host: address.ip().to_string(), port: address.port() }
}

/// An address without a listener, reserved while the socket lives.
pub fn refusing() -> (TcpSocket, BrokerAddress) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, BrokerAddress { host: address.ip().to_string(), port: address.port() })
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

fn config(listen: SocketAddr) -> Config {
    let connections = ConnectionSettings {
        connection_timeout_ms: 5_000,
        max_payload_size: LARGEST_PACKET,
        max_inflight_count: 100,
        auth: None,
        external_auth: None,
        // Without it a message to a topic without any subscription ends its publisher's connection.
        dynamic_filters: true,
    };
    let server = ServerSettings { name: "v4".to_owned(), listen, tls: None, next_connection_delay_ms: 0, connections };
    Config {
        router: RouterConfig {
            max_connections: 100,
            max_outgoing_packet_count: 200,
            max_segment_size: 1024 * 1024,
            max_segment_count: 10,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("1".to_owned(), server)])),
        ..Config::default()
    }
}
