use super::*;

const LATER: Duration = Duration::from_secs(1);

fn connection(client_id: &str, clean_session: bool) -> Connection {
    Connection {
        clean_session,
        will: Some(Will { topic: b"off".to_vec(), message: b"bye".to_vec(), qos: 0 }),
        ..Connection::new("broker.example", 1883, client_id)
    }
}

/// Makes a request at time zero and returns the events of the first second.
fn ask(broker: &mut Loopback, request: Request) -> Vec<Event> {
    broker.request(Duration::ZERO, request);
    broker.events(LATER)
}

fn connect(broker: &mut Loopback, client: usize) {
    let connection = connection(&format!("device-{client}"), true);
    let events = ask(broker, Request::Connect { client, connection, tls: None });
    assert_eq!(events, [Event::Connected { client }]);
}

fn subscribe(broker: &mut Loopback, client: usize, filter: &[u8]) -> Vec<Event> {
    ask(broker, Request::Subscribe { client, filters: vec![(filter.to_vec(), 1)] })
}

fn publish(broker: &mut Loopback, client: usize, topic: &[u8], payload: &[u8]) -> Vec<Event> {
    let (topic, payload) = (topic.to_vec(), payload.to_vec());
    ask(broker, Request::Publish { client, topic, payload, qos: 1, retained: false })
}

fn message(client: usize, topic: &[u8], payload: &[u8]) -> Event {
    Event::Message { client, topic: topic.to_vec(), payload: payload.to_vec() }
}

#[test]
fn a_publication_reaches_every_subscriber_once() {
    let mut broker = Loopback::default();
    connect(&mut broker, 0);
    connect(&mut broker, 1);
    subscribe(&mut broker, 0, b"cmd/+");
    subscribe(&mut broker, 0, b"#");
    subscribe(&mut broker, 1, b"cmd/a");
    assert_eq!(
        publish(&mut broker, 1, b"cmd/a", b"on"),
        [message(0, b"cmd/a", b"on"), message(1, b"cmd/a", b"on"), Event::Published { client: 1 }]
    );
}

#[test]
fn events_come_after_the_latency() {
    let mut broker = Loopback::default();
    broker.request(LATER, Request::Disconnect { client: 0 });
    assert_eq!(broker.next_deadline(), Some(LATER + broker.latency));
    assert_eq!(broker.events(LATER), []);
    assert_eq!(broker.events(LATER + broker.latency), [Event::Disconnected { client: 0 }]);
}

#[test]
fn retained_messages_come_with_a_subscription_until_an_empty_one() {
    let mut broker = Loopback::default();
    connect(&mut broker, 0);
    broker.publish(Duration::ZERO, b"state", b"on", true);
    assert_eq!(subscribe(&mut broker, 0, b"#"), [message(0, b"state", b"on"), Event::Subscribed { client: 0 }]);
    broker.publish(Duration::ZERO, b"state", b"", true);
    broker.events(LATER);
    assert_eq!(subscribe(&mut broker, 0, b"#"), [Event::Subscribed { client: 0 }]);
}

#[test]
fn a_will_is_published_when_a_connection_drops_and_not_when_it_ends() {
    for (request, published) in [(Request::Drop { client: 0 }, 1), (Request::Disconnect { client: 0 }, 0)] {
        let mut broker = Loopback::default();
        connect(&mut broker, 0);
        ask(&mut broker, request);
        assert_eq!(broker.publications().len(), published);
        assert_eq!(broker.connection(0), None);
    }
}

#[test]
fn a_closed_connection_is_reported_in_place_of_what_was_under_way() {
    let mut broker = Loopback::default();
    connect(&mut broker, 0);
    broker.close_at_next_publish(2);
    assert_eq!(publish(&mut broker, 0, b"state", b"on"), [Event::ConnectionLost { client: 0, cause: 2 }]);
}

#[test]
fn faults_are_reported_with_their_codes() {
    let mut broker = Loopback::default();
    broker.refuse_connections(Some(30));
    let connection = connection("device-0", true);
    let request = Request::Connect { client: 0, connection, tls: None };
    assert_eq!(ask(&mut broker, request), [Event::ConnectFailed { client: 0, code: 30 }]);
    broker.refuse_connections(None);
    connect(&mut broker, 0);
    broker.fail_next_publish(16);
    assert_eq!(publish(&mut broker, 0, b"a", b""), [Event::PublishFailed { client: 0, code: 16 }]);
    broker.fail_next_subscribe(1);
    assert_eq!(subscribe(&mut broker, 0, b"a"), [Event::SubscribeFailed { client: 0, code: 1 }]);
    broker.silent = true;
    assert_eq!(publish(&mut broker, 0, b"a", b""), []);
}

#[test]
fn a_stored_session_keeps_subscriptions_and_messages() {
    let mut broker = Loopback::default();
    let connection = connection("device-0", false);
    let connect = Request::Connect { client: 0, connection, tls: None };
    ask(&mut broker, connect.clone());
    subscribe(&mut broker, 0, b"cmd");
    ask(&mut broker, Request::Drop { client: 0 });
    broker.publish(Duration::ZERO, b"cmd", b"on", false);
    assert_eq!(ask(&mut broker, connect), [Event::Connected { client: 0 }, message(0, b"cmd", b"on")]);
    assert_eq!(broker.subscriptions(0), [(b"cmd".to_vec(), 1)]);
}

#[test]
fn a_second_connection_of_the_same_id_takes_over() {
    let mut broker = Loopback::default();
    let connection = connection("device-0", true);
    ask(&mut broker, Request::Connect { client: 0, connection: connection.clone(), tls: None });
    assert_eq!(
        ask(&mut broker, Request::Connect { client: 1, connection, tls: None }),
        [Event::ConnectionLost { client: 0, cause: 1 }, Event::Connected { client: 1 }]
    );
}

#[test]
fn tls_options_of_a_connection_are_shown() {
    let mut broker = Loopback::default();
    let tls = Some(Box::new(TlsOptions { index: 3, ..TlsOptions::default() }));
    ask(&mut broker, Request::Connect { client: 0, connection: connection("device-7", true), tls });
    connect(&mut broker, 1);
    assert_eq!(broker.tls_options(0).map(|options| options.index), Some(3));
    assert_eq!(broker.tls_options(1), None);
}
