//! Test forms, byte for byte.

use super::*;

fn answers(family: Family, expected: &[(&str, &str)]) {
    let mut rig = Rig::new(family);
    for (command, ranges) in expected {
        let answer = rig.send(&format!("AT+CMQTT{command}=?"));
        assert_eq!(answer, format!("\r\n+CMQTT{command}: {ranges}\r\n\r\nOK\r\n"), "{family}");
    }
}

#[test]
fn forms_that_all_families_share_answer_before_start() {
    for family in Family::ALL {
        answers(
            family,
            &[
                ("REL", "(0-1)"),
                ("SSLCFG", "(0,1),(0-9)"),
                ("WILLTOPIC", "(0-1),(1-1024)"),
                ("WILLMSG", "(0-1),(1-1024),(0-2)"),
                ("CONNECT", "(0-1),(9-256),(1-64800),(0-1)[,<user_name>,<pass_word>]"),
                ("TOPIC", "(0-1),(1-1024)"),
            ],
        );
    }
}

#[test]
fn a7600_answers_as_its_manual() {
    answers(
        Family::A7600,
        &[
            ("ACCQ", "(0-1),(1-128)[,(0-1)]"),
            ("DISC", "(0-1),(0, 60-180)"),
            ("PAYLOAD", "(0-1),(1-10240)"),
            ("PUB", "(0-1),(0-2),(60-180),(0-1),(0-1)"),
            ("SUBTOPIC", "(0-1),(1-1024),(0-2)"),
            ("SUB", "(0-1),(0-1024),(0-2),(0-1)"),
            ("UNSUBTOPIC", "(0-1),(1-1024)"),
            ("UNSUB", "(0-1),(0-1024),(0-1)"),
            ("CFG", "\"checkUTF8\",(0-1),(0-1)\r\n+CMQTTCFG: \"optimeout\",(0-1),(20-120)"),
        ],
    );
}

#[test]
fn a76xx_answers_as_its_manual() {
    answers(
        Family::A76xx,
        &[
            ("ACCQ", "(0-1),(1-128)[,(0-1)]"),
            ("DISC", "(0-1),(0, 1-180)"),
            ("PAYLOAD", "(0-1),(1-10240)"),
            ("PUB", "(0-1),(0-2),(1-180),(0-1),(0-1)"),
            ("SUBTOPIC", "(0-1),(1-1024),(0-2)"),
            (
                "CFG",
                "\"checkUTF8\",(0-1),(0-1)\r\n+CMQTTCFG: \"optimeout\",(0-1),(20-120)\r\n+CMQTTCFG: \"version\",(0-1),(3-4)",
            ),
        ],
    );
}

#[test]
fn sim7600_answers_with_a_version_for_acquire() {
    answers(
        Family::Sim7600,
        &[
            ("ACCQ", "(0-1),(1-128)[,(0-1),(3-4)]"),
            ("PAYLOAD", "(0-1),(1-10240)"),
            ("SUBTOPIC", "(0-1),(1-1024),(0-2)"),
        ],
    );
}

#[test]
fn sim767x_answers_as_its_note() {
    answers(
        Family::Sim767x,
        &[
            ("ACCQ", "(0-1),(1-128)[,(0-1)]"),
            ("DISC", "(0-1),(0, 60-180)"),
            ("PAYLOAD", "(0-1),(1-4096)"),
            ("SUB", "(0-1),(1-1024),(0-2),(0-1)"),
            ("UNSUB", "(0-1),(1-1024),(0-1)"),
            (
                "CFG",
                "\"checkUTF8\", (0-1), (0-1)\r\n+CMQTTCFG: \"optimeout\", (0-1), (20-120)\r\n+CMQTTCFG: \"version\",(0-1),(3-4)",
            ),
        ],
    );
    let mut rig = Rig::new(Family::Sim767x);
    assert_eq!(rig.send("AT+CMQTTSUBTOPIC=?"), "\r\nERROR\r\n");
    assert_eq!(rig.complaints(), [ComplaintKind::NotInFamily]);
}
