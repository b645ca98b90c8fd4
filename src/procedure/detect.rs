//! Detects the family of a module.

#[cfg(test)]
mod tests;

use crate::at::Line;
use crate::command::network::Cgmm;
use crate::command::{
    AccqTest, CfgRanges, CfgTest, Command, CommandWriter, PayloadTest, Ranges, Request, SubtopicTest, Text,
};
use crate::family::{Family, TestForms, Timeouts};
use crate::session::{Failure, Next, Procedure, Session};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    Model,
    Payload,
    Cfg,
    Accq,
    Subtopic,
}

/// Queries the model; if it is unknown, queries the ranges in which the families differ: as
/// [`Modem::detect_family`](crate::Modem::detect_family).
#[derive(Debug)]
pub struct Detect {
    step: Step,
    model: Text<32>,
    ranges: Ranges,
    cfg: CfgRanges,
    forms: TestForms,
    pub(crate) family: Option<Family>,
}

impl Default for Detect {
    fn default() -> Self {
        Self::new()
    }
}

impl Detect {
    /// Asks the module.
    pub fn new() -> Self {
        Self {
            step: Step::Begin,
            model: Text::default(),
            ranges: Ranges::default(),
            cfg: CfgRanges::default(),
            forms: TestForms::default(),
            family: None,
        }
    }

    /// The family, once the call has succeeded; `None` where it is unknown. The engine uses it from then on.
    pub const fn family(&self) -> Option<Family> {
        self.family
    }

    fn found(&mut self, family: Option<Family>, session: &mut Session) -> Next {
        self.family = family;
        if let Some(family) = family
            && family != session.family
        {
            // The user's own timeouts stay.
            if session.timeouts == Timeouts::of(session.family) {
                session.timeouts = Timeouts::of(family);
            }
            session.family = family;
            session.lifecycle.sends_every_default();
        }
        Next::Done
    }
}

impl Procedure for Detect {
    fn next(&mut self, session: &mut Session, last: Option<Result<(), Failure>>) -> Result<Next, Failure> {
        let answered = match last {
            Some(Err(Failure::Refused(_))) => false,
            Some(result) => result.map(|()| true)?,
            None => true,
        };
        let ranges = core::mem::take(&mut self.ranges);
        self.step = match self.step {
            Step::Begin => Step::Model,
            Step::Model => match Family::from_model(self.model.as_bytes()) {
                Some(family) => return Ok(self.found(Some(family), session)),
                None => Step::Payload,
            },
            Step::Payload => {
                self.forms.longest_payload = ranges.get(1).map(|range| range.most());
                Step::Cfg
            }
            Step::Cfg => {
                self.forms.has_version_in_cfg = answered.then_some(self.cfg.version.is_some());
                Step::Accq
            }
            Step::Accq => {
                self.forms.has_version_in_accq = answered.then_some(ranges.get(3).is_some());
                Step::Subtopic
            }
            Step::Subtopic => {
                self.forms.has_staged_subscriptions = Some(answered);
                return Ok(self.found(Family::from_test_forms(self.forms), session));
            }
        };
        Ok(Next::Command)
    }

    fn command(&self, writer: &mut CommandWriter<'_>) {
        match self.step {
            Step::Begin | Step::Model => Cgmm.describe(writer),
            Step::Payload => PayloadTest.describe(writer),
            Step::Cfg => CfgTest.describe(writer),
            Step::Accq => AccqTest.describe(writer),
            Step::Subtopic => SubtopicTest.describe(writer),
        }
    }

    fn line(&mut self, line: Line<'_>) {
        match self.step {
            Step::Begin | Step::Model => Cgmm.line(&mut self.model, line),
            Step::Payload => PayloadTest.line(&mut self.ranges, line),
            Step::Cfg => CfgTest.line(&mut self.cfg, line),
            Step::Accq => AccqTest.line(&mut self.ranges, line),
            Step::Subtopic => {}
        }
    }

    fn rest(&mut self, bytes: &[u8]) {
        match self.step {
            Step::Payload => PayloadTest.rest(&mut self.ranges, bytes),
            Step::Cfg => CfgTest.rest(&mut self.cfg, bytes),
            Step::Accq => AccqTest.rest(&mut self.ranges, bytes),
            Step::Begin | Step::Model | Step::Subtopic => {}
        }
    }
}
