//! What the async shell drives.

use super::Procedure;

/// A procedure in a future of the async shell: the future is `Send` where this is.
pub(crate) trait Driven {
    fn procedure(&self) -> &dyn Procedure;

    fn procedure_mut(&mut self) -> &mut dyn Procedure;
}

/// That of every call, so that its loop exists once.
impl Driven for dyn Procedure + Send + '_ {
    fn procedure(&self) -> &dyn Procedure {
        self
    }

    fn procedure_mut(&mut self) -> &mut dyn Procedure {
        self
    }
}

/// That of a command which only one thread may use.
impl Driven for dyn Procedure + '_ {
    fn procedure(&self) -> &dyn Procedure {
        self
    }

    fn procedure_mut(&mut self) -> &mut dyn Procedure {
        self
    }
}
