//! CSSLCFG, CCERTDOWN, CCERTLIST, CCERTDELE, and their effect on CONNECT.

use super::*;
use crate::broker::{Authentication, TlsOptions};

const CONNECT: &str = "AT+CMQTTCONNECT=0,\"tcp://broker.example:8883\",60,1";

fn acquired(family: Family) -> Rig {
    let mut rig = Rig::new(family);
    rig.modem.preset_acquired(0, "device-7", true);
    rig
}

/// A module with three files and an SSL context that uses them.
fn configured(authentication: u8) -> Rig {
    let mut rig = acquired(Family::Sim767x);
    for (name, content) in [("ca.pem", &b"CA"[..]), ("device.pem", b"CERTIFICATE"), ("key.pem", b"KEY")] {
        rig.modem.preset_certificate(name, content);
    }
    for line in [
        &format!("\"authmode\",3,{authentication}"),
        "\"cacert\",3,\"ca.pem\"",
        "\"clientcert\",3,\"device.pem\"",
        "\"clientkey\",3,\"key.pem\"",
    ] {
        assert_eq!(rig.send(&format!("AT+CSSLCFG={line}")), "\r\nOK\r\n", "{line}");
    }
    assert_eq!(rig.send("AT+CMQTTSSLCFG=0,3"), "\r\nOK\r\n");
    rig
}

/// The TLS options of the only request.
fn options(rig: &mut Rig) -> TlsOptions {
    match &rig.requests()[..] {
        [Request::Connect { tls: Some(options), .. }] => TlsOptions::clone(options),
        other => panic!("{other:?}"),
    }
}

#[test]
fn contexts_begin_with_the_defaults() {
    let mut rig = Rig::new(Family::A76xx);
    let answer = rig.send("AT+CSSLCFG?");
    assert!(answer.starts_with("\r\n+CSSLCFG: 0,4,0,1,300,\"\",\"\",\"\",0\r\n+CSSLCFG: 1,4"), "{answer}");
    assert!(answer.ends_with("+CSSLCFG: 9,4,0,1,300,\"\",\"\",\"\",0\r\n\r\nOK\r\n"), "{answer}");
}

#[test]
fn settings_of_all_families_are_set_and_shown() {
    for family in Family::ALL {
        let mut rig = Rig::new(family);
        let ignore = format!("\"{}\",9,0", family.ignore_local_time());
        for setting in [
            "\"sslversion\",9,3",
            "\"authmode\",9,2",
            &ignore,
            "\"negotiatetime\",9,10",
            "\"cacert\",9,\"server_ca.pem\"",
            "\"clientcert\",9,\"cert.pem\"",
            "\"clientkey\",9,\"key_cert.pem\"",
            "\"enableSNI\",9,1",
        ] {
            assert_eq!(rig.send(&format!("AT+CSSLCFG={setting}")), "\r\nOK\r\n", "{setting}");
        }
        let shown = "+CSSLCFG: 9,3,2,0,10,\"server_ca.pem\",\"cert.pem\",\"key_cert.pem\",1\r\n\r\nOK\r\n";
        assert!(rig.send("AT+CSSLCFG?").ends_with(shown));
    }
}

#[test]
fn each_family_has_its_own_spelling_and_extras() {
    for (setting, families) in [
        ("\"ignorlocaltime\",0,1", &[Family::A7600][..]),
        ("\"ignorelocaltime\",0,1", &[Family::A76xx, Family::Sim7600, Family::Sim767x]),
        ("\"keypwd\",0,\"secret\"", &[Family::Sim7600]),
        ("\"password\",0,\"secret\"", &[Family::A76xx, Family::Sim767x]),
        ("\"ciphersuites\",0,0xC02F,0x009C", &[Family::Sim7600, Family::Sim767x]),
        ("\"ignorecertCN\",0,1", &[Family::Sim767x]),
    ] {
        for family in Family::ALL {
            let mut rig = Rig::new(family);
            let known = families.contains(&family);
            let (answer, complaints) =
                if known { ("\r\nOK\r\n", vec![]) } else { ("\r\nERROR\r\n", vec![ComplaintKind::NotInFamily]) };
            assert_eq!(rig.send(&format!("AT+CSSLCFG={setting}")), answer, "{setting} {family}");
            assert_eq!(rig.complaints(), complaints, "{setting} {family}");
        }
    }
}

#[test]
fn settings_out_of_range_or_unknown_are_errors() {
    let long = format!("\"cacert\",0,\"{}.pem\"", "c".repeat(105));
    for (setting, kind) in [
        ("\"sslversion\",0,5", ComplaintKind::OutOfRange),
        ("\"sslversion\",10,4", ComplaintKind::OutOfRange),
        ("\"authmode\",0,4", ComplaintKind::OutOfRange),
        ("\"negotiatetime\",0,9", ComplaintKind::OutOfRange),
        ("\"negotiatetime\",0,301", ComplaintKind::OutOfRange),
        ("\"cacert\",0,\".pem\"", ComplaintKind::OutOfRange),
        ("\"cacert\",0,\"ca_pem\"", ComplaintKind::Malformed),
        (&long, ComplaintKind::OutOfRange),
        ("\"cacert\",0,ca.pem", ComplaintKind::Malformed),
        ("\"sslversion\",0,0x4", ComplaintKind::Malformed),
        ("\"enableSNI\",0", ComplaintKind::MissingParameter),
        ("\"enableSNI\",0,1,1", ComplaintKind::TooManyParameters),
        ("\"alpn\",0,\"mqtt\"", ComplaintKind::UnknownCommand),
        ("sslversion,0,4", ComplaintKind::Malformed),
    ] {
        let mut rig = Rig::new(Family::A76xx);
        assert_eq!(rig.send(&format!("AT+CSSLCFG={setting}")), "\r\nERROR\r\n", "{setting}");
        assert_eq!(rig.complaints(), [kind], "{setting}");
    }
}

#[test]
fn test_form_lists_the_settings_of_the_family() {
    let answer = Rig::new(Family::A7600).send("AT+CSSLCFG=?");
    assert!(answer.starts_with("\r\n+CSSLCFG: \"sslversion\",(0-9),(0-4)\r\n"), "{answer}");
    assert!(answer.contains("\r\n+CSSLCFG: \"ignorlocaltime\",(0-9),(0,1)\r\n"), "{answer}");
    assert!(!answer.contains("password"), "{answer}");
    let answer = Rig::new(Family::Sim767x).send("AT+CSSLCFG=?");
    assert!(answer.ends_with("\r\n+CSSLCFG: \"ignorecertCN\",(0-9),(0,1)\r\n\r\nOK\r\n"), "{answer}");
}

#[test]
fn certificates_are_stored_listed_replaced_and_deleted() {
    let mut rig = Rig::new(Family::A76xx);
    assert_eq!(rig.send("AT+CCERTLIST"), "\r\nOK\r\n");
    rig.enter("AT+CCERTDOWN=\"ca.pem\",5", b"OK\r\n>");
    rig.enter("AT+CCERTDOWN=\"key.pem\",3", b"one");
    rig.enter("AT+CCERTDOWN=\"key.pem\",5", b"three");
    assert_eq!(rig.send("AT+CCERTLIST"), "\r\n+CCERTLIST: \"ca.pem\"\r\n+CCERTLIST: \"key.pem\"\r\n\r\nOK\r\n");
    let stored: Vec<_> = rig.modem.certificates().collect();
    assert_eq!(stored, [("ca.pem", &b"OK\r\n>"[..]), ("key.pem", b"three")]);
    assert_eq!(rig.send("AT+CCERTDELE=\"ca.pem\""), "\r\nOK\r\n");
    assert_eq!(rig.send("AT+CCERTDELE=\"ca.pem\""), "\r\nERROR\r\n");
    assert_eq!(rig.send("AT+CCERTLIST"), "\r\n+CCERTLIST: \"key.pem\"\r\n\r\nOK\r\n");
}

#[test]
fn names_and_lengths_of_certificates_have_limits() {
    for (line, kind) in [
        ("CCERTDOWN=\"ca.pem\",0", ComplaintKind::OutOfRange),
        ("CCERTDOWN=\"ca.pem\",10241", ComplaintKind::OutOfRange),
        ("CCERTDOWN=\"c.de\",5", ComplaintKind::OutOfRange),
        ("CCERTDOWN=\"cacert\",5", ComplaintKind::Malformed),
        ("CCERTDOWN=\"cacert.\",5", ComplaintKind::Malformed),
        ("CCERTDOWN=\"ca.pem\"", ComplaintKind::MissingParameter),
        ("CCERTDELE=\"ca\"", ComplaintKind::OutOfRange),
    ] {
        let mut rig = Rig::new(Family::A7600);
        assert_eq!(rig.send(&format!("AT+{line}")), "\r\nERROR\r\n", "{line}");
        assert_eq!(rig.complaints(), [kind], "{line}");
    }
    let mut rig = Rig::new(Family::A7600);
    assert_eq!(rig.send("AT+CCERTDOWN=?"), "\r\n+CCERTDOWN: (5-108),(1-10240)\r\n\r\nOK\r\n");
    rig.enter(&format!("AT+CCERTDOWN=\"{}.pem\",10240", "c".repeat(104)), &[b'c'; 10240]);
}

#[test]
fn certificates_survive_a_restart_and_ssl_contexts_do_not() {
    let mut rig = configured(2);
    rig.modem.restart(rig.now);
    rig.pass(A_WHILE * 2);
    rig.modem.preset_echo(false);
    let listed = "\r\n+CCERTLIST: \"ca.pem\"\r\n+CCERTLIST: \"device.pem\"\r\n+CCERTLIST: \"key.pem\"\r\n\r\nOK\r\n";
    assert_eq!(rig.send("AT+CCERTLIST"), listed);
    assert_eq!(rig.modem.ssl_context(3), &Default::default());
}

#[test]
fn largest_write_ends_at_a_pause_or_a_flush() {
    let mut rig = Rig::new(Family::A76xx);
    rig.send("AT+CCERTDOWN=\"ca.pem\",1000");
    rig.send_bytes(&[b'c'; 300]);
    rig.modem.receive(rig.now, &[b'c'; 200]);
    rig.modem.receive(rig.now, &[b'c'; 250]);
    assert_eq!(rig.modem.largest_certificate_write(), 450);
    rig.modem.host_flushed();
    assert_eq!(rig.send_bytes(&[b'c'; 250]), "\r\nOK\r\n");
    assert_eq!(rig.modem.largest_certificate_write(), 450);
}

#[test]
fn a_connection_is_made_with_the_context_and_the_files_it_needs() {
    for (number, authentication, needs_ca, needs_client) in [
        (0, Authentication::None, false, false),
        (1, Authentication::Server, true, false),
        (2, Authentication::ServerAndClient, true, true),
        (3, Authentication::Client, false, true),
    ] {
        let mut rig = configured(number);
        assert_eq!(rig.send(CONNECT), "\r\nOK\r\n");
        let options = options(&mut rig);
        assert_eq!((options.index, options.context.authentication), (3, authentication));
        assert_eq!(options.ca_certificate.is_some(), needs_ca);
        assert_eq!(options.client_certificate.is_some_and(|file| file == b"CERTIFICATE"), needs_client);
        assert_eq!(options.client_key.is_some_and(|file| file == b"KEY"), needs_client);
        assert_eq!(options.local_time, rig.modem.network().time.unwrap() + rig.now.as_secs() - A_WHILE.as_secs());
    }
}

#[test]
fn without_sslcfg_the_context_is_that_of_the_client_index() {
    let mut rig = acquired(Family::A7600);
    rig.modem.preset_acquired(1, "device-8", true);
    rig.send("AT+CSSLCFG=\"enableSNI\",1,1");
    rig.send("AT+CMQTTCONNECT=1,\"tcp://broker.example:8883\",60,1");
    let options = options(&mut rig);
    assert_eq!((options.index, options.context.server_name_indication), (1, true));
}

#[test]
fn a_connection_without_tls_has_no_options() {
    let mut rig = Rig::new(Family::A7600);
    rig.modem.preset_acquired(0, "device-7", false);
    rig.send(CONNECT);
    assert!(matches!(&rig.requests()[..], [Request::Connect { tls: None, .. }]));
}

#[test]
fn a_missing_file_is_code_33_and_no_request_is_sent() {
    for (authentication, missing) in [(1, "ca.pem"), (2, "ca.pem"), (2, "device.pem"), (3, "key.pem")] {
        let mut rig = configured(authentication);
        rig.send(&format!("AT+CCERTDELE=\"{missing}\""));
        assert_eq!(rig.send(CONNECT), "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,33\r\n", "{authentication} {missing}");
        assert_eq!(rig.requests(), []);
        assert_eq!(rig.modem.client(0).ssl_context, None, "a failed CONNECT clears SSLCFG");
    }
    let mut rig = acquired(Family::A7600);
    rig.set("tls-failure", "early");
    rig.send("AT+CSSLCFG=\"authmode\",0,1");
    assert_eq!(rig.send(CONNECT), "\r\n+CMQTTCONNECT: 0,33\r\n\r\nERROR\r\n");
}

#[test]
fn disconnect_clears_sslcfg() {
    let mut rig = configured(1);
    rig.send(CONNECT);
    rig.event(Event::Connected { client: 0 });
    assert_eq!(rig.modem.client(0).ssl_context, Some(3));
    rig.send("AT+CMQTTDISC=0,60");
    rig.event(Event::Disconnected { client: 0 });
    assert_eq!(rig.modem.client(0).ssl_context, None);
}

#[test]
fn a_prompt_of_ccertdown_needs_no_service() {
    let mut rig = Rig::new(Family::Sim7600);
    rig.modem.preset_prompt("AT+CCERTDOWN=\"ca.pem\",4", b"ab");
    assert_eq!(rig.modem.awaited_data(), Some(2));
    assert_eq!(rig.send_bytes(b"cd"), "\r\nOK\r\n");
}

#[test]
fn a_named_file_that_is_not_there_is_33_or_34_and_one_that_is_not_named_is_33() {
    for (value, code) in [("33", 33), ("34", 34)] {
        let mut rig = acquired(Family::A7600);
        rig.set("missing-file", value);
        rig.send("AT+CSSLCFG=\"authmode\",0,1");
        assert_eq!(rig.send(CONNECT), "\r\nOK\r\n\r\n+CMQTTCONNECT: 0,33\r\n");
        rig.send("AT+CSSLCFG=\"cacert\",0,\"ca.pem\"");
        assert_eq!(rig.send(CONNECT), format!("\r\nOK\r\n\r\n+CMQTTCONNECT: 0,{code}\r\n"));
    }
}

#[test]
fn a_tls_connect_of_a76xx_fails_before_any_handshake_without_ok_and_works_once_mended() {
    let mut rig = acquired(Family::A76xx);
    rig.set("tls-failures", "1");
    rig.modem.receive(rig.now, format!("{CONNECT}\r").as_bytes());
    assert_eq!(rig.pass(Duration::from_millis(290)), "");
    assert_eq!(rig.pass(Duration::from_millis(10)), "\r\n+CMQTTCONNECT: 0,34\r\n\r\nERROR\r\n");
    assert_eq!(rig.requests(), []);
    assert!(rig.modem.client(0).acquired.is_some());
    assert_eq!(rig.send(CONNECT), "\r\nOK\r\n");
    assert_eq!(rig.event(Event::Connected { client: 0 }), "\r\n+CMQTTCONNECT: 0,0\r\n");
}

#[test]
fn a_connect_without_tls_does_not_count_as_a_failing_one() {
    let mut rig = Rig::with(Family::A76xx, &[("tls-failures", "1")]);
    rig.modem.preset_acquired(0, "device-7", false);
    assert_eq!(rig.send(CONNECT), "\r\nOK\r\n");
}

#[test]
fn certificates_with_crlf_cannot_be_read_where_the_switch_says() {
    for (value, requests) in [("on", 1), ("off", 0)] {
        let mut rig = configured(1);
        rig.modem.preset_certificate("ca.pem", b"-----BEGIN\r\nEND-----\r\n");
        rig.set("reads-crlf-certificates", value);
        let answer = rig.send(CONNECT);
        assert_eq!(answer.contains("+CMQTTCONNECT: 0,34"), requests == 0, "{answer}");
        assert_eq!(rig.requests().len(), requests);
    }
}

#[test]
fn a_time_that_is_to_be_ignored_is_checked_all_the_same_where_the_switch_says() {
    for (value, ignored) in [("off", true), ("on", false)] {
        let mut rig = acquired(Family::A76xx);
        rig.set("always-checks-time", value);
        assert_eq!(rig.send("AT+CSSLCFG=\"ignorelocaltime\",0,1"), "\r\nOK\r\n");
        rig.send(CONNECT);
        assert_eq!(options(&mut rig).context.ignores_local_time, ignored);
    }
}

#[test]
fn a_certificate_of_a_name_that_is_taken_is_replaced_kept_or_refused() {
    for (value, answer, content) in
        [("replaced", "\r\nOK\r\n", b"new"), ("kept", "\r\nOK\r\n", b"old"), ("error", "\r\nERROR\r\n", b"old")]
    {
        let mut rig = Rig::with(Family::A76xx, &[("certificate-replace", value)]);
        rig.enter("AT+CCERTDOWN=\"ca.pem\",3", b"old");
        rig.send("AT+CCERTDOWN=\"ca.pem\",3");
        assert_eq!(rig.send_bytes(b"new"), answer);
        assert_eq!(rig.modem.certificates().collect::<Vec<_>>(), [("ca.pem", &content[..])]);
    }
}
