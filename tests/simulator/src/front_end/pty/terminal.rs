use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, ioctl_tiocnxcl, tcflush, tcgetattr, tcsetattr};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The owner's side of a pseudo-terminal.
///
/// The other side is not kept open, so that its last close is noticed. Bytes that the module sends after that are lost,
/// as on a wire; they do not wait for the next program.
pub(super) struct Terminal {
    owner: OwnedFd,
    path: PathBuf,
}

impl Terminal {
    pub(super) fn open() -> io::Result<Self> {
        let owner = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&owner)?;
        unlockpt(&owner)?;
        fcntl_setfl(&owner, fcntl_getfl(&owner)? | OFlags::NONBLOCK)?;
        let name = ptsname(&owner, Vec::new())?;
        let terminal = Self { owner, path: OsString::from_vec(name.into_bytes()).into() };
        terminal.restore()?;
        Ok(terminal)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Raw mode (eight bits, no echo, no conversion), not exclusive, nothing left to read.
    pub(super) fn restore(&self) -> io::Result<()> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let host_side = rustix::fs::open(&self.path, flags, Mode::empty())?;
        ioctl_tiocnxcl(&host_side)?;
        let mut settings = tcgetattr(&host_side)?;
        settings.make_raw();
        tcsetattr(&host_side, OptionalActions::Now, &settings)?;
        tcflush(&host_side, QueueSelector::IFlush)?;
        Ok(())
    }

    /// Whether the other side is open, or was open and left bytes.
    pub(super) fn is_open_elsewhere(&self) -> io::Result<bool> {
        let mut state = [PollFd::new(&self.owner, PollFlags::IN)];
        poll(&mut state, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
        let state = state[0].revents();
        Ok(state.contains(PollFlags::IN) || !state.contains(PollFlags::HUP))
    }

    /// The stream to the program that has the other side open. It ends with the last close.
    pub(super) fn host(&self) -> io::Result<Host<'_>> {
        Ok(Host { terminal: self, owner: Some(self.register()?) })
    }

    #[expect(
        deprecated,
        reason = "its successor is unsafe, for descriptors that are closed too early; a borrowed one cannot be"
    )]
    fn register(&self) -> io::Result<AsyncFd<BorrowedFd<'_>>> {
        AsyncFd::new(self.owner.as_fd())
    }
}

/// A stream to the program at the other side.
pub(super) struct Host<'a> {
    terminal: &'a Terminal,
    /// `None` only while it is being replaced.
    owner: Option<AsyncFd<BorrowedFd<'a>>>,
}

impl<'a> Host<'a> {
    fn owner(&self) -> io::Result<&AsyncFd<BorrowedFd<'a>>> {
        self.owner.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// tokio remembers a hang-up for as long as a descriptor is registered, so the registration is renewed when the
    /// other side was closed and opened again before that was noticed.
    fn renew(&mut self, context: &Context<'_>) -> io::Result<()> {
        self.owner = None;
        self.owner = Some(self.terminal.register()?);
        // A pending write waits on the old registration.
        context.waker().wake_by_ref();
        Ok(())
    }
}

impl AsyncRead for Host<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.owner()?.poll_read_ready(context))?;
            let hung_up = guard.ready().is_read_closed();
            let space = buffer.initialize_unfilled();
            match guard.try_io(|owner| Ok(rustix::io::read(owner.get_ref(), space)?)) {
                Ok(Ok(count)) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                // Linux returns this when the other side is closed and all that it wrote has been read.
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => {
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_) if hung_up => self.renew(context)?,
                Err(_) => {}
            }
        }
    }
}

impl AsyncWrite for Host<'_> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.owner()?.poll_write_ready(context))?;
            if let Ok(written) = guard.try_io(|owner| Ok(rustix::io::write(owner.get_ref(), bytes)?)) {
                return Poll::Ready(written);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
