//! The service that both clients share.

use super::{Answer, Descriptor, Request, Step, no_response};
use crate::family::Timeouts;

/// `AT+CMQTTSTART`: starts the MQTT service and activates its PDP context (A76 §2.1.1, S67 §2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start;

impl Request for Start {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTSTART", Answer::Deferred).step(Step::Start) }
    }

    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        timeouts.start
    }
}

/// `AT+CMQTTSTOP`: stops the service; both clients have to be released (A76 §2.1.2, S67 §2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

impl Request for Stop {
    fn descriptor(&self) -> &'static Descriptor {
        const { &Descriptor::new("+CMQTTSTOP", Answer::Deferred).step(Step::Stop) }
    }

    fn timeout_milliseconds(&self, timeouts: &Timeouts) -> u32 {
        timeouts.stop
    }
}

no_response!(Start, Stop);
