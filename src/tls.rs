//! How a connection is secured.

use core::fmt;
use core::time::Duration;

use crate::command::{AuthMode, ClientIndex, CommandWriter, Csslcfg, Request, SslSetting, SslVersion, Sslcfg};
use crate::saturating::seconds;

/// The interface of [`Tls`] for `connect`. It uses only this trait: a program that never connects over TLS does not
/// link the code for it.
pub(crate) trait Security: Sync {
    /// Describes the command with this number among those that set up the SSL context, if there is one.
    fn describe(&self, number: u8, writer: &mut CommandWriter<'_>);

    /// Describes the command that selects the SSL context before each CONNECT.
    fn describe_context(&self, client: ClientIndex, writer: &mut CommandWriter<'_>);
}

// Not a supertrait: through a trait object, formatting would be linked into every program.
impl fmt::Debug for dyn Security + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}

/// How a client connects over TLS: which certificates are presented and required, in which SSL context of the module.
///
/// Certificates and keys are files in the module, see [`Modem::store_certificate`](crate::Modem::store_certificate).
/// The handshake names the server (SNI), which several cloud brokers require; by default, the modules do not send it.
/// There is no ALPN.
///
/// ```
/// use simcom_mqtt::{Broker, ConnectOptions, Tls};
///
/// let tls = Tls::mutual("ca.pem", "device.pem", "device-key.pem");
/// let options = ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "device-7");
/// # let _ = options;
/// ```
///
/// `connect` sends `AT+CSSLCFG` for every setting when it acquires the client. It sends `AT+CMQTTSSLCFG` before every
/// `AT+CMQTTCONNECT`, because the module clears it. Two clients with different settings need different contexts.
///
/// TLS failures have codes of their own. 33: a certificate is missing in the module. 34: a certificate cannot be read,
/// or does not fit its key. 32: the handshake failed, because of another CA, another host name, a certificate that is
/// not yet or no longer valid by the module's clock, or a client certificate that the broker does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tls<'a> {
    context: u8,
    version: SslVersion,
    auth_mode: AuthMode,
    ca: Option<&'a str>,
    certificate: Option<&'a str>,
    key: Option<&'a str>,
    ignore_local_time: Option<bool>,
    negotiation_time_s: Option<u32>,
    sni: bool,
    extra: &'a [SslSetting<'a>],
}

impl<'a> Tls<'a> {
    const fn new(auth_mode: AuthMode, ca: Option<&'a str>, certificate: Option<&'a str>, key: Option<&'a str>) -> Self {
        Self {
            context: 0,
            version: SslVersion::All,
            auth_mode,
            ca,
            certificate,
            key,
            ignore_local_time: None,
            negotiation_time_s: None,
            sni: true,
            extra: &[],
        }
    }

    /// The server must present a certificate that was signed by the one in the file `ca`.
    pub const fn server(ca: &'a str) -> Self {
        Self::new(AuthMode::Server, Some(ca), None, None)
    }

    /// Both sides present certificates. The server's must be signed by `ca`; the client's is the file `certificate`,
    /// with its key in the file `key`.
    pub const fn mutual(ca: &'a str, certificate: &'a str, key: &'a str) -> Self {
        Self::new(AuthMode::ServerAndClient, Some(ca), Some(certificate), Some(key))
    }

    /// Only the client presents a certificate. **The server is not verified**: an attacker on the way can impersonate
    /// it.
    pub const fn client_only(certificate: &'a str, key: &'a str) -> Self {
        Self::new(AuthMode::Client, None, Some(certificate), Some(key))
    }

    /// No certificates. **The server is not verified**: an attacker on the way can read and change everything.
    pub const fn without_verification() -> Self {
        Self::new(AuthMode::None, None, None, None)
    }

    /// The SSL context of the module, 0-9 (0 by default).
    #[must_use]
    pub const fn context(mut self, context: u8) -> Self {
        self.context = context;
        self
    }

    /// The version of TLS; by default, the highest that both sides support.
    #[must_use]
    pub const fn version(mut self, version: SslVersion) -> Self {
        self.version = version;
        self
    }

    /// Whether the dates of certificates are ignored. By default the module decides, and most modules ignore them. To
    /// have them checked, set the module's clock first, and pass `false` here.
    #[must_use]
    pub const fn ignore_local_time(mut self, ignore: bool) -> Self {
        self.ignore_local_time = Some(ignore);
        self
    }

    /// How long the handshake may take: 10-300 s, in whole seconds; 300 s by default.
    #[must_use]
    pub const fn negotiation_time(mut self, time: Duration) -> Self {
        self.negotiation_time_s = Some(seconds(time));
        self
    }

    /// Whether the handshake names the server, SNI (`true` by default).
    #[must_use]
    pub const fn sni(mut self, sni: bool) -> Self {
        self.sni = sni;
        self
    }

    /// Further settings of the SSL context, for example settings that only some families have.
    #[must_use]
    pub const fn extra(mut self, settings: &'a [SslSetting<'a>]) -> Self {
        self.extra = settings;
        self
    }
}

impl Security for Tls<'_> {
    /// In the order of the manual (A76 §1.1). A setting that is not sent keeps its earlier value, so every setting that
    /// matters for security is sent.
    fn describe(&self, number: u8, writer: &mut CommandWriter<'_>) {
        let own = [
            Some(SslSetting::Version(self.version)),
            Some(SslSetting::AuthMode(self.auth_mode)),
            self.ignore_local_time.map(SslSetting::IgnoreLocalTime),
            self.negotiation_time_s.map(|time| SslSetting::NegotiateTime(Duration::from_secs(time.into()))),
            self.ca.map(SslSetting::CaCert),
            self.certificate.map(SslSetting::ClientCert),
            self.key.map(SslSetting::ClientKey),
            Some(SslSetting::EnableSni(self.sni)),
        ];
        let setting = own.into_iter().flatten().chain(self.extra.iter().copied()).nth(number.into());
        if let Some(setting) = setting {
            Csslcfg::new(writer.family(), self.context, setting).describe(writer);
        }
    }

    fn describe_context(&self, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        Sslcfg { client, context: self.context }.describe(writer);
    }
}
