//! What the module holds staged for a client: payload, topic filters, settings and will.
//!
//! No command asks the module for these, and only REL and ACCQ clear most of them. So the session remembers
//! what may be staged, and when the client has to be acquired again.

use crate::command::Effect;
use crate::error::Illegal;

/// What may be staged for one client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Staging {
    /// A payload that no PUB has cleared: an empty publish would send it.
    payload: bool,
    /// A filter that is padded or of an earlier call: the next staged SUB or UNSUB would send it.
    filter: bool,
    /// Settings and will are complete since the client was acquired.
    is_prepared: bool,
    /// A call was refused because of what is staged: the next connect releases and acquires the client.
    needs_reacquire: bool,
}

impl Staging {
    pub(super) const NONE: Self = Self { payload: false, filter: false, is_prepared: false, needs_reacquire: false };

    /// The client was acquired or released.
    pub(super) const fn clear(&mut self) {
        *self = Self::NONE;
    }

    /// A command succeeded.
    pub(super) const fn succeeded(&mut self, effect: Effect) {
        match effect {
            Effect::Configure => self.is_prepared = false,
            Effect::Payload => self.payload = true,
            Effect::Pub => self.payload = false,
            _ => {}
        }
    }

    /// An outcome line said that a command failed. After the one of a publish, the module no longer holds what was
    /// staged.
    pub(super) const fn failed(&mut self, effect: Effect) {
        if matches!(effect, Effect::Pub) {
            self.payload = false;
        }
    }

    /// A command may have been carried out or not.
    pub(super) const fn unknown(&mut self, effect: Effect) {
        match effect {
            Effect::Configure => self.is_prepared = false,
            Effect::Payload => self.payload = true,
            _ => {}
        }
    }

    /// Data that are not known to this driver may have become a payload or a filter.
    pub(crate) const fn holds_unknown_data(&mut self) {
        self.payload = true;
        self.filter = true;
    }

    /// Data of a command are filled with slashes. A staged filter goes when the client is acquired again.
    pub(super) const fn filled(&mut self, effect: Effect) {
        if matches!(effect, Effect::Subtopic | Effect::Unsubtopic) {
            self.filter = true;
        }
    }

    /// Whether PUB would send no payload but the one that it is given.
    pub(crate) fn check_no_payload(&mut self) -> Result<(), Illegal> {
        self.needs_reacquire |= self.payload;
        if self.payload { Err(Illegal::PayloadStaged) } else { Ok(()) }
    }

    /// Whether a staged SUB or UNSUB would send no filter of an earlier call.
    pub(crate) fn check_no_filter(&mut self) -> Result<(), Illegal> {
        self.needs_reacquire |= self.filter;
        if self.filter { Err(Illegal::FilterStaged) } else { Ok(()) }
    }

    pub(crate) const fn has_filter(&self) -> bool {
        self.filter
    }

    /// A filter goes out that the next staged SUB sends, or none is left.
    pub(crate) const fn set_filter(&mut self, is_staged: bool) {
        self.filter = is_staged;
    }

    /// Settings and will are complete, or are not.
    pub(crate) const fn set_prepared(&mut self, is_prepared: bool) {
        self.is_prepared = is_prepared;
    }

    /// Settings and will may belong to other options.
    pub(crate) const fn needs_preparing(&mut self) {
        self.is_prepared = false;
    }

    /// Whether an acquired client can be connected as it is.
    pub(crate) const fn is_prepared(&self) -> bool {
        self.is_prepared && !self.needs_reacquire
    }

    /// What is staged goes only when the client is released.
    pub(crate) const fn must_reacquire(&mut self) {
        self.needs_reacquire = true;
    }

    pub(crate) const fn needs_reacquire(&self) -> bool {
        self.needs_reacquire
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(effects: &[Effect]) -> Staging {
        let mut staging = Staging::NONE;
        effects.iter().for_each(|effect| staging.succeeded(*effect));
        staging
    }

    #[test]
    fn a_payload_is_staged_until_a_publish_clears_it() {
        assert_eq!(after(&[Effect::Topic]).check_no_payload(), Ok(()));
        assert_eq!(after(&[Effect::Payload]).check_no_payload(), Err(Illegal::PayloadStaged));
        assert_eq!(after(&[Effect::Payload, Effect::Pub]).check_no_payload(), Ok(()));
        let mut failed = after(&[Effect::Payload]);
        failed.failed(Effect::Pub);
        assert_eq!(failed.check_no_payload(), Ok(()));
        let mut unanswered = Staging::NONE;
        unanswered.unknown(Effect::Payload);
        assert_eq!(unanswered.check_no_payload(), Err(Illegal::PayloadStaged));
    }

    #[test]
    fn what_was_refused_for_staged_data_needs_the_client_acquired_again() {
        for check in [Staging::check_no_payload, Staging::check_no_filter] {
            let mut staging = Staging::NONE;
            staging.set_prepared(true);
            assert_eq!(check(&mut staging), Ok(()));
            assert!(staging.is_prepared() && !staging.needs_reacquire());
            staging.holds_unknown_data();
            assert!(check(&mut staging).is_err());
            assert!(!staging.is_prepared() && staging.needs_reacquire());
            staging.clear();
            assert_eq!((check(&mut staging), staging.needs_reacquire()), (Ok(()), false));
        }
    }

    #[test]
    fn a_filled_staged_filter_stays_until_the_client_is_acquired_again() {
        for effect in [Effect::Subtopic, Effect::Unsubtopic] {
            let mut staging = Staging::NONE;
            staging.filled(effect);
            assert!(staging.has_filter());
            staging.clear();
            assert!(!staging.has_filter());
        }
    }

    #[test]
    fn settings_are_complete_until_one_of_them_is_sent_again() {
        let mut staging = Staging::NONE;
        staging.set_prepared(true);
        staging.succeeded(Effect::Configure);
        assert!(!staging.is_prepared());
        staging.set_prepared(true);
        staging.unknown(Effect::Configure);
        assert!(!staging.is_prepared());
    }
}
