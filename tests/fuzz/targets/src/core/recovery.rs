//! Whatever has happened before, a module that has just been switched on can be connected.

use simcom_mqtt::ClientIndex;

use super::calls::PLAIN;
use super::run::Run;
use super::simulated::Simulated;

/// The last fault may cost the call that meets with it: bytes before the module was switched on may be half a line, or the
/// header of data. The next call has to succeed. The module is of the family that was given or detected.
pub(super) fn check(run: &mut Run) {
    let Run { core, ledger, now, .. } = run;
    let mut module = Simulated::switched_on(core.family(), *now);
    let mut connect = || {
        let mut call = core.connect(ClientIndex::First, &PLAIN);
        module.carry_out(core, ledger, now, &mut call).expect("connect waits for ever")
    };
    if connect().is_err()
        && let Err(error) = connect()
    {
        panic!("a new module is not connected: {error}");
    }
}
