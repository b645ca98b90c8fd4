//! What the module has been brought to, as far as the driver knows: the service and its two clients.

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
    /// It was refused for want of a connection, or its session is suspected to be dead, and no command has succeeded since. If
    /// the module says that it is connected all the same, it has to be acquired again.
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
    /// The client that has a subscription to nothing but slashes, which filling a prompt has made, and its length. It lives on
    /// in the broker, whatever happens to the client. One is remembered, since the next call undoes it.
    padded_filter: Option<(ClientIndex, u16)>,
}

impl ClientLife {
    const fn new(state: ClientState) -> Self {
        Self { state, staging: Staging::NONE, busy_until: None, lacks_connection: false }
    }

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
            clients: [const { ClientLife::new(ClientState::Unknown) }; 2],
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
        // The module or the broker may have a filter or a will that nothing but the end of the client makes sure to remove.
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
        let code = match refusal {
            Refusal::Code(code) => Some(code),
            Refusal::Error | Refusal::Equipment(_) => None,
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: Option<ClientIndex> = Some(ClientIndex::First);
    const NEEDS_CONNECTION: [Effect; 7] =
        [Effect::Topic, Effect::Payload, Effect::Pub, Effect::Sub, Effect::Unsub, Effect::Subtopic, Effect::Unsubtopic];

    fn after(steps: &[Effect]) -> Lifecycle {
        let mut life = Lifecycle::new();
        life.restarted();
        for &effect in steps {
            let client = if matches!(effect, Effect::Start | Effect::Stop) { None } else { CLIENT };
            assert_eq!(life.check(effect, client), Ok(()), "{effect:?}");
            life.succeeded(effect, client);
        }
        life
    }

    #[test]
    fn the_whole_lifecycle_is_legal_in_its_order_and_can_begin_again() {
        let round =
            [Effect::Start, Effect::Accq, Effect::Configure, Effect::Connect, Effect::Sub, Effect::Pub, Effect::Disc];
        after(&[&round[..], &[Effect::Connect, Effect::Disc, Effect::Rel, Effect::Stop], &round].concat());
    }

    #[test]
    fn every_step_out_of_order_names_what_it_lacks() {
        let stopped = after(&[]);
        for effect in
            [Effect::Stop, Effect::Accq, Effect::Rel, Effect::Configure, Effect::Connect, Effect::Disc, Effect::Pub]
        {
            assert_eq!(stopped.check(effect, CLIENT), Err(Illegal::ServiceNotStarted), "{effect:?}");
        }
        let started = after(&[Effect::Start]);
        assert_eq!(started.check(Effect::Start, None), Err(Illegal::ServiceStarted));
        for effect in [Effect::Rel, Effect::Configure, Effect::Connect] {
            assert_eq!(started.check(effect, CLIENT), Err(Illegal::ClientNotAcquired), "{effect:?}");
        }
        let acquired = after(&[Effect::Start, Effect::Accq]);
        assert_eq!(acquired.check(Effect::Accq, CLIENT), Err(Illegal::ClientAcquired));
        assert_eq!(acquired.check(Effect::Stop, None), Err(Illegal::ClientStillAcquired));
        assert_eq!(acquired.check(Effect::Disc, CLIENT), Err(Illegal::ClientNotConnected));
        for effect in NEEDS_CONNECTION {
            assert_eq!(acquired.check(effect, CLIENT), Err(Illegal::ClientNotConnected), "{effect:?}");
        }
        let connected = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
        for effect in [Effect::Rel, Effect::Configure, Effect::Connect, Effect::SslContext] {
            assert_eq!(connected.check(effect, CLIENT), Err(Illegal::ClientConnected), "{effect:?}");
        }
        assert_eq!(connected.check(Effect::Stop, None), Err(Illegal::ClientStillAcquired));
    }

    #[test]
    fn the_clients_do_not_share_their_state() {
        let connected = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
        assert_eq!(connected.check(Effect::Pub, Some(ClientIndex::Second)), Err(Illegal::ClientNotConnected));
        assert_eq!(connected.check(Effect::Accq, Some(ClientIndex::Second)), Ok(()));
    }

    #[test]
    fn a_lost_connection_leaves_the_client_acquired_and_prepared() {
        let mut life = after(&[Effect::Start, Effect::Accq]);
        life.client_mut(ClientIndex::First).staging.set_prepared(true);
        life.succeeded(Effect::Connect, CLIENT);
        life.connection_lost(ClientIndex::First);
        assert_eq!(life.client(ClientIndex::First).state, ClientState::Acquired);
        assert!(life.client(ClientIndex::First).staging.is_prepared());
        assert_eq!(life.service, ServiceState::Started);
    }

    #[test]
    fn a_lost_network_stops_the_service_and_leaves_the_clients_unknown() {
        let mut life = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
        life.network_lost();
        assert_eq!(life.check(Effect::Accq, CLIENT), Err(Illegal::ServiceNotStarted));
        assert_eq!(life.client(ClientIndex::First).state, ClientState::Unknown);
    }

    #[test]
    fn a_filter_of_slashes_is_undone_once_while_its_client_is_connected_whatever_happened_to_it_before() {
        let mut life = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
        life.padded_filter = Some((ClientIndex::First, 9));
        life.network_lost();
        assert_eq!(life.padded_filter(), None);
        for effect in [Effect::Start, Effect::Accq, Effect::Connect] {
            life.succeeded(effect, if effect == Effect::Start { None } else { CLIENT });
        }
        assert_eq!(life.padded_filter(), Some((ClientIndex::First, 9)));
        life.padded_filter_is_undone();
        assert_eq!(life.padded_filter(), None);
    }

    #[test]
    fn a_code_can_correct_what_was_believed() {
        for (code, state) in [
            (ResultCode::NO_CONNECTION, ClientState::Unknown),
            (ResultCode::CLIENT_NOT_ACQUIRED, ClientState::Released),
            (ResultCode::CLIENT_IS_BUSY, ClientState::Connected),
        ] {
            let mut life = after(&[Effect::Start, Effect::Accq, Effect::Connect]);
            life.failed(Effect::Topic, CLIENT, Refusal::Code(code));
            assert_eq!(life.client(ClientIndex::First).state, state, "{code}");
        }
    }

    #[test]
    fn a_bare_error_does_not_say_that_a_publish_was_carried_out() {
        let mut life = after(&[Effect::Start, Effect::Accq, Effect::Connect, Effect::Topic, Effect::Payload]);
        life.failed(Effect::Pub, CLIENT, Refusal::Error);
        assert!(life.client_mut(ClientIndex::First).staging.check_no_payload().is_err());
        life.failed(Effect::Pub, CLIENT, Refusal::Code(ResultCode::TIMEOUT));
        assert_eq!(life.client_mut(ClientIndex::First).staging.check_no_payload(), Ok(()));
    }
}
