//! What the module has been brought to, as far as the driver knows: the service and its two clients.

#[cfg(test)]
mod tests;

use super::Failure;
use super::exchange::Exchange;
use super::staging::Staging;
use crate::ResultCode;
use crate::command::{ClientIndex, Effect};
use crate::error::{Illegal, Refusal};
use crate::skipped::SkippedSettings;
use crate::timer::Instant;

/// The state of the MQTT service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ServiceState {
    /// Not known: the driver has just been made (the module may have outlived a reset of the microcontroller), or the
    /// outcome of a start or stop never came.
    Unknown,
    /// Not started.
    Stopped,
    /// Started.
    Started,
}

/// The state of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ClientState {
    /// Not known, see [`ServiceState::Unknown`].
    Unknown,
    /// Not acquired.
    Released,
    /// Acquired, not connected.
    Acquired,
    /// Connected to a broker.
    Connected,
}

/// What is remembered of one client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientLife {
    pub(crate) state: ClientState,
    pub(crate) staging: Staging,
    /// Until when an operation from before its adoption may keep it busy, unless a command has succeeded since.
    pub(crate) busy_until: Option<Instant>,
    /// It was refused for want of a connection, or its session is suspected to be dead, and no command has succeeded
    /// since. If the module says that it is connected all the same, it has to be acquired again.
    pub(crate) lacks_connection: bool,
}

#[derive(Debug)]
pub(crate) struct Lifecycle {
    pub(crate) service: ServiceState,
    pub(crate) clients: [ClientLife; 2],
    pub(crate) echo_is_off: bool,
    /// The module has refused the version of MQTT that is the default. A flag of its own costs less than a bit of
    /// [`SkippedSettings`].
    pub(crate) version_refused: bool,
    /// Defaults of TLS that the module has refused.
    pub(crate) skipped: SkippedSettings,
    /// The client that has a subscription to nothing but slashes, which filling a prompt has made, and its length. It
    /// lives on in the broker, whatever happens to the client. One is remembered, since the next call undoes it.
    padded_filter: Option<(ClientIndex, u16)>,
}

impl ClientLife {
    const UNKNOWN: Self =
        Self { state: ClientState::Unknown, staging: Staging::NONE, busy_until: None, lacks_connection: false };

    /// There is no connection, whatever the module says.
    pub(crate) const fn lose_connection(&mut self) {
        self.state = ClientState::Unknown;
        self.lacks_connection = true;
    }

    /// To a state in which settings, will and staged data are gone.
    pub(crate) const fn begin_again(&mut self, state: ClientState) {
        self.state = state;
        self.staging.clear();
    }
}

impl Lifecycle {
    pub(crate) const fn new() -> Self {
        Self {
            service: ServiceState::Unknown,
            clients: [ClientLife::UNKNOWN, ClientLife::UNKNOWN],
            echo_is_off: false,
            version_refused: false,
            skipped: SkippedSettings::NONE,
            padded_filter: None,
        }
    }

    pub(crate) const fn client(&self, client: ClientIndex) -> &ClientLife {
        client.of(&self.clients)
    }

    pub(crate) const fn client_mut(&mut self, client: ClientIndex) -> &mut ClientLife {
        client.of_mut(&mut self.clients)
    }

    pub(crate) fn skipped_settings(&self) -> SkippedSettings {
        let mut skipped = self.skipped;
        if self.version_refused {
            skipped.add(SkippedSettings::MQTT_VERSION);
        }
        skipped
    }

    /// Whether a command fits the present state. Where the state is not known, the module decides; only what needs a
    /// connection needs to know it.
    pub(crate) fn check(&self, effect: Effect, client: Option<ClientIndex>) -> Result<(), Illegal> {
        let state = client.map_or(ClientState::Unknown, |client| self.client(client).state);
        match effect {
            Effect::None | Effect::Tls | Effect::EchoOff => return Ok(()),
            Effect::Start => {
                return if self.service == ServiceState::Started { Err(Illegal::ServiceStarted) } else { Ok(()) };
            }
            _ if self.service == ServiceState::Stopped => return Err(Illegal::ServiceNotStarted),
            Effect::Stop => {
                let acquired = |life: &ClientLife| matches!(life.state, ClientState::Acquired | ClientState::Connected);
                return if self.clients.iter().any(acquired) { Err(Illegal::ClientStillAcquired) } else { Ok(()) };
            }
            _ => {}
        }
        match (effect, state) {
            (effect, _) if effect.needs_connection() => match state {
                ClientState::Connected => Ok(()),
                _ => Err(Illegal::ClientNotConnected),
            },
            (Effect::SslContext, ClientState::Connected) => Err(Illegal::ClientConnected),
            (Effect::Disc, ClientState::Released | ClientState::Acquired) => Err(Illegal::ClientNotConnected),
            (Effect::Accq, ClientState::Acquired | ClientState::Connected) => Err(Illegal::ClientAcquired),
            (Effect::Rel | Effect::Configure | Effect::Connect, ClientState::Connected) => {
                Err(Illegal::ClientConnected)
            }
            (Effect::Rel | Effect::Configure | Effect::Connect, ClientState::Released) => {
                Err(Illegal::ClientNotAcquired)
            }
            _ => Ok(()),
        }
    }

    /// A command has ended.
    pub(super) fn ended(&mut self, effect: Effect, client: Option<ClientIndex>, result: Result<(), Failure>) {
        match result {
            Ok(()) => self.succeeded(effect, client),
            Err(Failure::Refused(refusal)) => self.failed(effect, client, refusal),
            Err(Failure::Restarted) => {}
            Err(Failure::DataCutShort) => self.data_cut_short(effect, client),
            Err(_) => self.unknown(effect, client),
        }
    }

    /// The module took a part of the data.
    fn data_cut_short(&mut self, effect: Effect, client: Option<ClientIndex>) {
        self.unknown(effect, client);
        // The module or the broker may have a filter or a will that nothing but the end of the client makes sure to
        // remove.
        if let (Effect::Sub | Effect::Unsub | Effect::Configure, Some(client)) = (effect, client) {
            let life = self.client_mut(client);
            life.state = ClientState::Unknown;
            life.staging.must_reacquire();
        }
    }

    /// A command succeeded.
    fn succeeded(&mut self, effect: Effect, client: Option<ClientIndex>) {
        match effect {
            Effect::EchoOff => self.echo_is_off = true,
            Effect::Start => self.service = ServiceState::Started,
            Effect::Stop => self.found_stopped(),
            _ => {}
        }
        // The network was lost meanwhile: what a client did before that is gone.
        if self.service == ServiceState::Stopped {
            return;
        }
        let Some(life) = client.map(|client| self.client_mut(client)) else { return };
        life.busy_until = None;
        life.lacks_connection = false;
        match effect {
            Effect::Accq => life.begin_again(ClientState::Acquired),
            Effect::Rel => life.begin_again(ClientState::Released),
            Effect::Connect => life.state = ClientState::Connected,
            Effect::Disc => life.state = ClientState::Acquired,
            _ => life.staging.succeeded(effect),
        }
        // Whatever a client did, the service is up.
        self.service = ServiceState::Started;
    }

    /// A command failed. Some codes correct what was believed.
    fn failed(&mut self, effect: Effect, client: Option<ClientIndex>, refusal: Refusal) {
        let code = refusal.code();
        let Some(client) = client else {
            match (effect, code) {
                // Already started: whether the clients survived is another question (seen on SIM7600 and A7670).
                (Effect::Start, None | Some(ResultCode::NETWORK_IS_OPENED)) => self.service = ServiceState::Unknown,
                (Effect::Start, Some(_)) => self.service = ServiceState::Stopped,
                (Effect::Stop, Some(ResultCode::NETWORK_NOT_OPENED)) => self.found_stopped(),
                (Effect::Stop, _) => self.service = ServiceState::Unknown,
                _ => {}
            }
            return;
        };
        match (effect, code) {
            (_, Some(ResultCode::CLIENT_NOT_ACQUIRED)) => self.client_mut(client).begin_again(ClientState::Released),
            (_, Some(ResultCode::NETWORK_NOT_OPENED)) => self.service = ServiceState::Unknown,
            (Effect::Connect, Some(code)) if code != ResultCode::NOT_SUPPORTED_OPERATION => {
                self.client_mut(client).state = ClientState::Acquired;
            }
            (Effect::Accq | Effect::Rel | Effect::Connect | Effect::Disc, _) => {
                self.client_mut(client).state = ClientState::Unknown;
            }
            (_, Some(ResultCode::NO_CONNECTION)) => self.client_mut(client).lose_connection(),
            (_, Some(code)) if code != ResultCode::CLIENT_IS_BUSY => self.client_mut(client).staging.failed(effect),
            _ => {}
        }
    }

    /// A command may have been carried out or not.
    #[inline(never)]
    pub(crate) fn unknown(&mut self, effect: Effect, client: Option<ClientIndex>) {
        match (effect, client) {
            (Effect::Start | Effect::Stop, _) => {
                self.service = ServiceState::Unknown;
                self.clients.iter_mut().for_each(|life| life.state = ClientState::Unknown);
            }
            (Effect::Accq | Effect::Rel | Effect::Connect | Effect::Disc, Some(client)) => {
                self.client_mut(client).state = ClientState::Unknown;
            }
            (_, Some(client)) => self.client_mut(client).staging.unknown(effect),
            _ => {}
        }
    }

    /// The data of `exchange` are filled with slashes, or may have to be.
    pub(super) fn data_filled(&mut self, exchange: &Exchange) {
        let Some(client) = exchange.client else { return };
        self.client_mut(client).staging.filled(exchange.info.effect);
        if let Some(length) = exchange.padded_filter() {
            self.padded_filter = Some((client, length));
        }
    }

    /// Data that are not known to this driver may have become a payload or a filter of either client.
    pub(super) fn holds_unknown_data(&mut self) {
        self.clients.iter_mut().for_each(|life| life.staging.holds_unknown_data());
    }

    /// A subscription to slashes that can be undone now, and its length.
    pub(super) fn padded_filter(&self) -> Option<(ClientIndex, u16)> {
        self.padded_filter.filter(|(client, _)| self.client(*client).state == ClientState::Connected)
    }

    pub(super) fn padded_filter_is_undone(&mut self) {
        self.padded_filter = None;
    }

    /// The clients that are believed connected: a bit for each, the first one lowest.
    #[inline(never)]
    pub(crate) fn connected(&self) -> u16 {
        let is_connected = |client| self.client(client).state == ClientState::Connected;
        u16::from(is_connected(ClientIndex::First)) | u16::from(is_connected(ClientIndex::Second)) << 1
    }

    /// The module does not say whether the clients are still connected.
    pub(super) fn connections_are_unknown(&mut self) {
        let connected = self.clients.iter_mut().filter(|life| life.state == ClientState::Connected);
        connected.for_each(|life| life.state = ClientState::Unknown);
    }

    /// `+CMQTTCONNLOST`.
    pub(crate) fn connection_lost(&mut self, client: ClientIndex) {
        let life = self.client_mut(client);
        if life.state == ClientState::Connected {
            life.state = ClientState::Acquired;
        }
    }

    /// `+CMQTTNONET`: START again. Whether the clients are still acquired then, the module knows.
    pub(crate) fn network_lost(&mut self) {
        self.service = ServiceState::Stopped;
        self.clients.iter_mut().for_each(|life| life.begin_again(ClientState::Unknown));
    }

    /// Behind NONET, the service may be up after all, with its clients: the module is asked, where that matters.
    pub(crate) fn doubt_stop(&mut self) {
        let is_unknown = |life: &ClientLife| life.state == ClientState::Unknown;
        if self.service == ServiceState::Stopped && self.clients.iter().any(is_unknown) {
            self.service = ServiceState::Unknown;
        }
    }

    /// The service is not started, so no client is acquired.
    #[inline(never)]
    pub(crate) fn found_stopped(&mut self) {
        self.service = ServiceState::Stopped;
        self.clients.iter_mut().for_each(|life| life.begin_again(ClientState::Released));
    }

    /// `RDY` or `*ATREADY`.
    pub(crate) fn restarted(&mut self) {
        self.found_stopped();
        self.echo_is_off = false;
        self.sends_every_default();
    }

    /// What a firmware has refused is no longer known.
    pub(crate) const fn sends_every_default(&mut self) {
        self.version_refused = false;
        self.skipped = SkippedSettings::NONE;
    }
}
