//! Refusals that do not end the call.

use super::{Connect, Step};
use crate::ResultCode;
use crate::family::{Family, VersionSetting};
use crate::session::{Failure, Session};

impl Connect<'_> {
    /// Whether the present step may fail in this way, because a later one determines the state.
    pub(super) fn tolerates(&mut self, session: &mut Session, failure: Failure) -> bool {
        let code = match failure {
            Failure::Refused(refusal) => refusal.code(),
            // Another task has changed the state since this step was chosen.
            Failure::Illegal(_) if cfg!(feature = "shared") => {
                self.step = Step::Busy;
                return true;
            }
            // The next command asks the module. REL shows whether DISC has succeeded.
            _ if failure.leaves_outcome_unknown() => {
                return match self.step {
                    Step::Start => self.failure.is_none(),
                    step => matches!(step, Step::Disc | Step::Connect),
                };
            }
            _ => return false,
        };
        // Other codes of ACCQ say something about the client.
        let is_about_version =
            self.step == Step::Configure || matches!(code, None | Some(ResultCode::INVALID_PARAMETER));
        if is_about_version && self.skips_version(session.family) {
            session.lifecycle.version_refused = true;
            if self.step == Step::Accq {
                // As after REL: ACCQ follows.
                self.step = Step::Rel;
            }
            return true;
        }
        match self.step {
            Step::EchoOff | Step::AccqRead | Step::DiscRead | Step::OutcomeRead | Step::ConnectRead => true,
            Step::Disc | Step::Rel => true,
            // Already started: a bare ERROR, or 23, seen on A7670 and SIM7600.
            Step::Start => self.failure.is_none() && matches!(code, None | Some(ResultCode::NETWORK_IS_OPENED)),
            Step::Accq => !self.torn_down && matches!(code, None | Some(ResultCode::CLIENT_IS_USED)),
            _ => {
                let default = session.default();
                session.lifecycle.skipped.add(default);
                !default.is_empty()
            }
        }
    }

    /// Whether the command of this step sets the version, though the user did not ask for it.
    fn skips_version(&self, family: Family) -> bool {
        let step = match family.version_setting() {
            VersionSetting::AcquireArgument => Step::Accq,
            VersionSetting::Configuration | VersionSetting::None => Step::Configure,
        };
        self.step == step && self.place == 0 && self.options.version.is_none() && self.version.is_some()
    }
}
