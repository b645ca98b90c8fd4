//! Waiting for whichever comes first: sending, receiving, or the deadline.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

/// What has come about; at least one of them.
pub(super) struct Selected<W, F> {
    pub(super) written: Option<W>,
    pub(super) received: Option<F>,
    pub(super) timed_out: bool,
}

/// Polls all three, and drops those that have not finished. Time only counts where nothing was received.
pub(super) async fn select<W, F>(
    write: Option<impl Future<Output = W>>,
    receive: impl Future<Output = F>,
    wait: Option<impl Future<Output = ()>>,
) -> Selected<W, F> {
    let mut write = pin!(write);
    let mut receive = pin!(receive);
    let mut wait = pin!(wait);
    poll_fn(|context| {
        let received = match receive.as_mut().poll(context) {
            Poll::Ready(received) => Some(received),
            Poll::Pending => None,
        };
        let written = write.as_mut().as_pin_mut().and_then(|write| match write.poll(context) {
            Poll::Ready(written) => Some(written),
            Poll::Pending => None,
        });
        let waiting = received.is_none() && written.is_none();
        let timed_out = waiting && wait.as_mut().as_pin_mut().is_some_and(|wait| wait.poll(context).is_ready());
        if waiting && !timed_out {
            return Poll::Pending;
        }
        Poll::Ready(Selected { written, received, timed_out })
    })
    .await
}
