//! The front ends, used as their users do.

mod at_commands;
mod broker;
mod faults;
mod host;
mod mqtt_failures;
mod mqtt_side;
mod program;
mod pty;
mod tcp;
mod tls;
mod tls_broker;
