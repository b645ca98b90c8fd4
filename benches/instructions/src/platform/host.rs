//! On the host: one workload per run. Callgrind counts the instructions of the whole program.

use std::env;
use std::hint::black_box;

use crate::workload::{SIDES, WORKLOADS, run};

const USAGE: &str = "simcom-instructions WORKLOAD driver|harness COUNT";

pub fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, side, count] = &arguments[..] else { panic!("{USAGE}") };
    let workload = WORKLOADS.into_iter().find(|workload| workload.name == name).expect(USAGE);
    let (_, side) = SIDES.into_iter().find(|(name, _)| name == side).expect(USAGE);
    let count: usize = count.parse().expect(USAGE);
    run(black_box(workload), black_box(side), count);
    println!("{}", count * workload.units);
}
