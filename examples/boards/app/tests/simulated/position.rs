//! The task that asks the module where it is.

use std::time::Duration;

use simcom_modem_simulator::behaviour::{Override, ScriptedAnswer};
use simcom_modem_simulator::family::Family as ModuleFamily;

use crate::MINUTE;
use crate::bench::{Shell, Station};

const FIX: &[u8] = b"\r\n+CGPSINFO: 5230.976500,N,01322.662240,E,010126,101500.0,44.1,0.0,0\r\n\r\nOK\r\n";
const NO_FIX: &[u8] = b"\r\n+CGPSINFO: ,,,,,,,,\r\n\r\nOK\r\n";
const TEXT: &str = r#"{"latitude":52.516275,"longitude":13.377704}"#;

fn station(family: ModuleFamily, position: &[u8]) -> Station {
    let station = Station::new(family);
    let power_on = match family {
        ModuleFamily::A7600 | ModuleFamily::Sim7600 => "AT+CGPS=1",
        ModuleFamily::A76xx | ModuleFamily::Sim767x => "AT+CGNSSPWR=1",
    };
    let answers = [(power_on, 1, &b"\r\nOK\r\n"[..]), (power_on, 0, b"\r\nERROR\r\n"), ("AT+CGPSINFO", 0, position)];
    station.bench.modem(|module, _| {
        let answers = answers.map(|(prefix, nth, answer)| Override {
            prefix: prefix.to_owned(),
            nth,
            answer: ScriptedAnswer::Exactly(answer.to_vec()),
        });
        module.behaviour_mut().overrides.extend(answers);
    });
    station
}

#[test]
fn a_position_is_published_when_it_is_asked_for_beside_measurements_and_commands() {
    for family in ModuleFamily::ALL {
        let station = station(family, FIX);
        for second in [100, 200] {
            station.message_at(Duration::from_secs(second), "device-7/locate", "");
        }
        station.command_at(Duration::from_secs(100), "led on");
        station.run_for(5 * MINUTE, Shell::Tasks);
        // One of them when the session came up.
        assert_eq!(station.payloads("device-7/position"), [TEXT; 3], "{}", station.bench.transcript_text());
        assert_eq!(station.payloads("device-7/answer"), ["led is on", "restarting"]);
        assert_eq!(station.payloads("device-7/measurement").len(), 5);
        assert!(station.led.get());
        station.assert_no_complaints();
    }
}

#[test]
fn a_module_without_a_fix_publishes_no_position() {
    for family in ModuleFamily::ALL {
        let station = station(family, NO_FIX);
        station.run_for(30 * MINUTE, Shell::Tasks);
        assert!(station.payloads("device-7/position").is_empty());
        assert_eq!(station.payloads("device-7/measurement").len(), 30);
        assert!(station.commands_sent("AT+CGPSINFO") > 50);
        station.assert_no_complaints();
    }
}
