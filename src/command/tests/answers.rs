//! Reading of answers, in chunks of every size.

use core::cell::RefCell;
use core::time::Duration;

use super::*;

/// What an entry of [`PerClient`] shows, for both clients.
fn both<T, V>(response: &PerClient<T>, view: impl Fn(&T) -> V) -> [Option<V>; 2] {
    ClientIndex::ALL.map(|client| response.get(client).map(&view))
}

#[test]
fn accq_returns_the_id_and_server_type_of_each_client() {
    let view = |response: &PerClient<Acquired>| {
        both(response, |it| (String::from(it.client_id().as_str().unwrap()), it.server_type()))
    };
    let answer = b"\r\n+CMQTTACCQ: 0,\"device, 7\",1\r\n+CMQTTACCQ: 1,\"\",0\r\n\r\nOK\r\n";
    assert_eq!(response(&AccqRead, answer, view), [Some((String::from("device, 7"), ServerType::Tls)), None]);
    let answer = b"+CMQTTACCQ: 1, \"b\" , 0\r\n+CMQTTACCQ: 2,\"c\",1\r\n";
    assert_eq!(response(&AccqRead, answer, view), [None, Some((String::from("b"), ServerType::Tcp))]);
    assert_eq!(response(&AccqRead, b"+CMQTTACCQ: 0,19\r\n+CMQTTREL: 0,\"x\"\r\n\r\nERROR\r\n", view)[1], None);
}

#[test]
fn an_id_longer_than_the_line_buffer_is_whole() {
    for length in [48, 49, 50, 127, 128] {
        let mut answer = b"+CMQTTACCQ: 0,\"".to_vec();
        answer.extend((0..length).map(|index| b'a' + (index % 26) as u8));
        let id = answer[15..].to_vec();
        answer.extend(b"\",1\r\n+CMQTTACCQ: 1,\"b\",0\r\n");
        let view = |response: &PerClient<Acquired>| {
            both(response, |it| (it.client_id().as_bytes().to_vec(), it.client_id().is_cut(), it.server_type()))
        };
        let expected = [Some((id, false, ServerType::Tls)), Some((b"b".to_vec(), false, ServerType::Tcp))];
        assert_eq!(response(&AccqRead, &answer, view), expected);
    }
}

#[test]
fn connect_returns_everything_but_the_password() {
    let view = |response: &PerClient<ConnectParameters>| {
        both(response, |it| {
            let text = |text: &Text<256>| String::from(text.as_str().unwrap());
            (text(it.address()), it.keep_alive(), it.clean_session(), it.user().map(text))
        })
    };
    let address = String::from("tcp://broker.example:1883");
    let answer = b"\r\n+CMQTTCONNECT: 0,\"tcp://broker.example:1883\",20,1\r\n+CMQTTCONNECT: 1\r\n\r\nOK\r\n";
    let expected = (address.clone(), Duration::from_secs(20), true, None);
    assert_eq!(response(&ConnectRead, answer, view), [Some(expected), None]);
    let answer = b"+CMQTTCONNECT: 0\r\n+CMQTTCONNECT: 1,\"tcp://broker.example:1883\",64800,0,\"me\",\"secret\"\r\n";
    let expected = (address.clone(), Duration::from_secs(64_800), false, Some(String::from("me")));
    assert_eq!(response(&ConnectRead, answer, view), [None, Some(expected)]);

    let user = "u".repeat(256);
    let answer = std::format!("+CMQTTCONNECT: 0,\"{address}\",60,1,\"{user}\",\"{}\"\r\n", "p".repeat(256));
    let expected = (address, Duration::from_secs(60), true, Some(user));
    assert_eq!(response(&ConnectRead, answer.as_bytes(), view), [Some(expected), None]);
    let debug = response(&ConnectRead, answer.as_bytes(), |response| std::format!("{response:?}"));
    assert!(debug.contains("uuu") && !debug.contains("ppp"), "{debug}");
}

/// What is reported about each client.
fn each<T: Copy>(response: &PerClient<T>) -> [Option<T>; 2] {
    ClientIndex::ALL.map(|client| response.get(client).copied())
}

#[test]
fn short_read_forms_distinguish_the_clients() {
    let states = |answer: &[u8]| response(&DiscRead, answer, each);
    assert_eq!(states(b"+CMQTTDISC: 0,1\r\n+CMQTTDISC: 1,0\r\n"), [Some(false), Some(true)]);
    assert_eq!(states(b"+CMQTTDISC: 1,0\r\n"), [None, Some(true)]);
    let contexts = |answer: &[u8]| response(&SslcfgRead, answer, each);
    assert_eq!(contexts(b"+CMQTTSSLCFG: 0,0\r\n+CMQTTSSLCFG: 1,9\r\n"), [Some(0), Some(9)]);
    assert_eq!(contexts(b"+CMQTTSSLCFG: 0,\r\n+CMQTTSSLCFG: 1,3\r\n"), [None, Some(3)]);
    let settings = |answer: &[u8]| {
        let view = |it: Settings| (it.check_utf8, it.operation_timeout.as_secs());
        response(&CfgRead, answer, |response| each(response).map(|it| it.map(view)))
    };
    assert_eq!(settings(b"+CMQTTCFG: 0,0,24\r\n+CMQTTCFG: 1, 1,120\r\n"), [Some((false, 24)), Some((true, 120))]);
    assert_eq!(settings(b"+CMQTTCFG: 0,0\r\n+CMQTTCFG: 2,1,120\r\n"), [None, None]);
    assert_eq!(contexts(b"+CMQTTSSLCFG: 0,10\r\n+CMQTTSSLCFG: 1,200\r\n"), [None, None], "there is no such context");
    assert_eq!(settings(b"+CMQTTCFG: 0,1,19\r\n+CMQTTCFG: 1,1,4294967295\r\n"), [None, None], "20-120 s");
    response(&RelRead, b"\r\nOK\r\n", |&()| ());
}

/// The entries that a list hands over, in chunks of every size. Their number is the one that the list reports.
fn entries<C: Command<Response = Listed>>(list: impl Fn(&'static Entries) -> C, answer: &str) -> Vec<String> {
    let in_chunks = |size| {
        let entries: &'static Entries = std::boxed::Box::leak(std::boxed::Box::default());
        let listed = response_in_chunks(&list(entries), answer.as_bytes(), size);
        assert_eq!(usize::from(listed.count()), entries.borrow().len());
        entries.borrow().clone()
    };
    let whole = in_chunks(answer.len());
    for size in 1..answer.len() {
        assert_eq!(in_chunks(size), whole, "in chunks of {size}");
    }
    whole
}

type Entries = RefCell<Vec<String>>;

fn add(entries: &Entries, part: Part<'_>) {
    let mut entries = entries.borrow_mut();
    assert!(!part.bytes().is_empty());
    if part.is_first() {
        entries.push(String::new());
    }
    entries.last_mut().unwrap().push_str(core::str::from_utf8(part.bytes()).unwrap());
}

fn subscribed(answer: &str) -> Vec<String> {
    entries(|entries| SubRead::new(move |part: Part<'_>| add(entries, part)), answer)
}

fn certificates(answer: &str) -> Vec<String> {
    entries(|entries| Ccertlist::new(move |part: Part<'_>| add(entries, part)), answer)
}

#[test]
fn topic_filters_stand_behind_the_name_or_on_lines_of_their_own() {
    let filters = ["device-7/cmd/#", "+/a b", "\"quoted\", with comma"];
    let [first, second, third] = filters;
    for answer in [
        std::format!("\r\n+CMQTTSUB:\r\n{first}\r\n{second}\r\n{third}\r\n"),
        std::format!("\r\n+CMQTTSUB: {first}\r\n+CMQTTSUB: {second}\r\n+CMQTTSUB:{third}\r\n"),
        std::format!("\r\n+CMQTTSUB: {first}\r\n\r\n{second}\r\n{third}\r\n"),
    ] {
        assert_eq!(subscribed(&answer), filters, "{answer}");
    }
    assert_eq!(subscribed("\r\n+CMQTTSUB:\r\n"), [""; 0]);
    assert_eq!(subscribed("\r\n+CMQTTSUB: \r\n"), [""; 0]);
}

#[test]
fn a_line_before_the_list_is_no_topic_filter() {
    assert_eq!(subscribed("\r\nSMS DONE\r\n\r\n+CMQTTSUB:\r\na\r\n"), ["a"]);
    let long = "x".repeat(200);
    assert_eq!(subscribed(&std::format!("+MSTK: 11, \"{long}\"\r\n+CMQTTSUB: a\r\n")), ["a"]);
}

#[test]
fn a_topic_filter_of_any_length_is_whole() {
    for length in [52, 53, 54, 63, 64, 65, 1024] {
        let filter = String::from(&"abcdefghijklmnopqrstuvwxy/".repeat(40)[..length]);
        let next_line = std::format!("+CMQTTSUB:\r\n{filter}\r\nb\r\n");
        assert_eq!(subscribed(&next_line), [&*filter, "b"]);
        let same_line = std::format!("+CMQTTSUB: {filter}\r\n+CMQTTSUB: b\r\n");
        assert_eq!(subscribed(&same_line), [&*filter, "b"]);
    }
}

#[test]
fn certificates_are_listed_by_name() {
    let answer = "\r\n+CCERTLIST: \"ca.pem\"\r\n+CCERTLIST: \"client, 7.pem\"\r\n\r\nOK\r\n";
    assert_eq!(certificates(answer), ["ca.pem", "client, 7.pem"]);
    assert_eq!(certificates("+CCERTLIST: \"ca.pem\",\"client.crt\"\r\n"), ["ca.pem", "client.crt"]);
    assert_eq!(certificates("\r\nOK\r\n"), [""; 0]);
    let longest = "n".repeat(104) + ".pem";
    let answer = std::format!("+CCERTLIST: \"{longest}\"\r\n+MSTK: 11, \"{longest}\"\r\n+CCERTLIST: \"b.der\"\r\n");
    assert_eq!(certificates(&answer), [&*longest, "b.der"]);
    assert_eq!(certificates("+CCERTLIST: \"cut\r\n+CCERTLIST: \"b.der\"\r\n"), ["cut", "b.der"]);
}

#[test]
fn every_test_form_is_read_with_the_blanks_of_either_manual() {
    let range = Range::new;
    let client = range(0, 1);
    fn ranges<C: Command<Response = Ranges>>(command: &C, answer: &str) -> Vec<Range> {
        response(command, answer.as_bytes(), |ranges| {
            (0..ranges.len()).map(|place| ranges.get(place).unwrap()).collect()
        })
    }
    assert_eq!(
        ranges(&AccqTest, "\r\n+CMQTTACCQ: (0-1),(1-128)[,(0-1)]\r\n\r\nOK\r\n"),
        [client, range(1, 128), client]
    );
    let with_version = [client, range(1, 128), client, range(3, 4)];
    assert_eq!(ranges(&AccqTest, "+CMQTTACCQ: (0-1),(1-128)[,(0-1),(3-4)]\r\n"), with_version);
    assert_eq!(ranges(&RelTest, "+CMQTTREL: (0-1)\r\n"), [client]);
    assert_eq!(ranges(&SslcfgTest, "+CMQTTSSLCFG: (0,1),(0-9)\r\n"), [client, range(0, 9)]);
    assert_eq!(ranges(&WillTopicTest, "+CMQTTWILLTOPIC: (0-1),(1-1024)\r\n"), [client, range(1, 1024)]);
    assert_eq!(
        ranges(&WillMsgTest, "+CMQTTWILLMSG: (0-1), (1-1024), (0-2)\r\n"),
        [client, range(1, 1024), range(0, 2)]
    );
    assert_eq!(
        ranges(&ConnectTest, "+CMQTTCONNECT: (0-1),(9-256),(1-64800),(0-1)[,<user_name>,<pass_word>]\r\n"),
        [client, range(9, 256), range(1, 64_800), client]
    );
    let disc = ranges(&DiscTest, "+CMQTTDISC: (0-1),(0, 60-180)\r\n");
    assert_eq!((disc.len(), disc[1].least(), disc[1].most(), disc[1].contains(59)), (2, 0, 180, false));
    assert_eq!(ranges(&DiscTest, "+CMQTTDISC: (0-1),(0, 1-180)\r\n"), [client, range(0, 180)]);
    assert_eq!(ranges(&TopicTest, "+CMQTTTOPIC: (0-1),(1-1024)\r\n"), [client, range(1, 1024)]);
    assert_eq!(ranges(&PayloadTest, "+CMQTTPAYLOAD: (0-1),(1-10240)\r\n"), [client, range(1, 10_240)]);
    assert_eq!(ranges(&PayloadTest, "+CMQTTPAYLOAD: (0-1),(1-4096)\r\n"), [client, range(1, 4096)]);
    assert_eq!(
        ranges(&PubTest, "+CMQTTPUB: (0-1),(0-2),(60-180),(0-1),(0-1)\r\n"),
        [client, range(0, 2), range(60, 180), client, client]
    );
    assert_eq!(
        ranges(&SubtopicTest, "+CMQTTSUBTOPIC: (0-1),(1-1024),(0-2)\r\n"),
        [client, range(1, 1024), range(0, 2)]
    );
    assert_eq!(
        ranges(&SubTest, "+CMQTTSUB: (0-1),(0-1024),(0-2),(0-1)\r\n"),
        [client, range(0, 1024), range(0, 2), client]
    );
    assert_eq!(ranges(&UnsubtopicTest, "+CMQTTUNSUBTOPIC: (0-1),(1-1024)\r\n"), [client, range(1, 1024)]);
    assert_eq!(ranges(&UnsubTest, "+CMQTTUNSUB: (0-1),(0-1024),(0-1)\r\n"), [client, range(0, 1024), client]);
    assert_eq!(ranges(&SubTest, "+CMQTTSUBTOPIC: (0-1),(1-1024),(0-2)\r\n"), [], "the name must be whole");
}

#[test]
fn the_test_form_of_cfg_distinguishes_its_settings() {
    let read = |answer: &str| response(&CfgTest, answer.as_bytes(), |ranges| *ranges);
    let ranges = read(concat!(
        "\r\n+CMQTTCFG: \"checkUTF8\", (0-1), (0-1)\r\n+CMQTTCFG: \"optimeout \", (0-1), (20-120)\r\n",
        "+CMQTTCFG: \"version\",(0-1),(3-4)\r\n\r\nOK\r\n"
    ));
    let expected = [Range::new(0, 1), Range::new(20, 120), Range::new(3, 4)].map(Some);
    assert_eq!([ranges.check_utf8, ranges.operation_timeout, ranges.version], expected);
    let ranges = read("+CMQTTCFG: \"checkUTF8\",(0-1),(0-1)\r\n+CMQTTCFG: \" optimeout \",(0-1),(20-120)\r\n");
    let expected = [Some(Range::new(0, 1)), Some(Range::new(20, 120)), None];
    assert_eq!([ranges.check_utf8, ranges.operation_timeout, ranges.version], expected);
    assert_eq!(read("+CMQTTCFG: \"argtopic\",(0-1),(0-1)\r\n"), CfgRanges::default());
}
