//! Results in the words of the format, for the replay and for recordings of the examples.

use simcom_modem_simulator::transcript::{DROPPED, Value};
use simcom_mqtt::command::network::Rssi;
use simcom_mqtt::error::Refusal;
use simcom_mqtt::network::{Attachment, BringUpError, BringUpStage};
use simcom_mqtt::supervisor::{SupervisedEvent, Transition};
use simcom_mqtt::urc::LossCause;
use simcom_mqtt::{ClientIndex, Connection, Error, Event};

pub fn result<T>(result: Result<T, Error>, value: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(it) => value(it),
        Err(failure) => error(failure),
    }
}

/// The result of a call without a value.
pub fn done<T>(outcome: Result<T, Error>) -> String {
    result(outcome, |_| "ok".to_owned())
}

/// The result of a call that returns a count.
pub fn count(outcome: Result<u16, Error>) -> String {
    result(outcome, |count| format!("ok {count}"))
}

pub fn connection(outcome: Result<Connection, Error>) -> String {
    result(outcome, |connection| match connection {
        Connection::Opened => "opened".to_owned(),
        Connection::Adopted => "adopted".to_owned(),
        other => format!("{other:?}"),
    })
}

pub fn attachment(outcome: Result<Attachment, BringUpError>) -> String {
    match outcome.map(|attachment| attachment.address.ipv4) {
        Ok(Some(address)) => format!("ok {address}"),
        Ok(None) => "ok none".to_owned(),
        Err(failure) => bring_up_error(failure),
    }
}

fn error(error: Error) -> String {
    match error {
        Error::Invalid(invalid) => format!("invalid {:?} {:?}", invalid.parameter, invalid.problem),
        Error::Illegal { command, reason } => format!("illegal {} {reason:?}", command.as_str()),
        Error::Refused { command, refusal: why } => format!("refused {} {}", command.as_str(), refusal(why)),
        Error::ConnectRefused { refusal: why, .. } => format!("refused +CMQTTCONNECT {}", refusal(why)),
        Error::NoTls => "no_tls".to_owned(),
        Error::NoMqtt => "no_mqtt".to_owned(),
        Error::NoAnswer { command } => format!("no_answer {}", command.as_str()),
        Error::OutcomeUnknown { command } => format!("outcome_unknown {}", command.as_str()),
        Error::ConnectionLost { command } => format!("connection_lost {}", command.as_str()),
        Error::NetworkLost { command } => format!("network_lost {}", command.as_str()),
        Error::ModemRestarted { command } => format!("modem_restarted {}", command.as_str()),
        Error::Aborted => DROPPED.to_owned(),
        Error::Receive(kind) => format!("receive_failed {kind:?}"),
        Error::Transmit(kind) => format!("transmit_failed {kind:?}"),
        Error::Source(kind) => format!("source_failed {kind:?}"),
        Error::SourceEnded => "source_ended".to_owned(),
        other => format!("{other:?}"),
    }
}

fn refusal(refusal: Refusal) -> String {
    match refusal {
        Refusal::Code(code) => code.number().to_string(),
        Refusal::Error => "ERROR".to_owned(),
        Refusal::Equipment(Some(number)) => format!("CME {number}"),
        Refusal::Equipment(None) => "CME".to_owned(),
        other => format!("{other:?}"),
    }
}

/// The strength of the signal.
pub fn signal(outcome: Result<Option<Rssi>, Error>) -> String {
    result(outcome, |rssi| rssi.map_or_else(|| "ok none".to_owned(), |rssi| format!("ok {}", rssi.dbm())))
}

/// A message has words of its own, because it comes from the message handler.
pub fn event(outcome: Result<Event, Error>) -> String {
    result(outcome, |event| match event {
        Event::MessageAborted { client, count } => format!("message_aborted {} {count}", client.number()),
        Event::MessageRefused { client, count, .. } => format!("message_refused {} {count}", client.number()),
        Event::BytesLost => "bytes_lost".to_owned(),
        Event::ConnectionLost { client, cause } => format!("connection_lost {} {}", client.number(), loss(cause)),
        Event::NetworkLost => "network_lost".to_owned(),
        Event::ModemRestarted => "modem_restarted".to_owned(),
        other => format!("{other:?}"),
    })
}

/// An event of `supervise`, without the time that it took.
pub fn supervised(outcome: Result<SupervisedEvent, Error>) -> String {
    match outcome {
        Ok(SupervisedEvent::Modem(module)) => event(Ok(module)),
        Ok(SupervisedEvent::Supervisor(event)) => transition(event.transition),
        Err(failure) => error(failure),
    }
}

fn transition(transition: Transition) -> String {
    match transition {
        Transition::BroughtUp => "brought_up".to_owned(),
        Transition::BringUpFailed(failure) => format!("bring_up_failed {}", bring_up_error(failure)),
        Transition::Reset => "reset".to_owned(),
        Transition::Connected(opened) => format!("connected {}", connection(Ok(opened))),
        Transition::ConnectFailed(failure) => format!("connect_failed {}", error(failure)),
        Transition::Up => "up".to_owned(),
        Transition::SubscriptionRefused { place, error: why } => format!("subscription_refused {place} {}", error(why)),
        Transition::Lost => "lost".to_owned(),
        Transition::Suspected => "suspected".to_owned(),
        Transition::ThrownOut { times } => format!("thrown_out {times}"),
        Transition::NetworkBack => "network_back".to_owned(),
        Transition::GaveUp => "gave_up".to_owned(),
        other => format!("{other:?}"),
    }
}

fn loss(cause: LossCause) -> String {
    match cause {
        LossCause::Closed => "closed".to_owned(),
        LossCause::Reset => "reset".to_owned(),
        LossCause::Network => "network".to_owned(),
        LossCause::Other(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

pub fn message(client: ClientIndex, topic: &[u8], payload: &[u8]) -> String {
    format!("message {} {} {}", client.number(), Value(topic), Value(payload))
}

fn bring_up_error(failure: BringUpError) -> String {
    match failure {
        BringUpError::SimFailure(why) => format!("sim_failure {}", refusal(why)),
        BringUpError::SimLocked(state) => format!("sim_locked {state:?}"),
        BringUpError::PinMissing => "pin_missing".to_owned(),
        BringUpError::PinRefused => "pin_refused".to_owned(),
        BringUpError::Denied => "denied".to_owned(),
        BringUpError::TimedOut { stage, .. } => format!("timed_out {}", stage_name(stage)),
        BringUpError::Failed(failure) => error(failure),
        other => format!("{other:?}"),
    }
}

fn stage_name(stage: BringUpStage) -> String {
    match stage {
        BringUpStage::Module => "module".to_owned(),
        BringUpStage::Sim => "sim".to_owned(),
        BringUpStage::Settings => "settings".to_owned(),
        BringUpStage::Registration(_) => "registration".to_owned(),
        BringUpStage::Address => "address".to_owned(),
        other => format!("{other:?}"),
    }
}
