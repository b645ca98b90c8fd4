//! A supervised session against the simulated module, in virtual time.

pub mod bench;
mod causes;
mod lists;
mod outages;
mod steps;
mod two_clients;
