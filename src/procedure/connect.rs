//! From any state to a connected client.

mod comparison;
mod requests;

use crate::ResultCode;
use crate::at::{Encoder, Line, WINDOW};
use crate::command::{self, AccqRead, ClientIndex, ConnectRead, Disc, DiscRead, EchoOff};
use crate::command::{Rel, Request, Start};
use crate::error::{CommandName, Error, Illegal, Refusal};
use crate::family::Family;
use crate::options::ConnectOptions;
use crate::session::{ClientState, Next, Procedure, ServiceState, Session};

use super::disconnect::DISCONNECT_TIMEOUT;
use comparison::Comparison;

/// How long to wait before a busy module is asked again, in milliseconds.
const BUSY_WAIT: u32 = 2_000;
/// How often it is asked: an operation takes as long as the module's `"optimeout"`, 120 s, at most.
const BUSY_WAITS: u8 = 62;

#[inline(never)] // keeps the image small
fn is_busy(result: Result<(), Error>) -> bool {
    matches!(result, Err(Error::Refused { refusal: Refusal::Code(ResultCode::CLIENT_IS_BUSY), .. }))
}

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

/// The options with which each client was last connected.
pub(crate) type Remembered<'a> = [Option<&'a ConnectOptions<'a>>; 2];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    /// The module is busy with something of an earlier life.
    Busy,
    EchoOff,
    /// `AT+CMQTTACCQ?`: is the service started, and is the client acquired under this id?
    AccqRead,
    Start,
    /// `AT+CMQTTDISC?`: is it connected?
    DiscRead,
    /// `AT+CMQTTCONNECT?`: to this address?
    ConnectRead,
    Disc,
    Rel,
    Accq,
    Version,
    OperationTimeout,
    /// `AT+CSSLCFG`, one setting after the other.
    Csslcfg(u8),
    WillTopic,
    WillMsg,
    Sslcfg,
    Connect,
    Done,
}

/// Brings one client to the connected state.
pub(crate) struct Connect<'a> {
    client: ClientIndex,
    options: &'a ConnectOptions<'a>,
    family: Family,
    step: Step,
    /// The client was brought to where it is with these same options.
    same_options: bool,
    /// What the module remembers was read, and the id and type are the ones wanted.
    id_matches: bool,
    /// `AccqRead` was answered.
    probed: bool,
    /// START was refused: the service may be up already, or never come up.
    start_refused: Option<Error>,
    /// What the module remembered of the client was torn down.
    torn_down: bool,
    /// Outcome of `DiscRead`.
    connected: [Option<bool>; 2],
    comparison: Comparison,
    /// The rest of the line belongs to the comparison.
    comparing: bool,
    /// `AccqRead` says that the other client is not acquired.
    other_is_released: bool,
    /// How often the module was too busy.
    waits: u8,
    pub(crate) connection: Connection,
}

impl<'a> Connect<'a> {
    /// Checks the options, and remembers them for the next time.
    pub(crate) fn new(
        client: ClientIndex,
        options: &'a ConnectOptions<'a>,
        remembered: &mut Remembered<'a>,
        session: &mut Session,
    ) -> Result<Self, Error> {
        let last = client.of_mut(remembered);
        let same_options = last.is_some_and(|last| core::ptr::eq(last, options));
        let procedure = Self {
            client,
            options,
            family: session.family,
            step: Step::Begin,
            same_options,
            id_matches: false,
            probed: false,
            start_refused: None,
            torn_down: false,
            connected: [None; 2],
            comparison: Comparison::NotSeen,
            comparing: false,
            other_is_released: false,
            waits: 0,
            connection: Connection::Opened,
        };
        procedure.check(session)?;
        *last = Some(options);
        if !same_options {
            session.lifecycle.client_mut(client).prepared = false;
        }
        Ok(procedure)
    }

    /// With the options of the last time.
    pub(crate) fn again(
        client: ClientIndex,
        remembered: &mut Remembered<'a>,
        session: &mut Session,
    ) -> Result<Self, Error> {
        match *client.of(remembered) {
            Some(options) => Self::new(client, options, remembered, session),
            None => Err(Error::Illegal { command: CommandName("+CMQTTCONNECT"), reason: Illegal::NeverConnected }),
        }
    }

    /// How the last command ended, and what that leads to.
    fn following(&mut self, session: &mut Session, last: Result<(), Error>) -> Result<Step, Error> {
        let refused = matches!(last, Err(Error::Refused { .. }));
        if is_busy(last) && self.waits < BUSY_WAITS {
            self.waits += 1;
            return Ok(Step::Busy);
        }
        if let Err(error) = last
            && !self.tolerates(error)
        {
            return Err(error);
        }
        Ok(match self.step {
            Step::Begin if !session.lifecycle.echo_is_off => Step::EchoOff,
            Step::Begin | Step::EchoOff => self.service_step(session)?,
            // Whatever it was that the module was busy with, it may have changed what there is to do.
            Step::Busy => {
                session.lifecycle.client_mut(self.client).state = ClientState::Unknown;
                self.probed = false;
                Step::AccqRead
            }
            Step::AccqRead => {
                self.probed = true;
                if refused {
                    session.lifecycle.found_stopped();
                } else {
                    session.lifecycle.service = ServiceState::Started;
                    let other = session.lifecycle.client_mut(self.client.other());
                    if self.other_is_released && other.state == ClientState::Unknown {
                        other.state = ClientState::Released;
                    }
                    if self.comparison == Comparison::NotSeen {
                        session.lifecycle.client_mut(self.client).state = ClientState::Released;
                    }
                }
                let server_type = b'0' + self.options.broker.server_type() as u8;
                self.id_matches = self.comparison == Comparison::Behind { equal: true, digit: Some(server_type) };
                self.service_step(session)?
            }
            Step::Start => {
                if let Err(error) = last {
                    self.start_refused = Some(error);
                    self.probed = false;
                }
                self.service_step(session)?
            }
            Step::DiscRead => {
                let life = session.lifecycle.client_mut(self.client);
                match *self.client.of(&self.connected) {
                    Some(true) => life.state = ClientState::Connected,
                    Some(false) => life.state = ClientState::Acquired,
                    // What was believed is not so: the module has restarted without a word that arrived.
                    None if !self.probed => {
                        life.state = ClientState::Unknown;
                        session.lifecycle.service = ServiceState::Unknown;
                        return self.service_step(session);
                    }
                    None => return Ok(Step::Disc),
                }
                self.probed_client_step(session)
            }
            Step::ConnectRead => match self.comparison {
                Comparison::Behind { equal: true, .. } => {
                    // The earlier life may have been cut off between a payload and its publish.
                    session.lifecycle.client_mut(self.client).payload_staged = true;
                    self.connection = Connection::Adopted;
                    Step::Done
                }
                _ => Step::Disc,
            },
            Step::Disc => Step::Rel,
            Step::Rel => Step::Accq,
            // In use though it was believed to be free: what is left of it is torn down, once.
            Step::Accq if refused => {
                self.torn_down = true;
                Step::Disc
            }
            Step::Accq if self.version_to_configure().is_some() => Step::Version,
            Step::Accq | Step::Version if self.options.operation_timeout.is_some() => Step::OperationTimeout,
            Step::Accq | Step::Version | Step::OperationTimeout if self.options.broker.tls.is_some() => {
                Step::Csslcfg(0)
            }
            Step::Csslcfg(place) if self.csslcfg(place + 1, &mut |_| {}) => Step::Csslcfg(place + 1),
            Step::Accq | Step::Version | Step::OperationTimeout | Step::Csslcfg(_) if self.options.will.is_some() => {
                Step::WillTopic
            }
            Step::WillTopic => Step::WillMsg,
            Step::Accq | Step::Version | Step::OperationTimeout | Step::Csslcfg(_) | Step::WillMsg => {
                session.lifecycle.client_mut(self.client).prepared = true;
                self.connect_step()
            }
            Step::Sslcfg => Step::Connect,
            Step::Connect | Step::Done => Step::Done,
        })
    }

    /// Whether the present step may fail like this, because a later one shows what is to be done.
    fn tolerates(&self, error: Error) -> bool {
        let Error::Refused { refusal, .. } = error else { return false };
        match self.step {
            Step::EchoOff | Step::AccqRead | Step::DiscRead | Step::ConnectRead | Step::Disc | Step::Rel => true,
            // Already started: a bare ERROR, or 23 (FIELD-NOTES of A7670 and SIM7600).
            Step::Start => {
                self.start_refused.is_none()
                    && matches!(refusal, Refusal::Error | Refusal::Code(ResultCode::NETWORK_IS_OPENED))
            }
            Step::Accq => {
                !self.torn_down && matches!(refusal, Refusal::Error | Refusal::Code(ResultCode::CLIENT_IS_USED))
            }
            _ => false,
        }
    }

    /// What the service needs; the client's turn comes when it is started.
    fn service_step(&self, session: &Session) -> Result<Step, Error> {
        match (session.lifecycle.service, self.start_refused) {
            (ServiceState::Started, _) => Ok(self.client_step(session)),
            // Neither started nor to be started.
            (ServiceState::Stopped, Some(error)) => Err(error),
            (ServiceState::Stopped, None) => Ok(Step::Start),
            (ServiceState::Unknown, _) => Ok(Step::AccqRead),
        }
    }

    fn client_step(&self, session: &Session) -> Step {
        let life = session.lifecycle.client(self.client);
        match life.state {
            ClientState::Released => Step::Accq,
            ClientState::Connected if self.same_options && !life.acquire_anew => Step::DiscRead,
            ClientState::Connected => Step::Disc,
            ClientState::Acquired => self.acquired_step(session),
            ClientState::Unknown if self.probed => Step::DiscRead,
            ClientState::Unknown => Step::AccqRead,
        }
    }

    /// The client is acquired, by this program or by an earlier life of it, and `DiscRead` was answered.
    fn probed_client_step(&mut self, session: &Session) -> Step {
        let life = session.lifecycle.client(self.client);
        match life.state {
            ClientState::Connected if life.acquire_anew => Step::Disc,
            ClientState::Connected if !self.probed => {
                self.connection = Connection::Adopted;
                Step::Done
            }
            ClientState::Connected if self.id_matches => Step::ConnectRead,
            ClientState::Acquired => self.acquired_step(session),
            _ => Step::Disc,
        }
    }

    /// The client is acquired and not connected.
    fn acquired_step(&self, session: &Session) -> Step {
        let life = session.lifecycle.client(self.client);
        let is_ours = self.same_options && (!self.probed || self.id_matches);
        if is_ours && life.prepared && !life.acquire_anew { self.connect_step() } else { Step::Rel }
    }

    /// The SSL context is named before every CONNECT: a failed one, and DISC, clear it.
    const fn connect_step(&self) -> Step {
        if self.options.broker.tls.is_some() { Step::Sslcfg } else { Step::Connect }
    }

    /// Writes what the quoted parameter of the present read form should be.
    fn wanted(&self, text: &mut Encoder<'_>) {
        if self.step == Step::AccqRead {
            text.text(self.options.client_id);
        } else {
            let broker = &self.options.broker;
            text.text("tcp://").text(broker.host).byte(b':').number(broker.port.into());
        }
    }

    fn compare(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let mut window = [b'"'; WINDOW];
            let mut comparison = self.comparison;
            if let Comparison::Inside { position, .. } = comparison {
                self.wanted(&mut Encoder::new(&mut window, position.into()));
            }
            let [wanted, ..] = window;
            comparison.take(byte, wanted);
            self.comparison = comparison;
        }
    }
}

impl Procedure for Connect<'_> {
    fn check(&self, session: &Session) -> Result<(), Error> {
        let family = session.family;
        self.accq().check(family)?;
        self.connect().check(family)?;
        for cfg in [self.version_to_configure(), self.operation_timeout()].into_iter().flatten() {
            cfg.check(family)?;
        }
        if let Some((topic, message)) = self.will() {
            topic.check(family)?;
            message.check(family)?;
        }
        if let Some(sslcfg) = self.sslcfg() {
            sslcfg.check(family)?;
        }
        let mut checked = Ok(());
        let mut place = 0;
        while checked.is_ok() && self.csslcfg(place, &mut |csslcfg| checked = csslcfg.check(family)) {
            place += 1;
        }
        Ok(checked?)
    }

    fn next(&mut self, session: &mut Session, last: Option<Result<(), Error>>) -> Result<Next, Error> {
        self.step = self.following(session, last.unwrap_or(Ok(())))?;
        self.comparison = Comparison::NotSeen;
        Ok(match self.step {
            Step::Done => Next::Done,
            Step::Busy => Next::Pause(BUSY_WAIT),
            _ => Next::Command,
        })
    }

    fn command(&self, visit: &mut dyn FnMut(&dyn Request)) {
        let client = self.client;
        match self.step {
            Step::EchoOff => visit(&EchoOff),
            Step::AccqRead => visit(&AccqRead),
            Step::Start => visit(&Start),
            Step::DiscRead => visit(&DiscRead),
            Step::ConnectRead => visit(&ConnectRead),
            Step::Disc => visit(&Disc { client, timeout: DISCONNECT_TIMEOUT }),
            Step::Rel => visit(&Rel { client }),
            Step::Accq => visit(&self.accq()),
            Step::Version => self.version_to_configure().iter().for_each(|cfg| visit(cfg)),
            Step::OperationTimeout => self.operation_timeout().iter().for_each(|cfg| visit(cfg)),
            Step::WillTopic => self.will().iter().for_each(|(topic, _)| visit(topic)),
            Step::WillMsg => self.will().iter().for_each(|(_, message)| visit(message)),
            Step::Csslcfg(place) => {
                self.csslcfg(place, visit);
            }
            Step::Sslcfg => self.sslcfg().iter().for_each(|sslcfg| visit(sslcfg)),
            Step::Connect => visit(&self.connect()),
            Step::Begin | Step::Busy | Step::Done => {}
        }
    }

    fn data(&self) -> Option<&[u8]> {
        Some(match (self.step, self.options.will) {
            (Step::WillTopic, Some(will)) => will.topic.as_bytes(),
            (Step::WillMsg, Some(will)) => will.message,
            _ => &[],
        })
    }

    fn line(&mut self, line: Line<'_>) {
        let name = match self.step {
            Step::AccqRead => "+CMQTTACCQ",
            Step::ConnectRead => "+CMQTTCONNECT",
            _ => return command::Command::line(&DiscRead, &mut self.connected, line),
        };
        self.comparing = false;
        let Some(mut parameters) = line.parameters(name) else { return };
        if parameters.number() == Some(self.client.number().into()) {
            self.comparison = Comparison::Before;
            self.comparing = line.is_cut();
            self.compare(parameters.rest());
        } else if self.step == Step::AccqRead {
            self.other_is_released = parameters.quoted() == Some(b"");
        }
    }

    fn rest(&mut self, bytes: &[u8]) {
        if self.comparing {
            self.compare(bytes);
        }
    }
}
