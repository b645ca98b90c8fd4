//! The bring-up of a shared module, in turns.

use core::convert::Infallible;
use core::time::Duration;

use crate::error::Error;
use crate::network::bring_up::BringUp;
use crate::network::{Apn, BringUpError, BringUpStage};
use crate::session::Procedure;
use crate::supervisor::NoBringUp;

type OnStage = dyn FnMut(BringUpStage) + Send;

/// A bring-up, or none: then nothing of one is in the image of [`SharedModem::run`](super::SharedModem::run).
pub trait AttachInTurns {
    #[doc(hidden)]
    type BringUp<'j>: InTurns
    where
        Self: 'j;

    #[doc(hidden)]
    fn begin<'j>(
        &'j self,
        pin_unconfirmed: &'j mut bool,
        on_stage: &'j mut OnStage,
        now: Duration,
    ) -> Option<Self::BringUp<'j>>;
}

/// A bring-up under way.
pub trait InTurns {
    #[doc(hidden)]
    fn procedure(&mut self) -> &mut (dyn Procedure + Send);

    /// `None` where it is to be driven again.
    #[doc(hidden)]
    fn ended(&self, driven: Result<(), Error>, now: Duration) -> Option<Result<(), BringUpError>>;
}

impl AttachInTurns for &Apn<'_> {
    type BringUp<'j>
        = BringUp<'j, 'j, OnStage>
    where
        Self: 'j;

    fn begin<'j>(
        &'j self,
        pin_unconfirmed: &'j mut bool,
        on_stage: &'j mut OnStage,
        now: Duration,
    ) -> Option<Self::BringUp<'j>> {
        Some(BringUp::new(self, pin_unconfirmed, on_stage, now))
    }
}

impl AttachInTurns for Option<&Apn<'_>> {
    type BringUp<'j>
        = BringUp<'j, 'j, OnStage>
    where
        Self: 'j;

    fn begin<'j>(
        &'j self,
        pin_unconfirmed: &'j mut bool,
        on_stage: &'j mut OnStage,
        now: Duration,
    ) -> Option<Self::BringUp<'j>> {
        Some(BringUp::new((*self)?, pin_unconfirmed, on_stage, now))
    }
}

impl InTurns for BringUp<'_, '_, OnStage> {
    fn procedure(&mut self) -> &mut (dyn Procedure + Send) {
        self
    }

    fn ended(&self, driven: Result<(), Error>, now: Duration) -> Option<Result<(), BringUpError>> {
        Some(self.outcome(driven, now)?.map(drop))
    }
}

impl AttachInTurns for NoBringUp {
    type BringUp<'j> = Infallible;

    fn begin<'j>(&'j self, _: &'j mut bool, _: &'j mut OnStage, _: Duration) -> Option<Infallible> {
        None
    }
}

impl InTurns for Infallible {
    fn procedure(&mut self) -> &mut (dyn Procedure + Send) {
        match *self {}
    }

    fn ended(&self, _: Result<(), Error>, _: Duration) -> Option<Result<(), BringUpError>> {
        match *self {}
    }
}
