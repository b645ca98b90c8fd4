//! Known defects of the code under test: an input that meets with one reports it instead of panicking, so that fuzzing can
//! go on behind it.

use std::collections::BTreeSet;

/// The names of the known defects that an input has met with.
pub type Findings = BTreeSet<&'static str>;
