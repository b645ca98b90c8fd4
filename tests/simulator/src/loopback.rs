//! A broker in memory, for tests in virtual time.
//!
//! It serves the two clients of one module and delivers messages of [`Loopback::publish`]. It ignores the quality of
//! service: every message arrives once.

mod filter;
#[cfg(test)]
mod tests;

pub use filter::matches;

use core::time::Duration;
use std::collections::BTreeMap;

use crate::broker::{Connection, Event, Request, TlsOptions, Will};

/// A message that a client or the test has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Client index, unless the test published it or it is a will.
    pub client: Option<usize>,
    /// Topic.
    pub topic: Vec<u8>,
    /// Payload.
    pub payload: Vec<u8>,
    /// Quality of service.
    pub qos: u8,
    /// Retain flag.
    pub retained: bool,
}

/// An in-memory broker.
#[derive(Debug)]
pub struct Loopback {
    /// From a request to its events, and from a publication to its delivery.
    pub latency: Duration,
    /// While on, no request is answered.
    pub silent: bool,
    sessions: [Option<Session>; 2],
    stored: BTreeMap<String, Stored>,
    retained: BTreeMap<Vec<u8>, Vec<u8>>,
    queue: BTreeMap<(Duration, u64), Event>,
    queued: u64,
    faults: Faults,
    publications: Vec<Publication>,
    requests: Vec<Request>,
}

#[derive(Debug)]
struct Session {
    connection: Connection,
    tls: Option<Box<TlsOptions>>,
    filters: Vec<(Vec<u8>, u8)>,
}

/// State that the broker keeps for a client without a clean session.
#[derive(Debug, Default)]
struct Stored {
    filters: Vec<(Vec<u8>, u8)>,
    messages: Vec<(Vec<u8>, Vec<u8>)>,
}

#[derive(Debug, Default)]
struct Faults {
    refuse_connect: Option<u8>,
    fail_publish: Option<u8>,
    fail_subscribe: Option<u8>,
    close_at_publish: Option<u8>,
    close_at_subscribe: Option<u8>,
}

impl Default for Loopback {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(20),
            silent: false,
            sessions: [None, None],
            stored: BTreeMap::new(),
            retained: BTreeMap::new(),
            queue: BTreeMap::new(),
            queued: 0,
            faults: Faults::default(),
            publications: Vec::new(),
            requests: Vec::new(),
        }
    }
}

impl Loopback {
    /// A request of the module.
    pub fn request(&mut self, now: Duration, request: Request) {
        self.requests.push(request.clone());
        match request {
            Request::Drop { client } => self.drop_session(now, client),
            _ if self.silent => {}
            Request::Connect { client, connection, tls } => self.connect(now, client, connection, tls),
            Request::Disconnect { client } => {
                self.end_session(client);
                self.answer(now, Event::Disconnected { client });
            }
            Request::Publish { client, topic, payload, qos, retained } => {
                let publication = Publication { client: Some(client), topic, payload, qos, retained };
                self.published(now, client, publication);
            }
            Request::Subscribe { client, filters } => self.subscribe(now, client, filters),
            Request::Unsubscribe { client, filters } => {
                if let Some(session) = &mut self.sessions[client] {
                    session.filters.retain(|(filter, _)| !filters.contains(filter));
                }
                self.answer(now, Event::Unsubscribed { client });
            }
        }
    }

    /// Events that have happened by `now`, oldest first.
    pub fn events(&mut self, now: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(first) = self.queue.first_entry()
            && first.key().0 <= now
        {
            events.push(first.remove());
        }
        events
    }

    /// When the next event happens.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// Publishes a message that no client has sent.
    pub fn publish(&mut self, now: Duration, topic: &[u8], payload: &[u8], retained: bool) {
        self.route(
            now,
            Publication { client: None, topic: topic.to_vec(), payload: payload.to_vec(), qos: 0, retained },
        );
    }

    /// Refuses every CONNECT with this code; with `None`, accepts it.
    pub fn refuse_connections(&mut self, code: Option<u8>) {
        self.faults.refuse_connect = code;
    }

    /// Fails the next publish with this code; the message goes nowhere.
    pub fn fail_next_publish(&mut self, code: u8) {
        self.faults.fail_publish = Some(code);
    }

    /// Fails the next subscribe with this code.
    pub fn fail_next_subscribe(&mut self, code: u8) {
        self.faults.fail_subscribe = Some(code);
    }

    /// Closes the connection, with this cause, at the next publish.
    pub fn close_at_next_publish(&mut self, cause: u8) {
        self.faults.close_at_publish = Some(cause);
    }

    /// Closes the connection, with this cause, at the next subscribe.
    pub fn close_at_next_subscribe(&mut self, cause: u8) {
        self.faults.close_at_subscribe = Some(cause);
    }

    /// Closes a client's connection; its will is published.
    pub fn close(&mut self, now: Duration, client: usize, cause: u8) {
        if self.sessions[client].is_some() {
            self.drop_session(now, client);
            self.answer(now, Event::ConnectionLost { client, cause });
        }
    }

    /// The connection of a client, if it has one.
    pub fn connection(&self, client: usize) -> Option<&Connection> {
        self.sessions[client].as_ref().map(|session| &session.connection)
    }

    /// The TLS options of a client's connection, if it uses TLS. Nothing is verified here.
    pub fn tls_options(&self, client: usize) -> Option<&TlsOptions> {
        self.sessions[client].as_ref()?.tls.as_deref()
    }

    /// The subscriptions of a client.
    pub fn subscriptions(&self, client: usize) -> &[(Vec<u8>, u8)] {
        self.sessions[client].as_ref().map_or(&[], |session| &session.filters)
    }

    /// All published messages, wills included.
    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    /// All requests of the module.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    fn answer(&mut self, now: Duration, event: Event) {
        self.queue.insert((now.saturating_add(self.latency), self.queued), event);
        self.queued += 1;
    }

    fn connect(&mut self, now: Duration, client: usize, connection: Connection, tls: Option<Box<TlsOptions>>) {
        if let Some(code) = self.faults.refuse_connect {
            return self.answer(now, Event::ConnectFailed { client, code });
        }
        let other = 1 - client;
        let taken_over =
            self.sessions[other].as_ref().is_some_and(|session| session.connection.client_id == connection.client_id);
        if taken_over {
            self.close(now, other, 1);
        }
        let stored = self.stored.remove(&connection.client_id).unwrap_or_default();
        let stored = if connection.clean_session { Stored::default() } else { stored };
        self.sessions[client] = Some(Session { connection, tls, filters: stored.filters });
        self.answer(now, Event::Connected { client });
        for (topic, payload) in stored.messages {
            self.answer(now, Event::Message { client, topic, payload });
        }
    }

    fn published(&mut self, now: Duration, client: usize, publication: Publication) {
        if self.sessions[client].is_none() {
            return self.answer(now, Event::PublishFailed { client, code: 11 });
        }
        if let Some(cause) = self.faults.close_at_publish.take() {
            return self.close(now, client, cause);
        }
        if let Some(code) = self.faults.fail_publish.take() {
            return self.answer(now, Event::PublishFailed { client, code });
        }
        self.route(now, publication);
        self.answer(now, Event::Published { client });
    }

    fn subscribe(&mut self, now: Duration, client: usize, filters: Vec<(Vec<u8>, u8)>) {
        if let Some(cause) = self.faults.close_at_subscribe.take() {
            return self.close(now, client, cause);
        }
        if let Some(code) = self.faults.fail_subscribe.take() {
            return self.answer(now, Event::SubscribeFailed { client, code });
        }
        let Some(session) = &mut self.sessions[client] else {
            return self.answer(now, Event::SubscribeFailed { client, code: 11 });
        };
        for (filter, qos) in &filters {
            session.filters.retain(|(known, _)| known != filter);
            session.filters.push((filter.clone(), *qos));
        }
        let retained: Vec<_> = self
            .retained
            .iter()
            .filter(|(topic, _)| filters.iter().any(|(filter, _)| matches(filter, topic)))
            .map(|(topic, payload)| (topic.clone(), payload.clone()))
            .collect();
        for (topic, payload) in retained {
            self.answer(now, Event::Message { client, topic, payload });
        }
        self.answer(now, Event::Subscribed { client });
    }

    fn route(&mut self, now: Duration, publication: Publication) {
        let Publication { topic, payload, retained, .. } = &publication;
        if *retained && payload.is_empty() {
            self.retained.remove(topic);
        } else if *retained {
            self.retained.insert(topic.clone(), payload.clone());
        }
        let subscribed = |filters: &[(Vec<u8>, u8)]| filters.iter().any(|(it, _)| matches(it, topic));
        let receivers: Vec<usize> = (0..2)
            .filter(|&client| self.sessions[client].as_ref().is_some_and(|session| subscribed(&session.filters)))
            .collect();
        for stored in self.stored.values_mut().filter(|stored| subscribed(&stored.filters)) {
            stored.messages.push((topic.clone(), payload.clone()));
        }
        for client in receivers {
            let (topic, payload) = (topic.clone(), payload.clone());
            self.answer(now, Event::Message { client, topic, payload });
        }
        self.publications.push(publication);
    }

    /// The connection ends without DISCONNECT: pending requests are lost, the will is published.
    fn drop_session(&mut self, now: Duration, client: usize) {
        self.queue.retain(|_, event| client_of(event) != client);
        if let Some(Will { topic, message, qos }) = self.end_session(client) {
            let publication = Publication { client: None, topic, payload: message, qos, retained: false };
            self.route(now, publication);
        }
    }

    fn end_session(&mut self, client: usize) -> Option<Will> {
        let session = self.sessions[client].take()?;
        if !session.connection.clean_session {
            let stored = Stored { filters: session.filters, messages: Vec::new() };
            self.stored.insert(session.connection.client_id, stored);
        }
        session.connection.will
    }
}

fn client_of(event: &Event) -> usize {
    match event {
        Event::Connected { client }
        | Event::ConnectFailed { client, .. }
        | Event::Published { client }
        | Event::PublishFailed { client, .. }
        | Event::Subscribed { client }
        | Event::SubscribeFailed { client, .. }
        | Event::Unsubscribed { client }
        | Event::UnsubscribeFailed { client, .. }
        | Event::Disconnected { client }
        | Event::Message { client, .. }
        | Event::ConnectionLost { client, .. } => *client,
    }
}
