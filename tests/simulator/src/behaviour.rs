//! Every habit in which real modules differ, as a switch.

mod bring_up;
mod script;
mod switches;
mod value;

pub use bring_up::{BootEvents, BringUp, DoneOrder, IccidPrefix, Power, SimFailure};
pub(crate) use script::Occurrences;
pub use script::{Injection, Override, Point, ScriptedAnswer};
pub use switches::{SWITCHES, Switch, SwitchError};
pub use value::Value;

use core::time::Duration;

use crate::family::Family;
use value::choice;

choice! {
    /// The bytes of the prompt.
    Prompt {
        /// `\r\n>`, as captured.
        CrLf = "crlf",
        /// `>`.
        Bare = "bare",
        /// `> `.
        Space = "space",
        /// `\r\n> `.
        CrLfSpace = "crlf-space",
    }
}
choice! {
    /// Order of `OK` and a successful outcome line.
    SuccessOrder {
        /// `OK`, then the outcome.
        OkFirst = "ok-first",
        /// The outcome, then `OK`.
        ResultFirst = "result-first",
    }
}
choice! {
    /// Answer to START of a started service.
    StartAgain {
        /// Bare `ERROR` (A7670).
        Error = "error",
        /// `+CMQTTSTART: 23`, `ERROR` (SIM7600).
        Code23 = "23",
    }
}
choice! {
    /// Answer to STOP while a client is acquired.
    StopAcquired {
        /// `+CMQTTSTOP: 21`, `ERROR` (SIM7600).
        Code21 = "21",
        /// `+CMQTTSTOP: 19`, `ERROR` (SIM7670G).
        Code19 = "19",
        /// `OK`, `+CMQTTSTOP: 21` (the failure form of the A7600 manual).
        OkThenCode21 = "ok-21",
    }
}
choice! {
    /// Answer to STOP of a stopped service.
    StopNotStarted {
        /// Bare `ERROR`.
        Error = "error",
        /// `+CMQTTSTOP: 9`, `ERROR`.
        Code9 = "9",
    }
}
choice! {
    /// Answer to ACCQ of an acquired index.
    AcquireInUse {
        /// `+CMQTTACCQ: <i>,19`, `ERROR`.
        Code19 = "19",
        /// Bare `ERROR`.
        Error = "error",
    }
}
choice! {
    /// Answer to REL of an index that is not acquired.
    ReleaseNotAcquired {
        /// `+CMQTTREL: <i>,20`, `ERROR` (A7670G).
        Code20 = "20",
        /// `OK` (SIM7600G).
        Ok = "ok",
    }
}
choice! {
    /// Order of the answers to a CONNECT that fails at the broker.
    ConnectFailure {
        /// `OK`, then `+CMQTTCONNECT: <i>,<err>`.
        Late = "late",
        /// `+CMQTTCONNECT: <i>,<err>`, `ERROR`, no `OK`.
        Early = "early",
        /// `ERROR`, then `+CMQTTCONNECT: <i>,<err>` (SIM767X note only).
        ErrorFirst = "error-first",
    }
}
choice! {
    /// Answer to a CONNECT whose arguments are wrong.
    ConnectBadArguments {
        /// Bare `ERROR`.
        Error = "error",
        /// `+CMQTTCONNECT: <i>,12`, `ERROR`.
        Code12 = "12",
    }
}
choice! {
    /// Answer to CONNECT of a connected client.
    ConnectAgain {
        /// `+CMQTTCONNECT: <i>,13`, `ERROR`.
        Code13 = "13",
        /// `OK`, `+CMQTTCONNECT: <i>,13`.
        OkThenCode13 = "ok-13",
    }
}
choice! {
    /// Order of the answers to a PUB, SUB or UNSUB that fails.
    FailureOrder {
        /// `OK`, then the outcome.
        OkFirst = "ok-first",
        /// The outcome, then `ERROR`.
        ErrorLast = "error-last",
        /// The outcome, `+CMQTTCONNLOST` if there is one, then `OK`.
        OkLast = "ok-last",
    }
}
choice! {
    /// Answer to DISC of a client that is not connected.
    DisconnectNotConnected {
        /// `+CMQTTDISC: <i>,11`, `ERROR`.
        Code11 = "11",
        /// Bare `ERROR`.
        Error = "error",
    }
}
choice! {
    /// What stands between a data part and the next header.
    Separator {
        /// `\r\n`.
        CrLf = "crlf",
        /// Nothing.
        None = "none",
    }
}
choice! {
    /// Where a message goes that arrives while an exchange of its client is under way.
    MessagePlace {
        /// Out at once.
        AsItComes = "as-it-comes",
        /// Between `OK` and the outcome line.
        Inside = "inside",
        /// After the outcome line.
        After = "after",
    }
}
choice! {
    /// Whether messages and other URCs come out while a prompt waits for its data.
    DuringPrompt {
        /// They do.
        Deliver = "deliver",
        /// They wait for the end of the data.
        Hold = "hold",
    }
}
choice! {
    /// A URC that comes with every command.
    Noise {
        /// None.
        None = "none",
        /// `SMS DONE` and `PB DONE`.
        Boot = "boot",
        /// `+CPIN: READY`.
        Cpin = "cpin",
        /// `*ISIMAID: "…"`.
        Isimaid = "isimaid",
        /// `+CGEV: EPS PDN ACT 1`.
        Cgev = "cgev",
        /// `+CGEV: ME PDN ACT 8,4`.
        CgevMe = "cgev-me",
        /// `+MSTK: 11, "…"`, more than 250 bytes.
        Mstk = "mstk",
    }
}
choice! {
    /// The line that tells that the module has booted.
    ReadyLine {
        /// `RDY`.
        Rdy = "rdy",
        /// `*ATREADY: 1`.
        AtReady = "atready",
    }
}
choice! {
    /// Layout of the topics in the answer to `AT+CMQTTSUB?`.
    SubscribeRead {
        /// `+CMQTTSUB:` alone, then a line a topic.
        FollowingLines = "following-lines",
        /// `+CMQTTSUB: <topic>`, a line a topic.
        SameLine = "same-line",
    }
}
choice! {
    /// Answer to a line that does not begin with `AT`.
    GarbageLine {
        /// `ERROR`.
        Error = "error",
        /// None.
        Silent = "silent",
    }
}

/// How long the module takes for what it does.
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
    /// From a restart to the ready line, and between the lines after it.
    pub boot: Duration,
}

/// Every habit of a module. [`Behaviour::of`] is a family's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Echo at power-on.
    pub echo: bool,
    /// Style of the prompt.
    pub prompt: Prompt,
    /// Order of START's answers.
    pub start_order: SuccessOrder,
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
    /// ACCQ of an acquired index.
    pub acquire_in_use: AcquireInUse,
    /// REL of an index that is not acquired.
    pub release_not_acquired: ReleaseNotAcquired,
    /// CONNECT failing at the broker.
    pub connect_failure: ConnectFailure,
    /// CONNECT with wrong arguments.
    pub connect_bad_arguments: ConnectBadArguments,
    /// CONNECT of a connected client.
    pub connect_again: ConnectAgain,
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
    /// What stands between a topic part and the next topic part.
    pub topic_separator: Separator,
    /// What stands between a payload part and the next payload part.
    pub payload_separator: Separator,
    /// What stands behind the last topic part and behind the last payload part: captures show no difference.
    pub block_separator: Separator,
    /// Messages that arrive while SUB or UNSUB is under way.
    pub message_in_subscribe: MessagePlace,
    /// Messages that arrive while PUB is under way.
    pub message_in_publish: MessagePlace,
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
    /// Whether the service is in truth still started, its clients acquired, after `+CMQTTNONET`.
    pub nonet_keeps_service: bool,
    /// Whether `+CMQTTPING: <i>,<err>` precedes `+CMQTTCONNLOST`.
    pub ping_urc: bool,
    /// Layout of `AT+CMQTTSUB?`.
    pub subscribe_read: SubscribeRead,
    /// A line without `AT`.
    pub garbage_line: GarbageLine,
    /// Longest command line.
    pub line_buffer: usize,
    /// Delays.
    pub timing: Timing,
    /// SIM, registration and PDP contexts.
    pub bring_up: BringUp,
    /// PWRKEY and RESET.
    pub power: Power,
    /// Bytes put in at given points of given commands.
    pub injections: Vec<Injection>,
    /// Answers that replace the module's own.
    pub overrides: Vec<Override>,
}

impl Behaviour {
    /// The family's own habit.
    pub fn of(family: Family) -> Self {
        let mut behaviour = Self::usual(family);
        match family {
            Family::A7600 => {
                behaviour.stop_acquired = StopAcquired::OkThenCode21;
                behaviour.nonet = false;
            }
            Family::A76xx => behaviour.acquire_in_use = AcquireInUse::Error,
            Family::Sim7600 => {
                behaviour.start_order = SuccessOrder::ResultFirst;
                behaviour.start_again = StartAgain::Code23;
                behaviour.stop_order = SuccessOrder::ResultFirst;
                behaviour.stop_not_started = StopNotStarted::Code9;
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
            start_again: StartAgain::Error,
            start_failures: 0,
            stop_order: SuccessOrder::OkFirst,
            stop_acquired: StopAcquired::Code21,
            stop_not_started: StopNotStarted::Error,
            acquire_in_use: AcquireInUse::Code19,
            release_not_acquired: ReleaseNotAcquired::Code20,
            connect_failure: ConnectFailure::Late,
            connect_bad_arguments: ConnectBadArguments::Error,
            connect_again: ConnectAgain::Code13,
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
            line_buffer: 2048,
            timing: Timing::default(),
            bring_up: BringUp::default(),
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
            boot: Duration::from_millis(500),
        }
    }
}
