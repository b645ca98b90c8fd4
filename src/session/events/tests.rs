use super::*;
use crate::next_step::documented;

#[test]
fn the_table_of_events_says_what_next_step_returns() {
    let client = ClientIndex::First;
    let samples = [
        Event::Message(client),
        Event::MessageRefused { client, topic_length: 1, payload_length: 1, count: 1 },
        Event::MessageAborted { client, count: 1 },
        Event::BytesLost,
        Event::ConnectionLost { client, cause: LossCause::Closed },
        Event::ConnectionLost { client, cause: LossCause::Reset },
        Event::ConnectionLost { client, cause: LossCause::Network },
        Event::ConnectionLost { client, cause: LossCause::Other(0) },
        Event::NetworkLost,
        Event::ModemRestarted,
    ];
    documented::agrees(include_str!("../events.rs"), "Event", &samples, Event::next_step);
}

#[test]
fn messages_come_before_state_changes_and_each_event_once() {
    let mut events = Events::NONE;
    events.restarted(0b11);
    events.network_lost(0b10);
    events.connection_lost(ConnLost { client: ClientIndex::Second, cause: LossCause::Network });
    events.bytes_lost();
    events.message(ClientIndex::Second);
    events.message(ClientIndex::Second);
    events.refused(ClientIndex::First, 5, 600);
    events.refused(ClientIndex::First, 6, 700);
    events.aborted(ClientIndex::First);
    assert!(!events.is_empty());

    let client = ClientIndex::First;
    let expected = [
        Event::MessageRefused { client, topic_length: 6, payload_length: 700, count: 2 },
        Event::MessageAborted { client, count: 1 },
        Event::Message(ClientIndex::Second),
        Event::BytesLost,
        Event::ConnectionLost { client: ClientIndex::Second, cause: LossCause::Network },
        Event::NetworkLost,
        Event::ModemRestarted,
    ];
    for event in expected {
        assert_eq!(events.take(), Some(event));
    }
    assert!(events.is_empty());
    assert_eq!(events.take(), None);
    assert_eq!(events.counters.refused_messages, 2);
}

#[test]
fn each_event_says_in_words_what_happened() {
    extern crate std;
    use std::string::ToString;

    let client = ClientIndex::Second;
    let refused = |count| Event::MessageRefused { client, topic_length: 7, payload_length: 65_535, count };
    assert_eq!(refused(1).to_string(), "client 1 could not take a message of 65542 bytes");
    assert_eq!(refused(2).to_string(), "client 1 could not take 2 messages, the last one of 65542 bytes");
    let aborted = |count| Event::MessageAborted { client, count };
    assert_eq!(aborted(1).to_string(), "client 1 lost a message, which broke off");
    assert_eq!(aborted(3).to_string(), "client 1 lost 3 messages, which broke off");
    let lost = Event::ConnectionLost { client, cause: LossCause::Reset };
    assert_eq!(lost.to_string(), "client 1 lost its connection: the socket was reset");
}

#[test]
fn what_was_repaired_is_no_event_unless_the_other_client_was_connected() {
    for (connected, repaired, expected) in [
        (0b01, &[ClientIndex::First][..], None),
        (0b00, &[ClientIndex::Second], None),
        (0b11, &[ClientIndex::First], Some(Event::NetworkLost)),
        (0b10, &[ClientIndex::First], Some(Event::NetworkLost)),
        (0b11, &ClientIndex::ALL, None),
    ] {
        let mut events = Events::NONE;
        events.network_lost(connected);
        events.restarted(connected);
        events.connection_lost(ConnLost { client: ClientIndex::First, cause: LossCause::Closed });
        events.connection_lost(ConnLost { client: ClientIndex::Second, cause: LossCause::Closed });
        repaired.iter().for_each(|client| events.repaired(*client));
        for client in ClientIndex::ALL.into_iter().filter(|client| !repaired.contains(client)) {
            assert_eq!(events.take(), Some(Event::ConnectionLost { client, cause: LossCause::Closed }));
        }
        assert_eq!(events.take(), expected);
        assert_eq!(events.take(), expected.map(|_| Event::ModemRestarted));
        assert_eq!((events.take(), events.is_empty()), (None, true));
    }
}

#[test]
fn what_waits_for_one_client_stays_when_that_of_the_other_is_taken() {
    let mut events = Events::NONE;
    for client in ClientIndex::ALL {
        events.message(client);
        events.refused(client, 1, 2);
        events.aborted(client);
        events.connection_lost(ConnLost { client, cause: LossCause::Closed });
    }
    for client in ClientIndex::ALL {
        assert_eq!(events.take(), Some(Event::Message(client)));
        let (topic_length, payload_length) = (1, 2);
        let refused = Event::MessageRefused { client, topic_length, payload_length, count: 1 };
        assert_eq!(events.take(), Some(refused));
        assert_eq!(events.take(), Some(Event::MessageAborted { client, count: 1 }));
    }
    for client in ClientIndex::ALL {
        assert_eq!(events.take(), Some(Event::ConnectionLost { client, cause: LossCause::Closed }));
    }
    assert_eq!(events.take(), None);
}
