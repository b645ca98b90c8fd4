//! The TCP front end.

use crate::host::{Host, quick};
use simcom_modem_simulator::family::Family;
use simcom_modem_simulator::front_end::Simulator;
use simcom_modem_simulator::front_end::tcp::TcpFrontEnd;
use tokio::net::TcpStream;

#[tokio::test]
async fn hosts_are_served_one_after_the_other_by_the_same_module() {
    let family = Family::Sim7600;
    let mut simulator = Simulator::new(family, quick(family));
    let mut front_end = TcpFrontEnd::bind("127.0.0.1:0").await.unwrap();
    let address = front_end.local_addr().unwrap();
    tokio::spawn(async move { front_end.run(&mut simulator).await });

    let mut first = Host::new(TcpStream::connect(address).await.unwrap());
    first.command("AT", "OK").await;
    first.command("ATE0", "OK").await;
    first.command("AT+CMQTTSTART", "OK").await;
    let mut second = Host::new(TcpStream::connect(address).await.unwrap());
    second.write(b"AT+CMQTTSTART\r").await;
    drop(first);
    assert_eq!(second.until("ERROR\r\n").await, b"\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n");
}
