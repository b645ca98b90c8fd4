//! The parser and the sans-I/O core for tests of this repository, which move the bytes and supply the time themselves.
//! Not part of the API.

use core::fmt;
use core::time::Duration;

use embedded_io::ErrorKind;

use crate::at::{self, Line, WINDOW_BYTES};
use crate::command::{Ccertdown, ClientIndex, Command, QoS, Sub, Unsub};
use crate::error::Error;
use crate::family::Family;
use crate::handler::MessageHandler;
use crate::network::{Apn, BringUp, BringUpStage};
use crate::options::{ConnectOptions, Publish};
use crate::procedure::{
    Connect, DISCONNECT_TIMEOUT, Detect, Disconnect, Execute, Listen, PublishMessage, Shutdown, Single, Store,
    Subscribe, SubscribeAll,
};
use crate::session::{self, ClientState, Counters, Engine, Event, Procedure, Progress, ServiceState};

/// What the parser found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A line, or the first 64 bytes of a longer line.
    Line(Line<'a>),
    /// More of the line that was cut.
    Rest(&'a [u8]),
    /// A prompt that was awaited.
    Prompt,
    /// Some of the announced data.
    Data(&'a [u8]),
    /// What stands behind announced data; `false` where bytes were lost or added.
    Separator(bool),
    /// A line that was announced as text.
    Text(Line<'a>),
}

/// The parser.
#[derive(Debug)]
pub struct Parser(at::Parser);

impl Parser {
    /// A parser at the beginning of a line.
    #[expect(clippy::new_without_default, reason = "nothing here is for users")]
    pub const fn new() -> Self {
        Self(at::Parser::new())
    }

    /// The next `length` bytes are data.
    pub fn expect_data(&mut self, length: u16) {
        self.0.expect_data(length);
    }

    /// Returns to lines although announced bytes are missing.
    pub fn abandon_data(&mut self) {
        self.0.abandon_data();
    }

    /// Takes the next token off the front of `input`; `None` means that all of it was taken.
    pub fn next<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8], prompt_awaited: bool) -> Option<Token<'a>> {
        Some(match self.0.next(input, prompt_awaited)? {
            at::Token::Line(line) => Token::Line(line),
            at::Token::Rest(bytes) => Token::Rest(bytes),
            at::Token::Separator(separator) => Token::Separator(separator != at::Separator::Broken),
            at::Token::Text(line) => Token::Text(line),
            at::Token::Prompt => Token::Prompt,
            at::Token::Data(bytes) => Token::Data(bytes),
        })
    }
}

/// What is to be sent next.
#[derive(Clone, Copy, Debug)]
pub enum Outgoing<'b> {
    /// Nothing.
    Nothing,
    /// Some of these bytes.
    Bytes(&'b [u8]),
    /// At most this many bytes of the call's own source.
    Source(usize),
    /// A flush of the transmitter.
    Flush,
}

/// Room for the bytes that are to be sent.
pub type Window = [u8; WINDOW_BYTES];

/// The state machine of a modem.
#[derive(Debug)]
pub struct Core {
    engine: Engine,
}

/// A call of the user.
pub struct Call<'c>(Kind<'c>);

enum Kind<'c> {
    Connect(Connect<'c>),
    Publish(PublishMessage<'c>),
    Subscribe(Subscribe<'c>),
    SubscribeAll(SubscribeAll<'c, (&'c str, QoS)>),
    Unsubscribe(Single<Unsub<'c>>),
    Disconnect(Disconnect),
    Shutdown(Shutdown),
    NextEvent(Listen),
    Store(Store<'c>),
    DetectFamily(Detect),
    BringUp(BringUp<'c, 'c, dyn FnMut(BringUpStage) + 'c>),
    Execute(&'c mut dyn Procedure),
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

/// A command whose response is kept.
pub struct Execution<'c, Q: Command>(Execute<'c, Q>);

impl<Q: Command> fmt::Debug for Execution<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").finish_non_exhaustive()
    }
}

impl<'c, Q: Command> Execution<'c, Q> {
    /// `Modem::execute`.
    pub fn new(command: &'c Q) -> Self {
        Self(Execute::new(command))
    }

    /// The call that carries it out.
    pub fn call(&mut self) -> Call<'_> {
        Call(Kind::Execute(&mut self.0))
    }

    /// What was read.
    pub fn response(&self) -> &Q::Response {
        &self.0.response
    }
}

impl<'c> Call<'c> {
    /// `Client::connect`.
    pub fn connect(client: ClientIndex, options: &'c ConnectOptions<'c>) -> Self {
        Self(Kind::Connect(Connect::new(client, options)))
    }

    /// `Client::publish`.
    pub fn publish(client: ClientIndex, message: &'c Publish<'c>) -> Self {
        Self(Kind::Publish(PublishMessage::new(client, message)))
    }

    /// `Client::publish_from`.
    pub fn publish_from(client: ClientIndex, message: &'c Publish<'c>, length: usize) -> Self {
        Self(Kind::Publish(PublishMessage::announced(client, message, length)))
    }

    /// `Client::subscribe`.
    pub fn subscribe(client: ClientIndex, filter: &'c str, qos: QoS) -> Self {
        Self(Kind::Subscribe(Subscribe::new(Sub { client, filter, qos })))
    }

    /// `Client::unsubscribe`.
    pub fn unsubscribe(client: ClientIndex, filter: &'c str) -> Self {
        Self(Kind::Unsubscribe(Single(Unsub { client, filter })))
    }

    /// `Client::disconnect`.
    pub fn disconnect(client: ClientIndex) -> Self {
        Self(Kind::Disconnect(Disconnect::new(client, DISCONNECT_TIMEOUT)))
    }

    /// `Modem::shutdown`.
    pub fn shutdown() -> Self {
        Self(Kind::Shutdown(Shutdown::new()))
    }

    /// `Modem::next_event`, where no event waits.
    pub fn next_event() -> Self {
        Self(Kind::NextEvent(Listen))
    }

    /// `Modem::store_certificate`.
    pub fn store_certificate(name: &'c str, length: usize) -> Self {
        Self(Kind::Store(Store(Ccertdown::announced(name, length))))
    }

    /// `Modem::detect_family`.
    pub fn detect_family() -> Self {
        Self(Kind::DetectFamily(Detect::new()))
    }

    fn procedure(&self) -> &dyn Procedure {
        match &self.0 {
            Kind::Connect(procedure) => procedure,
            Kind::Publish(procedure) => procedure,
            Kind::Subscribe(procedure) => procedure,
            Kind::SubscribeAll(procedure) => procedure,
            Kind::Unsubscribe(procedure) => procedure,
            Kind::Disconnect(procedure) => procedure,
            Kind::Shutdown(procedure) => procedure,
            Kind::NextEvent(procedure) => procedure,
            Kind::Store(procedure) => procedure,
            Kind::DetectFamily(procedure) => procedure,
            Kind::BringUp(procedure) => procedure,
            Kind::Execute(procedure) => &**procedure,
        }
    }

    fn procedure_mut(&mut self) -> &mut dyn Procedure {
        match &mut self.0 {
            Kind::Connect(procedure) => procedure,
            Kind::Publish(procedure) => procedure,
            Kind::Subscribe(procedure) => procedure,
            Kind::SubscribeAll(procedure) => procedure,
            Kind::Unsubscribe(procedure) => procedure,
            Kind::Disconnect(procedure) => procedure,
            Kind::Shutdown(procedure) => procedure,
            Kind::NextEvent(procedure) => procedure,
            Kind::Store(procedure) => procedure,
            Kind::DetectFamily(procedure) => procedure,
            Kind::BringUp(procedure) => procedure,
            Kind::Execute(procedure) => &mut **procedure,
        }
    }
}

impl Core {
    /// The core for a module of this family, in any state.
    pub fn new(family: Family) -> Self {
        Self { engine: Engine::new(family) }
    }

    /// `Client::subscribe_all`.
    pub fn subscribe_all<'c>(&self, client: ClientIndex, filters: &'c [(&'c str, QoS)]) -> Call<'c> {
        Call(Kind::SubscribeAll(SubscribeAll::new(client, filters, self.engine.session.family)))
    }

    /// `Modem::bring_up`, without the loop in which the shell checks its outcome. `pin_unconfirmed` is kept by the caller
    /// for the next one; it is `false` at first.
    pub fn bring_up<'c>(
        &self,
        apn: &'c Apn<'c>,
        pin_unconfirmed: &'c mut bool,
        on_stage: &'c mut dyn FnMut(BringUpStage),
    ) -> Call<'c> {
        Call(Kind::BringUp(BringUp::new(apn, pin_unconfirmed, on_stage, self.engine.session.now)))
    }

    /// A call begins.
    ///
    /// # Errors
    ///
    /// An argument is invalid.
    pub fn begin_call(&mut self, call: &Call<'_>) -> Result<(), Error> {
        Ok(self.engine.begin_call(call.procedure())?)
    }

    /// Time has passed.
    pub fn pass_time(&mut self, now: Duration) {
        self.engine.pass_time(now);
    }

    /// The receiver has no more bytes for now. Returns whether the core did not know that yet.
    pub fn input_is_drained(&mut self) -> bool {
        self.engine.input_is_drained()
    }

    /// Continues until bytes must be sent or received. Returns whether the call has ended.
    ///
    /// # Errors
    ///
    /// The call has failed.
    pub fn poll(&mut self, call: &mut Call<'_>) -> Result<bool, Error> {
        match self.engine.poll(call.procedure_mut()) {
            Ok(progress) => Ok(progress == Progress::Done),
            Err(failure) => Err(self.engine.session.error(failure)),
        }
    }

    /// What is to be sent now.
    pub fn transmit<'b>(&self, call: &'b Call<'_>, window: &'b mut Window) -> Outgoing<'b> {
        match self.engine.transmit(call.procedure(), window) {
            session::Outgoing::Nothing => Outgoing::Nothing,
            session::Outgoing::Bytes(bytes) => Outgoing::Bytes(bytes),
            session::Outgoing::Source(limit) => Outgoing::Source(limit),
            session::Outgoing::Flush => Outgoing::Flush,
        }
    }

    /// `count` bytes of what was to be sent have been sent.
    pub fn transmitted(&mut self, count: usize) {
        self.engine.transmitted(count);
    }

    /// The transmitter has been flushed.
    pub fn flushed(&mut self) {
        self.engine.flushed();
    }

    /// Takes bytes from the module.
    pub fn receive(&mut self, bytes: &[u8], call: &mut Call<'_>, handler: &mut dyn MessageHandler) {
        self.engine.receive(bytes, call.procedure_mut(), handler);
    }

    /// The receiver reported an error.
    ///
    /// # Errors
    ///
    /// The receiver counts as broken.
    pub fn receive_failed(&mut self, kind: ErrorKind, handler: &mut dyn MessageHandler) -> Result<(), Error> {
        self.engine.receive_failed(kind, handler)
    }

    /// In how many milliseconds to call [`expire`](Self::expire).
    pub fn time_left(&self) -> Option<u32> {
        self.engine.time_left()
    }

    /// Nothing arrived in time.
    pub fn expire(&mut self, handler: &mut dyn MessageHandler) {
        self.engine.expire(handler);
    }

    /// The next event that waits.
    pub fn take_event(&mut self) -> Option<Event> {
        self.engine.session.events.take()
    }

    /// Counts of what was ignored or lost.
    pub fn counters(&self) -> Counters {
        self.engine.session.events.counters()
    }

    /// The family, which `Modem::detect_family` can change.
    pub fn family(&self) -> Family {
        self.engine.session.family
    }

    /// The state of the service, where the core knows it.
    pub fn service_state(&self) -> ServiceState {
        self.engine.session.lifecycle.service
    }

    /// The state of a client, where the core knows it.
    pub fn client_state(&self, client: ClientIndex) -> ClientState {
        self.engine.session.lifecycle.client(client).state
    }
}
