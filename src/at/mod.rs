//! The line discipline: it knows AT, but not MQTT.
//!
//! An encoder turns a command into bytes, one window at a time. The parser turns bytes into a [`Line`], a prompt or
//! data, whatever the chunks they arrive in. [`Parameters`] reads the parameters of one line.

mod encoder;
mod final_result;
mod parameters;
mod parser;
mod resemblance;

pub(crate) use encoder::{Encoder, Hash, WINDOW_BYTES};
pub(crate) use final_result::FinalResult;
pub use parameters::Parameters;
pub(crate) use parameters::behind;
pub use parser::Line;
pub(crate) use parser::{Parser, Separator, Token};
pub(crate) use resemblance::resembles;
