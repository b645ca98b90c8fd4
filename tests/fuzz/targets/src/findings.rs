//! Known defects of the code under test. An input that hits one reports it instead of panicking, so that fuzzing can
//! continue.

use std::collections::BTreeSet;

/// The names of the known defects that an input has hit.
pub type Findings = BTreeSet<&'static str>;
