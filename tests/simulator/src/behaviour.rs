//! A switch for every behaviour in which real modules differ.

mod answers;
mod bring_up;
mod firmware;
mod messages;
mod script;
mod switches;
mod unsolicited;
mod value;

pub use answers::{
    AcquireInUse, BytesWhileExecuting, ConnectAgain, ConnectBadArguments, ConnectCut, ConnectFailure, ConnectOutcome,
    DisconnectNotConnected, FailureOrder, GarbageLine, Prompt, ReleaseNotAcquired, StartAgain, StopAcquired,
    StopNotStarted, SubscribeRead, SuccessOrder, TakenOver, TimeoutOutcome, WhilePending,
};
pub use bring_up::{
    BootEvents, BringUp, ClockYear, ContextActivation, DoneOrder, IccidPrefix, Power, SimFailure, UnsetClock,
};
pub use firmware::{CertificateReplace, Firmware, MissingFile};
pub use messages::{DuringPrompt, MessagePlace, Separator};
pub(crate) use script::Occurrences;
pub use script::{Injection, Override, Point, ScriptedAnswer};
pub use switches::{SWITCHES, Switch, SwitchError};
pub use unsolicited::{Noise, ReadyLine};
pub use value::Value;

use core::time::Duration;

use crate::family::Family;

/// Delays of the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a command's end to its prompt.
    pub prompt: Duration,
    /// From the end of a command or its data to the final result.
    pub result: Duration,
    /// From START's `OK` to its outcome.
    pub start: Duration,
    /// From STOP's `OK` to its outcome.
    pub stop: Duration,
    /// Least time from CONNECT's `OK` to its outcome.
    pub connect: Duration,
    /// Least time from SUB's or UNSUB's `OK` to its outcome.
    pub subscribe: Duration,
    /// Least time from PUB's `OK` to its outcome.
    pub publish: Duration,
    /// Least time from DISC's `OK` to its outcome.
    pub disconnect: Duration,
    /// From a failure to the additional `OK` after it.
    pub extra_ok: Duration,
    /// From the `OK` of `AT+CNTP` to its outcome.
    pub time_server: Duration,
    /// From a restart to the moment at which commands are taken and the ready line comes, and between the lines after
    /// it.
    pub boot: Duration,
}

/// Every switchable behaviour of a module. [`Behaviour::of`] gives the defaults of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Echo at power-on.
    pub echo: bool,
    /// Style of the prompt.
    pub prompt: Prompt,
    /// Order of START's answers.
    pub start_order: SuccessOrder,
    /// The end of an earlier command's answer (`+CGREG: 0,1`, `OK`, `SMS DONE`) comes between the echo of START and its
    /// own answer.
    pub stale_answer_in_start: bool,
    /// Answer to a second START.
    pub start_again: StartAgain,
    /// How many STARTs answer `OK`, `+CMQTTSTART: 1` before the PDP context is up.
    pub start_failures: u32,
    /// Order of STOP's answers.
    pub stop_order: SuccessOrder,
    /// STOP while a client is acquired.
    pub stop_acquired: StopAcquired,
    /// STOP of a stopped service.
    pub stop_not_started: StopNotStarted,
    /// `+CMQTTNONET` follows STOP's answers.
    pub nonet_after_stop: bool,
    /// ACCQ of an acquired index.
    pub acquire_in_use: AcquireInUse,
    /// REL of an index that is not acquired.
    pub release_not_acquired: ReleaseNotAcquired,
    /// CONNECT failing at the broker.
    pub connect_failure: ConnectFailure,
    /// CONNECT with TLS that fails before any handshake, with 33 or 34.
    pub tls_failure: ConnectFailure,
    /// Number of CONNECTs with TLS that fail in this way with 34, regardless of the files on the module.
    pub tls_failures: u32,
    /// The outcome of a CONNECT that succeeds.
    pub connect_outcome: ConnectOutcome,
    /// Another device takes over every session.
    pub taken_over: TakenOver,
    /// CONNECT with wrong arguments.
    pub connect_bad_arguments: ConnectBadArguments,
    /// CONNECT of a connected client.
    pub connect_again: ConnectAgain,
    /// A connection closed between CONNACK and the outcome of CONNECT.
    pub connect_cut: ConnectCut,
    /// DISC, STOP and CONNECT over a live session reboot the module (seen on one A7672).
    pub live_session_reboots: bool,
    /// PUB failing.
    pub publish_failure: FailureOrder,
    /// SUB and UNSUB failing.
    pub subscribe_failure: FailureOrder,
    /// Order of DISC's answers.
    pub disconnect_order: SuccessOrder,
    /// DISC of a client that is not connected.
    pub disconnect_not_connected: DisconnectNotConnected,
    /// Longest part of a received topic or payload.
    pub part_size: usize,
    /// Blank lines before each header of a received message.
    pub blank_lines: usize,
    /// Separator between two topic parts.
    pub topic_separator: Separator,
    /// Separator between two payload parts.
    pub payload_separator: Separator,
    /// Separator after the last topic part and after the last payload part: captures show no difference.
    pub block_separator: Separator,
    /// Messages that arrive while SUB or UNSUB is under way.
    pub message_in_subscribe: MessagePlace,
    /// Messages that arrive while PUB is under way.
    pub message_in_publish: MessagePlace,
    /// Messages that arrive while a command outside MQTT executes follow its final result at once.
    pub glued_messages: bool,
    /// Messages that arrive while a prompt waits.
    pub during_prompt: DuringPrompt,
    /// URC between a command and its echo.
    pub before_echo: Noise,
    /// URC between a command's echo and its result.
    pub after_echo: Noise,
    /// The ready line.
    pub ready_line: ReadyLine,
    /// Whether further boot lines (`+CPIN: READY`, `SMS DONE` …) follow the ready line.
    pub boot_lines: bool,
    /// Whether a restart of a connected module begins with `+CMQTTCONNLOST: <i>,3` and `+CMQTTNONET`.
    pub reset_urcs: bool,
    /// Whether the module knows `+CMQTTNONET`.
    pub nonet: bool,
    /// Whether the service is in fact still started, with its clients acquired, after `+CMQTTNONET`.
    pub nonet_keeps_service: bool,
    /// Whether `+CMQTTPING: <i>,<err>` precedes `+CMQTTCONNLOST`.
    pub ping_urc: bool,
    /// Layout of `AT+CMQTTSUB?`.
    pub subscribe_read: SubscribeRead,
    /// A line without `AT`.
    pub garbage_line: GarbageLine,
    /// Whether bytes before `AT` in a line are ignored. Unverified on hardware.
    pub ignores_before_at: bool,
    /// Bytes that arrive while a command executes. Unverified on hardware.
    pub bytes_while_executing: BytesWhileExecuting,
    /// Commands that arrive while the outcome of another one is pending. Unverified on hardware.
    pub while_pending: WhilePending,
    /// The end of an operation that the broker has not answered in its time.
    pub timeout_outcome: TimeoutOutcome,
    /// Longest command line.
    pub line_buffer: usize,
    /// Delays.
    pub timing: Timing,
    /// SIM, registration and PDP contexts.
    pub bring_up: BringUp,
    /// Capabilities of the firmware.
    pub firmware: Firmware,
    /// PWRKEY, RESET and DTR.
    pub power: Power,
    /// Bytes injected at given points of given commands.
    pub injections: Vec<Injection>,
    /// Answers that replace the module's own.
    pub overrides: Vec<Override>,
}

impl Behaviour {
    /// The defaults of the family.
    pub fn of(family: Family) -> Self {
        let mut behaviour = Self::usual(family);
        match family {
            Family::A7600 => {
                behaviour.stop_acquired = StopAcquired::OkThenCode21;
                behaviour.nonet = false;
            }
            Family::A76xx => {
                behaviour.acquire_in_use = AcquireInUse::Error;
                behaviour.tls_failure = ConnectFailure::Early;
            }
            Family::Sim7600 => {
                behaviour.start_order = SuccessOrder::ResultFirst;
                behaviour.start_again = StartAgain::Code23;
                behaviour.stop_order = SuccessOrder::ResultFirst;
                behaviour.stop_not_started = StopNotStarted::Code9;
                behaviour.subscribe_failure = FailureOrder::OkTwice;
                behaviour.release_not_acquired = ReleaseNotAcquired::Ok;
                behaviour.ready_line = ReadyLine::Rdy;
            }
            Family::Sim767x => {
                behaviour.stop_acquired = StopAcquired::Code19;
                behaviour.ready_line = ReadyLine::Rdy;
            }
        }
        behaviour
    }

    fn usual(family: Family) -> Self {
        Self {
            echo: true,
            prompt: Prompt::CrLf,
            start_order: SuccessOrder::OkFirst,
            stale_answer_in_start: false,
            start_again: StartAgain::Error,
            start_failures: 0,
            stop_order: SuccessOrder::OkFirst,
            stop_acquired: StopAcquired::Code21,
            stop_not_started: StopNotStarted::Error,
            nonet_after_stop: false,
            acquire_in_use: AcquireInUse::Code19,
            release_not_acquired: ReleaseNotAcquired::Code20,
            connect_failure: ConnectFailure::Late,
            tls_failure: ConnectFailure::Late,
            tls_failures: 0,
            connect_outcome: ConnectOutcome::Reported,
            taken_over: TakenOver::No,
            connect_bad_arguments: ConnectBadArguments::Error,
            connect_again: ConnectAgain::Code13,
            connect_cut: ConnectCut::Code26,
            live_session_reboots: false,
            publish_failure: FailureOrder::OkFirst,
            subscribe_failure: FailureOrder::OkFirst,
            disconnect_order: SuccessOrder::OkFirst,
            disconnect_not_connected: DisconnectNotConnected::Code11,
            part_size: 1500,
            blank_lines: 0,
            topic_separator: Separator::CrLf,
            payload_separator: Separator::CrLf,
            block_separator: Separator::CrLf,
            message_in_subscribe: MessagePlace::AsItComes,
            message_in_publish: MessagePlace::AsItComes,
            glued_messages: false,
            during_prompt: DuringPrompt::Deliver,
            before_echo: Noise::None,
            after_echo: Noise::None,
            ready_line: ReadyLine::AtReady,
            boot_lines: true,
            reset_urcs: true,
            nonet: true,
            nonet_keeps_service: false,
            ping_urc: false,
            subscribe_read: SubscribeRead::FollowingLines,
            garbage_line: GarbageLine::Error,
            ignores_before_at: false,
            bytes_while_executing: BytesWhileExecuting::Queued,
            while_pending: WhilePending::CarriedOut,
            timeout_outcome: TimeoutOutcome::Code17,
            line_buffer: 2048,
            timing: Timing::default(),
            bring_up: BringUp::default(),
            firmware: Firmware::of(family),
            power: Power::of(family),
            injections: Vec::new(),
            overrides: Vec::new(),
        }
    }
}

impl Default for Timing {
    /// As measured on an A7670SA.
    fn default() -> Self {
        Self {
            prompt: Duration::from_millis(20),
            result: Duration::from_millis(15),
            start: Duration::from_millis(300),
            stop: Duration::from_millis(300),
            connect: Duration::from_millis(280),
            subscribe: Duration::from_millis(40),
            publish: Duration::from_millis(47),
            disconnect: Duration::from_millis(50),
            time_server: Duration::from_millis(300),
            extra_ok: Duration::ZERO,
            boot: Duration::from_millis(500),
        }
    }
}
