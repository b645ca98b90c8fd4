//! The settings of a bring-up.

use core::fmt;
use core::time::Duration;

use crate::command::network::{Cgauth, Cgdcont, Cgsockcont, CpinWrite, Credentials, PdpType};
use crate::command::{CommandWriter, Request};
use crate::family::milliseconds;

/// An access point, and what the module needs to reach it.
///
/// ```
/// use core::time::Duration;
/// use simcom_mqtt::network::{Apn, Credentials, PdpType};
///
/// let apn = Apn::new("internet")
///     .pdp_type(PdpType::Ipv4v6)
///     .credentials(Credentials::pap("web", "web"))
///     .pin("1234")
///     .time_limit(Duration::from_secs(300));
/// ```
///
/// All arguments are checked before anything is sent: quotes and control characters are refused, so they cannot inject
/// AT commands. `Debug` shows neither PIN nor credentials.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Apn<'a> {
    name: &'a str,
    context: u8,
    pdp_type: PdpType,
    credentials: Option<Credentials<'a>>,
    pin: Option<&'a str>,
    time_limit_ms: u32,
}

/// The default time limit of a bring-up: a module in a new country searches every band of every
/// technology.
const TIME_LIMIT_MS: u32 = 180_000;

impl<'a> Apn<'a> {
    /// The access point with this name, at most 100 bytes. With an empty name, the network chooses.
    pub const fn new(name: &'a str) -> Self {
        Self { name, context: 1, pdp_type: PdpType::Ipv4, credentials: None, pin: None, time_limit_ms: TIME_LIMIT_MS }
    }

    /// The number of the PDP context, 1-15; 1 by default, the one that `AT+CMQTTSTART` uses. On SIM767x,
    /// [`StartContext`](crate::command::StartContext) starts the service on another one, before `connect`.
    #[must_use]
    pub const fn context(mut self, context: u8) -> Self {
        self.context = context;
        self
    }

    /// The kind of address; IPv4 by default.
    #[must_use]
    pub const fn pdp_type(mut self, pdp_type: PdpType) -> Self {
        self.pdp_type = pdp_type;
        self
    }

    /// User name and password, where the access point requires them.
    #[must_use]
    pub const fn credentials(mut self, credentials: Credentials<'a>) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The PIN of the SIM card, 4-8 digits. It is sent only where the card asks for it, and not again after it was
    /// refused.
    #[must_use]
    pub const fn pin(mut self, pin: &'a str) -> Self {
        self.pin = Some(pin);
        self
    }

    /// How long the whole bring-up may take, at most 37 hours; 180 s by default. It is checked between commands.
    #[must_use]
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit_ms = milliseconds(limit);
        self
    }

    pub(super) const fn context_id(&self) -> u8 {
        self.context
    }

    pub(super) const fn time_limit_ms(&self) -> u32 {
        self.time_limit_ms
    }

    pub(super) const fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    pub(super) const fn cgdcont(&self) -> Cgdcont<'a> {
        Cgdcont { context: self.context, pdp_type: self.pdp_type, apn: self.name }
    }

    pub(super) const fn cgsockcont(&self) -> Cgsockcont<'a> {
        Cgsockcont { context: self.context, pdp_type: self.pdp_type, apn: self.name }
    }

    pub(super) const fn cgauth(&self) -> Cgauth<'a> {
        Cgauth { context: self.context, credentials: self.credentials }
    }

    pub(super) fn cpin(&self) -> Option<CpinWrite<'a>> {
        self.pin.map(|pin| CpinWrite { pin })
    }

    /// Describes every command that takes one of the settings, so that all settings are checked.
    pub(super) fn describe(&self, writer: &mut CommandWriter<'_>) {
        self.cgdcont().describe(writer);
        self.cgauth().describe(writer);
        if let Some(cpin) = self.cpin() {
            cpin.describe(writer);
        }
    }
}

impl fmt::Debug for Apn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apn")
            .field("name", &self.name)
            .field("context", &self.context)
            .field("pdp_type", &self.pdp_type)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::family::Family;

    fn is_good(apn: &Apn<'_>) -> bool {
        let mut writer = CommandWriter::checking(Family::A7600);
        apn.describe(&mut writer);
        writer.checked().is_ok()
    }

    #[test]
    fn everything_is_checked() {
        let apn = Apn::new("internet").pin("1234").credentials(Credentials::chap("me", "secret"));
        assert!(is_good(&apn));
        for bad in [
            Apn { name: "a\"b", ..apn },
            apn.context(0),
            apn.pin("12"),
            apn.credentials(Credentials::pap("", "secret")),
            apn.credentials(Credentials::pap("me", "a\rAT+CPOF")),
        ] {
            assert!(!is_good(&bad), "{bad:?}");
        }
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let apn = Apn::new("internet").pin("1234").credentials(Credentials::chap("me", "secret"));
        let text = std::format!("{apn:?} {:?}", Credentials::chap("me", "secret"));
        assert!(text.contains("internet") && !text.contains("1234") && !text.contains("secret"), "{text}");
    }
}
