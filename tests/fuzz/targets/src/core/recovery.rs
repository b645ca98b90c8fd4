//! Checks that a module that has just been switched on can be connected after any script.

use simcom_mqtt::ClientIndex;
use simcom_mqtt::sans_io::Connect;

use super::calls::PLAIN;
use super::run::Run;
use super::simulated::Simulated;

/// The rest of the last fault, half a line or the header of data, still waits for its other half. It may cost one call,
/// although it should not; the next call must succeed. The module is of the given or the detected family.
pub(super) fn check(run: &mut Run) {
    let mut module = Simulated::switched_on(run.core.family(), run.now);
    let mut connect = || {
        let Run { core, ledger, now, .. } = run;
        let mut call = Connect::new(ClientIndex::First, &PLAIN);
        module.carry_out(core, ledger, now, &mut call).expect("connect waits for ever")
    };
    if connect().is_err() {
        if let Err(error) = connect() {
            panic!("a new module is not connected: {error}");
        }
        run.ledger.findings.insert("the first connect to a new module fails");
    }
}
