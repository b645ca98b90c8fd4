//! SIM, registration, PDP contexts, clock and identity.

use super::*;
use crate::modem::Service;

#[test]
fn a_sim_wants_its_pin_after_each_boot() {
    let mut rig = Rig::with(Family::A76xx, &[("sim-pin", "1234"), ("boot-lines", "off")]);
    for _ in 0..2 {
        assert_eq!(rig.send("AT+CPIN?"), "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n");
        assert_eq!(rig.send("AT+CEREG?"), "\r\n+CEREG: 0,2\r\n\r\nOK\r\n");
        assert_eq!(rig.send("AT+CPIN=\"1234\""), "\r\nOK\r\n\r\n+CPIN: READY\r\n");
        assert_eq!(rig.send("AT+CPIN?"), "\r\n+CPIN: READY\r\n\r\nOK\r\n");
        assert_eq!(rig.send("AT+CEREG?"), "\r\n+CEREG: 0,1\r\n\r\nOK\r\n");
        rig.modem.restart(rig.now);
        rig.pass(A_WHILE);
        rig.modem.preset_echo(false);
    }
}

#[test]
fn a_wrong_pin_is_error_16_and_three_of_them_lock_the_sim() {
    let mut rig = Rig::with(Family::A76xx, &[("sim-pin", "0123")]);
    for _ in 0..3 {
        assert_eq!(rig.send("AT+CPIN=\"1230\""), "\r\n+CME ERROR: 16\r\n");
    }
    assert_eq!(rig.send("AT+CPIN?"), "\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CPIN=\"0123\""), "\r\n+CME ERROR: 12\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::WrongPin; 4]);
}

#[test]
fn a_pin_that_is_not_required_is_refused() {
    let mut rig = Rig::new(Family::A7600);
    assert_eq!(rig.send("AT+CPIN=\"1234\""), "\r\n+CME ERROR: 3\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::PinNotWanted]);
}

#[test]
fn cmee_says_what_errors_look_like() {
    for (form, answer) in
        [(0, "\r\nERROR\r\n"), (1, "\r\n+CME ERROR: 16\r\n"), (2, "\r\n+CME ERROR: incorrect password\r\n")]
    {
        let mut rig = Rig::with(Family::A7600, &[("sim-pin", "1234")]);
        assert_eq!(rig.send(&format!("AT+CMEE={form}")), "\r\nOK\r\n");
        assert_eq!(rig.send("AT+CMEE?"), format!("\r\n+CMEE: {form}\r\n\r\nOK\r\n"));
        assert_eq!(rig.send("AT+CPIN=\"4321\""), answer);
        rig.complaints();
    }
}

#[test]
fn the_first_queries_of_the_sim_fail() {
    for (value, answer) in
        [("failure", "SIM failure"), ("busy", "SIM busy"), ("13", "13"), ("14", "14"), ("313", "313")]
    {
        let mut rig = Rig::with(Family::Sim7600, &[("sim-failures", "2"), ("sim-failure", value)]);
        for _ in 0..2 {
            assert_eq!(rig.send("AT+CPIN?"), format!("\r\n+CME ERROR: {answer}\r\n"));
        }
        assert_eq!(rig.send("AT+CPIN?"), "\r\n+CPIN: READY\r\n\r\nOK\r\n");
    }
}

#[test]
fn registration_takes_queries_and_ends_at_home_or_abroad() {
    for (roaming, state) in [("off", 1), ("on", 5)] {
        let mut rig = Rig::with(Family::A7600, &[("registration-queries", "2"), ("roaming", roaming)]);
        for name in ["CREG", "CGREG", "CEREG"] {
            for state in [2, 2, state, state] {
                assert_eq!(rig.send(&format!("AT+{name}?")), format!("\r\n+{name}: 0,{state}\r\n\r\nOK\r\n"));
            }
        }
    }
}

#[test]
fn registration_shows_its_report_setting_and_place() {
    let mut rig = Rig::new(Family::Sim767x);
    assert_eq!(rig.send("AT+CREG=1"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CREG?"), "\r\n+CREG: 1,1\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CEREG=2"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CEREG?"), "\r\n+CEREG: 2,1,\"333C\",\"25C1330\",7\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CGREG=3"), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
}

#[test]
fn contexts_are_defined_shown_and_undefined() {
    let mut rig = Rig::new(Family::A76xx);
    assert_eq!(rig.send("AT+CGDCONT=1,\"IP\",\"internet\""), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CGDCONT=4,\"IPV4V6\",\"ims\""), "\r\nOK\r\n");
    let shown = "\r\n+CGDCONT: 1,\"IP\",\"internet\",\"0.0.0.0\",0,0,0,0\r\n\
                 +CGDCONT: 4,\"IPV4V6\",\"ims\",\"0.0.0.0\",0,0,0,0\r\n\r\nOK\r\n";
    assert_eq!(rig.send("AT+CGDCONT?"), shown);
    assert_eq!(rig.send("AT+CGACT?"), "\r\n+CGACT: 1,1\r\n+CGACT: 4,0\r\n\r\nOK\r\n");
    let addresses = "\r\n+CGPADDR: 1,10.49.14.68\r\n\
                     +CGPADDR: 4,0.0.0.0,0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\r\n\r\nOK\r\n";
    assert_eq!(rig.send("AT+CGPADDR"), addresses);
    assert_eq!(rig.send("AT+CGDCONT=4"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CGPADDR=4"), "\r\nOK\r\n");
    for (line, kind) in [
        ("AT+CGDCONT=0,\"IP\"", ComplaintKind::OutOfRange),
        ("AT+CGDCONT=1,\"IPX\",\"internet\"", ComplaintKind::OutOfRange),
        ("AT+CGDCONT=1,IP,\"internet\"", ComplaintKind::Malformed),
        ("AT+CGACT=1,7", ComplaintKind::ContextNotDefined),
        ("AT+CGAUTH=7,1", ComplaintKind::ContextNotDefined),
    ] {
        assert_eq!(rig.send(line), "\r\nERROR\r\n", "{line}");
        assert_eq!(rig.complaints(), [kind], "{line}");
    }
}

#[test]
fn a_context_can_want_activation_before_it_has_an_address() {
    let mut rig = Rig::with(Family::A76xx, &[("context-active", "off")]);
    assert_eq!(rig.send("AT+CGACT?"), "\r\n+CGACT: 1,0\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CGPADDR=1"), "\r\n+CGPADDR: 1,0.0.0.0\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CMQTTSTART"), "\r\nOK\r\n\r\n+CMQTTSTART: 1\r\n");
    assert_eq!(rig.send("AT+CGACT=1,1"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CGPADDR=1"), "\r\n+CGPADDR: 1,10.49.14.68\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CMQTTSTART"), "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n");
    assert_eq!(rig.send("AT+CGACT=0,1"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CGACT?"), "\r\n+CGACT: 1,0\r\n\r\nOK\r\n");
}

#[test]
fn an_address_can_take_queries_and_a_second_context_has_none() {
    let mut rig = Rig::with(Family::A76xx, &[("address-queries", "1"), ("second-context", "on")]);
    let second = "+CGPADDR: 2,0.0.0.0,0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";
    for first in ["0.0.0.0", "10.49.14.68"] {
        assert_eq!(rig.send("AT+CGPADDR"), format!("\r\n+CGPADDR: 1,{first}\r\n{second}\r\n\r\nOK\r\n"));
    }
}

#[test]
fn credentials_of_a_context_are_taken_and_not_shown() {
    let mut rig = Rig::new(Family::Sim7600);
    assert_eq!(rig.send("AT+CGAUTH=1,1,\"secret\",\"user\""), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CGAUTH?"), "\r\n+CGAUTH: 1,1\r\n\r\nOK\r\n");
    let kept = rig.modem.network().contexts[&1].authentication.clone();
    assert_eq!(kept, Some((1, vec!["secret".to_owned(), "user".to_owned()])));
}

#[test]
fn socket_contexts_are_of_a7600_only() {
    let mut rig = Rig::new(Family::A7600);
    assert_eq!(rig.send("AT+CGSOCKCONT=1,\"IP\",\"CMNET\""), "\r\nOK\r\n");
    assert_eq!(rig.modem.network().contexts[&1].apn, "CMNET");
    let mut rig = Rig::new(Family::Sim767x);
    assert_eq!(rig.send("AT+CGSOCKCONT=1,\"IP\",\"CMNET\""), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::NotInFamily]);
}

#[test]
fn without_functionality_there_is_no_network() {
    let mut rig = Rig::connected(Family::Sim767x, &[]);
    let lost = rig.send("AT+CFUN=4");
    assert!(lost.contains("+CMQTTCONNLOST: 0,3") && lost.contains("+CMQTTNONET"), "{lost}");
    assert_eq!(rig.send("AT+CFUN?"), "\r\n+CFUN: 4\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CREG?"), "\r\n+CREG: 0,0\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CPSI?"), "\r\n+CPSI: NO SERVICE,Low Power Mode\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CFUN=1"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CGPADDR=1"), "\r\n+CGPADDR: 1,10.49.14.68\r\n\r\nOK\r\n");
    assert_eq!(rig.modem.service(), Service::Stopped);
}

#[test]
fn identity_and_line_settings_answer() {
    let mut rig = Rig::new(Family::A76xx);
    for (line, answer) in [
        ("AT+CGSN", "\r\n004999010640000\r\n"),
        ("AT+CIMI", "\r\n001010123456789\r\n"),
        ("AT+CICCID", "\r\n+ICCID: 89860000000000000007\r\n"),
        ("AT+CGMM", "\r\nA7670E-FASE\r\n"),
        ("AT+CGMR", "\r\n+CGMR: A7670E-FASE_SIM_1.0\r\n"),
        ("AT+CNMP=38", ""),
        ("AT+CNMP?", "\r\n+CNMP: 38\r\n"),
        ("AT+IPR=921600", ""),
        ("AT+IPR?", "\r\n+IPR: 921600\r\n"),
        ("AT+IFC=2,2", ""),
        ("AT+IFC?", "\r\n+IFC: 2,2\r\n"),
        ("AT+CFUN?", "\r\n+CFUN: 1\r\n"),
        ("AT+CTZU?", "\r\n+CTZU: 1\r\n"),
    ] {
        assert_eq!(rig.send(line), format!("{answer}\r\nOK\r\n"), "{line}");
    }
    rig.set("iccid-prefix", "ciccid");
    assert_eq!(rig.send("AT+CICCID"), "\r\n+CICCID: 89860000000000000007\r\n\r\nOK\r\n");
    assert!(rig.send("ATI").starts_with("\r\nManufacturer: SIMCOM INCORPORATED\r\nModel: A7670E-FASE\r\n"));
    assert_eq!(rig.send("AT+IPR=123"), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
}

#[test]
fn the_clock_follows_the_network_until_the_host_sets_it() {
    let mut rig = Rig::new(Family::A76xx);
    assert_eq!(rig.send("AT+CCLK?"), "\r\n+CCLK: \"26/01/01,00:00:00+00\"\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CCLK=\"30/13/31,23:59:58+08\""), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::Malformed]);
    assert_eq!(rig.send("AT+CCLK=\"30/12/31,23:59:58+08\""), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CCLK?"), "\r\n+CCLK: \"31/01/01,00:00:00+08\"\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CTZU=1"), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CCLK?"), "\r\n+CCLK: \"26/01/01,00:00:10+00\"\r\n\r\nOK\r\n");
    let mut rig = Rig::with(Family::A76xx, &[("automatic-time", "off")]);
    assert_eq!(rig.send("AT+CCLK?"), "\r\n+CCLK: \"80/01/06,00:00:00+00\"\r\n\r\nOK\r\n");
}

#[test]
fn a_time_server_sets_the_clock_in_the_zone_of_the_host() {
    let unset = [("automatic-time", "off"), ("time-server-delay", "2000")];
    let mut rig = Rig::with(Family::A76xx, &unset);
    assert_eq!(rig.send("AT+CNTP=?"), "\r\n+CNTP: \"HOST\",(-96~96)\r\n\r\nOK\r\n");
    assert_eq!(rig.send("AT+CNTP=\"ntp.example\",97"), "\r\nERROR\r\n");
    assert_eq!(rig.send("AT+CNTP=\"ntp.example\",-20"), "\r\nOK\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::OutOfRange]);
    assert_eq!(rig.send("AT+CNTP?"), "\r\n+CNTP: \"ntp.example\",-20\r\n\r\nOK\r\n");
    rig.modem.receive(rig.now, b"AT+CNTP\r");
    assert_eq!(rig.pass(Duration::from_millis(1000)), "\r\nOK\r\n");
    assert_eq!(rig.pass(Duration::from_millis(2000)), "\r\n+CNTP: 0\r\n");
    assert!(rig.send("AT+CCLK?").contains("\"25/12/31,19:00:"));
}

#[test]
fn a_clock_that_no_server_has_set_stays_as_it_was() {
    let send = |switches: &[(&str, &str)], attached: bool| {
        let mut rig = Rig::with(Family::A76xx, &[&[("automatic-time", "off")], switches].concat());
        rig.modem.network_mut().attached = attached;
        rig.send("AT+CNTP=\"ntp.example\",0");
        let answer = rig.send("AT+CNTP") + &rig.pass(Duration::from_secs(1));
        assert!(rig.send("AT+CCLK?").contains("80/01/06"));
        answer
    };
    assert_eq!(send(&[("time-server-outcome", "6")], true), "\r\nOK\r\n\r\n+CNTP: 6\r\n");
    assert_eq!(send(&[], false), "\r\nOK\r\n\r\n+CNTP: 4\r\n");
}

#[test]
fn messages_on_the_way_can_stand_inside_any_command() {
    for (value, noise) in [
        ("cpin", "\r\n+CPIN: READY\r\n"),
        ("isimaid", "\r\n*ISIMAID: \"A0000000871004FF86FF1289\"\r\n"),
        ("cgev-me", "\r\n+CGEV: ME PDN ACT 8,4\r\n"),
        ("cmt-ok", "\r\n+CMT: \"+10005550123\",,\"26/09/24,10:16:26+28\"\r\nOK\r\n"),
        ("cmt-error", "\r\n+CMT: \"+10005550123\",,\"26/09/24,10:16:26+28\"\r\nERROR\r\n"),
        ("cmt-prompt", "\r\n+CMT: \"+10005550123\",,\"26/09/24,10:16:26+28\"\r\n> x\r\n"),
    ] {
        let mut rig = Rig::with(Family::A76xx, &[("after-echo", value)]);
        assert_eq!(rig.send("AT"), format!("{noise}\r\nOK\r\n"));
    }
}

#[test]
fn positions_come_before_an_echo_or_behind_it() {
    for (name, begins) in [("before-echo", "$GNRMC,"), ("after-echo", "AT\r$GNRMC,")] {
        let mut rig = Rig::with(Family::Sim767x, &[(name, "nmea")]);
        rig.modem.preset_echo(true);
        let answer = rig.send("AT");
        assert!(answer.starts_with(begins) && answer.ends_with("\r\nOK\r\n"), "{answer}");
        assert_eq!(answer.matches("AT\r").count(), 1);
    }
}

#[test]
fn an_activation_can_fail_though_there_is_an_address() {
    for (value, answer) in [
        (
            "not-subscribed",
            "\r\n+CME ERROR: requested service option not subscribed (#33)\r\n\r\n+CGEV: ME PDN DEACT 1\r\n",
        ),
        ("unknown-error", "\r\n+CME ERROR: unknown error\r\n"),
    ] {
        for active in ["on", "off"] {
            let mut rig = Rig::with(Family::A76xx, &[("context-activation", value), ("context-active", active)]);
            assert_eq!(rig.send("AT+CGACT=1,1"), answer);
            assert_eq!(rig.send("AT+CGPADDR=1"), "\r\n+CGPADDR: 1,10.49.14.68\r\n\r\nOK\r\n");
            assert_eq!(rig.send("AT+CGACT=0,1"), "\r\nOK\r\n");
        }
    }
}

#[test]
fn a_clock_can_show_four_digits_and_begin_in_1970() {
    let mut rig = Rig::with(Family::A76xx, &[("clock-year", "four")]);
    assert_eq!(rig.send("AT+CCLK?"), "\r\n+CCLK: \"2026/01/01,00:00:00+00\"\r\n\r\nOK\r\n");
    let mut rig = Rig::with(Family::A76xx, &[("unset-clock", "70/01/01"), ("automatic-time", "off")]);
    assert_eq!(rig.send("AT+CCLK?"), "\r\n+CCLK: \"70/01/01,00:00:00+00\"\r\n\r\nOK\r\n");
}

#[test]
fn a_module_takes_commands_before_its_ready_line_and_its_sim_fails_until_then() {
    for (value, answer) in [("error", "\r\nERROR\r\n"), ("failure", "\r\n+CME ERROR: SIM failure\r\n")] {
        let switches = [("ready-line-delay", "3000"), ("sim-failure", value), ("boot-lines", "off")];
        let mut rig = Rig::with(Family::A76xx, &switches);
        rig.modem.restart(rig.now);
        assert_eq!(rig.pass(Duration::from_millis(500)), "");
        rig.modem.preset_echo(false);
        assert_eq!(rig.send("AT"), "\r\nOK\r\n");
        rig.pass(Duration::from_millis(990));
        rig.modem.receive(rig.now, b"AT+CPIN?\r");
        assert_eq!(rig.pass(A_WHILE), format!("\r\n*ATREADY: 1\r\n{answer}"), "behind the ready line");
        assert_eq!(rig.send("AT+CPIN?"), "\r\n+CPIN: READY\r\n\r\nOK\r\n");
    }
}
