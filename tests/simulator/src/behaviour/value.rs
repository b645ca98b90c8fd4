//! Values of switches, to and from text.

use core::time::Duration;

/// A value that a switch can be set to from text.
pub trait Value: Sized {
    /// The texts it can be set from; a placeholder in angle brackets where any number or text
    /// will do.
    const VALUES: &'static [&'static str];

    /// The value of a text.
    fn from_text(text: &str) -> Option<Self>;

    /// The text of a value.
    fn to_text(&self) -> String;
}

/// Declares an enum whose variants have names on the command line.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_about])* $variant),+
        }

        impl crate::behaviour::Value for $name {
            const VALUES: &'static [&'static str] = &[$($text),+];

            fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn to_text(&self) -> String {
                match self {
                    $(Self::$variant => $text.to_owned(),)+
                }
            }
        }
    };
}
pub(super) use choice;

impl Value for bool {
    const VALUES: &'static [&'static str] = &["on", "off"];

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }

    fn to_text(&self) -> String {
        if *self { "on" } else { "off" }.to_owned()
    }
}

impl Value for u32 {
    const VALUES: &'static [&'static str] = &["<number>"];

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    const VALUES: &'static [&'static str] = &["<number>"];

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    const VALUES: &'static [&'static str] = &["<text>"];

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn to_text(&self) -> String {
        self.clone()
    }
}

impl Value for Duration {
    const VALUES: &'static [&'static str] = &["<milliseconds>"];

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok().map(Duration::from_millis)
    }

    fn to_text(&self) -> String {
        self.as_millis().to_string()
    }
}
