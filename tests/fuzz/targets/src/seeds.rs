//! Inputs to begin with: dialogues of a core with a simulated module, and byte sequences that modules were seen to send.

use core::time::Duration;

use simcom_mqtt::sans_io::{Call, Core};
use simcom_mqtt::{Family, RefuseAll};

use crate::answers;
use crate::core::calls::{self, CALLS, Carrier, Expected};
use crate::core::simulated::{Said, Simulated};
use crate::script::{Step, input};

/// The seeds of one target.
pub type Seeds = Vec<Vec<u8>>;

const FAMILIES: [Family; 4] = [Family::A7600, Family::A76xx, Family::Sim7600, Family::Sim767x];

/// What a program does in one life, by the numbers of the calls.
const SESSIONS: [&[u8]; 6] = [
    &[0, 12, 14, 6, 7, 9, 16, 17, 19],
    &[2, 13, 15, 8, 11, 18, 19],
    &[1, 12, MESSAGE, 20, 7, 17, 4, 10, 19],
    &[23, 21, 24, 25, 26, 27, 28, 29, 30, 31],
    &[22, 33, 34, 35, 3, 1, 19],
    &[0, 12, MESSAGE, MESSAGE, 7, 20, 20, 4],
];
/// Not a call: the broker has a message.
const MESSAGE: u8 = CALLS;

/// What modules were seen to say, each behind the number of the call that it answers.
const SEEN: [(u8, &[u8]); 18] = [
    (34, b"AT\r\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n\x01\x64\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n"),
    (34, b"\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n\x01\x64\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n"),
    (34, b"\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n\x01\x64+CGREG: 0,1\r\n\r\nOK\r\nSMS DONE\r\n\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"),
    (0, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\nERROR\r\n\r\nERROR\r\n\r\n+CMQTTACCQ: 0,19\r\n\r\nERROR\r\n"),
    (0, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\n+CMQTTACCQ: 0,\"device-7\",0\r\n+CMQTTACCQ: 1,\"\",0\r\n\r\nOK\r\n\
         \r\n+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n\r\n+CMQTTCONNECT: 0,\"tcp://broker.example:1883\",60,1\r\n\
         +CMQTTCONNECT: 1\r\n\r\nOK\r\n"),
    (0, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\nERROR\r\n\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n\r\nOK\r\n\
         \r\n+CMQTTCONNECT: 0,3\r\n\r\nERROR\r\n"),
    (0, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\nERROR\r\n\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n\r\nOK\r\n\
         \r\nOK\r\n\x02\x10\r\n+CMQTTCONNECT: 0,26\r\n"),
    (19, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\n+CMQTTDISC: 0,11\r\n\r\nERROR\r\n\r\n+CMQTTREL: 0,20\r\n\r\nERROR\r\n\
         \r\nOK\r\n\r\nOK\r\n\r\n+CMQTTSTOP: 0\r\n\r\nOK\r\n\r\n+CMQTTNONET\r\n"),
    (20, b"\r\n+CMQTTRXSTART: 0,12,15\r\n+CMQTTRXTOPIC: 0,12\r\ndevice-7/cmd\r\n+CMQTTRXPAYLOAD: 0,15\r\n\r\nOK\r\n>\r\nERROR\
         \r\n\r\n+CMQTTRXEND: 0\r\n"),
    (20, b"\r\n+CMQTTRXSTART: 0,2,0\r\n\r\n+CMQTTRXTOPIC: 0,2\r\nab\r\n\r\n\r\n+CMQTTRXEND: 0\r\n"),
    (20, b"\r\n+CMQTTRXSTART: 0,1,4\r\n+CMQTTRXTOPIC: 0,1\r\na+CMQTTRXPAYLOAD: 0,2\r\nbc\r\n+CMQTTRXPAYLOAD: 0,2\r\nde\r\n\
         +CMQTTRXEND: 0\r\n+CMQTTRXSTART: 1,1,1\r\n+CMQTTRXTOPIC: 1,1\r\nx\r\n+CMQTTRXPAYLOAD: 1,1\r\ny\r\n+CMQTTRXEND: 1\r\n"),
    (20, b"\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n\r\nRDY\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\nPB DONE\r\n"),
    (20, b"\r\n*ATREADY: 1\r\n\r\n*ISIMAID: \"A0000000871004\"\r\n\r\n+CMQTTRECV: 0,\"a\",2,\"on\"\r\n"),
    (23, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n\r\n+CGDCONT: 1,\"IP\",\"internet\"\r\n\r\nOK\r\n\
         \r\n+CREG: 0,1\r\n\r\nOK\r\n\r\n+CGREG: 0,5\r\n\r\nOK\r\n\r\n+CGACT: 1,1\r\n\r\nOK\r\n\r\n+CGPADDR: 1,10.0.0.7\r\n\r\nOK\r\n"),
    (23, b"\r\n+CME ERROR: SIM failure\r\n\r\n+CME ERROR: 14\r\n\r\n+CGEV: ME PDN DEACT 1\r\n\r\n+CME ERROR: unknown error (#33)\r\n"),
    (26, b"$GNRMC,,V,,,,,,,,,,N*4D\r\nAT+CSQ\r$GNRMC,,V*4D\r\n\r\n+CSQ: 99,99\r\n\r\nOK\r\n+CMT: \"+491\",,\"26\"\r\nOK\r\n"),
    (30, b"\r\n+CCLK: \"2026/09/24,10:16:26+28\"\r\n\r\nOK\r\n\r\n+CCLK: \"70/01/01,00:00:12+00\"\r\n\r\nOK\r\n"),
    (32, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\n> \r\n+CMGS: 3\r\n\r\nOK\r\n"),
];

/// For the parser: what a module says.
pub fn parser() -> Seeds {
    let all_prompts = |bytes: &[u8]| [&[0xff, 7][..], bytes].concat();
    let seen = SEEN.iter().map(|(_, bytes)| all_prompts(bytes));
    let simulated = dialogues().map(|Dialogue { parts, .. }| {
        let said = parts.iter().filter_map(|part| match part {
            Part::Said(Said::ByModule(bytes)) => Some(&bytes[..]),
            _ => None,
        });
        all_prompts(&said.collect::<Vec<_>>().concat())
    });
    seen.chain(simulated).collect()
}

/// For the core: the calls, what the module says, and when.
pub fn core() -> Seeds {
    let seen = SEEN.iter().map(|(call, bytes)| [&[8 + 2, 5, *call][..], bytes].concat());
    let simulated = dialogues().map(|Dialogue { family, parts }| {
        let steps = parts.into_iter().flat_map(|part| match part {
            Part::Call(call) => vec![Step::Operation(5, call)],
            Part::Said(Said::ByModule(bytes)) => vec![Step::Bytes(bytes)],
            Part::Said(Said::ByHost(_)) => vec![],
            Part::Said(Said::Nothing(time)) => pass(time),
        });
        script(family | 8, &steps.collect::<Vec<_>>())
    });
    seen.chain(simulated).collect()
}

/// For the parsers of answers: an answer to each command.
pub fn answers() -> Seeds {
    answers::examples().map(|(number, answer)| [&[number, 7][..], answer.as_bytes()].concat()).collect()
}

/// For the module: what the host says, and when.
pub fn module() -> Seeds {
    let simulated = dialogues().map(|Dialogue { family, parts }| {
        let steps = parts.into_iter().flat_map(|part| match part {
            Part::Said(Said::ByHost(bytes)) => vec![Step::Bytes(bytes)],
            Part::Said(Said::Nothing(time)) => pass(time),
            _ => vec![],
        });
        script(family, &steps.collect::<Vec<_>>())
    });
    simulated.collect()
}

fn script(head: u8, steps: &[Step]) -> Vec<u8> {
    [&[head][..], &input(steps)].concat()
}

/// Time passes, as much or a little more.
fn pass(time: Duration) -> Vec<Step> {
    match u8::try_from(time.as_millis()) {
        Ok(milliseconds) => vec![Step::Operation(1, milliseconds)],
        Err(_) => {
            let tens = time.as_millis().div_ceil(10) as f64;
            vec![Step::Operation(2, tens.sqrt().ceil().min(255.0) as u8)]
        }
    }
}

struct Dialogue {
    /// As the first byte of an input says it.
    family: u8,
    parts: Vec<Part>,
}

enum Part {
    Call(u8),
    Said(Said),
}

/// Every session with every family.
fn dialogues() -> impl Iterator<Item = Dialogue> {
    FAMILIES.into_iter().enumerate().flat_map(|(number, family)| {
        SESSIONS.into_iter().map(move |session| {
            let mut recorder = Recorder::new(family);
            for &call in session {
                recorder.call(call);
            }
            Dialogue { family: number as u8, parts: recorder.parts }
        })
    })
}

/// Carries out calls on a simulated module.
struct Recorder {
    core: Core<'static>,
    module: Simulated,
    now: Duration,
    parts: Vec<Part>,
}

impl Recorder {
    fn new(family: Family) -> Self {
        let now = Duration::ZERO;
        Self { core: Core::new(family), module: Simulated::switched_on(family, now), now, parts: vec![] }
    }

    fn call(&mut self, number: u8) {
        if number == MESSAGE {
            let payload = b"\r\nOK\r\n>+CMQTTRXEND: 0\r\n".repeat(70);
            return self.module.broker.publish(self.now, b"device-7/cmd/x", &payload, false);
        }
        self.parts.push(Part::Call(number));
        calls::begin(self, number);
    }
}

impl Carrier for Recorder {
    fn core(&mut self) -> &mut Core<'static> {
        &mut self.core
    }

    fn during(&mut self, mut call: Call<'_>, _: &Expected) {
        let Self { core, module, now, .. } = self;
        // Whatever becomes of it: some calls are not legal where the session makes them.
        let _ = module.carry_out(core, &mut RefuseAll, now, &mut call);
        let said = module.dialogue.drain(..).map(Part::Said);
        self.parts.extend(said);
    }

    fn take_events(&mut self) -> usize {
        core::iter::from_fn(|| self.core.take_event()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sessions_come_as_far_as_a_publish() {
        for Dialogue { family, parts } in dialogues().step_by(SESSIONS.len()) {
            let has_published = parts.iter().any(|part| match part {
                Part::Said(Said::ByModule(bytes)) => bytes.windows(14).any(|text| text == b"+CMQTTPUB: 0,0"),
                _ => false,
            });
            assert!(has_published, "family {family}");
        }
    }

    #[test]
    fn a_recorded_session_takes_the_core_the_same_way() {
        assert_eq!(core().len(), SEEN.len() + FAMILIES.len() * SESSIONS.len());
        for seed in core() {
            crate::core::check(&seed);
        }
    }
}
