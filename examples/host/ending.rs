//! How a program ends: cleanly on a signal, and with one line about a failure.

use std::fmt::Display;
use std::future::pending;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use embedded_io_async::{BufRead, Write};
use simcom_mqtt::{Error, MessageHandler, Modem, Timer};
use tokio::time::sleep;

use super::recording::{NO_ARGUMENTS, Recording};
use super::words;

/// A module usually ends a session within this time.
const SOON: Duration = Duration::from_secs(3);

/// A failure, in one line.
#[derive(Debug)]
pub enum Failure {
    /// An error of the driver.
    Driver(Error),
    Other(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(formatter),
            Self::Other(text) => text.fmt(formatter),
        }
    }
}

/// Prints the failure, if there is one.
pub fn exit_code(program: &str, outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{program}: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C and the signals that ask a program to end.
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Catches the signals: from now on they do not end the program by themselves.
    #[cfg(unix)]
    pub fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error: io::Error| format!("cannot listen to signals: {error}"));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    pub fn listen() -> Result<Self, Failure> {
        Ok(Self {})
    }

    /// Waits for the next signal.
    #[cfg(unix)]
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    pub async fn next(&mut self) {
        let _: io::Result<()> = tokio::signal::ctrl_c().await;
    }
}

/// Ends session, client and service in the module, unless the module cannot be reached or another signal arrives. If
/// both the program and this ending fail, the program's failure is returned.
pub async fn end<R: BufRead, T: Write, C: Timer, H: MessageHandler>(
    modem: Modem<R, T, C, H>,
    signals: &mut Signals,
    recording: &Recording,
    outcome: Result<(), Failure>,
) -> Result<(), Failure> {
    if let Err(Failure::Driver(Error::NoAnswer { .. } | Error::Receive(_) | Error::Transmit(_))) = outcome {
        return outcome;
    }
    let hint = async {
        sleep(SOON).await;
        eprintln!("waiting for the module to end the session; Ctrl-C ends at once");
        pending().await
    };
    let call = recording.begin("shutdown", NO_ARGUMENTS);
    let ended = tokio::select! {
        (_, _, ended) = modem.shutdown() => call.end(ended, words::done).map_err(|error| format!("at the end: {error}").into()),
        () = signals.next() => Err("ended at once, the module may still be connected".to_owned().into()),
        never = hint => never,
    };
    outcome.and(ended)
}
