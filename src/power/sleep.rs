//! Why a module could not be sent to sleep or woken, and how it is found out.

use core::fmt;

use crate::NextStep;
use crate::command::{Answer, CommandInfo, CommandWriter, Request, no_response};
use crate::error::Error;

/// How long a module that is awake has for the answer to `AT`.
const ATTENTION_TIME_MS: u32 = 1_000;

/// Why [`pause`](crate::Modem::pause) or [`resume`](crate::Modem::resume) has failed. `P` is the error of the pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SleepError<P> {
    /// DTR could not be driven.
    Dtr(P),
    /// The module refused a command, or did not answer.
    Module(Error),
}

impl<P> SleepError<P> {
    /// What to do next, as data. [`Reset`](NextStep::Reset) where the module does not wake.
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::Dtr(_) => NextStep::Reset,
            Self::Module(error) => error.next_step(),
        }
    }
}

impl<P> From<Error> for SleepError<P> {
    fn from(error: Error) -> Self {
        Self::Module(error)
    }
}

impl<P: fmt::Debug> fmt::Display for SleepError<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dtr(_) => f.write_str("DTR could not be driven"),
            Self::Module(error) => error.fmt(f),
        }
    }
}

impl<P: fmt::Debug> core::error::Error for SleepError<P> {}

/// `AT`, which a module that is awake answers at once.
pub(super) struct Attention;

impl Request for Attention {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("", Answer::Plain) }).timeout_milliseconds(ATTENTION_TIME_MS);
    }
}

no_response!(Attention);

/// The result of the attempt to end the connection of a client: there may have been none.
pub(super) fn disconnected(result: Result<(), Error>, is_connected: bool) -> Result<(), Error> {
    match result {
        Err(Error::Illegal { .. } | Error::Refused { .. }) if !is_connected => Ok(()),
        result => result,
    }
}
