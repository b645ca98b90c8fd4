//! Brings a client from any state to the connected state.

mod comparison;
mod refusals;
mod requests;
mod state;
#[cfg(test)]
mod tests;

use crate::ResultCode;
use crate::at::{Line, without_blanks};
use crate::command::{self, ClientIndex, CommandWriter, MqttVersion};
use crate::error::Refusal;
use crate::options::ConnectOptions;
use crate::session::{ClientState, Failure, Next, Procedure, ServiceState, Session};
use crate::skipped::SkippedSettings;
use crate::timer::Instant;

use comparison::Comparison;

/// Pause before a busy module is queried again.
const BUSY_WAIT_MS: u32 = 2_000;
/// Number of queries: an operation takes at most the module's `"optimeout"`, 120 s.
const BUSY_WAITS: u8 = 62;
/// Number of such pauses for a service that is neither started nor accepts START: the program may have sent START or
/// STOP before a reset.
const START_WAITS: u8 = 6;

/// Pause before the module is asked again whether a CONNECT without an outcome has succeeded.
const OUTCOME_WAIT_MS: u32 = 2_000;
/// How long an operation from before an adoption may keep the client busy: the longest that a publish may take, and
/// some.
const ADOPTED_BUSY_MS: u32 = 185_000;

/// How a client came to be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Connection {
    /// A new connection was opened. With a clean session there are no subscriptions yet.
    Opened,
    /// The module was already connected with this client id to this address: it had outlived a reset of the
    /// microcontroller, or nothing had happened to it. Its subscriptions are still there.
    Adopted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    /// The module is busy with an operation from before a reset.
    Busy,
    Start,
    EchoOff,
    /// `AT+CMQTTACCQ?`: is the service started, and is the client acquired under this id?
    AccqRead,
    /// `AT+CMQTTDISC?`: is it connected?
    DiscRead,
    /// `AT+CMQTTDISC?`: has CONNECT succeeded, whose outcome did not come?
    OutcomeRead,
    /// `AT+CMQTTCONNECT?`: to this address?
    ConnectRead,
    Disc,
    Rel,
    Accq,
    /// Sends the settings of the options, one after the other.
    Configure,
    Sslcfg,
    Connect,
    /// The outcome may still come.
    OutcomeWait,
    Done,
}

/// Brings one client to the connected state, from any state: as [`Client::connect`](crate::Client::connect).
#[derive(Debug)]
pub struct Connect<'a> {
    client: ClientIndex,
    options: &'a ConnectOptions<'a>,
    step: Step,
    /// The client was last set up with these same options.
    same_options: bool,
    /// The client id and server type in the module were read, and match the options.
    id_matches: bool,
    /// `AccqRead` was answered.
    probed: bool,
    /// START failed: the service may be started already, or may never start. Or CONNECT has an unknown outcome.
    failure: Option<Failure>,
    /// Until when the outcome of CONNECT may come.
    outcome_until: Instant,
    /// The client's earlier state in the module was torn down.
    torn_down: bool,
    /// Outcome of `DiscRead`.
    connected: Option<bool>,
    /// What is sent of the version of MQTT: not a default that the module has refused.
    version: Option<MqttVersion>,
    /// Defaults of TLS that the module has refused: they are not sent.
    skipped: SkippedSettings,
    comparison: Comparison,
    /// The current line of the answer belongs to this client.
    is_ours: bool,
    /// The setting that was sent last; 0 before the first one.
    place: u8,
    /// `AccqRead` reports that the other client is not acquired.
    other_is_released: bool,
    /// How often the module was busy.
    waits: u8,
    pub(crate) connection: Connection,
}

impl<'a> Connect<'a> {
    /// Connects with these options.
    pub const fn new(client: ClientIndex, options: &'a ConnectOptions<'a>) -> Self {
        Self {
            client,
            options,
            step: Step::Begin,
            same_options: false,
            id_matches: false,
            probed: false,
            failure: None,
            outcome_until: Instant::ZERO,
            torn_down: false,
            connected: None,
            version: version_of(options),
            skipped: SkippedSettings::NONE,
            comparison: Comparison::NotSeen,
            is_ours: false,
            place: 0,
            other_is_released: false,
            waits: 0,
            connection: Connection::Opened,
        }
    }

    /// How the client came to be connected, once the call has succeeded.
    pub const fn connection(&self) -> Connection {
        self.connection
    }

    /// Compares the options with the last ones, and remembers them.
    fn compare_options(&mut self, session: &mut Session) {
        let last = core::mem::replace(self.client.of_mut(&mut session.options), session.described);
        self.same_options = last == session.described;
        if !self.same_options {
            session.lifecycle.client_mut(self.client).staging.needs_preparing();
        }
    }

    /// Handles the result of the last command.
    fn following(&mut self, session: &mut Session, last: Result<(), Failure>) -> Result<Step, Failure> {
        if self.waits_for_busy_module(last) {
            return Ok(Step::Busy);
        }
        let lifecycle = &mut session.lifecycle;
        let is_outdated = match self.step {
            // The operation of the busy module may have changed its state.
            Step::Busy => last.is_ok(),
            Step::Begin | Step::EchoOff | Step::AccqRead | Step::Start => false,
            // The module has restarted, and its boot lines were lost.
            Step::DiscRead => !self.probed && self.connected.is_none(),
            _ => !self.probed && matches!(last, Err(Failure::Refused(refusal)) if refusal.code().is_none()),
        };
        if is_outdated {
            lifecycle.client_mut(self.client).state = ClientState::Unknown;
            self.probed = false;
            self.failure = None;
            return Ok(Step::AccqRead);
        }
        if let Err(error) = last
            && !self.tolerates(session, error)
        {
            return Err(error);
        }
        if session.lifecycle.version_refused {
            self.version = self.options.version;
        }
        self.skipped = session.lifecycle.skipped;
        let refused = last.is_err();
        let lifecycle = &mut session.lifecycle;
        match self.step {
            Step::Begin if !lifecycle.echo_is_off => return Ok(Step::EchoOff),
            Step::Begin | Step::EchoOff | Step::Busy => {}
            Step::AccqRead => self.after_accq_read(session, refused),
            Step::Start => self.after_start(session, last),
            Step::DiscRead => {
                let life = lifecycle.client_mut(self.client);
                match self.connected {
                    Some(true) => life.state = ClientState::Connected,
                    Some(false) => life.state = ClientState::Acquired,
                    None => return Ok(Step::Disc),
                }
                return Ok(self.probed_client_step(session));
            }
            Step::ConnectRead if self.comparison == Comparison::Equal => {
                // The program may have been reset between staging a payload or filter and sending it.
                let life = lifecycle.client_mut(self.client);
                life.staging.holds_unknown_data();
                life.busy_until = Some(session.now.after(ADOPTED_BUSY_MS));
                self.connection = Connection::Adopted;
                return Ok(Step::Done);
            }
            Step::ConnectRead => return Ok(Step::Disc),
            // `AccqRead` reported it as not acquired.
            Step::Disc if lifecycle.client(self.client).state == ClientState::Released => return Ok(Step::Accq),
            Step::Disc => return Ok(Step::Rel),
            Step::Rel => return Ok(Step::Accq),
            // The index is in use although the driver took it for free: it is torn down, once.
            Step::Accq if refused => {
                self.torn_down = true;
                // Without its version it was refused too, so that was not the reason.
                lifecycle.version_refused = false;
                self.version = version_of(self.options);
                return Ok(Step::Disc);
            }
            Step::Accq | Step::Configure => {
                let place = if self.step == Step::Accq { 0 } else { self.place.wrapping_add((!refused).into()) };
                let next = self.next_place(place, session.family);
                lifecycle.client_mut(self.client).staging.set_prepared(next.is_none());
                let Some(place) = next else { return Ok(self.connect_step()) };
                self.place = place;
                return Ok(Step::Configure);
            }
            Step::Sslcfg => return Ok(Step::Connect),
            Step::Connect => {
                let Err(failure) = last else { return Ok(Step::Done) };
                self.failure = Some(failure);
                return Ok(Step::OutcomeRead);
            }
            Step::OutcomeRead => return self.after_outcome_read(session, refused),
            Step::OutcomeWait => return Ok(Step::OutcomeRead),
            Step::Done => return Ok(Step::Done),
        }
        self.service_step(session)
    }

    /// Whether the module is asked again after a pause, since it was busy or the client is connected already.
    fn waits_for_busy_module(&mut self, last: Result<(), Failure>) -> bool {
        let Err(Failure::Refused(Refusal::Code(code))) = last else { return false };
        if self.waits >= BUSY_WAITS {
            return false;
        }
        match code {
            ResultCode::CLIENT_IS_BUSY => self.waits += 1,
            // It is asked once more, and not waited for after that.
            ResultCode::NOT_SUPPORTED_OPERATION => self.waits = BUSY_WAITS,
            _ => return false,
        }
        true
    }

    /// What `AT+CMQTTACCQ?` shows of service and clients.
    fn after_accq_read(&mut self, session: &mut Session, refused: bool) {
        let lifecycle = &mut session.lifecycle;
        self.probed = true;
        self.id_matches = self.comparison == Comparison::Equal;
        if refused {
            // Only the success of START shows what became of the other client: the query may have been damaged.
            lifecycle.service = ServiceState::Stopped;
            lifecycle.client_mut(self.client).begin_again(ClientState::Released);
        } else {
            lifecycle.service = ServiceState::Started;
            let other = lifecycle.client_mut(self.client.other());
            if self.other_is_released && other.state == ClientState::Unknown {
                other.state = ClientState::Released;
            }
            let state = &mut lifecycle.client_mut(self.client).state;
            if self.comparison == Comparison::NotSeen {
                *state = ClientState::Released;
            } else if *state == ClientState::Released {
                *state = ClientState::Unknown;
            }
        }
    }

    /// What START shows of service and clients.
    fn after_start(&mut self, session: &mut Session, last: Result<(), Failure>) {
        let lifecycle = &mut session.lifecycle;
        if let Err(error) = last {
            self.failure = Some(error);
            self.probed = false;
            if error.leaves_outcome_unknown() {
                // It takes long to fail: once more, not several times.
                self.waits = self.waits.max(START_WAITS - 1);
            }
        } else if self.probed {
            // If the restart was not noticed before, the user of the other client needs the event.
            let connected = lifecycle.connected();
            if connected > 0 {
                session.events.restarted(connected);
            }
            lifecycle.client_mut(self.client.other()).begin_again(ClientState::Released);
        }
    }

    /// What `AT+CMQTTDISC?` shows of a CONNECT whose outcome is unknown.
    fn after_outcome_read(&mut self, session: &mut Session, refused: bool) -> Result<Step, Failure> {
        let state = &mut session.lifecycle.client_mut(self.client).state;
        if self.connected == Some(true) {
            *state = ClientState::Connected;
            return Ok(Step::Done);
        }
        // Where nothing at all was answered, nothing is at work.
        let is_over = refused
            || self.failure == Some(Failure::NoAnswer)
            || *state == ClientState::Acquired
            || session.now.has_reached(self.outcome_until);
        match self.failure {
            Some(failure) if is_over || failure == Failure::OutcomeGarbled => {
                session.attribute_error_to(command::Connect::INFO);
                Err(failure)
            }
            _ => Ok(Step::OutcomeWait),
        }
    }
}

/// The version of MQTT that is sent where the module has refused none: 3.1.1, unless the user chose another one.
const fn version_of(options: &ConnectOptions<'_>) -> Option<MqttVersion> {
    match options.version {
        None => Some(MqttVersion::V3_1_1),
        version => version,
    }
}

impl Procedure for Connect<'_> {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        if self.step == Step::Begin {
            self.compare_options(session);
        }
        self.step = self.following(session, last.unwrap_or(Ok(())))?;
        self.comparison = Comparison::NotSeen;
        self.connected = None;
        Ok(match self.step {
            Step::Done => {
                // Unless it was lost again.
                if session.lifecycle.client(self.client).state == ClientState::Connected {
                    session.events.repaired(self.client);
                }
                Next::Done
            }
            Step::Busy => Next::Pause(BUSY_WAIT_MS),
            Step::OutcomeWait => Next::Pause(OUTCOME_WAIT_MS),
            Step::Connect => {
                self.outcome_until = session.now.after(session.timeouts.operation_ms);
                Next::Command
            }
            _ => Next::Command,
        })
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        self.describe(self.step, writer);
    }

    fn data(&self) -> Option<&[u8]> {
        // Only settings have data.
        Some(self.data_at(self.place))
    }

    fn line(&mut self, line: Line<'_>) {
        let Some(mut parameters) = line.parameters_of_answer() else { return };
        self.is_ours = parameters.number() == Some(self.client.number().into());
        match (self.step, self.is_ours) {
            (Step::DiscRead | Step::OutcomeRead, true) => self.connected = parameters.number().map(|state| state == 0),
            (_, true) => self.rest(parameters.rest()),
            (Step::AccqRead, false) => {
                self.other_is_released = matches!(without_blanks(parameters.rest()), [b'"', b'"', ..])
            }
            (_, false) => {}
        }
    }

    fn rest(&mut self, bytes: &[u8]) {
        if !self.is_ours {
            return;
        }
        bytes.iter().for_each(|&byte| self.compare(byte));
    }
}
