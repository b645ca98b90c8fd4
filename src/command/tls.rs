//! SSL contexts: the settings of TLS, and which client uses them.

use core::fmt;
use core::time::Duration;

use super::{Answer, ClientIndex, CommandInfo, CommandWriter, Effect, Request, no_response};
use crate::error::{Parameter, Problem};
use crate::family::{
    Family, KEY_PASSWORD_LIMIT_BYTES, LAST_SSL_CONTEXT, LONGEST_NEGOTIATION_S, SHORTEST_NEGOTIATION_S,
};
use crate::saturating::seconds;
use crate::skipped::SkippedSettings;

/// `AT+CMQTTSSLCFG=`: the SSL context that a client uses, 0-9 (A76 §2.1.5, S67 §2.2.5).
///
/// Send it between START and every CONNECT: a failed CONNECT and DISC clear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sslcfg {
    /// The client, `<session_id>` of the manuals.
    pub client: ClientIndex,
    /// The SSL context, 0-9.
    pub context: u8,
}

impl Request for Sslcfg {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .client_command(
                const { &CommandInfo::new("+CMQTTSSLCFG", Answer::Plain).effect(Effect::SslContext) },
                self.client,
            )
            .comma_number_within(self.context.into(), 0, LAST_SSL_CONTEXT, Parameter::SslContext);
    }
}

/// Which versions of SSL and TLS are allowed, `"sslversion"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SslVersion {
    /// 0: SSL 3.0, which is broken.
    Ssl3,
    /// 1: TLS 1.0.
    Tls1_0,
    /// 2: TLS 1.1.
    Tls1_1,
    /// 3: TLS 1.2.
    Tls1_2,
    /// 4: all of them, the modules' own default; the two sides agree on the highest.
    All,
}

/// Who has to show a certificate, `"authmode"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AuthMode {
    /// 0, the modules' own default: neither side. An attacker between module and broker can read and change everything.
    None,
    /// 1: the server, verified with `"cacert"`.
    Server,
    /// 2: server and client (mutual TLS): `"cacert"`, `"clientcert"` and `"clientkey"`.
    ServerAndClient,
    /// 3: only the client. The server is not verified.
    Client,
}

/// A text that `Debug` does not show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<'a>(pub &'a str);

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Secret<'_> {
    fn format(&self, formatter: defmt::Formatter<'_>) {
        defmt::write!(formatter, "Secret(..)");
    }
}

/// One member of an SSL context. Files are those of [`Ccertdown`](super::Ccertdown), with names of 5-108 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SslSetting<'a> {
    /// `"sslversion"`.
    Version(SslVersion),
    /// `"authmode"`.
    AuthMode(AuthMode),
    /// `"ignorelocaltime"` (`"ignorlocaltime"` on A7600): whether the dates of certificates are ignored. The modules'
    /// own default is `true`: their clock may be wrong.
    IgnoreLocalTime(bool),
    /// `"negotiatetime"`: how long the TLS handshake may take, 10-300 s (the modules' own default: 300).
    NegotiateTime(Duration),
    /// `"cacert"`: file of the root certificate that the server is verified with.
    CaCert(&'a str),
    /// `"clientcert"`: file of the client's certificate.
    ClientCert(&'a str),
    /// `"clientkey"`: file of the client's key.
    ClientKey(&'a str),
    /// `"enableSNI"`: whether the handshake names the server (the modules' own default: `false`). Several cloud brokers
    /// require it.
    EnableSni(bool),
    /// `"keypwd"`: the password of the client's key, 1-128 bytes. SIM7600 only.
    KeyPwd(Secret<'a>),
    /// `"ciphersuites"`: a cipher suite by its number in the TLS registry, or 0xFFFF for all. SIM7600 and SIM767x.
    CipherSuites(u16),
    /// `"password"`: file that holds the password of the client's key. A76xx and SIM767x.
    Password(&'a str),
    /// `"ignorecertCN"`: whether the name in the server's certificate is ignored. SIM767x only.
    IgnoreCertCn(bool),
}

/// The value of a setting, which follows the context.
enum Value<'a> {
    Number(u32),
    Seconds(u32),
    Hexadecimal(u16),
    File(&'a str),
    Secret(&'a str),
}

impl<'a> SslSetting<'a> {
    /// How a family spells it; `None` where the family does not have it.
    fn name(self, family: Family) -> Option<&'static str> {
        let (name, has) = match self {
            Self::Version(_) => ("sslversion", true),
            Self::AuthMode(_) => ("authmode", true),
            Self::IgnoreLocalTime(_) => (family.ignore_local_time(), true),
            Self::NegotiateTime(_) => ("negotiatetime", true),
            Self::CaCert(_) => ("cacert", true),
            Self::ClientCert(_) => ("clientcert", true),
            Self::ClientKey(_) => ("clientkey", true),
            Self::EnableSni(_) => ("enableSNI", true),
            Self::KeyPwd(_) => ("keypwd", family.has_key_password()),
            Self::CipherSuites(_) => ("ciphersuites", family.has_cipher_suites()),
            Self::Password(_) => ("password", family.has_password_file()),
            Self::IgnoreCertCn(_) => ("ignorecertCN", family.can_ignore_certificate_name()),
        };
        has.then_some(name)
    }

    /// What an error calls it.
    const fn info(self) -> &'static CommandInfo {
        const fn member(name: &'static str) -> CommandInfo {
            CommandInfo::new(name, Answer::Plain)
        }
        match self {
            Self::Version(_) => const { &member("+CSSLCFG=\"sslversion\"") },
            Self::AuthMode(_) => const { &member("+CSSLCFG=\"authmode\"").effect(Effect::Tls) },
            Self::IgnoreLocalTime(_) => const { &member("+CSSLCFG=\"ignorelocaltime\"") },
            Self::NegotiateTime(_) => const { &member("+CSSLCFG=\"negotiatetime\"") },
            Self::CaCert(_) => const { &member("+CSSLCFG=\"cacert\"") },
            Self::ClientCert(_) => const { &member("+CSSLCFG=\"clientcert\"") },
            Self::ClientKey(_) => const { &member("+CSSLCFG=\"clientkey\"") },
            Self::EnableSni(_) => const { &member("+CSSLCFG=\"enableSNI\"") },
            Self::KeyPwd(_) => const { &member("+CSSLCFG=\"keypwd\"") },
            Self::CipherSuites(_) => const { &member("+CSSLCFG=\"ciphersuites\"") },
            Self::Password(_) => const { &member("+CSSLCFG=\"password\"") },
            Self::IgnoreCertCn(_) => const { &member("+CSSLCFG=\"ignorecertCN\"") },
        }
    }

    /// The same, where it is a default that the module may refuse.
    pub(crate) const fn default_info(default: SkippedSettings) -> &'static CommandInfo {
        const fn member(name: &'static str, default: SkippedSettings) -> CommandInfo {
            CommandInfo { default, ..CommandInfo::new(name, Answer::Plain) }
        }
        match default {
            SkippedSettings::SSL_VERSION => const { &member("+CSSLCFG=\"sslversion\"", SkippedSettings::SSL_VERSION) },
            SkippedSettings::NEGOTIATION_TIME => {
                const { &member("+CSSLCFG=\"negotiatetime\"", SkippedSettings::NEGOTIATION_TIME) }
            }
            _ => const { &member("+CSSLCFG=\"enableSNI\"", SkippedSettings::SNI) },
        }
    }

    const fn value(self) -> Value<'a> {
        match self {
            Self::Version(version) => Value::Number(version as u32),
            Self::AuthMode(mode) => Value::Number(mode as u32),
            Self::NegotiateTime(time) => Value::Seconds(seconds(time)),
            Self::IgnoreLocalTime(flag) | Self::EnableSni(flag) | Self::IgnoreCertCn(flag) => {
                Value::Number(flag as u32)
            }
            Self::CipherSuites(suite) => Value::Hexadecimal(suite),
            Self::CaCert(name) | Self::ClientCert(name) | Self::ClientKey(name) | Self::Password(name) => {
                Value::File(name)
            }
            Self::KeyPwd(Secret(text)) => Value::Secret(text),
        }
    }
}

/// `AT+CSSLCFG=`: one setting of an SSL context (A76 §1.1, S67 §3.2-3.4).
///
/// The families spell some settings differently, so the command is made for one family. It is refused before a byte is
/// sent where the module's family has no such setting, or spells it differently. An error names the member:
/// `+CSSLCFG="authmode"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csslcfg<'a> {
    family: Family,
    context: u8,
    setting: SslSetting<'a>,
}

impl<'a> Csslcfg<'a> {
    /// A setting of the SSL context 0-9, as a module of this family spells it.
    pub const fn new(family: Family, context: u8, setting: SslSetting<'a>) -> Self {
        Self { family, context, setting }
    }
}

impl Request for Csslcfg<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let name = self.setting.name(self.family);
        if name.is_none() || name != self.setting.name(writer.family()) {
            writer.refuse(Parameter::SslSetting, Problem::NotInFamily);
        }
        writer
            .command(const { &CommandInfo::new("+CSSLCFG", Answer::Plain) })
            .text("=\"")
            .text(name.unwrap_or_default())
            .byte(b'"')
            .comma_number_within(self.context.into(), 0, LAST_SSL_CONTEXT, Parameter::SslContext);
        match self.setting.value() {
            Value::Number(number) => writer.comma_number(number),
            Value::Seconds(seconds) => {
                let (least, most) = (SHORTEST_NEGOTIATION_S, LONGEST_NEGOTIATION_S);
                writer.comma_number_within(seconds, least, most, Parameter::NegotiateTime)
            }
            Value::Hexadecimal(number) => write_hexadecimal(writer, number),
            Value::File(name) => writer.byte(b',').file_name(name),
            Value::Secret(text) => writer.comma_quoted(text, KEY_PASSWORD_LIMIT_BYTES, Parameter::KeyPassword),
        };
        writer.info = self.setting.info();
    }
}

no_response!(Sslcfg, Csslcfg<'_>);

fn write_hexadecimal<'d, 'w>(writer: &'d mut CommandWriter<'w>, number: u16) -> &'d mut CommandWriter<'w> {
    writer.text(",0x");
    for place in [12, 8, 4, 0] {
        let digit = (number >> place & 0xf) as u8;
        writer.byte(if digit < 10 { b'0' + digit } else { b'A' - 10 + digit });
    }
    writer
}
