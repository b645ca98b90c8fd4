//! Wording and order of answers.

use super::value::choice;

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
    /// Report of a connection that is closed between CONNACK and the outcome of CONNECT.
    ConnectCut {
        /// `+CMQTTCONNECT: <i>,26`.
        Code26 = "26",
        /// `+CMQTTCONNECT: <i>,0`, then `+CMQTTCONNLOST`.
        ConnectionLost = "connlost",
    }
}
choice! {
    /// Order of the answers to a PUB, SUB or UNSUB that fails.
    FailureOrder {
        /// `OK`, then the outcome.
        OkFirst = "ok-first",
        /// The outcome, then `ERROR`.
        ErrorLast = "error-last",
        /// The outcome, `+CMQTTCONNLOST` if any, then `OK`.
        OkLast = "ok-last",
        /// `OK`, the outcome, `+CMQTTCONNLOST` if any, then a second `OK` (SUB of a SIM7600).
        OkTwice = "ok-twice",
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
choice! {
    /// Handling of bytes that arrive while a final result or a prompt is pending.
    BytesWhileExecuting {
        /// They stay in the UART's FIFO and become the data of the prompt or the next command line.
        Queued = "queued",
        /// They are lost.
        Lost = "lost",
    }
}
choice! {
    /// The outcome of a CONNECT that succeeds.
    ConnectOutcome {
        /// It is reported.
        Reported = "reported",
        /// It is not reported: nothing follows `OK`, although the session is live (SIM7600).
        Lost = "lost",
    }
}
choice! {
    /// Whether another device with the same client id takes over every session right after CONNECT. SUB, UNSUB and PUB
    /// are then refused with 11. No URC reports it.
    TakenOver {
        /// It does not.
        No = "no",
        /// It does, and `AT+CMQTTDISC?` reports the client as disconnected.
        Noticed = "noticed",
        /// It does, and `AT+CMQTTDISC?` reports the client as connected.
        Unnoticed = "unnoticed",
    }
}
choice! {
    /// What becomes of commands that arrive while the outcome of another one is pending: of START or STOP, or of
    /// CONNECT, DISC, PUB, SUB or UNSUB of a client. The same client is always refused with 14, and no command of MQTT
    /// is carried out during START and STOP. For all others V.250 ends a command with its final result; what modules do
    /// is unverified.
    WhilePending {
        /// They are carried out.
        CarriedOut = "carried-out",
        /// Those of the other client are refused with 14.
        OtherClientBusy = "other-client-busy",
        /// Those of the other client are refused with 14, all others with `ERROR`: queries, SIM, network, `AT`.
        Refused = "refused",
        /// They are echoed, and carried out when the last outcome has come.
        Held = "held",
    }
}
choice! {
    /// The end of an operation that the broker has not answered in its time.
    TimeoutOutcome {
        /// Code 17.
        Code17 = "17",
        /// Nothing is reported.
        Nothing = "nothing",
    }
}
