//! An input as a script: literal bytes, and operations in between.
//!
//! A byte below 16 other than CR and LF is an operation, and the next byte is its argument; operation 0 is that
//! argument as a literal byte. Every other byte is literal. So a dialogue is its own script, and an input is readable.

/// A step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// One or more bytes that arrive in one piece.
    Bytes(Vec<u8>),
    /// An operation with its argument.
    Operation(u8, u8),
}

/// Reads an input.
pub fn steps(input: &[u8]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut bytes = Vec::new();
    let mut rest = input.iter().copied();
    while let Some(byte) = rest.next() {
        if !is_operation(byte) {
            bytes.push(byte);
            continue;
        }
        let argument = rest.next().unwrap_or_default();
        if byte == 0 {
            bytes.push(argument);
            continue;
        }
        if !bytes.is_empty() {
            steps.push(Step::Bytes(core::mem::take(&mut bytes)));
        }
        steps.push(Step::Operation(byte, argument));
    }
    if !bytes.is_empty() {
        steps.push(Step::Bytes(bytes));
    }
    steps
}

/// Writes an input, for seeds.
pub fn input(steps: &[Step]) -> Vec<u8> {
    let mut input = Vec::new();
    for step in steps {
        match step {
            Step::Bytes(bytes) => {
                for &byte in bytes {
                    if is_operation(byte) {
                        input.push(0);
                    }
                    input.push(byte);
                }
            }
            Step::Operation(operation, argument) => input.extend([*operation, *argument]),
        }
    }
    input
}

fn is_operation(byte: u8) -> bool {
    byte < 16 && !matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let script = [
            Step::Operation(5, 1),
            Step::Bytes(b"\r\nOK\r\n\x00\x05\xff".to_vec()),
            Step::Operation(2, 0),
            Step::Bytes(b"x".to_vec()),
        ];
        assert_eq!(steps(&input(&script)), script);
    }

    #[test]
    fn any_bytes_are_a_script() {
        assert_eq!(steps(b"a\x01"), [Step::Bytes(b"a".to_vec()), Step::Operation(1, 0)]);
        assert_eq!(steps(b"\x00"), [Step::Bytes(vec![0])]);
        assert_eq!(steps(b""), []);
    }
}
