//! Bring-up on the simulated module, which judges every command of it: every family, every habit of the field notes.

use core::net::Ipv4Addr;
use core::time::Duration;

use simcom_modem_simulator::behaviour::{Behaviour, BootEvents, DoneOrder, IccidPrefix, SimFailure};
use simcom_modem_simulator::referee::ComplaintKind;

use crate::bench::*;
use crate::driver::command::network::{
    Cclk, CclkRead, Cgact, CgactRead, CgdcontRead, Cgpaddr, Cgsn, Ciccid, Cnmp, CnmpRead, Cpsi, Csclk, CsclkRead, Ctzu,
    CtzuRead, FlowControl, Ifc, IfcRead, Ipr, IprRead, NetworkMode, SleepMode, Technology,
};
use crate::driver::network::{Apn, BringUpError, BringUpStage, Credentials, PdpType};
use crate::driver::{Event, Family};

const ADDRESS: Option<Ipv4Addr> = Some(Ipv4Addr::new(10, 49, 14, 68));

fn apn() -> Apn<'static> {
    Apn::new("internet")
}

/// Brings up a module with a habit, and returns the bench and what was waited for.
fn bring_up_with(family: Family, apn: Apn<'_>, change: impl FnOnce(&mut Behaviour)) -> (Bench, Vec<BringUpStage>) {
    let bench = bench_with(family, change);
    let inbox = TestInbox::default();
    let mut modem = modem(&bench, family, &inbox);
    let mut stages = Vec::new();
    let attachment = bench.block_on(modem.bring_up(&apn, |stage| stages.push(stage))).or_transcript(&bench);
    assert_eq!(attachment.address.ipv4, ADDRESS, "{}", bench.transcript_text());
    assert_no_complaints(&bench, &[]);
    (bench, stages)
}

#[test]
fn every_family_gets_to_an_address() {
    for (family, _) in FAMILIES {
        let bench = bench_with(family, |behaviour| behaviour.bring_up.context_active = false);
        let inbox = TestInbox::default();
        let mut modem = modem(&bench, family, &inbox);
        let attachment = bench.block_on(modem.bring_up(&apn(), |_| {})).or_transcript(&bench);
        assert_eq!(attachment.address.ipv4, ADDRESS);
        assert_eq!(attachment.rssi.map(|rssi| rssi.dbm()), Some(-67));
        assert_eq!(attachment.system.technology, Some(Technology::Lte));
        assert!(attachment.system.is_online && attachment.system.operator.is_some());
        bench.block_on(modem.client(FIRST).connect(&OPTIONS)).or_transcript(&bench);
        assert_no_complaints(&bench, PROBING);
    }
}

#[test]
fn access_point_and_credentials_reach_the_module() {
    for (family, _) in FAMILIES {
        let apn = Apn::new("cmnet").context(2).pdp_type(PdpType::Ipv4v6).credentials(Credentials::chap("me", "secret"));
        let (bench, _) = bring_up_with(family, apn, |_| {});
        bench.modem(|module, _| {
            let context = &module.network().contexts[&2];
            assert_eq!((context.apn.as_str(), context.pdp_type.as_str()), ("cmnet", "IPV4V6"));
            assert_eq!(context.authentication, Some((2, vec!["secret".to_owned(), "me".to_owned()])));
        });
    }
}

#[test]
fn a_sim_card_that_fails_for_a_while_is_waited_for() {
    for failure in [SimFailure::Failure, SimFailure::Busy, SimFailure::Code13, SimFailure::Code14, SimFailure::Code313]
    {
        let (_, stages) = bring_up_with(Family::A76xx, apn(), |behaviour| {
            behaviour.bring_up.sim_failures = 5;
            behaviour.bring_up.sim_failure = failure;
        });
        assert!(stages.contains(&BringUpStage::Sim));
    }
}

#[test]
fn a_pin_unlocks_the_card_after_each_start() {
    for (family, _) in FAMILIES {
        let bench = bench_with(family, |behaviour| behaviour.bring_up.pin = "1234".into());
        let inbox = TestInbox::default();
        let mut modem = modem(&bench, family, &inbox);
        for _ in 0..5 {
            bench.block_on(modem.bring_up(&apn().pin("1234"), |_| {})).or_transcript(&bench);
            bench.modem(|module, now| module.restart(now));
        }
        assert_no_complaints(&bench, &[]);
    }
}

#[test]
fn a_wrong_pin_is_tried_once_however_often_the_call_is_repeated() {
    let bench = bench_with(Family::Sim7600, |behaviour| behaviour.bring_up.pin = "1234".into());
    let inbox = TestInbox::default();
    let mut modem = modem(&bench, Family::Sim7600, &inbox);
    for _ in 0..5 {
        let refused = bench.block_on(modem.bring_up(&apn().pin("4321"), |_| {}));
        assert_eq!(refused, Err(BringUpError::PinRefused));
    }
    let complaints: Vec<_> = bench.modem(|module, _| module.take_complaints().iter().map(|c| c.kind).collect());
    assert_eq!(complaints, [ComplaintKind::WrongPin]);
}

#[test]
fn registration_and_address_are_waited_for() {
    for (roaming, second_context) in [(false, true), (true, false)] {
        let (bench, stages) = bring_up_with(Family::Sim767x, apn(), |behaviour| {
            let bring_up = &mut behaviour.bring_up;
            bring_up.registration_queries = 20;
            bring_up.address_queries = 7;
            (bring_up.roaming, bring_up.second_context) = (roaming, second_context);
            bring_up.context_active = false;
        });
        assert!(bench.now() > Duration::from_secs(25), "{:?}", bench.now());
        assert_eq!(stages.last(), Some(&BringUpStage::Address));
    }
}

#[test]
fn without_a_network_the_time_limit_ends_it() {
    let bench = bench(Family::Sim7600);
    bench.modem(|module, _| module.network_mut().attached = false);
    let inbox = TestInbox::default();
    let mut modem = modem(&bench, Family::Sim7600, &inbox);
    let failed = bench.block_on(modem.bring_up(&apn(), |_| {}));
    assert!(
        matches!(failed, Err(BringUpError::TimedOut { stage: BringUpStage::Registration(_), .. })),
        "{failed:?}\n{}",
        bench.transcript_text()
    );
    assert!((180..182).contains(&bench.now().as_secs()), "{:?}", bench.now());
    bench.modem(|module, _| module.network_mut().attached = true);
    bench.block_on(modem.bring_up(&apn(), |_| {})).or_transcript(&bench);
}

#[test]
fn the_lines_of_a_start_come_wherever_they_like() {
    for family in [Family::Sim7600, Family::A76xx] {
        for done_order in [DoneOrder::SmsFirst, DoneOrder::PbFirst] {
            for delay in (0..3_000).step_by(97) {
                let bench = bench_with(family, |behaviour| {
                    let bring_up = &mut behaviour.bring_up;
                    bring_up.boot_stk = true;
                    bring_up.boot_events = BootEvents::Both;
                    bring_up.done_order = done_order;
                    bring_up.done_delay = Duration::from_millis(150);
                    bring_up.registration_queries = 1;
                    bring_up.sim_failures = 1;
                });
                let inbox = TestInbox::default();
                let mut modem = modem(&bench, family, &inbox);
                bench.at(Duration::from_millis(delay), |bench| bench.modem(|module, now| module.restart(now)));
                bench.block_on(modem.bring_up(&apn(), |_| {})).or_transcript(&bench);
                assert_no_complaints(&bench, &[]);
            }
        }
    }
}

#[test]
fn a_connection_after_bring_up_survives_another_bring_up() {
    let bench = bench(Family::Sim7600);
    let inbox = TestInbox::default();
    let mut modem = modem(&bench, Family::Sim7600, &inbox);
    bench.block_on(async {
        modem.bring_up(&apn(), |_| {}).await.or_transcript(&bench);
        modem.client(FIRST).connect(&OPTIONS).await.or_transcript(&bench);
        modem.bring_up(&apn(), |_| {}).await.or_transcript(&bench);
        modem.client(FIRST).subscribe("meter-3/set", crate::driver::QoS::AtLeastOnce).await.or_transcript(&bench);
    });
    assert_no_complaints(&bench, PROBING);
}

#[test]
fn a_restart_reported_during_bring_up_is_an_event_afterwards() {
    let bench = bench(Family::A76xx);
    let inbox = TestInbox::default();
    let mut modem = modem(&bench, Family::A76xx, &inbox);
    bench.at(Duration::from_millis(60), |bench| bench.modem(|module, now| module.restart(now)));
    bench.block_on(async {
        modem.bring_up(&apn(), |_| {}).await.or_transcript(&bench);
        assert_eq!(modem.next_event().await, Ok(Event::ModemRestarted));
    });
}

#[test]
fn every_other_command_of_the_network_is_what_the_module_takes() {
    for (family, _) in FAMILIES {
        for iccid_prefix in [IccidPrefix::Iccid, IccidPrefix::Ciccid] {
            let bench = bench_with(family, |behaviour| behaviour.bring_up.iccid_prefix = iccid_prefix);
            let inbox = TestInbox::default();
            let mut modem = modem(&bench, family, &inbox);
            bench.block_on(async {
                let identity = modem.identify().await.or_transcript(&bench);
                assert_eq!(Family::from_model(identity.model.as_bytes()), Some(family), "{identity:?}");
                assert!(!identity.firmware.is_empty());
                assert_eq!(modem.execute(&Cgsn).await.or_transcript(&bench).map(|imei| imei.len()), Some(15));
                assert_eq!(modem.execute(&Ciccid).await.or_transcript(&bench).map(|iccid| iccid.len()), Some(20));

                let context = modem.execute(&CgdcontRead { context: 1 }).await.or_transcript(&bench);
                assert_eq!(context.and_then(|context| context.pdp_type), Some(PdpType::Ipv4));
                modem.execute(&Cgact { context: 1, active: false }).await.or_transcript(&bench);
                assert!(!modem.execute(&CgactRead).await.or_transcript(&bench).contains(1));
                assert!(!modem.execute(&Cgpaddr { context: 1 }).await.or_transcript(&bench).is_assigned());
                modem.execute(&Cgact { context: 1, active: true }).await.or_transcript(&bench);
                assert!(modem.execute(&CgactRead).await.or_transcript(&bench).contains(1));
                assert!(modem.execute(&Cpsi).await.or_transcript(&bench).is_online);

                modem.execute(&Cnmp { mode: NetworkMode::Lte }).await.or_transcript(&bench);
                assert_eq!(modem.execute(&CnmpRead).await.or_transcript(&bench), Some(NetworkMode::Lte));
                modem.execute(&Ctzu { enabled: true }).await.or_transcript(&bench);
                assert_eq!(modem.execute(&CtzuRead).await.or_transcript(&bench), Some(true));
                let time = modem.execute(&CclkRead).await.or_transcript(&bench).expect("a time");
                modem.execute(&Cclk { time }).await.or_transcript(&bench);
                assert_eq!(modem.execute(&CclkRead).await.or_transcript(&bench), Some(time));

                modem.execute(&Ifc { flow_control: FlowControl::RtsCts }).await.or_transcript(&bench);
                assert_eq!(modem.execute(&IfcRead).await.or_transcript(&bench), Some(FlowControl::RtsCts));
                modem.execute(&Ipr { baud_rate: 115_200 }).await.or_transcript(&bench);
                assert_eq!(modem.execute(&IprRead).await.or_transcript(&bench), Some(115_200));
                modem.execute(&Csclk { mode: SleepMode::Dtr }).await.or_transcript(&bench);
                assert_eq!(modem.execute(&CsclkRead).await.or_transcript(&bench), Some(SleepMode::Dtr));
            });
            assert_no_complaints(&bench, &[]);
        }
    }
}
