//! The module's clock: CCLK and CTZU.

use core::time::Duration;

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use super::Modem;
use super::answer::Refusal;
use super::line::Parameters;
use crate::behaviour::{ClockYear, UnsetClock};
use crate::referee::ComplaintKind;

/// 1980-01-06T00:00:00Z.
const GPS_EPOCH: u64 = 315_964_800;
/// Seconds of a unit of `AT+CCLK`'s zone.
const QUARTER_HOUR: i64 = 900;

impl Modem {
    /// The module's clock: as `AT+CCLK` has set it, else the network's time, else counted from the initial time of a
    /// clock that was never set.
    pub(super) fn local_time(&self) -> u64 {
        let since = |moment: Duration| self.now.saturating_sub(moment).as_secs();
        match (self.terminal.clock, self.network.time) {
            (Some((time, set_at, _)), _) => time.saturating_add(since(set_at)),
            (None, Some(time)) if self.terminal.automatic_time => time.saturating_add(since(Duration::ZERO)),
            _ => self.unset_time().saturating_add(since(Duration::ZERO)),
        }
    }

    fn unset_time(&self) -> u64 {
        match self.behaviour.bring_up.unset_clock {
            UnsetClock::Gps => GPS_EPOCH,
            UnsetClock::Unix => 0,
        }
    }

    pub(super) fn clock(&self) -> String {
        let zone = self.terminal.clock.map_or(0, |(_, _, zone)| zone);
        let utc = i64::try_from(self.local_time()).unwrap_or(i64::MAX);
        let local = utc.saturating_add(i64::from(zone) * QUARTER_HOUR);
        let shown = OffsetDateTime::from_unix_timestamp(local).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (hour, minute, second) = shown.to_hms();
        let year = match self.behaviour.bring_up.clock_year {
            ClockYear::Two => format!("{:02}", shown.year().rem_euclid(100)),
            ClockYear::Four => format!("{:04}", shown.year()),
        };
        format!(
            "+CCLK: \"{year}/{:02}/{:02},{hour:02}:{minute:02}:{second:02}{zone:+03}\"",
            u8::from(shown.month()),
            shown.day()
        )
    }

    pub(super) fn set_clock(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        let text = parameters.text(0, "time", 17..=20)?;
        let Some((time, zone)) = parse(&text) else {
            let what = format!("\"{text}\" is not \"yy/MM/dd,hh:mm:ss±zz\"");
            return Err(Refusal::new(ComplaintKind::Malformed, what));
        };
        self.terminal.clock = Some((time, self.now, zone));
        self.answer_ok();
        Ok(())
    }

    /// The network's time replaces the time that the host has set.
    pub(super) fn set_automatic_time(&mut self, parameters: &Parameters) -> Result<(), Refusal> {
        parameters.at_most(1)?;
        self.terminal.automatic_time = parameters.flag(0, "onoff")?;
        if self.terminal.automatic_time {
            self.terminal.clock = None;
        }
        self.answer_ok();
        Ok(())
    }
}

/// Unix time and zone. Years from 70 on are of the last century.
fn parse(text: &str) -> Option<(u64, i8)> {
    let (moment, zone) = match text.get(17..)? {
        "" => (text, 0),
        zone => (text.get(..17)?, zone.parse().ok().filter(|zone| (-96..=96).contains(zone))?),
    };
    let (date, time) = moment.split_once(',')?;
    let [year, month, day] = numbers(date, '/')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let century = if year < 70 { 2000 } else { 1900 };
    let date = Date::from_calendar_date(century + i32::from(year), Month::try_from(month).ok()?, day).ok()?;
    let time = Time::from_hms(hour, minute, second).ok()?;
    let local = PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp();
    Some((u64::try_from(local - i64::from(zone) * QUARTER_HOUR).ok()?, zone))
}

fn numbers(text: &str, separator: char) -> Option<[u8; 3]> {
    let numbers: Vec<u8> = text.split(separator).map(|number| number.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}
