//! TLS from an SSL context: a configuration of `rustls` that checks what the module would check, and no more.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls::{SupportedProtocolVersion, version};

use super::failure;
use crate::broker::TlsOptions;

/// The version that `"sslversion"` 3 allows.
static TLS_1_2: [&SupportedProtocolVersion; 1] = [&version::TLS12];

/// The configuration for a server with the name `host`, or the `<err>` of unusable files.
pub(super) fn configuration(options: &TlsOptions, host: &str) -> Result<ClientConfig, u8> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(Verifier::new(options, host, provider.clone())?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(options.context.version))
        .map_err(cannot_be_used)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut configuration = match (&options.client_certificate, &options.client_key) {
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_slice(key).map_err(cannot_be_used)?;
            builder.with_client_auth_cert(certificates(certificate)?, key).map_err(cannot_be_used)?
        }
        _ => builder.with_no_client_auth(),
    };
    configuration.enable_sni = options.context.server_name_indication;
    Ok(configuration)
}

/// `rustls` has no version before 1.2: a lower `"sslversion"` behaves like 4.
fn versions(version: u8) -> &'static [&'static SupportedProtocolVersion] {
    if version == 3 { &TLS_1_2 } else { rustls::ALL_VERSIONS }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, u8> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(cannot_be_used)?;
    if certificates.is_empty() { Err(failure::OPEN_SESSION_FAILED) } else { Ok(certificates) }
}

fn cannot_be_used<E>(_: E) -> u8 {
    failure::OPEN_SESSION_FAILED
}

/// Checks a server's certificate by the rules of an SSL context.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// `None` if the server is not verified.
    trusted: Option<Trusted>,
}

#[derive(Debug)]
struct Trusted {
    roots: RootCertStore,
    /// The certificates of the file; one of them can be the server's own.
    pinned: Vec<CertificateDer<'static>>,
    /// The name the server has to prove; `None` if any name is accepted.
    name: Option<ServerName<'static>>,
    now: UnixTime,
    ignores_time: bool,
}

impl Verifier {
    fn new(options: &TlsOptions, host: &str, provider: Arc<CryptoProvider>) -> Result<Self, u8> {
        let Some(pem) = &options.ca_certificate else {
            return Ok(Self { provider, trusted: None });
        };
        let pinned = certificates(pem)?;
        let mut roots = RootCertStore::empty();
        for certificate in &pinned {
            roots.add(certificate.clone()).map_err(cannot_be_used)?;
        }
        let context = &options.context;
        let name = if context.ignores_common_name {
            None
        } else {
            Some(ServerName::try_from(host.to_owned()).map_err(cannot_be_used)?)
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(options.local_time));
        let trusted = Trusted { roots, pinned, name, now, ignores_time: context.ignores_local_time };
        Ok(Self { provider, trusted: Some(trusted) })
    }
}

impl Trusted {
    fn check(
        &self,
        server: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        provider: &CryptoProvider,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(server)?;
        // `webpki` refuses a root certificate as a server's own; embedded TLS stacks accept it, and self-signed servers
        // are common on benches.
        if !(self.ignores_time && self.pinned.contains(server)) {
            self.check_chain(&parsed, intermediates, provider)?;
        }
        self.name.as_ref().map_or(Ok(()), |name| verify_server_name(&parsed, name))
    }

    /// To ignore the time, the check looks for a moment at which the whole chain was valid. A chain whose certificates
    /// were never valid at the same time stays refused.
    fn check_chain(
        &self,
        server: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        provider: &CryptoProvider,
    ) -> Result<(), Error> {
        let algorithms = provider.signature_verification_algorithms.all;
        let mut moment = self.now;
        let mut attempts = intermediates.len() + 1;
        loop {
            let checked =
                verify_server_cert_signed_by_trust_anchor(server, &self.roots, intermediates, moment, algorithms);
            moment = match checked {
                Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }))
                    if self.ignores_time && attempts > 0 =>
                {
                    not_after
                }
                Err(Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }))
                    if self.ignores_time && attempts > 0 =>
                {
                    not_before
                }
                other => return other,
            };
            attempts -= 1;
        }
    }
}

impl ServerCertVerifier for Verifier {
    /// The name that `rustls` connects to is ignored: with an overridden broker it is that of another host.
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(trusted) = &self.trusted {
            trusted.check(end_entity, intermediates, &self.provider)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
