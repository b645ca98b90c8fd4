//! TLS to a real broker: the checks of each authentication mode, and the codes of failures.

use std::time::Duration;

use simcom_modem_simulator::broker::{Authentication, Connection, Event, Request, SslContext, TlsOptions};
use simcom_modem_simulator::mqtt::{BrokerAddress, MqttSide};
use tokio::io::DuplexStream;
use tokio::time::timeout;

use crate::broker::refusing;
use crate::host::{Host, attached};
use crate::tls_broker::{self, Authority, FUTURE, Identity, NAME, NOW, PAST};

/// 2026-01-01T00:00:00Z.
const LOCAL_TIME: u64 = 1_767_225_600;

const ACCEPTED: Event = Event::Connected { client: 0 };

fn failed(code: u8) -> Event {
    Event::ConnectFailed { client: 0, code }
}

fn options(authentication: Authentication) -> TlsOptions {
    let context = SslContext { authentication, ..SslContext::default() };
    TlsOptions { context, local_time: LOCAL_TIME, ..TlsOptions::default() }
}

fn verifying(authority: &Authority) -> TlsOptions {
    let ca_certificate = Some(authority.certificate.clone().into_bytes());
    TlsOptions { ca_certificate, ..options(Authentication::Server) }
}

fn showing(identity: &Identity, options: TlsOptions) -> TlsOptions {
    TlsOptions {
        client_certificate: Some(identity.certificate.clone().into_bytes()),
        client_key: Some(identity.key.clone().into_bytes()),
        ..options
    }
}

async fn next(mqtt: &mut MqttSide) -> Event {
    timeout(Duration::from_secs(10), mqtt.event()).await.expect("an event")
}

/// Connects to `broker` under the name `host`.
async fn outcome_as(host: &str, broker: &BrokerAddress, tls: TlsOptions) -> Event {
    next(&mut connecting(host, broker, tls)).await
}

fn connecting(host: &str, broker: &BrokerAddress, tls: TlsOptions) -> MqttSide {
    let connection = Connection { tls: true, ..Connection::new(host, 8883, "device") };
    let mut mqtt = MqttSide::new();
    mqtt.override_broker(broker.clone());
    mqtt.carry_out(Request::Connect { client: 0, connection, tls: Some(Box::new(tls)) });
    mqtt
}

async fn outcome(broker: &BrokerAddress, tls: TlsOptions) -> Event {
    outcome_as(NAME, broker, tls).await
}

#[tokio::test]
async fn a_server_of_the_authority_is_taken_and_one_of_another_is_code_32() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = tls_broker::start(&authority.identity(NAME, NOW), None).await;
    assert_eq!(outcome(&server.address, verifying(&authority)).await, ACCEPTED);
    assert_eq!(outcome(&server.address, verifying(&other)).await, failed(32));
}

#[tokio::test]
async fn every_version_setting_connects() {
    let authority = Authority::new();
    let server = tls_broker::start(&authority.identity(NAME, NOW), None).await;
    for version in 0..=4 {
        let mut tls = verifying(&authority);
        tls.context.version = version;
        assert_eq!(outcome(&server.address, tls).await, ACCEPTED, "{version}");
    }
}

#[tokio::test]
async fn without_verification_any_server_will_do() {
    let server = tls_broker::start(&Authority::new().identity("other.example", PAST), None).await;
    assert_eq!(outcome(&server.address, options(Authentication::None)).await, ACCEPTED);
}

#[tokio::test]
async fn a_self_signed_server_is_taken_by_its_own_certificate() {
    let identity = tls_broker::self_signed(NAME);
    let server = tls_broker::start(&identity, None).await;
    let ca_certificate = Some(identity.certificate.clone().into_bytes());
    let tls = TlsOptions { ca_certificate, ..options(Authentication::Server) };
    assert_eq!(outcome(&server.address, tls).await, ACCEPTED);
}

#[tokio::test]
async fn a_server_of_another_name_is_code_32_unless_the_name_is_ignored() {
    let authority = Authority::new();
    let server = tls_broker::start(&authority.identity("other.example", NOW), None).await;
    assert_eq!(outcome(&server.address, verifying(&authority)).await, failed(32));
    assert_eq!(outcome_as("other.example", &server.address, verifying(&authority)).await, ACCEPTED);
    let mut tls = verifying(&authority);
    tls.context.ignores_common_name = true;
    assert_eq!(outcome(&server.address, tls).await, ACCEPTED);
}

#[tokio::test]
async fn validity_counts_only_where_the_local_time_is_not_ignored() {
    let authority = Authority::new();
    for validity in [PAST, FUTURE] {
        let server = tls_broker::start(&authority.identity(NAME, validity), None).await;
        let mut tls = verifying(&authority);
        assert_eq!(outcome(&server.address, tls.clone()).await, ACCEPTED, "{validity:?}");
        tls.context.ignores_local_time = false;
        assert_eq!(outcome(&server.address, tls).await, failed(32), "{validity:?}");
    }
}

#[tokio::test]
async fn the_clock_of_the_module_decides_about_validity() {
    let authority = Authority::new();
    let server = tls_broker::start(&authority.identity(NAME, NOW), None).await;
    let mut tls = verifying(&authority);
    tls.context.ignores_local_time = false;
    assert_eq!(outcome(&server.address, tls.clone()).await, ACCEPTED);
    tls.local_time = 0;
    assert_eq!(outcome(&server.address, tls).await, failed(32));
}

#[tokio::test]
async fn a_client_certificate_is_shown_in_modes_2_and_3() {
    let authority = Authority::new();
    let server = tls_broker::start(&authority.identity(NAME, NOW), Some(&authority)).await;
    let client = authority.identity("device", NOW);
    let mut both = showing(&client, verifying(&authority));
    both.context.authentication = Authentication::ServerAndClient;
    assert_eq!(outcome(&server.address, both).await, ACCEPTED);
    assert_eq!(outcome(&server.address, showing(&client, options(Authentication::Client))).await, ACCEPTED);
}

#[tokio::test]
async fn a_client_certificate_that_the_server_refuses_is_code_32_in_both_versions() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = tls_broker::start(&authority.identity(NAME, NOW), Some(&authority)).await;
    let stranger = other.identity("device", NOW);
    for version in [3, 4] {
        let mut tls = showing(&stranger, options(Authentication::Client));
        tls.context.version = version;
        assert_eq!(outcome(&server.address, tls).await, failed(32), "{version}");
    }
}

#[tokio::test]
async fn a_client_that_shows_no_certificate_is_code_32_where_one_is_wanted() {
    let authority = Authority::new();
    let server = tls_broker::start(&authority.identity(NAME, NOW), Some(&authority)).await;
    assert_eq!(outcome(&server.address, verifying(&authority)).await, failed(32));
}

#[tokio::test]
async fn files_that_cannot_be_used_are_code_34() {
    let authority = Authority::new();
    let (first, second) = (authority.identity("device", NOW), authority.identity("device", NOW));
    let (_port_is_kept, closed) = refusing();
    let not_pem = TlsOptions { ca_certificate: Some(b"ca".to_vec()), ..options(Authentication::Server) };
    let mismatch = Identity { certificate: first.certificate.clone(), key: second.key };
    let swapped = Identity { certificate: first.key, key: first.certificate };
    for tls in [
        not_pem,
        showing(&mismatch, options(Authentication::Client)),
        showing(&swapped, options(Authentication::Client)),
    ] {
        assert_eq!(outcome(&closed, tls).await, failed(34));
    }
}

#[tokio::test]
async fn the_name_of_the_server_is_sent_where_that_is_enabled() {
    let authority = Authority::new();
    let mut server = tls_broker::start(&authority.identity(NAME, NOW), None).await;
    for (enabled, name) in [(false, None), (true, Some(NAME.to_owned()))] {
        let mut tls = verifying(&authority);
        tls.context.server_name_indication = enabled;
        assert_eq!(outcome(&server.address, tls).await, ACCEPTED);
        assert_eq!(server.names.recv().await, Some(name));
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_code_32() {
    let plain = crate::broker::start();
    assert_eq!(outcome(&plain, options(Authentication::None)).await, failed(32));
}

#[tokio::test]
async fn a_server_that_drops_the_connection_is_cause_1() {
    let server = tls_broker::start(&Authority::new().identity(NAME, NOW), None).await;
    let mut mqtt = connecting(NAME, &server.address, options(Authentication::None));
    assert_eq!(next(&mut mqtt).await, ACCEPTED);
    server.drop_connections.notify_waiters();
    assert_eq!(next(&mut mqtt).await, Event::ConnectionLost { client: 0, cause: 1 });
}

/// Puts a file on the module.
async fn download(host: &mut Host<DuplexStream>, name: &str, content: &str) {
    let command = format!("AT+CCERTDOWN=\"{name}\",{}", content.len());
    host.prompted(&command, content.as_bytes(), "OK").await;
}

async fn configure(host: &mut Host<DuplexStream>, setting: &str) {
    host.command(&format!("AT+CSSLCFG={setting}"), "OK").await;
}

#[tokio::test]
async fn a_host_brings_its_certificates_and_learns_what_is_wrong_with_them() {
    let authority = Authority::new();
    let server = tls_broker::start(&authority.identity(NAME, NOW), Some(&authority)).await;
    let device = authority.identity("device", NOW);
    let mut host = attached(server.address);
    host.command("AT+CMQTTSTART", "+CMQTTSTART: 0").await;
    host.command("AT+CMQTTACCQ=0,\"device-7\",1", "OK").await;
    for setting in ["\"authmode\",0,2", "\"cacert\",0,\"ca.pem\"", "\"clientcert\",0,\"device.pem\""] {
        configure(&mut host, setting).await;
    }
    configure(&mut host, "\"clientkey\",0,\"key.pem\"").await;
    configure(&mut host, "\"ignorlocaltime\",0,0").await;
    let connect = format!("AT+CMQTTCONNECT=0,\"tcp://{NAME}:8883\",60,1");

    host.command(&connect, "+CMQTTCONNECT: 0,33").await;
    download(&mut host, "ca.pem", &Authority::new().certificate).await;
    download(&mut host, "device.pem", &device.certificate).await;
    download(&mut host, "key.pem", &authority.identity("device", NOW).key).await;
    host.command(&connect, "+CMQTTCONNECT: 0,34").await;
    download(&mut host, "key.pem", &device.key).await;
    host.command(&connect, "+CMQTTCONNECT: 0,32").await;
    download(&mut host, "ca.pem", &authority.certificate).await;
    host.command(&connect, "+CMQTTCONNECT: 0,0").await;
    host.prompted("AT+CMQTTSUB=0,4,1", b"loop", "+CMQTTSUB: 0,0").await;
}
