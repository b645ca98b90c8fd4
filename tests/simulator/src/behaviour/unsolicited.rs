//! Lines that no command asked for.

use super::value::choice;

choice! {
    /// A URC that is sent with every command.
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
        /// `$GNRMC,…`, an NMEA sentence, which begins without a line end.
        Nmea = "nmea",
        /// `+CMT: …` and an SMS with the text `OK`.
        CmtOk = "cmt-ok",
        /// `+CMT: …` and an SMS with the text `ERROR`.
        CmtError = "cmt-error",
        /// `+CMT: …` and an SMS with the text `> x`.
        CmtPrompt = "cmt-prompt",
    }
}
choice! {
    /// The line that reports that the module has booted.
    ReadyLine {
        /// `RDY`.
        Rdy = "rdy",
        /// `*ATREADY: 1`.
        AtReady = "atready",
    }
}
