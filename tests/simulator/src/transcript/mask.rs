//! Replaces secrets by the same number of `x`.
//!
//! A line may have lost, doubled or changed one byte, and it may be incomplete: a secret must not show then either. So
//! a name that is one byte off still matches, and a secret ends at the last quote of the line, not at the next one.

/// Replaces every byte of a secret.
const MASK: u8 = b'x';

/// Names of commands whose digits are PINs and passwords of the SIM card.
const DIGITS_BEHIND: [&[u8]; 3] = [b"CPIN=", b"CLCK=", b"CPWD="];
/// Shortest PIN.
const SHORTEST_PIN: usize = 4;
/// Settings whose value is a password, or the name of a file with one.
const KEY_PASSWORDS: [&[u8]; 2] = [b"keypwd", b"password"];

/// Commands whose data are certificates and keys, which may be secret.
pub fn masked_data(data: &[u8]) -> Vec<u8> {
    vec![MASK; data.len()]
}

/// A line, or the beginning of one, with its secrets masked: the password of `AT+CMQTTCONNECT` in command, echo and
/// answer, passwords of keys, PINs, and the credentials of `AT+CGAUTH`.
pub fn masked_line(line: &[u8]) -> Vec<u8> {
    let mut masked = line.to_vec();
    if let Some(rest) = behind_user_of_connect(line) {
        mask_value(&mut masked, rest);
    }
    if let Some(rest) = behind_any(line, &KEY_PASSWORDS) {
        mask_value(&mut masked, rest);
    }
    // The list of its ranges has no quotes.
    if let Some(rest) = behind_near(line, b"CGAUTH=").filter(|_| line.contains(&b'"')) {
        // <cid>,<auth_type>, then two texts.
        let numbers = line[rest..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b',').count();
        mask_texts(&mut masked[rest + numbers..]);
    }
    if let Some(rest) = behind_any(line, &DIGITS_BEHIND) {
        mask_digits(&mut masked[rest..]);
    }
    masked
}

/// Address and user name are the first two texts in quotes of a CONNECT line.
fn behind_user_of_connect(line: &[u8]) -> Option<usize> {
    // Two marks: one lost byte leaves one of them.
    let is_connect = find(line, b"MQTTCONNECT").is_some() || find(line, b"tcp:").is_some();
    let mut quotes = line.iter().enumerate().filter(|(_, byte)| **byte == b'"').map(|(place, _)| place + 1);
    if is_connect { quotes.nth(3) } else { None }
}

/// Masks a quoted value from `start` on; before its first quote there are only separators and the number of a context.
fn mask_value(line: &mut [u8], start: usize) {
    let mut value = &mut line[start..];
    for separator in [&b"\""[..], b",", b"0123456789", b",", b"\""] {
        if value.first().is_some_and(|byte| separator.contains(byte)) {
            value = &mut value[1..];
        }
    }
    if let [inner @ .., b'"'] = value {
        inner.fill(MASK);
    } else {
        value.fill(MASK);
    }
}

/// Masks quoted texts with any content: only quotes and the comma between two texts stay.
fn mask_texts(line: &mut [u8]) {
    let separators: Vec<usize> =
        line.windows(3).enumerate().filter(|(_, it)| it == b"\",\"").map(|(i, _)| i + 1).collect();
    for (place, byte) in line.iter_mut().enumerate() {
        if *byte != b'"' && !separators.contains(&place) {
            *byte = MASK;
        }
    }
}

/// Masks every number with at least as many digits as a PIN.
fn mask_digits(line: &mut [u8]) {
    for run in line.chunk_by_mut(|one, other| one.is_ascii_digit() && other.is_ascii_digit()) {
        if run.len() >= SHORTEST_PIN {
            run.fill(MASK);
        }
    }
}

fn behind_any(line: &[u8], names: &[&[u8]]) -> Option<usize> {
    names.iter().find_map(|name| behind_near(line, name))
}

/// The position after `name` in `line`, where `name` may lack one byte, have one more or have one changed.
fn behind_near(line: &[u8], name: &[u8]) -> Option<usize> {
    let exact = find(line, name).map(|place| place + name.len());
    exact.or_else(|| {
        (0..line.len()).find_map(|start| {
            let lengths = [name.len(), name.len() + 1, name.len() - 1];
            let mut ends = lengths.into_iter().map(|length| start + length).filter(|end| *end <= line.len());
            ends.find(|end| is_one_byte_off(&line[start..*end], name))
        })
    })
}

fn is_one_byte_off(text: &[u8], name: &[u8]) -> bool {
    let same_front = text.iter().zip(name).take_while(|(one, other)| one == other).count();
    let same_back = text.iter().rev().zip(name.iter().rev()).take_while(|(one, other)| one == other).count();
    same_front + same_back + 1 >= text.len().max(name.len())
}

fn find(line: &[u8], text: &[u8]) -> Option<usize> {
    line.windows(text.len()).position(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        String::from_utf8(masked_line(line.as_bytes())).unwrap()
    }

    #[test]
    fn every_secret_becomes_as_many_x() {
        for (line, expected) in [
            (
                r#"AT+CMQTTCONNECT=0,"tcp://h:1883",60,1,"me","s, e\cret""#,
                r#"AT+CMQTTCONNECT=0,"tcp://h:1883",60,1,"me","xxxxxxxxx""#,
            ),
            (
                r#"+CMQTTCONNECT: 0,"tcp://h:1883",60,1,"me","secret""#,
                r#"+CMQTTCONNECT: 0,"tcp://h:1883",60,1,"me","xxxxxx""#,
            ),
            (r#"AT+CSSLCFG="keypwd",0,"9secret""#, r#"AT+CSSLCFG="keypwd",0,"xxxxxxx""#),
            (r#"AT+CSSLCFG="password",9,"pw.txt""#, r#"AT+CSSLCFG="password",9,"xxxxxx""#),
            ("AT+CPIN=1234", "AT+CPIN=xxxx"),
            (r#"AT+CPIN="12345678","8765""#, r#"AT+CPIN="xxxxxxxx","xxxx""#),
            (r#"AT+CLCK="SC",1,"1234""#, r#"AT+CLCK="SC",1,"xxxx""#),
            (r#"AT+CGAUTH=1,2,"pa,ss","user""#, r#"AT+CGAUTH=1,2,"xxxxx","xxxx""#),
        ] {
            assert_eq!(masked(line), expected);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for line in [
            r#"AT+CMQTTCONNECT=0,"tcp://h:1883",60,1,"me""#,
            "+CMQTTCONNECT: 0,0",
            r#"AT+CSSLCFG="cacert",0,"ca.pem""#,
            r#"+CGDCONT: 1,"IP","internet","0.0.0.0",0,0"#,
            r#"+COPS: (2,"Operator","Op","46011",7)"#,
            "AT+CPIN?",
            "+CPIN: READY",
            "AT+IPR=115200",
            "+CGAUTH: (1-15),(0-3)",
        ] {
            assert_eq!(masked(line), line);
        }
    }

    #[test]
    fn a_secret_shows_in_no_line_that_is_damaged_in_one_byte_or_cut() {
        for (line, secret) in [
            (r#"AT+CMQTTCONNECT=0,"tcp://h:1883",60,1,"me","topsecret""#, "psecr"),
            (r#"AT+CSSLCFG="keypwd",0,"topsecret""#, "psecr"),
            (r#"AT+CGAUTH=1,2,"topsecret","me""#, "psecr"),
            ("AT+CPIN=12345678", "45"),
        ] {
            for place in 0..line.len() {
                let mut lost = line.as_bytes().to_vec();
                lost.remove(place);
                let mut doubled = line.as_bytes().to_vec();
                doubled.insert(place, doubled[place]);
                for changed_to in [b'~', b'"', b','] {
                    let mut changed = line.as_bytes().to_vec();
                    changed[place] = changed_to;
                    assert!(!String::from_utf8(masked_line(&changed)).unwrap().contains(secret), "{line} at {place}");
                }
                let cut = line.as_bytes()[..place].to_vec();
                for damaged in [lost, doubled, cut] {
                    let shown = String::from_utf8(masked_line(&damaged)).unwrap();
                    assert!(!shown.contains(secret), "{shown}");
                    assert_eq!(shown.len(), damaged.len());
                }
            }
        }
    }
}
