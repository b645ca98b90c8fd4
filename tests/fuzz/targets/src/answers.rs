//! Runs every answer parser on arbitrary lines: no panic, values in their range, and the same result however the lines
//! are cut.
//!
//! The first byte of an input selects the command, the second how the bytes are cut; the rest are the module's bytes.

use core::cell::RefCell;
use core::fmt::Debug;
use core::time::Duration;
use std::rc::Rc;

use simcom_mqtt::at::{Line, Parser, Token};
use simcom_mqtt::command::network::{self, Registration, Rssi, SystemInformation};
use simcom_mqtt::command::{self, Command, Encoded, Listed, Part, Ranges, Text};
use simcom_mqtt::{ClientIndex, Family};

use crate::findings::Findings;
use crate::{chunks, split_first};

/// An answer, and the places of its cuts.
#[derive(Clone, Copy, Debug)]
struct Answer<'a> {
    seed: u8,
    bytes: &'a [u8],
}

/// The check of an answer.
type Check = fn(Answer<'_>, &mut Findings);

/// For each command that reads its answer: an answer from the manuals, and the check.
const CHECKS: &[(&str, Check)] = &[
    ("+CMQTTACCQ: 0,\"device-7\",0\r\n+CMQTTACCQ: 1,\"\",0\r\n", |answer, _| {
        per_client(answer, &command::AccqRead, |acquired| text(acquired.client_id()))
    }),
    (
        "+CMQTTCONNECT: 0,\"tcp://broker.example:1883\",60,1,\"device\",\"secret\"\r\n+CMQTTCONNECT: 1\r\n",
        |answer, _| {
            per_client(answer, &command::ConnectRead, |connection| {
                text(connection.address());
                connection.user().inspect(|user| text(user));
                assert!(connection.keep_alive() <= Duration::from_secs(u32::MAX.into()));
            });
        },
    ),
    ("+CMQTTSSLCFG: 0,0\r\n+CMQTTSSLCFG: 1,9\r\n", |answer, findings| {
        let contexts = response(answer, &command::SslcfgRead, each);
        if contexts.into_iter().flatten().any(|context| context > 9) {
            findings.insert("an SSL context beyond 9");
        }
    }),
    ("+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n", |answer, _| same(answer, &command::DiscRead, each)),
    ("+CMQTTCFG: 0,1,120\r\n+CMQTTCFG: 1,0,20\r\n", |answer, findings| {
        let settings = response(answer, &command::CfgRead, each);
        let range = Duration::from_secs(20)..=Duration::from_secs(120);
        if settings.into_iter().flatten().any(|settings| !range.contains(&settings.operation_timeout)) {
            findings.insert("an operation timeout beyond 20-120 s");
        }
    }),
    ("\r\n", |answer, _| same(answer, &command::RelRead, |nothing| *nothing)),
    ("+CMQTTACCQ: (0-1),(1-128),(0-1),(3-4)\r\n", |answer, _| ranges(answer, &command::AccqTest)),
    ("+CMQTTREL: (0-1)\r\n", |answer, _| ranges(answer, &command::RelTest)),
    ("+CMQTTSSLCFG: (0-1),(0-9)\r\n", |answer, _| ranges(answer, &command::SslcfgTest)),
    ("+CMQTTWILLTOPIC: (0-1),(1-1024)\r\n", |answer, _| ranges(answer, &command::WillTopicTest)),
    ("+CMQTTWILLMSG: (0-1),(1-10240),(0-2)\r\n", |answer, _| ranges(answer, &command::WillMsgTest)),
    ("+CMQTTCONNECT: (0-1),(9-256),(1-64800),(0-1),<user_name>,<pass_word>\r\n", |answer, _| {
        ranges(answer, &command::ConnectTest)
    }),
    ("+CMQTTDISC: (0-1),(0, 60-180)\r\n", |answer, _| ranges(answer, &command::DiscTest)),
    ("+CMQTTTOPIC: (0-1),(1-1024)\r\n", |answer, _| ranges(answer, &command::TopicTest)),
    ("+CMQTTPAYLOAD: (0-1),(1-10240)\r\n", |answer, _| ranges(answer, &command::PayloadTest)),
    ("+CMQTTPUB: (0-1),(0-2),(60-180),(0-1),(0-1)\r\n", |answer, _| ranges(answer, &command::PubTest)),
    ("+CMQTTSUBTOPIC: (0-1),(1-1024),(0-2)\r\n", |answer, _| ranges(answer, &command::SubtopicTest)),
    ("+CMQTTSUB: (0-1),(0-1024),(0-2),(0-1)\r\n", |answer, _| ranges(answer, &command::SubTest)),
    ("+CMQTTUNSUBTOPIC: (0-1),(1-1024)\r\n", |answer, _| ranges(answer, &command::UnsubtopicTest)),
    ("+CMQTTUNSUB: (0-1),(0-1024),(0-1)\r\n", |answer, _| ranges(answer, &command::UnsubTest)),
    (
        "+CMQTTCFG: \"checkUTF8\",(0-1),(0-1)\r\n+CMQTTCFG: \" optimeout \",(0-1),(20-120)\r\n+CMQTTCFG: \"version\",(0-1),(3,4)\r\n",
        |answer, _| {
            let ranges = response(answer, &command::CfgTest, |ranges| *ranges);
            for range in [ranges.check_utf8, ranges.operation_timeout, ranges.version].into_iter().flatten() {
                let _ = (range.contains(range.least()), range.contains(range.most()));
            }
        },
    ),
    (
        "+CMQTTSUB:\r\ndevice-7/cmd/#\r\ndevice-7/+/set/of/a/length/that/goes/beyond/the/sixty-four/bytes/of/a/line\r\n",
        |answer, _| list(answer, |entries| command::SubRead::new(move |part: Part<'_>| entries.take(part))),
    ),
    ("+CCERTLIST: \"ca.pem\"\r\n+CCERTLIST: \"client-key.pem\"\r\n", |answer, _| {
        list(answer, |entries| command::Ccertlist::new(move |part: Part<'_>| entries.take(part)))
    }),
    ("\r\nSIMCOM_SIM7600E-H\r\n", |answer, _| text(&response(answer, &network::Cgmm, Clone::clone))),
    ("\r\n+CGMR: LE20B04SIM7600M22\r\nPB DONE\r\n", |answer, _| text(&response(answer, &network::Cgmr, Clone::clone))),
    ("\r\n+CGSN: \"351602000330570\"\r\n", |answer, _| {
        if let Some(imei) = response(answer, &network::Cgsn, Clone::clone) {
            assert!((14..=16).contains(&imei.len()) && imei.as_bytes().iter().all(u8::is_ascii_digit));
            text(&imei);
        }
    }),
    ("\r\n+ICCID: 89860000000000000000\r\n", |answer, _| {
        if let Some(iccid) = response(answer, &network::Ciccid, Clone::clone) {
            text(&iccid);
        }
    }),
    ("+CSQ: 23,0\r\n", |answer, _| {
        if let Some(strength) = response(answer, &network::Csq, |rssi| rssi.map(Rssi::dbm)) {
            assert!((-116..=-25).contains(&strength), "{strength} dBm");
        }
    }),
    ("+CREG: 0,1\r\n", |answer, _| registration(response(answer, &network::Creg, |registration| *registration))),
    ("+CGREG: 2,5,\"00C3\",\"12\"\r\n", |answer, _| {
        registration(response(answer, &network::Cgreg, |registration| *registration))
    }),
    ("+CEREG: 0,3\r\n", |answer, _| registration(response(answer, &network::Cereg, |registration| *registration))),
    ("+CPIN: SIM PIN\r\n", |answer, _| same(answer, &network::Cpin, |state| *state)),
    ("+CGPADDR: 1,10.0.0.7,0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\r\n+CGPADDR: 2,0.0.0.0\r\n", |answer, _| {
        let address = response(answer, &network::Cgpaddr { context: 1 }, |address| *address);
        assert!(address.ipv4.is_none_or(|address| !address.is_unspecified()));
        assert_eq!(address.is_assigned(), address.ipv4.is_some() || address.has_ipv6);
    }),
    ("+CPSI: LTE,Online,262-01,0x333C,39589680,308,EUTRAN-BAND3,1350,5,0,0,54,0,22\r\n", |answer, _| {
        operator(&response(answer, &network::Cpsi, |system| *system))
    }),
    ("+CNMP: 38\r\n", |answer, _| same(answer, &network::CnmpRead, |mode| *mode)),
    ("+CCLK: \"26/01/31,10:00:00+04\"\r\n", clock),
    ("+CTZU: 1\r\n", |answer, _| same(answer, &network::CtzuRead, |automatic| *automatic)),
    ("+CGDCONT: 1,\"IP\",\"internet\",\"0.0.0.0\",0,0\r\n", |answer, _| {
        if let Some(context) = response(answer, &network::CgdcontRead { context: 1 }, Clone::clone) {
            text(&context.apn);
            assert!(!context.apn.as_bytes().contains(&b'"'));
        }
    }),
    ("+CGACT: 1,1\r\n+CGACT: 8,0\r\n", |answer, _| {
        let active = response(answer, &network::CgactRead, |active| *active);
        assert!((32..=u8::MAX).all(|context| !active.contains(context)));
    }),
    ("+IPR: 115200\r\n", |answer, _| same(answer, &network::IprRead, |rate| *rate)),
    ("+IFC: 2,2\r\n", |answer, _| same(answer, &network::IfcRead, |control| *control)),
    ("+CSCLK: 1\r\n", |answer, _| same(answer, &network::CsclkRead, |mode| *mode)),
    ("+CGPADDR: 1,10.49.14.68\r\n+CGPADDR: 4,0.0.0.0\r\n", |answer, _| {
        let addresses = response(answer, &network::CgpaddrAll, |addresses| *addresses);
        assert!(addresses.iter().all(|(context, address)| addresses.get(context) == Some(address)));
    }),
    ("+CCLK: \"2026/01/31,10:00:00+04\"\r\n", clock),
];

/// An answer to each command, and the number of the command.
pub fn examples() -> impl Iterator<Item = (u8, &'static str)> {
    (0..).zip(CHECKS.iter().map(|(example, _)| *example))
}

/// Reads an answer.
///
/// # Panics
///
/// If the command reads it wrongly.
pub fn check(input: &[u8]) -> Findings {
    let (number, input) = split_first(input);
    let (seed, bytes) = split_first(input);
    let mut findings = Findings::new();
    let (_, check) = CHECKS[usize::from(number) % CHECKS.len()];
    check(Answer { seed, bytes }, &mut findings);
    findings
}

/// The response of a command, passed through `look`: the same as a whole, in chunks and byte by byte.
fn response<C: Command, V: PartialEq + Debug>(answer: Answer<'_>, command: &C, look: impl Fn(&C::Response) -> V) -> V {
    let whole = look(&read([answer.bytes], command));
    assert_eq!(look(&read(chunks(answer.bytes, answer.seed), command)), whole, "in chunks and as a whole");
    assert_eq!(look(&read(answer.bytes.chunks(1), command)), whole, "byte by byte and as a whole");
    in_any_order(answer, command);
    whole
}

/// What no parser does: the rest of a line before its beginning, and lines of any length as a whole. And the command
/// without a parser.
fn in_any_order<C: Command>(answer: Answer<'_>, command: &C) {
    let mut response = C::Response::default();
    command.rest(&mut response, answer.bytes);
    let encoded = Encoded::new(command, Family::A76xx);
    for line in answer.bytes.split(|byte| matches!(byte, b'\r' | b'\n')) {
        command.line(&mut response, Line::new(line));
        command.rest(&mut response, line);
        if let Ok(encoded) = &encoded {
            assert!(!encoded.takes(Line::new(line)) || encoded.answer() != command::Answer::Plain);
            let _ = encoded.outcome(Line::new(line));
        }
    }
    let Ok(encoded) = encoded else { return };
    let (mut line, mut window) = (Vec::new(), vec![0; usize::from(answer.seed) + 1]);
    while let bytes @ [_, ..] = encoded.encode_window(line.len(), &mut window) {
        line.extend_from_slice(bytes);
    }
    assert_eq!(encoded.encode(&mut [0; 1_024]), Some(&line[..]), "in windows and as a whole");
}

/// As [`response`], for a command whose every value is in range.
fn same<C: Command, V: PartialEq + Debug>(answer: Answer<'_>, command: &C, look: impl Fn(&C::Response) -> V) {
    response(answer, command, look);
}

fn read<'b, C: Command>(chunks: impl IntoIterator<Item = &'b [u8]>, command: &C) -> C::Response {
    let mut parser = Parser::new();
    let mut response = C::Response::default();
    for mut chunk in chunks {
        while let Some(token) = parser.next(&mut chunk, false) {
            match token {
                Token::Line(line) => command.line(&mut response, line),
                Token::Rest(bytes) => command.rest(&mut response, bytes),
                _ => panic!("neither was awaited"),
            }
        }
    }
    response
}

fn text<const N: usize>(text: &Text<N>) {
    assert!(text.len() <= N && text.len() == text.as_bytes().len());
    assert_eq!(text.as_str(), core::str::from_utf8(text.as_bytes()).ok());
    assert!(!text.is_cut() || text.len() == N, "cut though there is room");
}

/// What is reported about each client.
fn each<T: Clone>(clients: &command::PerClient<T>) -> [Option<T>; 2] {
    ClientIndex::ALL.map(|client| clients.get(client).cloned())
}

fn per_client<C, T>(answer: Answer<'_>, command: &C, look: impl Fn(&T))
where
    C: Command<Response = command::PerClient<T>>,
    T: Clone + PartialEq + Debug,
{
    let clients = response(answer, command, each);
    clients.iter().flatten().for_each(look);
}

fn ranges<C: Command<Response = Ranges>>(answer: Answer<'_>, command: &C) {
    let all = response(answer, command, |ranges| {
        assert!(ranges.get(ranges.len()).is_none());
        (0..ranges.len()).map(|place| ranges.get(place).expect("a range in its place")).collect::<Vec<_>>()
    });
    assert!(all.len() <= 5, "more ranges than any command has");
    for range in all {
        let _ = (range.contains(range.least()), range.contains(range.most()));
    }
}

/// The entries of a list, put together from their parts.
#[derive(Clone, Debug, Default)]
struct Entries(Rc<RefCell<Vec<Vec<u8>>>>);

impl Entries {
    fn take(&self, part: Part<'_>) {
        let mut entries = self.0.borrow_mut();
        assert!(!part.bytes().is_empty(), "an empty part");
        match entries.last_mut() {
            Some(last) if !part.is_first() => last.extend(part.bytes()),
            last => {
                assert!(part.is_first(), "an entry without a beginning, {last:?}");
                entries.push(part.bytes().to_vec());
            }
        }
    }
}

/// Checks that the list is the same however it is cut, and that its count is right.
fn list<C: Command<Response = Listed>>(answer: Answer<'_>, command: impl Fn(Entries) -> C) {
    let read = |chunks: &mut dyn Iterator<Item = &[u8]>| {
        let entries = Entries::default();
        let listed = read(chunks, &command(entries.clone()));
        assert_eq!(usize::from(listed.count()), entries.0.borrow().len());
        entries.0.take()
    };
    let whole = read(&mut [answer.bytes].into_iter());
    assert_eq!(read(&mut chunks(answer.bytes, answer.seed)), whole, "in chunks and as a whole");
    assert_eq!(read(&mut answer.bytes.chunks(1)), whole, "byte by byte and as a whole");
}

fn registration(registration: Option<Registration>) {
    if let Some(registration) = registration {
        let is_registered = matches!(registration, Registration::Home | Registration::Roaming);
        assert_eq!(registration.is_registered(), is_registered);
    }
}

fn operator(system: &SystemInformation) {
    if let Some(operator) = system.operator {
        assert!((1..=999).contains(&operator.country()) && operator.network() <= 999);
        assert!((6..=7).contains(&operator.to_string().len()), "{operator}");
    }
}

fn clock(answer: Answer<'_>, findings: &mut Findings) {
    let Some(time) = response(answer, &network::CclkRead, |time| *time) else { return };
    let is_time = (1970..=2069).contains(&time.year)
        && (1..=12).contains(&time.month)
        && (1..=31).contains(&time.day)
        && time.hour <= 23
        && time.minute <= 59
        && time.second <= 59
        && (-48..=56).contains(&time.quarters_from_utc);
    if !is_time {
        findings.insert("a time that no clock shows");
    }
}
