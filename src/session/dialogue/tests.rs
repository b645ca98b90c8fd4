//! The bench itself: a dialogue that differs from its script fails, and says where.

use super::*;
use crate::command::At;

#[track_caller]
fn at(script: &[Row]) -> Result<(), Error> {
    Dialogue::in_step(Family::A76xx).call(&mut Single(At), script)
}

#[test]
#[should_panic(expected = "the driver sends \"AT\\r\" instead\nat src/session/dialogue/tests.rs")]
fn other_bytes_than_those_of_the_script_fail() {
    let _ = at(&[sent("ATE0\r")]);
}

#[test]
#[should_panic(expected = "the driver does not send \"X\"")]
fn fewer_bytes_than_those_of_the_script_fail() {
    let _ = at(&[sent("AT\rX")]);
}

#[test]
#[should_panic(expected = "the driver sends \"T\\r\"")]
fn bytes_that_the_script_does_not_expect_yet_fail() {
    let _ = at(&[sent("A"), received(OK)]);
}

#[test]
#[should_panic(expected = "the call has not ended\nat the end in this script")]
fn a_call_that_goes_on_behind_the_script_fails() {
    let _ = at(&[sent("AT\r")]);
}

#[test]
#[should_panic(expected = "the call has ended before this row: Ok")]
fn a_call_that_ends_before_the_script_fails() {
    let _ = at(&[&command("AT", OK)[..], &[received("\r\n")]].concat());
}

#[test]
#[should_panic(expected = "the call has ended before this row")]
fn a_call_that_fails_before_the_script_ends_fails() {
    let _ = at(&[&command("AT", ERROR)[..], &[received("\r\n")]].concat());
}

#[test]
#[should_panic(expected = "the call has ended: Ok(())")]
fn a_call_that_ends_where_it_should_be_dropped_fails() {
    Dialogue::in_step(Family::A76xx).dropped_call(&mut Single(At), &command("AT", OK));
}

#[test]
#[should_panic(expected = "1 ms before the end of this time")]
fn a_deadline_that_comes_earlier_fails() {
    let _ = at(&[sent("AT\r"), after_ms(9_001)]);
}

#[test]
#[should_panic(expected = "the driver wants no bytes of its source")]
fn a_source_that_is_not_asked_fails() {
    let _ = at(&[sent_from_source("AT")]);
}

#[test]
#[should_panic(expected = "the driver has nothing to send")]
fn bytes_received_while_nothing_is_sent_are_not_received_while_sending() {
    let _ = at(&[sent("AT\r"), received_while_sending(OK)]);
}
