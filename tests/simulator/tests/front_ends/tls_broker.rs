//! TLS in front of a real broker: accepts connections and forwards their bytes to a broker of `broker::start`.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use simcom_modem_simulator::mqtt::BrokerAddress;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio_rustls::TlsAcceptor;

use crate::broker;

/// The name the server's certificates are for.
pub const NAME: &str = "localhost";

/// Years in which a certificate is valid.
pub type Validity = (i32, i32);

pub const NOW: Validity = (2000, 2100);
pub const PAST: Validity = (2000, 2001);
pub const FUTURE: Validity = (2099, 2100);

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub certificate: String,
}

/// A certificate and its key, as PEM.
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, "Bench");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(parameters, key), certificate }
    }

    pub fn identity(&self, name: &str, validity: Validity) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters(name, validity).signed_by(&key, &self.issuer).unwrap();
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// Self-signed, and a CA certificate too, as a single command of OpenSSL makes it.
pub fn self_signed(name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut parameters = parameters(name, NOW);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Identity { certificate: parameters.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

fn parameters(name: &str, (from, to): Validity) -> CertificateParams {
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(from, 1, 1);
    parameters.not_after = date_time_ymd(to, 1, 1);
    parameters
}

/// A server, and the names that clients have sent in their handshakes.
pub struct TlsBroker {
    pub address: BrokerAddress,
    pub names: mpsc::UnboundedReceiver<Option<String>>,
    /// A signal makes it drop its connections without a closing alert.
    pub drop_connections: Arc<Notify>,
}

/// Starts a server with `identity`. It accepts every client, or only those with a certificate signed by `clients`.
pub async fn start(identity: &Identity, clients: Option<&Authority>) -> TlsBroker {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = BrokerAddress { host: NAME.to_owned(), port: listener.local_addr().unwrap().port() };
    let (heard, names) = mpsc::unbounded_channel();
    let acceptor = TlsAcceptor::from(Arc::new(configuration(identity, clients, heard)));
    let plain = broker::start().to_string();
    let drop_connections = Arc::new(Notify::new());
    let dropped = drop_connections.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, plain, dropped) = (acceptor.clone(), plain.clone(), dropped.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = forward(socket, acceptor, plain) => {}
                    () = dropped.notified() => {}
                }
            });
        }
    });
    TlsBroker { address, names, drop_connections }
}

async fn forward(socket: TcpStream, acceptor: TlsAcceptor, plain: String) {
    match acceptor.accept(socket).into_fallible().await {
        Ok(mut tls) => {
            let mut plain = TcpStream::connect(plain).await.unwrap();
            let _ = copy_bidirectional(&mut tls, &mut plain).await;
        }
        // A socket closed with unread bytes resets the connection, which could overtake the alert.
        Err((_, mut socket)) => {
            let _ = socket.shutdown().await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    }
}

fn configuration(
    identity: &Identity,
    clients: Option<&Authority>,
    heard: mpsc::UnboundedSender<Option<String>>,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let certified = CertifiedKey::from_der(vec![certificate], key, &provider).unwrap();
    let resolver = Arc::new(Resolver { certified: Arc::new(certified), heard });
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.certificate.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    builder.with_cert_resolver(resolver)
}

/// Presents one certificate and records the requested name.
#[derive(Debug)]
struct Resolver {
    certified: Arc<CertifiedKey>,
    heard: mpsc::UnboundedSender<Option<String>>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let _ = self.heard.send(hello.server_name().map(str::to_owned));
        Some(self.certified.clone())
    }
}
