//! The program whose instructions are counted: the async client on a scripted module. The same code runs under
//! callgrind and on QEMU's `lm3s6965evb`.
#![cfg_attr(target_os = "none", no_std, no_main)]

mod dialogue;
mod executor;
mod module;
#[cfg_attr(target_os = "none", path = "platform/cortex_m.rs")]
#[cfg_attr(not(target_os = "none"), path = "platform/host.rs")]
mod platform;
mod workload;

#[cfg(not(target_os = "none"))]
fn main() {
    platform::main();
}
