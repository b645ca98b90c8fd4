//! An executor that polls once: with a scripted module, nothing is waited for.

use core::pin::pin;
use core::task::{Context, Poll, Waker};

/// The output of `future`.
pub fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the driver waits for bytes that the script does not have"),
    }
}
