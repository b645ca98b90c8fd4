//! Layout and position of received messages.

use super::value::choice;

choice! {
    /// Separator between a data part and the next header.
    Separator {
        /// `\r\n`.
        CrLf = "crlf",
        /// Nothing.
        None = "none",
    }
}
choice! {
    /// Position of a message that arrives while an exchange of its client is under way.
    MessagePlace {
        /// At once.
        AsItComes = "as-it-comes",
        /// Between `OK` and the outcome line.
        Inside = "inside",
        /// After the outcome line.
        After = "after",
    }
}
choice! {
    /// Whether messages and other URCs are sent while a prompt waits for its data.
    DuringPrompt {
        /// They are.
        Deliver = "deliver",
        /// They are held until the data are complete.
        Hold = "hold",
    }
}
