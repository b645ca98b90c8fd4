//! Commands outside MQTT: identity, network, line settings.

use super::Modem;
use super::agenda::Step;
use super::answer::Refusal;
use super::dispatch::unknown;
use super::line::{Form, Line, Parameters};

impl Modem {
    pub(super) fn general(&mut self, line: &Line) -> Result<(), Refusal> {
        let lines = match (line.name.as_str(), &line.form) {
            ("", Form::Execute) => vec![],
            ("E0" | "E1" | "E", Form::Execute) => {
                self.echo = line.name == "E1";
                vec![]
            }
            ("CSQ", Form::Execute) => vec![self.signal()],
            ("CREG" | "CGREG" | "CEREG", Form::Read) => {
                vec![format!("+{}: 0,{}", line.name, if self.attached() { 1 } else { 2 })]
            }
            ("CREG" | "CGREG" | "CEREG" | "CMEE" | "IPR" | "IFC", Form::Write(_)) => vec![],
            ("CPIN", Form::Read) => return self.read_pin(),
            ("CPSI", Form::Read) => vec![self.system_information()],
            ("CGMM", Form::Execute) => vec![self.family.model().to_owned()],
            ("CGMR", Form::Execute) => vec![format!("+CGMR: {}_SIM_1.0", self.family.model())],
            ("IPR", Form::Read) => vec!["+IPR: 115200".to_owned()],
            ("IFC", Form::Read) => vec!["+IFC: 0,0".to_owned()],
            ("CGACT", Form::Read) => {
                vec![format!("+CGACT: 1,{}", u8::from(self.network.active && self.attached()))]
            }
            ("CGACT", Form::Write(parameters)) => return self.activate(parameters),
            ("CGPADDR", Form::Execute | Form::Write(_)) => vec![self.address()],
            ("CGDCONT", Form::Read) => {
                vec![format!("+CGDCONT: 1,\"IP\",\"{}\",\"0.0.0.0\",0,0,0,0", self.network.apn)]
            }
            ("CGDCONT" | "CGSOCKCONT", Form::Write(parameters)) => {
                return self.define_context(parameters);
            }
            ("CRESET", Form::Execute) => {
                let at = self.now + self.behaviour.timing.result;
                self.answer_ok();
                self.agenda.plan(at, Step::Restart);
                return Ok(());
            }
            _ => return Err(unknown()),
        };
        self.answer_lines(&lines);
        Ok(())
    }

    fn attached(&self) -> bool {
        self.network.attached && !self.network.silent
    }

    fn signal(&self) -> String {
        if self.attached() { format!("+CSQ: {},0", self.network.signal) } else { "+CSQ: 99,99".to_owned() }
    }

    fn system_information(&self) -> String {
        if self.attached() {
            "+CPSI: LTE,Online,460-00,0x333C,39589680,308,EUTRAN-BAND3,1350,5,0,0,54,0,22".to_owned()
        } else {
            "+CPSI: NO SERVICE,Online".to_owned()
        }
    }

    fn address(&self) -> String {
        let address = if self.network.active && self.attached() { "10.49.14.68" } else { "0.0.0.0" };
        format!("+CGPADDR: 1,{address}")
    }

    /// A SIM that is not ready answers with `+CME ERROR`, which is a final result itself.
    fn read_pin(&mut self) -> Result<(), Refusal> {
        let sim = self.network.sim.clone();
        if sim.starts_with("+CME ERROR") {
            self.answer(super::answer::framed(&sim));
        } else {
            self.answer_lines(&[sim]);
        }
        Ok(())
    }

    fn activate(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(2)?;
        let active = parameters.flag(0, "state")?;
        parameters.number_in(1, "cid", 1..=15)?;
        self.network.active = active;
        self.answer_ok();
        Ok(())
    }

    fn define_context(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.number_in(0, "cid", 1..=16)?;
        parameters.bytes(1, "PDP_type")?;
        if let Some(apn) = parameters.optional_text(2, "APN", 0..=100)? {
            self.network.apn = apn;
        }
        self.answer_ok();
        Ok(())
    }
}
