//! A supervised session against the simulated module, in virtual time.

mod bench;
mod causes;
mod outages;
