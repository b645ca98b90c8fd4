//! One test for each row of the table in `src/supervisor/mod.rs`.

use super::bench::*;
use crate::bench::PROBING;
use crate::bench::assert_no_complaints;
use crate::driver::Connection;
use crate::driver::supervisor::Transition;

#[test]
fn from_nothing_it_brings_up_connects_and_subscribes() {
    on_every_family(&[], |supervised| {
        let up = supervised.expect_up(SECONDS(10));
        assert_eq!(
            supervised.transitions(),
            [Transition::BroughtUp, Transition::Connected(Connection::Opened), Transition::Up]
        );
        assert!(up.took > SECONDS(0) && up.took < SECONDS(5), "{up}");
        assert_no_complaints(supervised.bench, PROBING);
    });
}
