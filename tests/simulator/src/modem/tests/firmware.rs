//! Missing capabilities of a firmware build.

use super::*;

#[track_caller]
fn is_unknown(rig: &mut Rig, line: &str) {
    assert_eq!(rig.send(line), "\r\nERROR\r\n", "{line}");
    assert_eq!(rig.severities(), [Severity::Warning], "{line}: a host cannot know");
}

#[test]
fn a_build_without_mqtt_answers_every_command_of_it_with_error() {
    let mut rig = Rig::with(Family::A76xx, &[("mqtt", "off")]);
    for line in ["AT+CMQTTSTART", "AT+CMQTTACCQ?", "AT+CMQTTDISC?", "AT+CMQTTPUB=?", "AT+CMQTTREL=0"] {
        is_unknown(&mut rig, line);
    }
    assert!(rig.send("AT+CSSLCFG?").ends_with("\r\nOK\r\n"));
}

#[test]
fn a_build_without_tls_answers_every_cssslcfg_with_error() {
    let mut rig = Rig::with(Family::A76xx, &[("tls", "off")]);
    for line in ["AT+CSSLCFG=\"sslversion\",0,4", "AT+CSSLCFG=\"authmode\",0,1", "AT+CSSLCFG?", "AT+CSSLCFG=?"] {
        is_unknown(&mut rig, line);
    }
    assert_eq!(rig.send("AT+CMQTTSTART"), "\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n");
}

#[test]
fn settings_of_cssslcfg_can_be_unknown() {
    let mut rig = Rig::with(Family::A76xx, &[("unknown-ssl-settings", "enableSNI,ignorelocaltime")]);
    is_unknown(&mut rig, "AT+CSSLCFG=\"enableSNI\",0,1");
    is_unknown(&mut rig, "AT+CSSLCFG=\"ignorelocaltime\",0,1");
    assert_eq!(rig.send("AT+CSSLCFG=\"authmode\",0,1"), "\r\nOK\r\n");
    let test_form = rig.send("AT+CSSLCFG=?");
    assert!(test_form.contains("authmode") && !test_form.contains("enableSNI") && !test_form.contains("localtime"));
}

#[test]
fn the_highest_ssl_version_can_be_lower() {
    let mut rig = Rig::with(Family::Sim767x, &[("highest-ssl-version", "2")]);
    assert_eq!(rig.send("AT+CSSLCFG=\"sslversion\",0,2"), "\r\nOK\r\n");
    is_unknown(&mut rig, "AT+CSSLCFG=\"sslversion\",0,4");
    assert_eq!(rig.modem.ssl_context(0).version, 2);
    assert!(rig.send("AT+CSSLCFG=?").contains("+CSSLCFG: \"sslversion\",(0-9),(0-2)\r\n"));
}

#[test]
fn the_choice_of_mqtt_3_1_1_can_be_unknown() {
    let mut rig = Rig::with(Family::Sim7600, &[("version-choice", "off")]);
    rig.modem.preset_started();
    is_unknown(&mut rig, "AT+CMQTTACCQ=0,\"device-7\",0,4");
    assert_eq!(rig.send("AT+CMQTTACCQ=?"), "\r\n+CMQTTACCQ: (0-1),(1-128)[,(0-1)]\r\n\r\nOK\r\n");
    for family in [Family::A76xx, Family::Sim767x] {
        let mut rig = Rig::with(family, &[("version-choice", "off")]);
        rig.modem.preset_acquired(0, "device-7", false);
        is_unknown(&mut rig, "AT+CMQTTCFG=\"version\",0,4");
        assert!(!rig.send("AT+CMQTTCFG=?").contains("version"));
    }
}

#[test]
fn what_a_family_never_had_is_an_error_of_the_host_all_the_same() {
    let mut rig = Rig::with(Family::A7600, &[("version-choice", "off")]);
    rig.modem.preset_acquired(0, "device-7", false);
    rig.send("AT+CMQTTCFG=\"version\",0,4");
    assert_eq!(rig.severities(), [Severity::Error]);
}
