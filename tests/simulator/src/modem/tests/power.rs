//! Keys, the status pin, boot lines, switching off and sleep.

use super::*;

const BOOT: Duration = Duration::from_secs(10);

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn a_held_power_key_switches_off_and_on() {
    let mut rig = Rig::with(Family::Sim7600, &[("boot-lines", "off")]);
    rig.modem.power_key(rig.now, true);
    assert_eq!(rig.pass(milliseconds(2499)), "");
    assert_eq!(rig.pass(milliseconds(1)), "\r\nNORMAL POWER DOWN\r\n");
    assert!(rig.modem.is_on());
    assert_eq!(rig.pass(milliseconds(1500)), "");
    assert!(!rig.modem.is_on());
    rig.modem.power_key(rig.now, false);
    assert_eq!(rig.send("AT"), "", "it is off");
    rig.modem.power_key(rig.now, true);
    rig.pass(milliseconds(100));
    assert!(rig.modem.is_on());
    rig.modem.power_key(rig.now, false);
    assert_eq!(rig.pass(BOOT), "\r\nRDY\r\n");
    assert_eq!(rig.send("AT"), "AT\r\r\nOK\r\n");
}

#[test]
fn a_power_key_released_too_early_does_nothing() {
    let mut rig = Rig::with(Family::A76xx, &[("power-key-off", "800")]);
    rig.modem.power_key(rig.now, true);
    rig.pass(milliseconds(799));
    rig.modem.power_key(rig.now, false);
    rig.pass(BOOT);
    assert!(rig.modem.is_on());
    rig.modem.cut_power(rig.now);
    rig.modem.power_key(rig.now, true);
    rig.pass(milliseconds(49));
    rig.modem.power_key(rig.now, false);
    assert_eq!(rig.pass(BOOT), "");
    assert!(!rig.modem.is_on());
}

#[test]
fn a_power_key_that_stays_pressed_does_not_switch_off_again() {
    let mut rig = Rig::with(Family::A7600, &[("boot-lines", "off")]);
    rig.modem.cut_power(rig.now);
    rig.modem.power_key(rig.now, true);
    assert_eq!(rig.pass(BOOT), "\r\n*ATREADY: 1\r\n");
    assert!(rig.modem.is_on());
}

#[test]
fn a_held_reset_key_restarts_without_a_word_before_the_boot_lines() {
    let mut rig = Rig::connected(Family::Sim7600, &[("boot-lines", "off")]);
    rig.modem.reset_key(rig.now, true);
    assert_eq!(rig.pass(milliseconds(100)), "");
    assert_eq!(rig.requests(), [Request::Drop { client: 0 }]);
    rig.modem.reset_key(rig.now, false);
    assert_eq!(rig.pass(BOOT), "\r\nRDY\r\n");
}

#[test]
fn commands_restart_and_switch_off() {
    for (line, answer) in [
        ("AT+CRESET", "\r\nOK\r\n\r\nRDY\r\n"),
        ("AT+CFUN=1,1", "\r\nOK\r\n\r\nRDY\r\n"),
        ("AT+CFUN=6", "\r\nOK\r\n\r\nRDY\r\n"),
        ("AT+CPOF", "\r\nOK\r\n\r\nNORMAL POWER DOWN\r\n"),
    ] {
        let mut rig = Rig::with(Family::Sim767x, &[("boot-lines", "off")]);
        assert_eq!(rig.send(line), answer);
        assert_eq!(rig.modem.is_on(), line != "AT+CPOF");
    }
}

#[test]
fn boot_lines_come_in_the_order_and_as_late_as_the_switches_say() {
    let switches = [
        ("ready-line", "atready"),
        ("boot-stk", "on"),
        ("boot-events", "both"),
        ("done-order", "pb-first"),
        ("done-delay", "5000"),
    ];
    let mut rig = Rig::with(Family::A76xx, &switches);
    rig.modem.power_on(rig.now);
    let first = rig.pass(milliseconds(7500));
    let stk = format!("+MSTK: 11, \"{}\"", "D0".repeat(125));
    let lines = ["*ATREADY: 1", "*ISIMAID: \"A0000000871004FF86FF1289\"", "+CPIN: READY", &stk];
    let events = ["+CGEV: EPS PDN ACT 1", "+CGEV: ME PDN ACT 8,4"];
    let expected: String = lines.iter().chain(&events).map(|line| format!("\r\n{line}\r\n")).collect();
    assert_eq!(first, expected);
    assert_eq!(rig.pass(BOOT), "\r\nPB DONE\r\n\r\nSMS DONE\r\n");
}

#[test]
fn a_module_asleep_loses_what_it_is_sent_until_dtr_is_low() {
    let mut rig = Rig::new(Family::A7600);
    rig.modem.set_dtr(true);
    assert_eq!(rig.send("AT+CSCLK=1"), "\r\nOK\r\n");
    assert!(rig.modem.is_asleep());
    assert_eq!(rig.send("AT+CSQ"), "");
    assert_eq!(rig.complaints(), [ComplaintKind::BytesWhileAsleep]);
    rig.modem.set_dtr(false);
    assert_eq!(rig.send("AT+CSCLK?"), "\r\n+CSCLK: 1\r\n\r\nOK\r\n");
}

#[test]
fn a_module_that_dtr_does_not_wake_sleeps_until_a_reset_or_until_a_line_where_a_switch_says_so() {
    for bytes_wake in [false, true] {
        let switches = [("dtr-wakes", "off"), ("bytes-wake", if bytes_wake { "on" } else { "off" })];
        let mut rig = Rig::with(Family::A7600, &[&switches[..], &[("boot-lines", "off")]].concat());
        rig.send("AT+CSCLK=1");
        rig.modem.set_dtr(false);
        assert!(!rig.modem.is_asleep(), "it was awake");
        rig.modem.set_dtr(true);
        rig.modem.set_dtr(false);
        assert!(rig.modem.is_asleep());
        assert_eq!(rig.send("AT"), "");
        assert_eq!(rig.complaints(), [ComplaintKind::BytesWhileAsleep]);
        assert_eq!(rig.modem.is_asleep(), !bytes_wake);
        rig.modem.reset_key(rig.now, true);
        rig.pass(BOOT);
        rig.modem.reset_key(rig.now, false);
        assert!(!rig.modem.is_asleep());
        assert!(rig.send("AT").ends_with("OK\r\n"));
    }
}

#[test]
fn messages_reach_a_host_while_the_module_sleeps() {
    let mut rig = Rig::connected(Family::A7600, &[]);
    rig.send("AT+CSCLK=1");
    rig.modem.set_dtr(true);
    let lost = rig.event(Event::ConnectionLost { client: 0, cause: 1 });
    assert_eq!(lost, "\r\n+CMQTTCONNLOST: 0,1\r\n");
}
