//! How a connection is secured.

#[cfg(any(feature = "async", feature = "blocking"))]
pub(crate) mod search;

use core::fmt;
use core::time::Duration;

use crate::command::{AuthMode, ClientIndex, CommandWriter, Csslcfg, Request, SslSetting, SslVersion, Sslcfg};
use crate::family::{LONGEST_NEGOTIATION_S, with_margin_ms};
use crate::saturating::seconds;
use crate::skipped::SkippedSettings;

/// How long the handshake may take where the user says nothing: the modules' own 300 s are longer than a user waits.
const DEFAULT_NEGOTIATION_S: u32 = 120;

/// What TLS adds to the configuration of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TlsRequest {
    /// How long CONNECT may take.
    ConnectTime,
    /// The command with this number among those that set up the SSL context, if there is one.
    Setting(u8),
}

/// The interface of [`Tls`] for `connect`. It uses only this trait: a program that never connects over TLS does not
/// link the code for it.
pub(crate) trait Security: Sync {
    /// Describes what was requested. Defaults that were `skipped` are not among the settings.
    fn describe(&self, request: TlsRequest, skipped: SkippedSettings, writer: &mut CommandWriter<'_>);

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
/// TLS failures have codes of their own. 33: a certificate is not set. 34: a file is not in the module, cannot be read,
/// or does not fit its key. 32: the handshake failed, because of another CA, another host name, a certificate that is
/// not yet or no longer valid by the module's clock, or a client certificate that the broker does not accept.
///
/// A default that the firmware refuses is [skipped](crate::SkippedSettings): `"sslversion"`, `"negotiatetime"`,
/// `"enableSNI"`. The verification of the server, certificates, and what was asked for never are. A firmware that
/// refuses `"authmode"` has no TLS: [`Error::NoTls`](crate::Error::NoTls).
///
/// # In the right order
///
/// 1. An address: [`bring_up`](crate::Modem::bring_up).
/// 2. The clock. Certificates have dates, and a clock that was never set reads 1970 or 1980: every handshake that
///    verifies dates fails with 32. `ignore_local_time` is accepted and has no effect on some firmware, so set the
///    clock in any case: by the network, by [`set_clock_by_ntp`](crate::Modem::set_clock_by_ntp), or by
///    [`Cclk`](crate::command::network::Cclk).
/// 3. The files, once: they survive a restart. PEM with LF line ends: a module may not read CR LF (34). Some firmware
///    does not replace a file, so [`replace_certificate`](crate::Modem::replace_certificate) deletes it first.
/// 4. The names of the files, after they were stored and before the first `connect`:
///    [`check_certificates`](crate::Modem::check_certificates) names one that is missing. `AT+CSSLCFG` accepts names of
///    files that do not exist, and `connect` does not look for them.
/// 5. `connect`. The address of the broker is its name, without a scheme: SNI names it to the server. If it fails, the
///    error says [how long CONNECT took](crate::Error::ConnectRefused): less than a second is no handshake.
///
/// ```
/// # #[cfg(feature = "async")] {
/// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
/// # use simcom_mqtt::*;
/// # use simcom_mqtt::network::Apn;
/// # const CA: &[u8] = b"-----BEGIN CERTIFICATE-----\n";
/// # module::on_simulated_module(async |receiver, transmitter, timer| {
/// # let steps: Result<(), Box<dyn std::error::Error>> = async {
/// let tls = Tls::server("ca.pem").ignore_local_time(false);
/// let options = ConnectOptions::new(Broker::tls("broker.example", 8883, &tls), "device-7");
/// # let inbox = Inbox::<1024>::new();
/// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
/// modem.bring_up(&Apn::new("internet"), |_stage| {}).await?;
/// if modem.clock().await.is_err() {
///     modem.set_clock_by_ntp("pool.ntp.org", 0).await?;
/// }
/// modem.replace_certificate("ca.pem", CA.len(), &mut &CA[..]).await?;
/// modem.check_certificates(&tls).await?;
/// modem.client(ClientIndex::First).connect(&options).await?;
/// # Ok(()) }.await;
/// # steps.unwrap();
/// # Ok(()) });
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tls<'a> {
    context: u8,
    version: Option<SslVersion>,
    auth_mode: AuthMode,
    ca: Option<&'a str>,
    certificate: Option<&'a str>,
    key: Option<&'a str>,
    ignore_local_time: Option<bool>,
    negotiation_time_s: Option<u32>,
    sni: Option<bool>,
    extra: &'a [SslSetting<'a>],
}

impl<'a> Tls<'a> {
    const fn new(auth_mode: AuthMode, ca: Option<&'a str>, certificate: Option<&'a str>, key: Option<&'a str>) -> Self {
        Self {
            context: 0,
            version: None,
            auth_mode,
            ca,
            certificate,
            key,
            ignore_local_time: None,
            negotiation_time_s: None,
            sni: None,
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
        self.version = Some(version);
        self
    }

    /// Whether the dates of certificates are ignored. By default the module decides, and most modules ignore them. To
    /// have them checked, set the module's clock first, and pass `false` here.
    #[must_use]
    pub const fn ignore_local_time(mut self, ignore: bool) -> Self {
        self.ignore_local_time = Some(ignore);
        self
    }

    /// How long the handshake may take: 10-300 s, in whole seconds; 120 s by default.
    #[must_use]
    pub const fn negotiation_time(mut self, time: Duration) -> Self {
        self.negotiation_time_s = Some(seconds(time));
        self
    }

    /// Whether the handshake names the server, SNI (`true` by default).
    #[must_use]
    pub const fn sni(mut self, sni: bool) -> Self {
        self.sni = Some(sni);
        self
    }

    /// Further settings of the SSL context, for example settings that only some families have.
    #[must_use]
    pub const fn extra(mut self, settings: &'a [SslSetting<'a>]) -> Self {
        self.extra = settings;
        self
    }
}

impl Tls<'_> {
    /// The setting with this number, and which default it is, if it is one.
    ///
    /// In the order of the manual (A76 §1.1). A setting that is not sent keeps its earlier value, so every setting that
    /// matters for security is sent.
    fn setting(&self, number: u8, skipped: SkippedSettings) -> Option<(SslSetting<'_>, SkippedSettings)> {
        let asked_for = |setting| (setting, SkippedSettings::NONE);
        let default = |setting: Option<_>, default, name| match setting {
            Some(setting) => (setting, SkippedSettings::NONE),
            None => (default, name),
        };
        let time = |time_s: u32| SslSetting::NegotiateTime(Duration::from_secs(time_s.into()));
        let own = [
            Some(default(
                self.version.map(SslSetting::Version),
                SslSetting::Version(SslVersion::All),
                SkippedSettings::SSL_VERSION,
            )),
            Some(asked_for(SslSetting::AuthMode(self.auth_mode))),
            self.ignore_local_time.map(SslSetting::IgnoreLocalTime).map(asked_for),
            Some(default(
                self.negotiation_time_s.map(time),
                time(DEFAULT_NEGOTIATION_S),
                SkippedSettings::NEGOTIATION_TIME,
            )),
            self.ca.map(SslSetting::CaCert).map(asked_for),
            self.certificate.map(SslSetting::ClientCert).map(asked_for),
            self.key.map(SslSetting::ClientKey).map(asked_for),
            Some(default(self.sni.map(SslSetting::EnableSni), SslSetting::EnableSni(true), SkippedSettings::SNI)),
        ];
        let extra = self.extra.iter().copied().map(asked_for);
        let mut sent = own.into_iter().flatten().filter(|(_, default)| !skipped.has(*default)).chain(extra);
        sent.nth(number.into())
    }
}

impl Security for Tls<'_> {
    fn describe(&self, request: TlsRequest, skipped: SkippedSettings, writer: &mut CommandWriter<'_>) {
        match request {
            TlsRequest::ConnectTime => {
                let negotiation_s = match self.negotiation_time_s {
                    Some(time_s) => time_s,
                    None if skipped.negotiation_time() => LONGEST_NEGOTIATION_S.into(),
                    None => DEFAULT_NEGOTIATION_S,
                };
                writer.least_timeout_milliseconds(with_margin_ms(negotiation_s));
            }
            TlsRequest::Setting(number) => {
                if let Some((setting, default)) = self.setting(number, skipped) {
                    Csslcfg::new(writer.family(), self.context, setting).describe(writer);
                    if !default.is_empty() {
                        writer.info = SslSetting::default_info(default);
                    }
                }
            }
        }
    }

    fn describe_context(&self, client: ClientIndex, writer: &mut CommandWriter<'_>) {
        Sslcfg { client, context: self.context }.describe(writer);
    }
}
