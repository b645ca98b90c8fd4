extern crate std;

use std::vec;

use super::Store;
use crate::command::Ccertdown;
use crate::error::{CommandName, Error};
use crate::family::Family;
use crate::session::dialogue::*;

fn ca(length: usize) -> Store<'static> {
    Store(Ccertdown::announced("ca.pem", length))
}

#[test]
fn a_certificate_goes_out_behind_one_prompt_in_flushed_pieces_of_at_most_3072_bytes() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    dialogue.flushes.clear();
    let script = [
        sent("AT+CCERTDOWN=\"ca.pem\",7000\r"),
        received("\r\n>"),
        sent_from_source([b'c'; 7_000]),
        after_ms(3_000),
        received("\r\nOK\r\n"),
    ];
    assert_eq!(dialogue.call(&mut ca(7_000), &script), Ok(()));
    let pieces: vec::Vec<_> = dialogue.flushes.iter().copied().filter(|&count| count > 28).collect();
    assert!(pieces.iter().all(|&count| count <= 3_072), "{pieces:?}");
    assert_eq!((pieces.len(), pieces.iter().sum::<usize>()), (3, 7_000), "no flush without need: {pieces:?}");
}

#[test]
fn a_refused_name_and_a_refused_certificate_end_the_call() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let failed = Err(refused_without_code(&"+CCERTDOWN"));
    assert_eq!(dialogue.call(&mut ca(7), &command("AT+CCERTDOWN=\"ca.pem\",7", ERROR)), failed);
    let script = [sent("AT+CCERTDOWN=\"ca.pem\",7\r"), received("\r\n>"), sent_from_source("1234567"), received(ERROR)];
    assert_eq!(dialogue.call(&mut ca(7), &script), failed);
}

#[test]
fn a_reader_that_ends_early_leaves_a_prompt_that_the_next_call_fills() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [sent("AT+CCERTDOWN=\"ca.pem\",100\r"), received("\r\n>"), sent_from_source([b'c'; 60])];
    dialogue.dropped_call(&mut ca(100), &script);
    let script = [
        vec![sent("////////////////////////////////////////"), received(OK)],
        sync_query(),
        vec![sent("AT+CCERTDOWN=\"ca.pem\",3\r"), received("\r\n>"), sent_from_source("pem"), received(OK)],
    ];
    assert_eq!(dialogue.call(&mut ca(3), &script.concat()), Ok(()));
}

#[test]
fn a_certificate_that_is_not_confirmed_is_no_answer() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    let script = [sent("AT+CCERTDOWN=\"ca.pem\",3\r"), received("\r\n>"), sent_from_source("pem"), after_ms(9_000)];
    let no_answer = Error::NoAnswer { command: CommandName::new(&"+CCERTDOWN") };
    assert_eq!(dialogue.call(&mut ca(3), &script), Err(no_answer));
}

#[test]
fn a_name_or_length_out_of_range_is_refused_before_a_byte_is_sent() {
    let mut dialogue = Dialogue::in_step(Family::A76xx);
    for command in [
        Ccertdown::announced("ca", 3),
        Ccertdown::announced("c\"a.pem", 3),
        Ccertdown::announced("ca.pem", 0),
        Ccertdown::announced("ca.pem", 10_241),
    ] {
        assert!(matches!(dialogue.call(&mut Store(command), &[]), Err(Error::Invalid(_))), "{command:?}");
    }
}
