//! CONNECT and DISC.

use core::time::Duration;

use super::Modem;
use super::agenda::Step;
use super::answer::{Refusal, framed};
use super::line::Parameters;
use super::operation::Kind;
use crate::behaviour::{ConnectAgain, ConnectBadArguments, DisconnectNotConnected};
use crate::broker::{Connection, Request, Will};
use crate::referee::ComplaintKind;

/// The parameters of CONNECT.
struct Arguments {
    address: String,
    host: String,
    port: u16,
    keep_alive: u16,
    clean_session: bool,
    user: Option<String>,
    password: Option<String>,
}

impl Modem {
    pub(super) fn connect(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        self.require_started()?;
        let client = parameters.client(0)?;
        self.require_idle(client)?;
        self.require_acquired(client)?;
        let is_ssl = parameters.bytes(1, "server_addr").is_ok_and(|address| address.starts_with(b"ssl://"));
        let arguments = arguments(parameters).map_err(|refusal| match self.behaviour.connect_bad_arguments {
            ConnectBadArguments::Error if !is_ssl => refusal,
            ConnectBadArguments::Error | ConnectBadArguments::Code12 => refusal.with_code(client, 12),
        })?;
        if self.reboots_over_live_session(self.clients[client].connected) {
            return Ok(());
        }
        if let Err(refusal) = self.require_disconnected(client) {
            return self.refuse_second_connect(client, refusal);
        }
        let address = arguments.address.clone();
        let connection = self.connection(client, arguments);
        self.clients[client].connection = Some((address, connection.clone()));
        let timeout = self.operation_timeout(client);
        match if connection.tls { self.prepare_tls(client).map(Some) } else { Ok(None) } {
            Err(code) => self.begin_failed_connect(client, code),
            Ok(tls) => {
                let request = Request::Connect { client, connection, tls: tls.map(Box::new) };
                self.begin_operation(client, Kind::Connect, timeout, request);
            }
        }
        Ok(())
    }

    fn refuse_second_connect(&mut self, client: usize, refusal: Refusal) -> Result<(), Refusal> {
        match self.behaviour.connect_again {
            ConnectAgain::Code13 => Err(refusal),
            ConnectAgain::OkThenCode13 => {
                self.complain(refusal.kind, refusal.what);
                self.answer_ok();
                let at = self.after_result(self.behaviour.timing.connect);
                let line = format!("+CMQTTCONNECT: {client},13");
                self.agenda.plan(at, Step::Emit(framed(&line)));
                Ok(())
            }
        }
    }

    fn connection(&self, client: usize, arguments: Arguments) -> Connection {
        let client = &self.clients[client];
        let acquired = client.acquired.clone();
        let (client_id, tls) = acquired.map(|it| (it.id, it.tls)).unwrap_or_default();
        let will = match (&client.will_topic, &client.will_message) {
            (Some(topic), Some((message, qos))) => {
                Some(Will { topic: topic.clone(), message: message.clone(), qos: *qos })
            }
            _ => None,
        };
        Connection {
            host: arguments.host,
            port: arguments.port,
            client_id,
            version: client.settings.version,
            keep_alive: arguments.keep_alive,
            clean_session: arguments.clean_session,
            user: arguments.user,
            password: arguments.password,
            will,
            tls,
        }
    }

    pub(super) fn operation_timeout(&self, client: usize) -> Duration {
        Duration::from_secs(self.clients[client].settings.operation_timeout.into())
    }

    pub(super) fn read_connections(&mut self) -> Result<(), Refusal> {
        self.require_started()?;
        let lines = [0, 1].map(|index| {
            let mut line = format!("+CMQTTCONNECT: {index}");
            if let Some((address, connection)) = &self.clients[index].connection {
                let clean = u8::from(connection.clean_session);
                line += &format!(",\"{address}\",{},{clean}", connection.keep_alive);
                for credential in [&connection.user, &connection.password].into_iter().flatten() {
                    line += &format!(",\"{credential}\"");
                }
            }
            line
        });
        self.answer_lines(&lines);
        Ok(())
    }

    pub(super) fn disconnect(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        self.require_started()?;
        parameters.at_most(2)?;
        let client = parameters.client(0)?;
        let timeout = parameters.number(1, "timeout")?;
        if !self.family.accepts_disconnect_timeout(timeout) {
            let what = format!("timeout {timeout} is not one of the family's");
            return Err(Refusal::new(ComplaintKind::OutOfRange, what));
        }
        self.require_idle(client)?;
        self.require_connected(client).map_err(|refusal| match self.behaviour.disconnect_not_connected {
            DisconnectNotConnected::Code11 => refusal,
            DisconnectNotConnected::Error => refusal.bare(),
        })?;
        if self.reboots_over_live_session(true) {
            return Ok(());
        }
        let timeout = Duration::from_secs(if timeout == 0 { 60 } else { timeout.into() });
        self.begin_operation(client, Kind::Disconnect, timeout, Request::Disconnect { client });
        Ok(())
    }

    pub(super) fn read_disconnected(&mut self) -> Result<(), Refusal> {
        self.require_started()?;
        let lines = [0, 1].map(|index| format!("+CMQTTDISC: {index},{}", u8::from(!self.clients[index].connected)));
        self.answer_lines(&lines);
        Ok(())
    }
}

fn arguments(parameters: &Parameters) -> Result<Arguments, Refusal> {
    parameters.at_most(6)?;
    let address = parameters.text(1, "server_addr", 9..=256)?;
    let (host, port) = host_and_port(&address)
        .ok_or_else(|| Refusal::new(ComplaintKind::OutOfRange, "server_addr is not tcp://host[:port]"))?;
    Ok(Arguments {
        host,
        port,
        keep_alive: parameters.number_in(2, "keepalive", 1..=64800)? as u16,
        clean_session: parameters.flag(3, "clean_session")?,
        user: parameters.optional_text(4, "user_name", 1..=256)?,
        password: parameters.optional_text(5, "pass_word", 1..=256)?,
        address,
    })
}

/// The manuals' default port is 1883.
fn host_and_port(address: &str) -> Option<(String, u16)> {
    let authority = address.strip_prefix("tcp://")?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port != 0)?),
        None => (authority, 1883),
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}
