//! Whatever has happened before, a module that has just been switched on can be connected.

use simcom_mqtt::ClientIndex;

use super::calls::PLAIN;
use super::run::Run;
use super::simulated::Simulated;

/// What is left of the last fault may cost one call, though it should not: half a line, or the header of data, still waits for its
/// other half. The next call has to succeed. The module is of the family that was given or detected.
pub(super) fn check(run: &mut Run) {
    let mut module = Simulated::switched_on(run.core.family(), run.now);
    let mut connect = || {
        let Run { core, ledger, now, .. } = run;
        let mut call = core.connect(ClientIndex::First, &PLAIN);
        module.carry_out(core, ledger, now, &mut call).expect("connect waits for ever")
    };
    if connect().is_err() {
        if let Err(error) = connect() {
            panic!("a new module is not connected: {error}");
        }
        run.ledger.findings.insert("the first connect to a new module fails");
    }
}
