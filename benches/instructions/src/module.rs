//! A scripted module: the expected bytes of the driver, and the answers to them.
//!
//! It does as little as possible, because its instructions are counted with the driver's.

use core::cell::Cell;
use core::convert::Infallible;
use core::future::poll_fn;
use core::task::Poll;
use core::time::Duration;

use embedded_io::ErrorType;

/// One exchange.
pub struct Step {
    /// Expected bytes of the driver.
    pub sent: &'static [u8],
    /// The answer, once all expected bytes have arrived.
    pub answer: &'static [u8],
}

/// Every answer is one chunk.
const ANSWER_CHUNK: usize = 64;

/// A scripted module, on a UART that returns received bytes in chunks.
pub struct Module {
    /// Maximum length of a chunk in bytes.
    chunk: Cell<usize>,
    /// The exchange under way, and those to come.
    steps: Cell<&'static [Step]>,
    /// Number of bytes of the current exchange that were sent.
    sent: Cell<usize>,
    /// Bytes that the driver has not received yet.
    output: Cell<&'static [u8]>,
    /// The time, which passes only when the driver waits.
    now: Cell<Duration>,
}

impl Module {
    pub const fn new() -> Self {
        Self {
            chunk: Cell::new(ANSWER_CHUNK),
            steps: Cell::new(&[]),
            sent: Cell::new(0),
            output: Cell::new(&[]),
            now: Cell::new(Duration::from_secs(1)),
        }
    }

    pub const fn uart(&self) -> (Receiver<'_>, Transmitter<'_>, Clock<'_>) {
        (Receiver(self), Transmitter(self), Clock(self))
    }

    /// Sets the script.
    pub fn play(&self, steps: &'static [Step]) {
        self.assert_done();
        self.steps.set(steps);
    }

    /// Sends bytes without a command, in chunks of `chunk` bytes.
    pub fn emit(&self, bytes: &'static [u8], chunk: usize) {
        self.assert_done();
        self.chunk.set(chunk);
        self.output.set(bytes);
    }

    /// # Panics
    ///
    /// If part of the script was not sent or not received.
    pub fn assert_done(&self) {
        if let [step, ..] = self.steps.get() {
            panic!("the driver has not sent {:?}", Text(&step.sent[self.sent.get()..]));
        }
        assert!(self.output.get().is_empty(), "the driver has not received {:?}", Text(self.output.get()));
    }

    fn take(&self, bytes: &[u8]) {
        let steps = self.steps.get();
        let Some((step, rest)) = steps.split_first() else {
            panic!("the driver sends {:?} behind the end of the script", Text(bytes));
        };
        let expected = &step.sent[self.sent.get()..];
        if !expected.starts_with(bytes) {
            panic!("the driver sends {:?} where the script has {:?}", Text(bytes), Text(expected));
        }
        if bytes.len() < expected.len() {
            self.sent.set(self.sent.get() + bytes.len());
            return;
        }
        assert!(self.output.get().is_empty(), "the driver has not received {:?}", Text(self.output.get()));
        self.steps.set(rest);
        self.sent.set(0);
        self.output.set(step.answer);
    }
}

/// Bytes as text.
struct Text<'b>(&'b [u8]);

impl core::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// Receives from a [`Module`].
pub struct Receiver<'m>(&'m Module);

impl ErrorType for Receiver<'_> {
    type Error = Infallible;
}

impl embedded_io_async::Read for Receiver<'_> {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
        unreachable!("the async client reads by `fill_buf`")
    }
}

impl embedded_io_async::BufRead for Receiver<'_> {
    fn fill_buf(&mut self) -> impl Future<Output = Result<&[u8], Infallible>> {
        let module = self.0;
        poll_fn(move |_| match module.output.get() {
            [] => Poll::Pending,
            output => Poll::Ready(Ok(output.get(..module.chunk.get()).unwrap_or(output))),
        })
    }

    fn consume(&mut self, count: usize) {
        self.0.output.set(&self.0.output.get()[count..]);
    }
}

/// Transmits to a [`Module`].
pub struct Transmitter<'m>(&'m Module);

impl ErrorType for Transmitter<'_> {
    type Error = Infallible;
}

impl embedded_io_async::Write for Transmitter<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.take(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The time on a [`Module`]: every wait is over at once.
pub struct Clock<'m>(&'m Module);

impl simcom_mqtt::Timer for Clock<'_> {
    fn now(&self) -> Duration {
        self.0.now.get()
    }

    async fn wait_until(&mut self, deadline: Duration) {
        self.0.now.set(deadline);
    }
}
