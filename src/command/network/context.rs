//! PDP contexts: their definition, authentication and activation.

use core::fmt;

use super::field::next_field;
use crate::at::Line;
use crate::command::check::{self, Checked};
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request, Text, no_response};
use crate::error::Parameter;

/// Longest access point name (3GPP TS 23.003 §9.1).
const APN_LIMIT_BYTES: usize = 100;
/// Longest user name and password of an access point.
const CREDENTIAL_LIMIT_BYTES: usize = 127;
/// The shortest time that the driver allows for the activation of a context: it involves the network.
const ACTIVATION_TIMEOUT_MS: u32 = 60_000;

/// The last of the context numbers that every family has.
pub(super) const LAST_CONTEXT: u8 = 15;

/// The range of context numbers that every family has.
pub(in crate::command) fn check_context(context: u8) -> Checked {
    check::range(context.into(), 1, LAST_CONTEXT.into())
}

/// The kind of address that a PDP context requests, `<PDP_type>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PdpType {
    /// `"IP"`: IPv4.
    #[default]
    Ipv4,
    /// `"IPV6"`: IPv6.
    Ipv6,
    /// `"IPV4V6"`: both.
    Ipv4v6,
}

impl PdpType {
    const ALL: [Self; 3] = [Self::Ipv4, Self::Ipv6, Self::Ipv4v6];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "IP",
            Self::Ipv6 => "IPV6",
            Self::Ipv4v6 => "IPV4V6",
        }
    }
}

fn define(writer: &mut CommandWriter<'_>, context: u8, pdp_type: PdpType, apn: &str) {
    writer.byte(b'=').number(context.into()).check(Parameter::PdpContext, check_context(context));
    writer.text(",\"").text(pdp_type.as_str()).byte(b'"');
    if apn.is_empty() {
        // An empty name: the network chooses.
        writer.text(",\"\"");
    } else {
        writer.comma_quoted(apn, APN_LIMIT_BYTES, Parameter::Apn);
    }
}

/// `AT+CGDCONT=<cid>,<PDP_type>,<APN>`: defines a PDP context (3GPP TS 27.007 §10.1.1).
///
/// A module that is already attached keeps the access point of its first context until it attaches again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgdcont<'a> {
    /// The PDP context, 1-15.
    pub context: u8,
    /// The kind of address.
    pub pdp_type: PdpType,
    /// The name of the access point, at most 100 bytes; empty where the network chooses.
    pub apn: &'a str,
}

impl Request for Cgdcont<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CGDCONT", Answer::Plain) });
        define(writer, self.context, self.pdp_type, self.apn);
    }
}

/// `AT+CGDCONT?`: the definition of a PDP context; `None` where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CgdcontRead {
    /// The PDP context, 1-15.
    pub context: u8,
}

/// The definition of a PDP context.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct PdpContext {
    /// The kind of address; `None` where it is none of [`PdpType`], such as `"PPP"`.
    pub pdp_type: Option<PdpType>,
    /// The name of the access point.
    pub apn: Text<APN_LIMIT_BYTES>,
    /// The line was cut inside the name.
    is_open: bool,
}

impl PdpContext {
    fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().take_while(|&&byte| byte != b'"') {
            self.apn.push(byte);
        }
        self.is_open = !bytes.contains(&b'"');
    }
}

impl Request for CgdcontRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new("+CGDCONT", Answer::Information) })
            .byte(b'?')
            .check(Parameter::PdpContext, check_context(self.context));
    }
}

impl Command for CgdcontRead {
    type Response = Option<PdpContext>;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        if let Some(last) = response {
            last.is_open = false;
        }
        let Some(mut parameters) = line.parameters("+CGDCONT") else { return };
        if parameters.number() != Some(self.context.into()) {
            return;
        }
        let mut rest = parameters.rest();
        let name = next_field(&mut rest);
        let pdp_type = PdpType::ALL.into_iter().find(|pdp_type| pdp_type.as_str().as_bytes() == name);
        let mut context = PdpContext { pdp_type, apn: Text::default(), is_open: false };
        let rest = rest.trim_ascii_start();
        if let Some(name) = rest.strip_prefix(b"\"") {
            context.take(name);
        }
        *response = Some(context);
    }

    fn rest(&self, response: &mut Self::Response, bytes: &[u8]) {
        if let Some(context) = response
            && context.is_open
        {
            context.take(bytes);
        }
    }
}

/// `AT+CGSOCKCONT=<cid>,<PDP_type>,<APN>`: the access point of sockets and MQTT on A7600 (A76 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgsockcont<'a> {
    /// The PDP context, 1-15.
    pub context: u8,
    /// The kind of address.
    pub pdp_type: PdpType,
    /// The name of the access point, at most 100 bytes; empty where the network chooses.
    pub apn: &'a str,
}

impl Request for Cgsockcont<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        let is_known = writer.family().has_socket_context();
        writer.command(const { &CommandInfo::new("+CGSOCKCONT", Answer::Plain) }).known(is_known);
        define(writer, self.context, self.pdp_type, self.apn);
    }
}

/// User name and password of an access point. `Debug` shows neither.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credentials<'a> {
    user: &'a str,
    password: &'a str,
    protocol: u8,
    user_first: bool,
}

impl<'a> Credentials<'a> {
    /// For the Password Authentication Protocol. Both 1-127 bytes.
    pub const fn pap(user: &'a str, password: &'a str) -> Self {
        Self { user, password, protocol: 1, user_first: false }
    }

    /// For the Challenge Handshake Authentication Protocol. Both 1-127 bytes.
    pub const fn chap(user: &'a str, password: &'a str) -> Self {
        Self { user, password, protocol: 2, user_first: false }
    }

    /// Sends the user name before the password, for firmware that requires this order. The manuals of SIM7500/SIM7600
    /// and A76XX put the password first.
    #[must_use]
    pub const fn user_first(mut self) -> Self {
        self.user_first = true;
        self
    }

    const fn user(&self) -> &'a str {
        self.user
    }

    const fn password(&self) -> &'a str {
        self.password
    }

    /// `<auth_type>`.
    const fn protocol(&self) -> u8 {
        self.protocol
    }

    /// User and password in the order in which they are sent.
    const fn in_order(&self) -> (&'a str, &'a str) {
        if self.user_first { (self.user, self.password) } else { (self.password, self.user) }
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// `AT+CGAUTH=<cid>,<auth_type>[,<passwd>,<user>]`: how a PDP context authenticates to the network.
///
/// Password and user name are in the order of the manuals of SIM7500/SIM7600 and A76XX, see
/// [`Credentials::user_first`]. `Debug` does not show the password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cgauth<'a> {
    /// The PDP context, 1-15.
    pub context: u8,
    /// The credentials; `None` where the network requires none.
    pub credentials: Option<Credentials<'a>>,
}

impl fmt::Debug for Cgauth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cgauth").field("context", &self.context).finish_non_exhaustive()
    }
}

impl Request for Cgauth<'_> {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new("+CGAUTH", Answer::Plain) })
            .byte(b'=')
            .number(self.context.into())
            .check(Parameter::PdpContext, check_context(self.context));
        match &self.credentials {
            None => writer.comma_number(0),
            Some(credentials) => {
                let (first, second) = credentials.in_order();
                writer
                    .check(Parameter::User, check::quoted(credentials.user(), CREDENTIAL_LIMIT_BYTES))
                    .check(Parameter::Password, check::quoted(credentials.password(), CREDENTIAL_LIMIT_BYTES))
                    .comma_number(credentials.protocol().into())
                    .text(",\"")
                    .text(first)
                    .text("\",\"")
                    .text(second)
                    .byte(b'"')
            }
        };
    }
}

/// `AT+CGACT=<state>,<cid>`: activates or deactivates a PDP context (3GPP TS 27.007 §10.1.10).
///
/// The activation involves the network: it may take a minute, or the [command's time](crate::Timeouts::command) where
/// that is longer. Some modules answer with an error where the context is active already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgact {
    /// The PDP context, 1-15.
    pub context: u8,
    /// `true` activates the context, `false` deactivates it.
    pub active: bool,
}

impl Request for Cgact {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new("+CGACT", Answer::Plain) })
            .byte(b'=')
            .number(self.active.into())
            .comma_number(self.context.into())
            .check(Parameter::PdpContext, check_context(self.context))
            .least_timeout_milliseconds(ACTIVATION_TIMEOUT_MS);
    }
}

no_response!(Cgdcont<'_>, Cgsockcont<'_>, Cgauth<'_>, Cgact);

/// `AT+CGACT?`: which PDP contexts are active (S67 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CgactRead;

/// Which PDP contexts are active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ActiveContexts(u32);

impl ActiveContexts {
    /// Whether the context with this number, 1-31, is active.
    pub const fn contains(self, context: u8) -> bool {
        match 1u32.checked_shl(context as u32) {
            Some(bit) => self.0 & bit != 0,
            None => false,
        }
    }
}

impl Request for CgactRead {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CGACT", Answer::Information) }).byte(b'?');
    }
}

impl Command for CgactRead {
    type Response = ActiveContexts;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some(mut parameters) = line.parameters("+CGACT") else { return };
        if let (Some(context), Some(1)) = (parameters.number(), parameters.number()) {
            response.0 |= 1u32.checked_shl(context).unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests;
