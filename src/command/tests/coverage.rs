//! Every command and form of the manuals has a type, and no family is sent what it does not have.

use core::time::Duration;

use super::*;

/// A form of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Execute,
    Write,
    /// Without the length, which sends the staged filters.
    Staged,
    Read,
    Test,
}

use Form::{Execute, Read, Staged, Test, Write};

const EVERY: &[Family] = &Family::ALL;
const STAGING: &[Family] = &[Family::A7600, Family::A76xx, Family::Sim7600];
const LISTING: &[Family] = &[Family::A76xx, Family::Sim767x];
const VERSION_IN_CFG: &[Family] = LISTING;

/// Commands, forms and families, as the manuals have them; the last column distinguishes two write forms.
const MANUALS: &[(&str, &[Form], &[Family], &str)] = &[
    ("+CMQTTSTART", &[Execute], EVERY, ""),
    ("+CMQTTSTART", &[Write], &[Family::Sim767x], "1"),
    ("+CMQTTSTOP", &[Execute], EVERY, ""),
    ("+CMQTTACCQ", &[Write, Read, Test], EVERY, "0,\"id\",0"),
    ("+CMQTTACCQ", &[Write], &[Family::Sim7600], "0,\"id\",0,4"),
    ("+CMQTTREL", &[Write, Read, Test], EVERY, ""),
    ("+CMQTTSSLCFG", &[Write, Read, Test], EVERY, ""),
    ("+CMQTTWILLTOPIC", &[Write, Test], EVERY, ""),
    ("+CMQTTWILLMSG", &[Write, Test], EVERY, ""),
    ("+CMQTTCONNECT", &[Write, Read, Test], EVERY, ""),
    ("+CMQTTDISC", &[Write, Read, Test], EVERY, ""),
    ("+CMQTTTOPIC", &[Write, Test], EVERY, ""),
    ("+CMQTTPAYLOAD", &[Write, Test], EVERY, ""),
    ("+CMQTTPUB", &[Write, Test], EVERY, ""),
    ("+CMQTTSUBTOPIC", &[Write, Test], STAGING, ""),
    ("+CMQTTSUB", &[Staged], STAGING, "0"),
    ("+CMQTTSUB", &[Staged], STAGING, "0,1"),
    ("+CMQTTSUB", &[Write], EVERY, "0,1,0"),
    ("+CMQTTSUB", &[Write], EVERY, "0,1,0,1"),
    ("+CMQTTSUB", &[Read], LISTING, ""),
    ("+CMQTTSUB", &[Test], EVERY, ""),
    ("+CMQTTUNSUBTOPIC", &[Write, Test], STAGING, ""),
    ("+CMQTTUNSUB", &[Staged], STAGING, "0,0"),
    ("+CMQTTUNSUB", &[Staged], STAGING, "0,1"),
    ("+CMQTTUNSUB", &[Write], EVERY, "0,1,0"),
    ("+CMQTTUNSUB", &[Write], EVERY, "0,1,1"),
    ("+CMQTTUNSUB", &[Test], EVERY, ""),
    ("+CMQTTCFG", &[Write], EVERY, "\"checkUTF8\",0,0"),
    ("+CMQTTCFG", &[Write], EVERY, "\"optimeout\",0,20"),
    ("+CMQTTCFG", &[Write], VERSION_IN_CFG, "\"version\",0,4"),
    ("+CMQTTCFG", &[Read, Test], EVERY, ""),
    ("+CSSLCFG", &[Write], EVERY, "\"sslversion\",0,4"),
    ("+CSSLCFG", &[Write], EVERY, "\"authmode\",0,1"),
    ("+CSSLCFG", &[Write], &[Family::A7600], "\"ignorlocaltime\",0,1"),
    ("+CSSLCFG", &[Write], &[Family::A76xx, Family::Sim7600, Family::Sim767x], "\"ignorelocaltime\",0,1"),
    ("+CSSLCFG", &[Write], EVERY, "\"negotiatetime\",0,10"),
    ("+CSSLCFG", &[Write], EVERY, "\"cacert\",0,\"a.pem\""),
    ("+CSSLCFG", &[Write], EVERY, "\"clientcert\",0,\"a.pem\""),
    ("+CSSLCFG", &[Write], EVERY, "\"clientkey\",0,\"a.pem\""),
    ("+CSSLCFG", &[Write], EVERY, "\"enableSNI\",0,1"),
    ("+CSSLCFG", &[Write], &[Family::Sim7600], "\"keypwd\",0,\"p\""),
    ("+CSSLCFG", &[Write], &[Family::Sim7600, Family::Sim767x], "\"ciphersuites\",0,0xFFFF"),
    ("+CSSLCFG", &[Write], &[Family::A76xx, Family::Sim767x], "\"password\",0,\"a.pem\""),
    ("+CSSLCFG", &[Write], &[Family::Sim767x], "\"ignorecertCN\",0,1"),
    ("+CCERTDOWN", &[Write], EVERY, ""),
    ("+CCERTDELE", &[Write], EVERY, ""),
    ("+CCERTLIST", &[Execute], EVERY, ""),
];

/// What is asked of each type.
type Visit<'v> = &'v mut dyn FnMut(&str, &dyn Request);

/// Shows every type of [`command`](crate::command) with its name.
fn visit_types(visit: Visit<'_>) {
    macro_rules! types {
        ($($command:expr),* $(,)?) => {
            $(visit(&type_name_of(&$command), &$command);)*
        };
    }
    let (client, filter, qos, name) = (FIRST, b"a", QoS::AtMostOnce, "a.pem");
    let accq = |version| Accq { client, client_id: "id", server_type: ServerType::Tcp, version };
    types!(
        Start,
        StartContext { context: 1 },
        Stop,
        accq(None),
        accq(Some(MqttVersion::V3_1_1)),
        AccqRead,
        AccqTest,
        Rel { client },
        RelRead,
        RelTest,
        Sslcfg { client, context: 0 },
        SslcfgRead,
        SslcfgTest,
        WillTopic { client, topic: b"a" },
        WillTopicTest,
        WillMsg { client, message: b"a", qos },
        WillMsgTest,
        connect(),
        ConnectRead,
        ConnectTest,
        Disc { client, timeout: Duration::from_secs(60) },
        DiscRead,
        DiscTest,
        Topic { client, topic: b"a" },
        TopicTest,
        Payload::new(client, b"a"),
        PayloadTest,
        Pub { client, qos, timeout: Duration::from_secs(60), retained: false, duplicate: false },
        PubTest,
        Subtopic { client, filter, qos },
        SubtopicTest,
        SubStaged { client },
        Duplicate(SubStaged { client }),
        Sub { client, filter, qos },
        Duplicate(Sub { client, filter, qos }),
        SubRead::new(|_| {}),
        SubTest,
        Unsubtopic { client, filter },
        UnsubtopicTest,
        UnsubStaged { client },
        Duplicate(UnsubStaged { client }),
        Unsub { client, filter },
        Duplicate(Unsub { client, filter }),
        UnsubTest,
        Cfg { client, setting: Setting::CheckUtf8(false) },
        Cfg { client, setting: Setting::OperationTimeout(Duration::from_secs(20)) },
        Cfg { client, setting: Setting::Version(MqttVersion::V3_1_1) },
        CfgRead,
        CfgTest,
        Ccertdown::new(name, b"a"),
        Ccertdele { name },
        Ccertlist::new(|_| {}),
    );
    for family in Family::ALL {
        for setting in [
            SslSetting::Version(SslVersion::All),
            SslSetting::AuthMode(AuthMode::Server),
            SslSetting::IgnoreLocalTime(true),
            SslSetting::NegotiateTime(Duration::from_secs(10)),
            SslSetting::CaCert(name),
            SslSetting::ClientCert(name),
            SslSetting::ClientKey(name),
            SslSetting::EnableSni(true),
            SslSetting::KeyPwd(Secret("p")),
            SslSetting::CipherSuites(0xFFFF),
            SslSetting::Password(name),
            SslSetting::IgnoreCertCn(true),
        ] {
            types!(Csslcfg::new(family, 0, setting));
        }
    }
}

/// The name of a type without its modules.
fn type_name_of<T>(_: &T) -> String {
    let last = |path: &'static str| path.rsplit("::").next().unwrap_or_default();
    core::any::type_name::<T>().split('<').map(last).collect::<Vec<_>>().join("<")
}

/// Whether a command line is of this form.
fn is_of_form(name: &str, form: Form, arguments: &str, line: &str) -> bool {
    let Some(rest) = line.strip_prefix("AT").and_then(|line| line.strip_prefix(name)) else { return false };
    match form {
        Execute => rest.is_empty(),
        Read => rest == "?",
        Test => rest == "=?",
        Write | Staged => {
            rest.starts_with('=') && rest != "=?" && (arguments.is_empty() || rest.get(1..) == Some(arguments))
        }
    }
}

/// The name of a type that has this form, and the families that its check admits.
fn type_of(name: &str, form: Form, arguments: &str) -> Option<(String, Vec<Family>)> {
    let mut found: Option<(String, Vec<Family>)> = None;
    visit_types(&mut |type_name, request| {
        // UNSUB's two write forms can look alike but for the prompt.
        let is_staged = form == Staged;
        let has_data_as_expected = !name.ends_with("SUB") || form == Test || (request.data().is_empty()) == is_staged;
        if is_of_form(name, form, arguments, &encoded(request)) && (form == Read || has_data_as_expected) {
            let admitted = Family::ALL.into_iter().filter(|family| problem(request, *family).is_none());
            let (_, families) = found.get_or_insert_with(|| (String::from(type_name), Vec::new()));
            families.extend(admitted);
        }
    });
    found.map(|(type_name, mut families)| {
        families.sort_by_key(|family| *family as u8);
        families.dedup();
        (type_name, families)
    })
}

/// `cargo test every_command_and_form -- --nocapture` prints the table.
#[test]
fn every_command_and_form_of_the_manuals_has_a_type_for_its_families() {
    std::println!("{:<52} {:<8} {:<37} type", "command", "form", "families");
    for &(name, forms, families, arguments) in MANUALS {
        for &form in forms {
            let Some((type_name, admitted)) = type_of(name, form, arguments) else {
                panic!("AT{name} {arguments} has no type for its form {form:?}");
            };
            // A test form asks what the module has, so the module refuses it, not the driver.
            let expected = if form == Test { EVERY } else { families };
            assert_eq!(admitted, expected, "AT{name} {form:?} {arguments}");
            let line = match (form, arguments) {
                (Execute, _) => std::format!("AT{name}"),
                (Read, _) => std::format!("AT{name}?"),
                (Test, _) => std::format!("AT{name}=?"),
                (_, "") => std::format!("AT{name}=…"),
                (_, arguments) => std::format!("AT{name}={arguments}"),
            };
            let form = std::format!("{form:?}").to_lowercase();
            let families = std::format!("{families:?}");
            std::println!("{line:<52} {form:<8} {families:<37} {type_name}");
        }
    }
}

#[test]
fn every_type_is_a_command_of_the_manuals() {
    visit_types(&mut |type_name, request| {
        let line = encoded(request);
        let is_listed = MANUALS
            .iter()
            .any(|&(name, forms, _, arguments)| forms.iter().any(|&form| is_of_form(name, form, arguments, &line)));
        // A setting that the family does not have has no name.
        let is_admitted = Family::ALL.into_iter().any(|family| problem(request, family).is_none());
        assert!(is_listed || !is_admitted, "{type_name}: {line}");
    });
}
