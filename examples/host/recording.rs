//! The AT dialogue and the calls as a transcript that the driver's tests can replay, see `tests/transcripts/README.md`.

use std::cell::RefCell;
use std::fs::File;
use std::path::Path;
use std::rc::Rc;

use simcom_modem_simulator::front_end::Observer;
use simcom_modem_simulator::transcript::{DROPPED, Observation, Recorder};
use simcom_mqtt::{ClientIndex, QoS};

use super::ending::Failure;
use super::family::FamilyName;

/// For a call without arguments.
pub const NO_ARGUMENTS: &[(&str, &str)] = &[];

/// An optional recording: the UART writes the bytes, the program its calls. Clones write the same file.
#[derive(Clone, Default)]
pub struct Recording(Option<Rc<RefCell<Recorder<File>>>>);

impl Recording {
    /// Records to a file. A person adds model and firmware of the module.
    pub fn create(path: &Path, family: FamilyName) -> Result<Self, Failure> {
        let known = Observation {
            module: "not recorded",
            firmware: "not recorded",
            family: family.simulated(),
            origin: concat!("recorded by the example ", env!("CARGO_CRATE_NAME")),
        };
        let recorder = File::create(path).and_then(|file| Recorder::new(file, &known));
        let recorder = recorder.map_err(|error| format!("cannot record to {}: {error}", path.display()))?;
        Ok(Self(Some(Rc::new(RefCell::new(recorder)))))
    }

    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub fn sent(&self, bytes: &[u8]) {
        self.write(|recorder| recorder.host_sent(bytes));
    }

    pub fn received(&self, bytes: &[u8]) {
        self.write(|recorder| recorder.module_sent(bytes));
    }

    /// A call of the driver begins.
    pub fn begin<V: AsRef<[u8]>>(&self, name: &str, arguments: &[(&str, V)]) -> Call {
        let arguments: Vec<_> = arguments.iter().map(|(key, value)| (*key, value.as_ref())).collect();
        self.write(|recorder| recorder.call(name, &arguments));
        Call { recording: self.clone(), result: None }
    }

    pub fn begin_subscribe(&self, index: ClientIndex, filter: &[u8], qos: QoS) -> Call {
        let (client, qos) = (index.number().to_string(), (qos as u8).to_string());
        self.begin("subscribe", &[("client", client.as_bytes()), ("filter", filter), ("qos", qos.as_bytes())])
    }

    /// `publish` or `publish_from`.
    pub fn begin_publish(
        &self,
        name: &str,
        index: ClientIndex,
        topic: &str,
        payload: &[u8],
        qos: QoS,
        retained: bool,
    ) -> Call {
        let (client, qos, retained) = (index.number().to_string(), (qos as u8).to_string(), retained.to_string());
        self.begin(
            name,
            &[
                ("client", client.as_bytes()),
                ("topic", topic.as_bytes()),
                ("payload", payload),
                ("qos", qos.as_bytes()),
                ("retained", retained.as_bytes()),
            ],
        )
    }

    fn write(&self, write: impl FnOnce(&mut Recorder<File>)) {
        if let Some(recorder) = &self.0 {
            write(&mut recorder.borrow_mut());
        }
    }
}

/// A running call. Dropping it before its end records a dropped call.
pub struct Call {
    recording: Recording,
    result: Option<String>,
}

impl Call {
    /// The call has ended.
    pub fn end<T: Copy>(mut self, outcome: T, words: impl FnOnce(T) -> String) -> T {
        self.result = Some(words(outcome));
        outcome
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let result = self.result.as_deref().unwrap_or(DROPPED);
        self.recording.write(|recorder| recorder.result(result));
    }
}
