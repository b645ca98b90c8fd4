//! What the broker may have after an error is what it has.

use simcom_modem_simulator::behaviour::ScriptedAnswer;
use simcom_modem_simulator::pipe::Bench;

use crate::bench::*;
use crate::driver::error::Delivery;
use crate::driver::{Error, Family, Publish, QoS};

const LEVELS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

/// Publishes on a module on which something goes wrong, and compares the result with what the broker has later.
fn publish(family: Family, qos: QoS, prepare: impl FnOnce(&Bench)) -> Option<Delivery> {
    let bench = bench(family);
    let inbox = TestInbox::new();
    let mut modem = modem(&bench, family, &inbox);
    let result: Result<(), Error> = bench.block_on(async {
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        prepare(&bench);
        modem.client(FIRST).publish(&Publish::new("meter-3/a", b"reading").qos(qos)).await
    });
    bench.pass(core::time::Duration::from_secs(300));
    let arrived = bench.loopback(|broker, _| broker.publications().len());
    let delivery = result.as_ref().err().map(Error::delivery);
    let is_right = match delivery {
        None => arrived == 1,
        Some(Delivery::NotSent) => arrived == 0,
        Some(Delivery::Unknown) => arrived <= 1,
    };
    assert!(is_right, "{qos:?}: {result:?}, and {arrived} arrived\n{}", bench.transcript_text());
    delivery
}

#[test]
fn what_is_not_sent_has_not_arrived_wherever_the_module_fails() {
    let faults: [fn(&Bench); 5] = [
        |bench| bench.modem(|module, now| module.restart(now)),
        |bench| bench.loopback(|broker, now| broker.close(now, 0, 1)),
        |bench| bench.modem(|module, now| module.network_lost(now)),
        |bench| bench.modem(|module, now| module.set_mute(now, true)),
        |bench| bench.lose(5),
    ];
    let mut seen = Vec::new();
    for fault in faults {
        for (index, qos) in (1..160).step_by(3).zip(LEVELS.into_iter().cycle()) {
            let delivery = publish(Family::A76xx, qos, |bench| {
                bench.after_output(bench.passed(simcom_modem_simulator::pipe::Direction::ToHost) + index, fault);
            });
            seen.push(delivery);
        }
    }
    let all = [None, Some(Delivery::NotSent), Some(Delivery::Unknown)];
    assert!(all.iter().all(|delivery| seen.contains(delivery)), "{seen:?}");
}

#[test]
fn a_refusal_of_a_command_before_pub_is_not_sent() {
    for name in ["AT+CMQTTTOPIC", "AT+CMQTTPAYLOAD"] {
        for code in 1..=35 {
            let delivery = publish(Family::A76xx, QoS::AtLeastOnce, |bench| {
                let refusal = format!("\r\n{}: 0,{code}\r\n\r\nERROR\r\n", &name[2..]);
                script(bench, name, 1, ScriptedAnswer::Exactly(refusal.into_bytes()));
            });
            assert_eq!(delivery, Some(Delivery::NotSent), "{name} {code}");
        }
    }
}
