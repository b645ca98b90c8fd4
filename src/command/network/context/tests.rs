extern crate std;
use super::*;
use crate::command::network::tests::response;
use crate::command::tests::{self, encoded};
use crate::error::Problem;
use crate::family::Family;

fn problem(request: &dyn Request, family: Family) -> Option<Problem> {
    tests::problem(request, family).map(|(_, problem)| problem)
}

fn cgdcont(apn: &str) -> Cgdcont<'_> {
    Cgdcont { context: 1, pdp_type: PdpType::Ipv4, apn }
}

#[test]
fn contexts_are_written_as_the_manuals_write_them() {
    assert_eq!(encoded(&cgdcont("internet")), "AT+CGDCONT=1,\"IP\",\"internet\"");
    let both = Cgdcont { context: 2, pdp_type: PdpType::Ipv4v6, apn: "" };
    assert_eq!(encoded(&both), "AT+CGDCONT=2,\"IPV4V6\",\"\"");
    let socket = Cgsockcont { context: 1, pdp_type: PdpType::Ipv4, apn: "CMNET" };
    assert_eq!(encoded(&socket), "AT+CGSOCKCONT=1,\"IP\",\"CMNET\"");
    assert_eq!(encoded(&Cgact { context: 1, active: true }), "AT+CGACT=1,1");
    assert_eq!(encoded(&Cgact { context: 3, active: false }), "AT+CGACT=0,3");
    assert_eq!(encoded(&CgactRead), "AT+CGACT?");
    assert_eq!(encoded(&CgdcontRead { context: 1 }), "AT+CGDCONT?");
}

#[test]
fn authentication_has_the_password_first_by_default() {
    let cgauth = |credentials| encoded(&Cgauth { context: 1, credentials });
    assert_eq!(cgauth(None), "AT+CGAUTH=1,0");
    assert_eq!(cgauth(Some(Credentials::pap("me", "secret"))), "AT+CGAUTH=1,1,\"secret\",\"me\"");
    assert_eq!(cgauth(Some(Credentials::chap("me", "secret"))), "AT+CGAUTH=1,2,\"secret\",\"me\"");
    assert_eq!(cgauth(Some(Credentials::pap("me", "secret").user_first())), "AT+CGAUTH=1,1,\"me\",\"secret\"");
}

#[test]
fn the_password_does_not_show_in_debug_output() {
    let cgauth = Cgauth { context: 1, credentials: Some(Credentials::pap("me", "secret")) };
    assert!(!std::format!("{cgauth:?}").contains("secret"));
}

#[test]
fn an_access_point_cannot_inject_commands() {
    for apn in ["a\"b", "a\rAT+CPOF", "a\nb", "\0"] {
        assert_eq!(problem(&cgdcont(apn), Family::Sim7600), Some(Problem::Character), "{apn:?}");
        let socket = Cgsockcont { context: 1, pdp_type: PdpType::Ipv4, apn };
        assert_eq!(problem(&socket, Family::A7600), Some(Problem::Character), "{apn:?}");
        for credentials in [Credentials::pap(apn, "secret"), Credentials::chap("me", apn)] {
            let cgauth = Cgauth { context: 1, credentials: Some(credentials) };
            assert_eq!(problem(&cgauth, Family::Sim7600), Some(Problem::Character), "{apn:?}");
        }
    }
}

#[test]
fn limits_are_checked_on_both_sides() {
    let longest = "x".repeat(100);
    assert_eq!(problem(&cgdcont(&longest), Family::A76xx), None);
    assert_eq!(problem(&cgdcont(&(longest + "x")), Family::A76xx), Some(Problem::TooLong(100)));
    for (context, expected) in
        [(0, Some(Problem::OutOfRange(1, 15))), (1, None), (15, None), (16, Some(Problem::OutOfRange(1, 15)))]
    {
        assert_eq!(problem(&Cgdcont { context, ..cgdcont("internet") }, Family::A76xx), expected);
        assert_eq!(problem(&Cgact { context, active: true }, Family::A76xx), expected);
    }
}

#[test]
fn only_a7600_has_a_socket_context() {
    let socket = Cgsockcont { context: 1, pdp_type: PdpType::Ipv4, apn: "internet" };
    assert_eq!(problem(&socket, Family::A7600), None);
    for family in [Family::A76xx, Family::Sim7600, Family::Sim767x] {
        assert_eq!(problem(&socket, family), Some(Problem::NotInFamily), "{family:?}");
    }
}

#[test]
fn the_definition_of_one_context_is_found_among_others() {
    let answer = b"+CGDCONT: 1,\"IP\",\"internet\",\"0.0.0.0\",0,0\r\n+CGDCONT: 2,\"PPP\",\"\",\"\"\r\n\
        +CGDCONT: 8,\"IPV4V6\",\"IMS\",\"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\",0,0,0,0\r\n";
    let context = |context| response(&CgdcontRead { context }, answer);
    let found = context(1).unwrap();
    assert_eq!((found.pdp_type, found.apn.as_str()), (Some(PdpType::Ipv4), Some("internet")));
    let found = context(2).unwrap();
    assert_eq!((found.pdp_type, found.apn.as_str()), (None, Some("")));
    let found = context(8).unwrap();
    assert_eq!((found.pdp_type, found.apn.as_str()), (Some(PdpType::Ipv4v6), Some("IMS")));
    assert_eq!(context(3), None);
}

#[test]
fn an_access_point_longer_than_the_line_buffer_is_whole() {
    let apn = "long.".repeat(20);
    let answer = std::format!("+CGDCONT: 1,\"IP\",\"{apn}\",\"0.0.0.0\"\r\n+CGDCONT: 2,\"IP\",\"other\"\r\n");
    let found = response(&CgdcontRead { context: 1 }, answer.as_bytes()).unwrap();
    assert_eq!(found.apn.as_str(), Some(apn.as_str()));
}

#[test]
fn active_contexts_are_identified_by_their_numbers() {
    let active = response(&CgactRead, b"+CGACT: 1,1\r\n+CGACT: 2,0\r\n+CGACT: 8,1\r\n+CGACT: 200,1\r\n");
    let contexts: std::vec::Vec<u8> = (0..=255).filter(|&context| active.contains(context)).collect();
    assert_eq!(contexts, [1, 8]);
}

#[test]
fn a_name_that_lost_its_end_does_not_go_on_in_another_line() {
    let long = "x".repeat(80);
    for lost in [std::format!("+CGDCONT: 1,\"IP\",\"{long}\r\n"), "+CGDCONT: 1,\"IP\",\"short\r\n".into()] {
        let answer = std::format!("{lost}+CGDCONT: 2,\"IP\",\"{long}\",\"y\"\r\n");
        let found = response(&CgdcontRead { context: 1 }, answer.as_bytes()).unwrap();
        assert_eq!(lost, std::format!("+CGDCONT: 1,\"IP\",\"{}\r\n", found.apn.as_str().unwrap()));
    }
}
