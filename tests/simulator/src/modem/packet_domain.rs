//! PDP contexts: CGDCONT, CGSOCKCONT, CGAUTH, CGACT, CGPADDR.

use super::agenda::Step;
use super::answer::{ERROR, Refusal, framed};
use super::dispatch::not_in_family;
use super::line::Parameters;
use super::terminal::{NOT_SUBSCRIBED, UNKNOWN};
use super::{Modem, PdpContext};
use crate::behaviour::ContextActivation;
use crate::referee::ComplaintKind;

const ADDRESS: &str = "10.49.14.68";
const NO_ADDRESS: &str = "0.0.0.0";
/// IPv6 addresses are sixteen numbers.
const ADDRESS_6: &str = "32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.7";
const NO_ADDRESS_6: &str = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";

impl Modem {
    /// After a boot the first context is active at most.
    pub(super) fn forget_contexts(&mut self) {
        for context in self.network.contexts.values_mut() {
            context.active = false;
        }
        if self.behaviour.bring_up.context_active {
            self.activate_first_context();
        }
    }

    pub(super) fn activate_first_context(&mut self) {
        if let Some(first) = self.network.contexts.get_mut(&1) {
            first.active = true;
        }
    }

    pub(super) fn any_context_is_active(&self) -> bool {
        self.network.contexts.values().any(|context| context.active)
    }

    pub(super) fn define_socket_context(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        if !self.family.has_socket_contexts() {
            return Err(not_in_family("the family has no CGSOCKCONT"));
        }
        self.define_context(parameters)
    }

    /// `<cid>` alone undefines a context. Redefined, a context stays active.
    pub(super) fn define_context(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(13)?;
        let cid = context_id(parameters, 0)?;
        if parameters.count() == 1 {
            self.network.contexts.remove(&cid);
            self.answer_ok();
            return Ok(());
        }
        let pdp_type = parameters.text(1, "PDP_type", 2..=6)?;
        if !["IP", "IPV6", "IPV4V6", "PPP"].contains(&pdp_type.as_str()) {
            let what = format!("PDP_type \"{pdp_type}\" is none");
            return Err(Refusal::new(ComplaintKind::OutOfRange, what));
        }
        let apn = parameters.optional_text(2, "APN", 0..=100)?.unwrap_or_default();
        let active = self.network.contexts.get(&cid).is_some_and(|context| context.active);
        self.network.contexts.insert(cid, PdpContext { active, ..PdpContext::new(&pdp_type, &apn) });
        self.answer_ok();
        Ok(())
    }

    pub(super) fn contexts(&self) -> Vec<String> {
        let line = |(cid, context): (&u8, &PdpContext)| {
            format!("+CGDCONT: {cid},\"{}\",\"{}\",\"0.0.0.0\",0,0,0,0", context.pdp_type, context.apn)
        };
        self.network.contexts.iter().map(line).collect()
    }

    /// The order of user and password differs between families, so both are kept as received.
    pub(super) fn authenticate(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(4)?;
        let cid = context_id(parameters, 0)?;
        let protocol = if parameters.count() > 1 { parameters.number_in(1, "auth_type", 0..=3)? as u8 } else { 0 };
        let mut credentials = Vec::new();
        for index in 2..parameters.count() {
            credentials.push(parameters.text(index, "user or passwd", 0..=127)?);
        }
        let Some(context) = self.network.contexts.get_mut(&cid) else {
            return Err(Refusal::new(ComplaintKind::ContextNotDefined, "CGDCONT comes first"));
        };
        context.authentication = Some((protocol, credentials));
        self.answer_ok();
        Ok(())
    }

    /// Neither a password nor a field that may hold one is ever shown.
    pub(super) fn authentications(&self) -> Vec<String> {
        let contexts = self.network.contexts.iter();
        let set = contexts.filter_map(|(cid, context)| Some((cid, context.authentication.as_ref()?.0)));
        set.map(|(cid, protocol)| format!("+CGAUTH: {cid},{protocol}")).collect()
    }

    /// `<state>[,<cid>]`; without `<cid>` every context. Fails without a complaint while the module is not registered.
    pub(super) fn activate(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(2)?;
        let active = parameters.flag(0, "state")?;
        let one = if parameters.count() == 2 { Some(context_id(parameters, 1)?) } else { None };
        if one.is_some_and(|cid| !self.network.contexts.contains_key(&cid)) {
            return Err(Refusal::new(ComplaintKind::ContextNotDefined, "CGDCONT comes first"));
        }
        if active && !self.registered() {
            self.answer(ERROR.to_vec());
            return Ok(());
        }
        for (cid, context) in &mut self.network.contexts {
            if one.is_none_or(|one| one == *cid) {
                context.active = active;
            }
        }
        self.answer_activation(active);
        Ok(())
    }

    fn answer_activation(&mut self, active: bool) {
        match self.behaviour.bring_up.context_activation {
            _ if !active => self.answer_ok(),
            ContextActivation::Ok => self.answer_ok(),
            ContextActivation::UnknownError => self.answer_error_as(UNKNOWN, "+CME ERROR: unknown error"),
            ContextActivation::NotSubscribed => {
                self.answer_error_as(NOT_SUBSCRIBED, &format!("+CME ERROR: {}", NOT_SUBSCRIBED.text));
                let urc = framed("+CGEV: ME PDN DEACT 1");
                self.agenda.plan(self.after(self.behaviour.timing.result), Step::Emit(urc));
            }
        }
    }

    pub(super) fn activations(&self) -> Vec<String> {
        let registered = self.registered();
        let line =
            |(cid, context): (&u8, &PdpContext)| format!("+CGACT: {cid},{}", u8::from(context.active && registered));
        self.network.contexts.iter().map(line).collect()
    }

    /// `AT+CGPADDR=<cid>`: a context that is not defined has no line.
    pub(super) fn address(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        let cid = context_id(parameters, 0)?;
        let addresses = self.addresses();
        let lines: Vec<_> = addresses.into_iter().filter(|(known, _)| *known == cid).map(|(_, line)| line).collect();
        self.answer_lines(&lines);
        Ok(())
    }

    pub(super) fn all_addresses(&mut self) -> Vec<String> {
        self.addresses().into_iter().map(|(_, line)| line).collect()
    }

    fn addresses(&mut self) -> Vec<(u8, String)> {
        let since_boot = &mut self.terminal.since_boot;
        since_boot.address_queries = since_boot.address_queries.saturating_add(1);
        let assigned = since_boot.address_queries > self.behaviour.bring_up.address_queries && self.registered();
        let line = |(cid, context): (&u8, &PdpContext)| {
            let has_one = context.active && assigned;
            let address = if has_one { ADDRESS } else { NO_ADDRESS };
            let address_6 = if has_one { ADDRESS_6 } else { NO_ADDRESS_6 };
            let text = match context.pdp_type.as_str() {
                "IPV6" => address_6.to_owned(),
                "IPV4V6" => format!("{address},{address_6}"),
                _ => address.to_owned(),
            };
            (*cid, format!("+CGPADDR: {cid},{text}"))
        };
        let mut lines: Vec<_> = self.network.contexts.iter().map(line).collect();
        if self.behaviour.bring_up.second_context && !self.network.contexts.contains_key(&2) {
            lines.push((2, format!("+CGPADDR: 2,{NO_ADDRESS},{NO_ADDRESS_6}")));
            lines.sort_by_key(|(cid, _)| *cid);
        }
        lines
    }
}

pub(super) fn context_id(parameters: &Parameters, index: usize) -> Result<u8, Refusal> {
    Ok(parameters.number_in(index, "cid", 1..=16)? as u8)
}
