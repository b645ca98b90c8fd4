//! TLS in front of the broker, with its own certificate authority.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The name that the broker's certificate is for.
pub const BROKER_NAME: &str = "broker.example";
/// The name under which the module has stored the certificate of the authority.
pub const CA_FILE: &str = "ca.pem";

/// Accepts TLS connections and forwards their bytes.
pub(crate) struct Terminator {
    pub(crate) address: SocketAddr,
    /// The CA certificate, as PEM.
    pub(crate) authority: String,
    _task: JoinSet<()>,
}

impl Terminator {
    pub(crate) async fn start(broker: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free loopback port")?;
        let address = listener.local_addr()?;
        let (settings, authority) = settings().context("cannot make certificates")?;
        let mut task = JoinSet::new();
        task.spawn(accept(listener, TlsAcceptor::from(Arc::new(settings)), broker));
        Ok(Self { address, authority, _task: task })
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, broker: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            // Either side may close at any time.
            if let (Ok(mut client), Ok(mut broker)) = (acceptor.accept(stream).await, TcpStream::connect(broker).await)
            {
                let _ = copy_bidirectional(&mut client, &mut broker).await;
            }
        });
    }
}

fn settings() -> Result<(ServerConfig, String)> {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, "Bench");
    let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec![BROKER_NAME.to_owned()])?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let settings = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((settings, authority.pem()))
}
