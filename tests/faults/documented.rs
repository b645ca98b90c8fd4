//! The longest time of each call, as the documentation of `Client` states it.

use core::time::Duration;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::session::Call;

const FILE: &str = "src/client/mod.rs";
const HEADING: &str = "/// # Longest times";

/// For each name of a call, its seconds.
type Times = Vec<(String, u64)>;

static TIMES: LazyLock<Times> = LazyLock::new(|| {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE));
    parse(&text.unwrap_or_else(|error| panic!("{FILE}: {error}"))).unwrap_or_else(|error| panic!("{FILE}:{error}"))
});

/// The longest time of a call after a fault, without that of the UART; none for a call that waits for a message.
///
/// # Panics
///
/// If the documentation does not state it.
pub fn longest(call: Call) -> Option<Duration> {
    let name = match call {
        Call::Connect => "connect",
        Call::Subscribe => "subscribe",
        Call::SubscribeAll => "subscribe_all",
        Call::PublishAtMostOnce
        | Call::PublishAtLeastOnce
        | Call::PublishExactlyOnce
        | Call::PublishLongest
        | Call::PublishAfterwards => "publish",
        Call::Unsubscribe => "unsubscribe",
        Call::Disconnect => "disconnect",
        Call::Shutdown => "shutdown",
        Call::Receive | Call::ReceiveLongest | Call::ReceiveAfterwards => return None,
    };
    let seconds = TIMES.iter().find(|(known, _)| known == name).map(|(_, seconds)| *seconds);
    let seconds = seconds.unwrap_or_else(|| panic!("{FILE}: there is no time of `{name}` below \"{HEADING}\""));
    Some(Duration::from_secs(seconds))
}

/// The rows of the table, or the number of a wrong line and the reason.
fn parse(text: &str) -> Result<Times, String> {
    let lines = text.lines().zip(1..).skip_while(|(line, _)| *line != HEADING).skip(1);
    let rows =
        lines.skip_while(|(line, _)| !line.starts_with("/// | [")).take_while(|(line, _)| line.starts_with("/// |"));
    let mut times = Times::new();
    for (row, number) in rows {
        let mut cells = row.trim_start_matches("/// |").split('|').map(str::trim);
        let (calls, seconds) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let seconds = seconds.parse().map_err(|_| format!("{number}: \"{seconds}\" is no number of seconds"))?;
        let names: Vec<_> = calls.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            return Err(format!("{number}: a row without the name of a call"));
        }
        times.extend(names.into_iter().map(|name| (name.to_owned(), seconds)));
    }
    Ok(times)
}

#[test]
fn a_row_states_the_time_of_each_of_its_calls() {
    let text = |row: &str| {
        format!("\n{HEADING}\n///\n/// | call | at most |\n/// |---|---:|\n{row}\n///\n/// | [`x`](Y) | - |\n")
    };
    let times = parse(&text("/// | [`up`](Self::up), [`down`](Self::down) | 35 | all |"));
    assert_eq!(times, Ok(vec![("up".to_owned(), 35), ("down".to_owned(), 35)]));
    assert_eq!(parse(&text("/// | [`up`](Self::up) | long |")), Err("6: \"long\" is no number of seconds".to_owned()));
    assert_eq!(parse(&text("/// | [up](Self::up) | 5 |")), Err("6: a row without the name of a call".to_owned()));
}
