//! The outcome of SUB is lost: a module that lists its subscriptions is asked.

use core::time::Duration;

use crate::bench::*;
use crate::driver::{Error, QoS};

/// The next SUB with a prompt loses its outcome: this byte of its line.
fn lose_outcome_of_sub(bench: &Bench, byte: usize) {
    let before = "\r\n>\r\nOK\r\n\r\n".len();
    bench.after_output(bench.received().len() + before + byte, |bench| bench.lose(1));
}

#[test]
fn a_subscription_whose_outcome_is_garbled_is_found_in_the_list_of_the_module() {
    let outcome = "+CMQTTSUB: 0,0";
    // Without the last digit, it is no outcome either.
    let bytes = [0, 5, 8, outcome.len() - 2, outcome.len() - 1];
    for (byte, layout) in bytes.into_iter().flat_map(|byte| [(byte, "following-lines"), (byte, "same-line")]) {
        on_every_family(&[("subscribe-read", layout)], async |bench, modem, _| {
            modem.client(FIRST).connect(&OPTIONS).await.or_transcript(bench);
            let start = bench.now();
            let family = modem.family();
            lose_outcome_of_sub(bench, byte);
            let result = modem.client(FIRST).subscribe("meter-3/#", QoS::AtLeastOnce).await;
            let transcript = bench.transcript_text();
            match result {
                Ok(()) => assert!(family.lists_subscriptions(), "{family:?} cannot tell\n{transcript}"),
                Err(Error::OutcomeUnknown { .. }) => assert!(!family.lists_subscriptions(), "{family:?}\n{transcript}"),
                Err(error) => panic!("{error}\n{transcript}"),
            }
            assert!(bench.now() - start < Duration::from_secs(2), "{byte}: {transcript}");
            publish_works(bench, modem).await;
        });
    }
}

#[test]
fn a_list_with_long_filters_is_searched_to_its_end() {
    let long = "meter-3/".repeat(100);
    on_every_connected(async |bench, modem, _| {
        let family = modem.family();
        modem.client(FIRST).subscribe(&long, QoS::AtLeastOnce).await.or_transcript(bench);
        lose_outcome_of_sub(bench, 0);
        let result = modem.client(FIRST).subscribe("meter-3/+", QoS::AtLeastOnce).await;
        assert_eq!(result.is_ok(), family.lists_subscriptions(), "{result:?}\n{}", bench.transcript_text());
    });
}
