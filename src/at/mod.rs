//! The line discipline: knows AT commands, but nothing of MQTT.
//!
//! An encoder turns a command into bytes a window at a time; the parser turns bytes into a [`Line`], a prompt or data,
//! however they are cut; [`Parameters`] reads the parameters of one line.

mod encoder;
mod final_result;
mod parameters;
mod parser;

pub(crate) use encoder::{Encoder, WINDOW};
pub(crate) use final_result::FinalResult;
pub use parameters::Parameters;
pub(crate) use parameters::behind;
pub use parser::Line;
pub(crate) use parser::{Parser, Token};
