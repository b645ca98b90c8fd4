//! What the module is set to, and what the broker is to know, from what the supervisor reports.

use simcom_mqtt::Error;
use simcom_mqtt::command::network::{FlowControl, Ifc};
use simcom_mqtt::error::Refusal;
use simcom_mqtt::supervisor::{SupervisedEvent, Transition};

use crate::certificate::Certificate;

/// What an event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    /// To set flow control and to store the certificate, before the next connection.
    SetUp,
    /// To tell the broker that the device is online.
    PublishStatus,
}

/// What is to be done beside the connection.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) certificate: Certificate<'a>,
    flow_control: Ifc,
    flow_control_is_due: bool,
    /// The broker has not been told yet that the device is online.
    pub(crate) status_is_due: bool,
}

impl<'a> Setup<'a> {
    pub(crate) const fn new(certificate: Certificate<'a>, flow_control: FlowControl) -> Self {
        Self { certificate, flow_control: Ifc { flow_control }, flow_control_is_due: false, status_is_due: false }
    }

    /// Takes an event. Returns what is to be done now.
    pub(crate) fn heard(&mut self, event: &SupervisedEvent) -> Option<Duty> {
        info!("{}", event);
        let SupervisedEvent::Supervisor(event) = event else { return None };
        match event.transition {
            // A module that has restarted has forgotten its flow control.
            Transition::BroughtUp => {
                self.flow_control_is_due = true;
                Some(Duty::SetUp)
            }
            Transition::ConnectFailed(error) => {
                if let Some(Refusal::Code(code)) = error.refusal() {
                    self.certificate.connect_failed(code);
                }
                self.is_due().then_some(Duty::SetUp)
            }
            Transition::Up => {
                self.status_is_due = true;
                Some(Duty::PublishStatus)
            }
            _ => None,
        }
    }

    /// Whether something is to be set or stored.
    fn is_due(&self) -> bool {
        self.flow_control_is_due || self.certificate.search().is_some() || self.certificate.missing().is_some()
    }

    /// The command that sets the module's flow control to the wiring of the UART, if the module may not know it.
    pub(crate) fn flow_control(&self) -> Option<Ifc> {
        self.flow_control_is_due.then_some(self.flow_control)
    }

    /// Firmware that refuses `AT+IFC` goes on with its present flow control.
    pub(crate) fn flow_control_answered(&mut self, answer: Result<(), Error>) -> Result<(), Error> {
        match answer {
            Err(error @ Error::Refused { .. }) => warning!("flow control: {}", error),
            answer => answer?,
        }
        self.flow_control_is_due = false;
        Ok(())
    }
}
