//! Commands outside MQTT: identity, network, line settings.

use super::Modem;
use super::answer::Refusal;
use super::dispatch::unknown;
use super::line::{Form, Line, Parameters};
use super::sim::IMSI;
use crate::referee::ComplaintKind;

/// From the IMEI range for tests.
const IMEI: &str = "004999010640000";

/// Rates of `AT+IPR`; 0 is autobauding.
const BAUD_RATES: [u32; 13] = [0, 300, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115_200, 230_400, 460_800, 921_600];

impl Modem {
    pub(super) fn general(&mut self, line: Line) -> Result<(), Refusal> {
        let name = line.name.as_str();
        if name == "CSSLCFG" && !self.behaviour.firmware.tls {
            return Err(unknown().unavoidable());
        }
        match line.form {
            Form::Execute => self.general_execute(name),
            Form::Read => self.general_read(name),
            Form::Write(parameters) => self.general_write(name, &parameters),
            Form::Test => match name {
                "CNTP" => {
                    self.answer_lines(&["+CNTP: \"HOST\",(-96~96)".to_owned()]);
                    Ok(())
                }
                "CSSLCFG" => self.test_ssl(),
                "CCERTDOWN" | "CCERTLIST" | "CCERTDELE" => self.test_certificates(name),
                _ => Err(unknown()),
            },
        }
    }

    fn general_execute(&mut self, name: &str) -> Result<(), Refusal> {
        let model = self.family.model();
        let lines = match name {
            "" => vec![],
            "E0" | "E1" | "E" => {
                self.echo = name == "E1";
                vec![]
            }
            "I" => vec![
                "Manufacturer: SIMCOM INCORPORATED".to_owned(),
                format!("Model: {model}"),
                format!("Revision: {model}_SIM_1.0"),
                format!("IMEI: {IMEI}"),
            ],
            "CSQ" => vec![self.signal()],
            "CGMM" => vec![model.to_owned()],
            "CGMR" => vec![format!("+CGMR: {model}_SIM_1.0")],
            "CGSN" => vec![IMEI.to_owned()],
            "CIMI" => vec![IMSI.to_owned()],
            "CICCID" => vec![self.iccid()],
            "CGPADDR" => self.all_addresses(),
            "CCERTLIST" => return self.list_certificates(),
            "CNTP" => {
                self.ask_time_server();
                return Ok(());
            }
            "CRESET" => return self.restart_by_command(),
            "CPOF" => return self.power_off_by_command(),
            _ => return Err(unknown()),
        };
        self.answer_lines(&lines);
        Ok(())
    }

    fn general_read(&mut self, name: &str) -> Result<(), Refusal> {
        let terminal = &self.terminal;
        let lines = match name {
            "CREG" | "CGREG" | "CEREG" => vec![self.registration(name)],
            "CPIN" => return self.read_pin(),
            "CPSI" => vec![self.system_information()],
            "CFUN" => vec![format!("+CFUN: {}", terminal.since_boot.functionality)],
            "CMEE" => vec![format!("+CMEE: {}", terminal.since_boot.error_form.unwrap_or(2))],
            "CNMP" => vec![format!("+CNMP: {}", terminal.mode)],
            "IPR" => vec![format!("+IPR: {}", terminal.baud)],
            "IFC" => vec![format!("+IFC: {},{}", terminal.flow_control.0, terminal.flow_control.1)],
            "CSCLK" => vec![format!("+CSCLK: {}", terminal.since_boot.sleep)],
            "CTZU" => vec![format!("+CTZU: {}", u8::from(terminal.automatic_time))],
            "CCLK" => vec![self.clock()],
            "CNTP" => vec![self.time_server()],
            "CGACT" => self.activations(),
            "CGDCONT" => self.contexts(),
            "CGAUTH" => self.authentications(),
            "CSSLCFG" => return self.read_ssl(),
            _ => return Err(unknown()),
        };
        self.answer_lines(&lines);
        Ok(())
    }

    fn general_write(&mut self, name: &str, parameters: &Parameters) -> Result<(), Refusal> {
        match name {
            "CREG" | "CGREG" | "CEREG" => self.report_registration(name, parameters),
            "CPIN" => self.enter_pin(parameters),
            "CFUN" => self.set_functionality(parameters),
            "CMEE" => self.set_error_form(parameters),
            "CNMP" => self.set_mode(parameters),
            "IPR" => self.set_baud(parameters),
            "IFC" => self.set_flow_control(parameters),
            "CSCLK" => self.set_sleep(parameters),
            "CTZU" => self.set_automatic_time(parameters),
            "CCLK" => self.set_clock(parameters),
            "CNTP" => self.set_time_server(parameters),
            "CGACT" => self.activate(parameters),
            "CGPADDR" => self.address(parameters),
            "CGDCONT" => self.define_context(parameters),
            "CGSOCKCONT" => self.define_socket_context(parameters),
            "CGAUTH" => self.authenticate(parameters),
            "CSSLCFG" => self.configure_ssl(parameters),
            "CCERTDOWN" => self.download_certificate(parameters),
            "CCERTDELE" => self.delete_certificate(parameters),
            _ => Err(unknown()),
        }
    }

    fn set_error_form(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        self.terminal.since_boot.error_form = Some(parameters.number_in(0, "n", 0..=2)? as u8);
        self.answer_ok();
        Ok(())
    }

    fn set_baud(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        let baud = parameters.number(0, "speed")?;
        if !BAUD_RATES.contains(&baud) {
            return Err(Refusal::new(ComplaintKind::OutOfRange, format!("speed {baud} is none of the module's")));
        }
        self.terminal.baud = baud;
        self.answer_ok();
        Ok(())
    }

    fn set_flow_control(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(2)?;
        let by_host = parameters.number_in(0, "dce_by_dte", 0..=2)? as u8;
        let by_module =
            if parameters.count() > 1 { parameters.number_in(1, "dte_by_dce", 0..=2)? as u8 } else { by_host };
        self.terminal.flow_control = (by_host, by_module);
        self.answer_ok();
        Ok(())
    }
}
