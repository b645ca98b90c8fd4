//! An executor of one task that never sleeps.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};

/// Polls `future` until it is done. It is borrowed, because a move would take its space twice.
pub fn block_on<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
