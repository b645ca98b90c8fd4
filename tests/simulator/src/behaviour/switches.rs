//! The table of switches by name.

use core::fmt;

use super::{Behaviour, Value};

/// One switch of the table.
pub struct Switch {
    /// Name on a command line.
    pub name: &'static str,
    /// Values it takes; a placeholder in angle brackets where any number or text will do.
    pub values: &'static [&'static str],
    /// One line of help.
    pub meaning: &'static str,
    set: fn(&mut Behaviour, &str) -> bool,
    get: fn(&Behaviour) -> String,
}

/// A switch could not be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwitchError {
    /// There is no such switch.
    UnknownName(String),
    /// The switch does not take the value.
    UnknownValue {
        /// Name of the switch.
        name: &'static str,
        /// The value it was to be set to.
        value: String,
        /// The values it takes.
        values: &'static [&'static str],
    },
}

impl Behaviour {
    /// Sets a switch by name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SwitchError> {
        let switch = SWITCHES
            .iter()
            .find(|switch| switch.name == name)
            .ok_or_else(|| SwitchError::UnknownName(name.to_owned()))?;
        if (switch.set)(self, value) {
            Ok(())
        } else {
            Err(SwitchError::UnknownValue { name: switch.name, value: value.to_owned(), values: switch.values })
        }
    }

    /// The value of a switch as text; nothing if there is no such switch.
    pub fn get(&self, name: &str) -> Option<String> {
        let switch = SWITCHES.iter().find(|switch| switch.name == name)?;
        Some((switch.get)(self))
    }
}

impl fmt::Display for SwitchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName(name) => write!(formatter, "no switch \"{name}\""),
            Self::UnknownValue { name, value, values } => {
                write!(formatter, "\"{name}\" takes {}, not \"{value}\"", values.join(" | "))
            }
        }
    }
}

impl core::error::Error for SwitchError {}

impl fmt::Debug for Switch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.name, self.values.join("|"))
    }
}

fn assign<T: Value>(field: &mut T, text: &str) -> bool {
    match T::from_text(text) {
        Some(value) => {
            *field = value;
            true
        }
        None => false,
    }
}

/// The values of a field, found by the type of the accessor that reads it.
const fn values_of<T: Value>(_: fn(&Behaviour) -> &T) -> &'static [&'static str] {
    T::VALUES
}

macro_rules! switch {
    ($name:literal, $($field:ident).+, $meaning:literal) => {
        Switch {
            name: $name,
            values: values_of(|behaviour| &behaviour.$($field).+),
            meaning: $meaning,
            set: |behaviour, text| assign(&mut behaviour.$($field).+, text),
            get: |behaviour| behaviour.$($field).+.to_text(),
        }
    };
}

/// Every switch.
pub static SWITCHES: &[Switch] = &[
    switch!("echo", echo, "echo at power-on"),
    switch!("prompt", prompt, "bytes of the prompt"),
    switch!("start-order", start_order, "order of START's OK and outcome"),
    switch!(
        "stale-answer-in-start",
        stale_answer_in_start,
        "the end of an earlier command's answer comes between the echo of START and its own answer"
    ),
    switch!("start-again", start_again, "answer to START of a started service"),
    switch!("start-failures", start_failures, "number of STARTs that fail before the PDP context is up"),
    switch!("stop-order", stop_order, "order of STOP's OK and outcome"),
    switch!("stop-acquired", stop_acquired, "answer to STOP with an acquired client"),
    switch!("stop-not-started", stop_not_started, "answer to STOP of a stopped service"),
    switch!("nonet-after-stop", nonet_after_stop, "+CMQTTNONET after STOP's answers"),
    switch!("acquire-in-use", acquire_in_use, "answer to ACCQ of an acquired index"),
    switch!("release-not-acquired", release_not_acquired, "answer to REL of a free index"),
    switch!("connect-failure", connect_failure, "order of the answers to a failing CONNECT"),
    switch!("tls-failure", tls_failure, "order of the answers to a CONNECT with TLS that fails before any handshake"),
    switch!(
        "tls-failures",
        tls_failures,
        "number of CONNECTs with TLS that fail in this way with 34, regardless of the files"
    ),
    switch!("connect-outcome", connect_outcome, "outcome of a CONNECT that succeeds: reported, or nothing after OK"),
    switch!(
        "taken-over",
        taken_over,
        "another device takes over each session right after CONNECT: SUB is refused with 11, without a URC"
    ),
    switch!("connect-bad-arguments", connect_bad_arguments, "answer to a malformed CONNECT"),
    switch!("connect-again", connect_again, "answer to CONNECT of a connected client"),
    switch!("connect-cut", connect_cut, "report of a connection that is closed between CONNACK and CONNECT's outcome"),
    switch!(
        "live-session-reboots",
        live_session_reboots,
        "DISC, STOP or CONNECT over a live session reboots the module"
    ),
    switch!("publish-failure", publish_failure, "order of the answers to a failing PUB"),
    switch!("subscribe-failure", subscribe_failure, "order of the answers to a failing SUB or UNSUB"),
    switch!("disconnect-order", disconnect_order, "order of DISC's OK and outcome"),
    switch!("disconnect-not-connected", disconnect_not_connected, "answer to DISC of a client that is not connected"),
    switch!("part-size", part_size, "longest part of a received topic or payload"),
    switch!("blank-lines", blank_lines, "blank lines before each header of a received message"),
    switch!("topic-separator", topic_separator, "separator between two topic parts"),
    switch!("payload-separator", payload_separator, "separator between two payload parts"),
    switch!("block-separator", block_separator, "separator after the last topic part and the last payload part"),
    switch!("message-in-subscribe", message_in_subscribe, "position of messages that arrive during SUB"),
    switch!("message-in-publish", message_in_publish, "position of messages that arrive during PUB"),
    switch!(
        "glued-messages",
        glued_messages,
        "messages that arrive while a command outside MQTT executes follow its final result at once"
    ),
    switch!("during-prompt", during_prompt, "messages that arrive while a prompt waits"),
    switch!("before-echo", before_echo, "URC between every command and its echo"),
    switch!("after-echo", after_echo, "URC between every echo and its result"),
    switch!("ready-line", ready_line, "line that reports a boot"),
    switch!("boot-lines", boot_lines, "further lines after the ready line"),
    switch!("reset-urcs", reset_urcs, "CONNLOST and NONET before the boot lines of a restart"),
    switch!("nonet", nonet, "the module knows +CMQTTNONET"),
    switch!("nonet-keeps-service", nonet_keeps_service, "the service survives +CMQTTNONET"),
    switch!("ping-urc", ping_urc, "+CMQTTPING before +CMQTTCONNLOST"),
    switch!("subscribe-read", subscribe_read, "layout of AT+CMQTTSUB?"),
    switch!("garbage-line", garbage_line, "answer to a line without AT"),
    switch!("ignores-before-at", ignores_before_at, "bytes before AT in a line are ignored"),
    switch!(
        "bytes-while-executing",
        bytes_while_executing,
        "bytes that arrive while a command executes: taken after its final result, or lost"
    ),
    switch!(
        "while-pending",
        while_pending,
        "commands of the other client and outside MQTT while an outcome is pending: carried out at once, refused, or later"
    ),
    switch!("timeout-outcome", timeout_outcome, "outcome of an operation that the broker has not answered in its time"),
    switch!("line-buffer", line_buffer, "longest command line"),
    switch!("prompt-delay", timing.prompt, "from a command to its prompt"),
    switch!("result-delay", timing.result, "from a command or its data to the final result"),
    switch!("start-delay", timing.start, "from START's OK to its outcome"),
    switch!("stop-delay", timing.stop, "from STOP's OK to its outcome"),
    switch!("connect-delay", timing.connect, "least time from CONNECT's OK to its outcome"),
    switch!("subscribe-delay", timing.subscribe, "least time from SUB's OK to its outcome"),
    switch!("publish-delay", timing.publish, "least time from PUB's OK to its outcome"),
    switch!("disconnect-delay", timing.disconnect, "least time from DISC's OK to its outcome"),
    switch!("extra-ok-delay", timing.extra_ok, "from a failure to the second OK of ok-twice"),
    switch!("boot-delay", timing.boot, "from a restart to the ready line"),
    switch!(
        "ready-line-delay",
        bring_up.ready_line_delay,
        "from the moment at which commands are accepted to the ready line; until then AT+CPIN? fails"
    ),
    switch!("sim-pin", bring_up.pin, "PIN that the SIM requires; none if empty"),
    switch!("sim-failures", bring_up.sim_failures, "number of AT+CPIN? that fail after a boot"),
    switch!("sim-failure", bring_up.sim_failure, "the +CME ERROR they fail with"),
    switch!(
        "registration-queries",
        bring_up.registration_queries,
        "number of AT+CREG?, AT+CGREG? and AT+CEREG? that answer 0,2 after a boot"
    ),
    switch!("roaming", bring_up.roaming, "registered is 0,5"),
    switch!("context-active", bring_up.context_active, "the first PDP context is active without AT+CGACT"),
    switch!(
        "context-activation",
        bring_up.context_activation,
        "answer to AT+CGACT that activates a context; the context has an address in any case"
    ),
    switch!("address-queries", bring_up.address_queries, "number of AT+CGPADDR without an address after a boot"),
    switch!("second-context", bring_up.second_context, "AT+CGPADDR shows a second context without addresses"),
    switch!("iccid-prefix", bring_up.iccid_prefix, "prefix of the number in the answer to AT+CICCID"),
    switch!("automatic-time", bring_up.automatic_time, "the clock follows the network unless AT+CTZU=0"),
    switch!("clock-year", bring_up.clock_year, "digits of the year of AT+CCLK?"),
    switch!("unset-clock", bring_up.unset_clock, "initial time of a clock that was never set"),
    switch!("time-server-outcome", bring_up.time_server_outcome, "<err> of AT+CNTP, 0 is success"),
    switch!("time-server-delay", timing.time_server, "from the OK of AT+CNTP to its outcome"),
    switch!("boot-stk", bring_up.boot_stk, "a +MSTK of more than 250 bytes among the boot lines"),
    switch!("boot-events", bring_up.boot_events, "+CGEV among the boot lines"),
    switch!("done-order", bring_up.done_order, "order of SMS DONE and PB DONE"),
    switch!("done-delay", bring_up.done_delay, "from the other boot lines to SMS DONE and PB DONE"),
    switch!("mqtt", firmware.mqtt, "the firmware has the MQTT commands"),
    switch!("tls", firmware.tls, "the firmware has AT+CSSLCFG"),
    switch!(
        "unknown-ssl-settings",
        firmware.unknown_ssl_settings,
        "settings of AT+CSSLCFG that the firmware does not know, separated by commas"
    ),
    switch!("highest-ssl-version", firmware.highest_ssl_version, "highest sslversion of AT+CSSLCFG"),
    switch!(
        "version-choice",
        firmware.version_choice,
        "the firmware lets the host choose MQTT 3.1.1 where its family does"
    ),
    switch!("always-checks-time", firmware.always_checks_time, "ignorelocaltime is accepted and has no effect"),
    switch!("missing-file", firmware.missing_file, "code of a CONNECT with a file that is not on the module"),
    switch!(
        "reads-crlf-certificates",
        firmware.reads_crlf_certificates,
        "certificates with CR LF line ends can be read; if not, CONNECT fails with 34"
    ),
    switch!("certificate-replace", firmware.certificate_replace, "AT+CCERTDOWN of a name that exists already"),
    switch!("power-key-on", power.key_on, "how long PWRKEY is held to switch on"),
    switch!("power-key-off", power.key_off, "how long PWRKEY is held to switch off"),
    switch!("reset-key", power.reset, "how long RESET is held to restart"),
    switch!("shutdown-delay", power.shutdown, "from a switch-off to the status pin going low"),
    switch!("dtr-wakes", power.dtr_wakes, "a low DTR ends the sleep of AT+CSCLK=1"),
    switch!("bytes-wake", power.bytes_wake, "bytes wake a module that a low DTR has not woken, and are lost"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::SuccessOrder;
    use crate::family::Family;

    #[test]
    fn every_switch_takes_every_value_it_lists() {
        for switch in SWITCHES {
            for value in switch.values {
                let value = if value.starts_with('<') { "7" } else { value };
                let mut behaviour = Behaviour::of(Family::A7600);
                assert_eq!(behaviour.set(switch.name, value), Ok(()));
                assert_eq!(behaviour.get(switch.name).as_deref(), Some(value));
            }
        }
    }

    #[test]
    fn a_switch_sets_its_field() {
        let mut behaviour = Behaviour::of(Family::A7600);
        behaviour.set("start-order", "result-first").unwrap();
        assert_eq!(behaviour.start_order, SuccessOrder::ResultFirst);
    }

    #[test]
    fn unknown_names_and_values_are_refused() {
        let mut behaviour = Behaviour::of(Family::A7600);
        assert_eq!(behaviour.set("colour", "red"), Err(SwitchError::UnknownName("colour".into())));
        assert_eq!(behaviour.set("echo", "loud").unwrap_err().to_string(), "\"echo\" takes on | off, not \"loud\"");
    }

    #[test]
    fn names_are_unique() {
        for (index, switch) in SWITCHES.iter().enumerate() {
            assert!(SWITCHES[..index].iter().all(|earlier| earlier.name != switch.name));
        }
    }
}
