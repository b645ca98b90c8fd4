//! Many tasks on one module, each with its own waker.

#[path = "../driver/families.rs"]
mod families;
mod fate;
mod harness;
mod ledger;
mod locked;
mod module;
mod paused;
#[path = "../driver/shell/asynchronous.rs"]
mod shell;
mod soak;
mod tasks;
mod trouble;

use simcom_mqtt as driver;

use driver::Family;

#[test]
fn every_message_is_accounted_for() {
    for (family, _) in families::ALL_FAMILIES {
        let plan = soak::Plan { family, messages: 300, seed: 1, switches: &[] };
        let record = soak::run::<locked::Locked>(&plan);
        println!("{family:?} {record:?}");
        let _ = Family::A7600;
        assert_eq!(record.violations, []);
    }
}
