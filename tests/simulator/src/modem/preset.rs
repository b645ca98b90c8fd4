//! Presets: state that has outlived a reset of the host, or with which a test begins.

use core::time::Duration;

use super::script::Injected;
use super::{Acquired, Modem, Service, message_bytes};
use crate::broker::{Connection, Request};

impl Modem {
    /// The service is started.
    pub fn preset_started(&mut self) {
        self.service = Service::Started;
    }

    /// Echo is on or off.
    pub fn preset_echo(&mut self, echo: bool) {
        self.echo = echo;
    }

    /// The service is started and a client acquired.
    pub fn preset_acquired(&mut self, client: usize, id: &str, tls: bool) {
        self.preset_started();
        self.clients[client].acquired = Some(Acquired { id: id.to_owned(), tls });
    }

    /// The service is started, a client acquired and its session live, at the broker too.
    pub fn preset_connected(&mut self, client: usize, connection: Connection) {
        self.preset_acquired(client, &connection.client_id, connection.tls);
        let address = format!("tcp://{}:{}", connection.host, connection.port);
        let state = &mut self.clients[client];
        state.settings.version = connection.version;
        state.connected = true;
        state.connection = Some((address, connection.clone()));
        if let Some(will) = &connection.will {
            state.will_topic = Some(will.topic.clone());
            state.will_message = Some((will.message.clone(), will.qos));
        }
        let tls = if connection.tls { self.tls_options(client).ok().map(Box::new) } else { None };
        self.request(Request::Connect { client, connection, tls });
    }

    /// A file of a certificate or key is on the module.
    pub fn preset_certificate(&mut self, name: &str, content: &[u8]) {
        self.store_certificate(name.to_owned(), content.to_vec());
    }

    /// A live session has a subscription, at the broker too.
    pub fn preset_subscribed(&mut self, client: usize, filter: &[u8], qos: u8) {
        self.clients[client].subscriptions.push(filter.to_vec());
        self.request(Request::Subscribe { client, filters: vec![(filter.to_vec(), qos)] });
    }

    /// A command has prompted long ago, and has received `data` so far.
    ///
    /// # Panics
    ///
    /// If the command does not prompt in the present state, or `data` is complete.
    pub fn preset_prompt(&mut self, command: &str, data: &[u8]) {
        self.injected = Injected::default();
        self.input.executes();
        self.execute(command.as_bytes());
        let entry = self.agenda.take_prompt().expect("the command prompts");
        assert!(data.len() < entry.length, "the prompt still waits");
        self.input.takes_data(entry, data.to_vec(), Injected::default());
    }

    /// The input buffer holds the beginning of a command line.
    pub fn preset_half_line(&mut self, bytes: &[u8]) {
        self.input.begin_line(bytes);
        self.line_is_inherited = true;
    }

    /// The module is in the middle of delivering a message: it sends the bytes after the first `gone`.
    pub fn preset_message(&mut self, now: Duration, client: usize, topic: &[u8], payload: &[u8], gone: usize) {
        let bytes = message_bytes(&self.behaviour, client, topic, payload);
        self.emit(now, bytes.get(gone..).unwrap_or_default());
    }
}
