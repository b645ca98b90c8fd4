//! The AT dialogue as a transcript that the driver's tests can replay, see `tests/transcripts/README.md`.

use std::fs::File;
use std::path::Path;

use simcom_modem_simulator::transcript::{Observation, Recorder};

use super::ending::Failure;
use super::family::FamilyName;

/// Records to a file. Calls and the description of the module are added by hand.
pub fn recorder(path: &Path, family: FamilyName) -> Result<Recorder<File>, Failure> {
    let known = Observation {
        module: "not recorded",
        firmware: "not recorded",
        family: family.simulated(),
        origin: concat!("recorded by the example ", env!("CARGO_CRATE_NAME")),
    };
    let recorder = File::create(path).and_then(|file| Recorder::new(file, &known));
    recorder.map_err(|error| format!("cannot record to {}: {error}", path.display()).into())
}
