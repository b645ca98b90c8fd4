//! The session: everything that is known about the module, and the one exchange that is under way. No I/O, no clock.
//!
//! A shell (the async client, a test) drives an [`Engine`] in a loop. What a dropped call leaves behind lives in here, and
//! the next call settles it first.

mod clock;
mod engine;
mod events;
mod exchange;
mod incoming;
mod lifecycle;
mod lines;
mod procedure;
mod settling;

use crate::at::{Encoder, WINDOW};
use crate::command::{ClientIndex, Descriptor, Request, Step};
use crate::error::{Error, Illegal, InvalidInput, Parameter, Problem};
use crate::family::{Family, Timeouts};
use crate::fmt::debug;

pub(crate) use clock::Instant;
pub(crate) use engine::{Engine, Outgoing, PIECE, Progress};
pub(crate) use events::Events;
pub use events::{Counters, Event};
use exchange::{Exchange, Phase};
use incoming::Incoming;
pub(crate) use lifecycle::Lifecycle;
pub use lifecycle::{ClientState, ServiceState};
pub(crate) use procedure::{Next, Procedure};
use settling::Settling;

/// How many bytes are sent before what has arrived is taken: bytes keep coming while a long payload goes out.
const CHUNK: usize = 64;
/// The most bytes that any command sends after its prompt.
const DATA_LIMIT: usize = 16_384;

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) family: Family,
    pub(crate) timeouts: Timeouts,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) events: Events,
    exchange: Exchange,
    settling: Settling,
    owed: Option<Owed>,
    incoming: Incoming,
    /// The rest of the line before, if it was cut, is for the procedure as its beginning was.
    rest_is_answer: bool,
    /// A PIN was sent and not accepted, as far as is known: it is not sent again before the card is unlocked.
    pub(crate) pin_doubtful: bool,
    pub(crate) now: Instant,
}

/// An outcome that a dropped call did not wait for.
#[derive(Clone, Copy, Debug)]
struct Owed {
    descriptor: &'static Descriptor,
    client: Option<ClientIndex>,
    deadline: Instant,
}

impl Session {
    fn new(family: Family) -> Self {
        Self {
            family,
            timeouts: Timeouts::of(family),
            lifecycle: Lifecycle::new(),
            events: Events::default(),
            exchange: Exchange::idle(),
            settling: Settling::new(),
            owed: None,
            incoming: Incoming::new(),
            rest_is_answer: false,
            pin_doubtful: false,
            now: Instant::ZERO,
        }
    }

    /// Goes on as far as possible without sending or receiving.
    fn poll(&mut self, procedure: &mut dyn Procedure) -> Result<Progress, Error> {
        loop {
            if procedure.listens() && !self.events.is_empty() {
                return Ok(Progress::Done);
            }
            // An answer that comes among doubtful lines would not count.
            let may_send = procedure.listens() || self.exchange.phase != Phase::Idle || !self.incoming.doubts();
            if !may_send || !self.settle(procedure.listens())? {
                return Ok(Progress::Waiting);
            }
            let last = match self.exchange.phase {
                Phase::Idle => None,
                Phase::Done => {
                    Some(self.exchange.result().map_err(|failure| failure.of(self.exchange.descriptor.name)))
                }
                _ => return Ok(Progress::Waiting),
            };
            self.exchange.phase = Phase::Idle;
            match procedure.next(self, last)? {
                Next::Command => {
                    let mut begun = Ok(());
                    procedure.command(&mut |request| begun = self.begin(request));
                    begun?;
                }
                Next::Pause(time) => self.exchange = Exchange::pause(time, self.now),
                Next::Listen => return Ok(Progress::Waiting),
                Next::Done => return Ok(Progress::Done),
            }
        }
    }

    /// Begins an exchange, unless the command is illegal or invalid; then nothing was sent.
    fn begin(&mut self, request: &dyn Request) -> Result<(), Error> {
        let descriptor = request.descriptor();
        self.lifecycle
            .check(descriptor.step, request.client())
            .map_err(|reason| Error::Illegal { command: descriptor.name, reason })?;
        self.check_staged_filters(request)?;
        request.check(self.family)?;
        if request.data_length() > DATA_LIMIT {
            let problem = Problem::TooLong(DATA_LIMIT as u16);
            return Err(InvalidInput { parameter: Parameter::Data, problem }.into());
        }
        debug!("sending AT{}", descriptor.name.as_str());
        self.exchange = Exchange::of(request, &self.timeouts, self.now);
        Ok(())
    }

    /// A staged SUB or UNSUB, which has no filter of its own, must not send what a dropped call left staged.
    fn check_staged_filters(&mut self, request: &dyn Request) -> Result<(), Error> {
        let (descriptor, Some(client)) = (request.descriptor(), request.client()) else { return Ok(()) };
        let life = self.lifecycle.client_mut(client);
        let is_staged = matches!(descriptor.step, Step::Sub | Step::Unsub) && request.data_length() == 0;
        if is_staged && life.filter_staged {
            life.acquire_anew = true;
            return Err(Error::Illegal { command: descriptor.name, reason: Illegal::FilterStaged });
        }
        Ok(())
    }

    /// The next deadline of the exchange, of an owed outcome, or of a message that is coming in.
    fn deadline(&self) -> Option<Instant> {
        let exchange = (!matches!(self.exchange.phase, Phase::Idle | Phase::Done)).then_some(self.exchange.deadline);
        let owed = self.owed.map(|owed| owed.deadline);
        [exchange, owed, self.incoming.deadline()]
            .into_iter()
            .flatten()
            .min_by_key(|deadline| self.now.until(*deadline))
    }
}

/// What one window of a command line holds.
struct Encoded {
    filled: usize,
    line_length: u16,
}

/// Encodes the part of a command line that begins `start` bytes into it.
fn encode(request: &dyn Request, start: usize, window: &mut [u8; WINDOW]) -> Encoded {
    let mut encoder = Encoder::new(window, start);
    encoder.text("AT").text(request.descriptor().name.as_str());
    request.parameters(&mut encoder);
    encoder.byte(b'\r');
    Encoded { filled: encoder.filled(), line_length: encoder.position() as u16 }
}
