//! How received messages are laid out and where they come.

use super::value::choice;

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
