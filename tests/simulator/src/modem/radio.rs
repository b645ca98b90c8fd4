//! Registration, signal and the radio's settings.

use super::Modem;
use super::agenda::Step;
use super::answer::Refusal;
use super::line::Parameters;

impl Modem {
    /// Whether the module is registered, as far as it knows and regardless of what its queries report.
    pub(super) fn registered(&self) -> bool {
        self.network.attached
            && !self.network.silent
            && self.sim_is_ready()
            && self.terminal.since_boot.functionality == 1
    }

    pub(super) fn signal(&self) -> String {
        if self.registered() { format!("+CSQ: {},0", self.network.signal) } else { "+CSQ: 99,99".to_owned() }
    }

    pub(super) fn system_information(&self) -> String {
        if self.registered() {
            "+CPSI: LTE,Online,460-00,0x333C,39589680,308,EUTRAN-BAND3,1350,5,0,0,54,0,22".to_owned()
        } else if self.terminal.since_boot.functionality == 1 {
            "+CPSI: NO SERVICE,Online".to_owned()
        } else {
            "+CPSI: NO SERVICE,Low Power Mode".to_owned()
        }
    }

    /// CREG, CGREG and CEREG. With `<n>` 2 the answer includes the location, as in CPSI.
    pub(super) fn registration(&mut self, name: &str) -> String {
        let index = domain(name);
        let since_boot = &mut self.terminal.since_boot;
        since_boot.registration_queries[index] = since_boot.registration_queries[index].saturating_add(1);
        let searching = since_boot.registration_queries[index] <= self.behaviour.bring_up.registration_queries;
        let reports = since_boot.reports[index];
        let state = match (self.registered(), searching, self.behaviour.bring_up.roaming) {
            (true, false, false) => 1,
            (true, false, true) => 5,
            _ if self.terminal.since_boot.functionality != 1 => 0,
            _ => 2,
        };
        let place = if reports >= 2 && matches!(state, 1 | 5) { ",\"333C\",\"25C1330\",7" } else { "" };
        format!("+{name}: {reports},{state}{place}")
    }

    pub(super) fn report_registration(&mut self, name: &str, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        let highest = if name == "CEREG" { 5 } else { 2 };
        self.terminal.since_boot.reports[domain(name)] = parameters.number_in(0, "n", 0..=highest)? as u8;
        self.answer_ok();
        Ok(())
    }

    /// Full functionality, or a radio that is off; `<rst>` restarts the module.
    pub(super) fn set_functionality(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(2)?;
        let functionality = parameters.number_in(0, "fun", 0..=7)? as u8;
        let restarts = parameters.flag_or_off(1, "rst")? || functionality == 6;
        self.answer_ok();
        if restarts {
            self.agenda.plan(self.after(self.behaviour.timing.result), Step::Restart);
            return Ok(());
        }
        self.terminal.since_boot.functionality = functionality;
        if functionality != 1 {
            for context in self.network.contexts.values_mut() {
                context.active = false;
            }
            self.network_lost(self.now);
        } else if self.behaviour.bring_up.context_active {
            self.activate_first_context();
        }
        Ok(())
    }

    pub(super) fn set_mode(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        self.terminal.mode = parameters.number_in(0, "mode", 2..=111)?;
        self.answer_ok();
        Ok(())
    }
}

fn domain(name: &str) -> usize {
    match name {
        "CREG" => 0,
        "CGREG" => 1,
        _ => 2,
    }
}
