//! When a source is due: the `frequency` of Backstage's `schedule` blocks.

use jiff::{SignedDuration, Timestamp, ToSpan, Zoned, civil::DateTime};

use crate::config;

/// How long the wait is where nothing is configured.
pub const DEFAULT_FREQUENCY: SignedDuration = SignedDuration::from_mins(30);
/// No source is asked more often than this, whatever its configuration says: a refresh is not free for the server.
const SHORTEST: SignedDuration = SignedDuration::from_secs(10);

/// How often a source is refreshed.
#[derive(Clone, PartialEq, Debug)]
pub enum Schedule {
    /// Again this long after the last time.
    Every(SignedDuration),
    /// At the minutes a cron line names, in local time.
    Cron(Box<Cron>),
    /// Only when the user asks.
    Manual,
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Every(DEFAULT_FREQUENCY)
    }
}

impl Schedule {
    /// The schedule of a source's configuration; 30 minutes where it has none.
    ///
    /// # Errors
    /// A sentence about a cron line that cannot be read; the caller falls back to [`Schedule::default`].
    pub fn from_config(schedule: Option<&config::Schedule>) -> Result<Self, String> {
        match schedule.map(|s| &s.frequency) {
            None => Ok(Self::default()),
            Some(config::Frequency::Manual) => Ok(Self::Manual),
            Some(config::Frequency::Cron(line)) => Ok(Self::Cron(Box::new(Cron::parse(line)?))),
            Some(config::Frequency::Every(every)) => Ok(Self::Every(
                SignedDuration::try_from(*every)
                    .unwrap_or(SignedDuration::MAX)
                    .max(SHORTEST),
            )),
        }
    }

    /// When the source is due next; none for a manual one.
    pub fn next_after(&self, last: Timestamp, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
        match self {
            Self::Every(every) => last.checked_add(*every).ok(),
            Self::Cron(cron) => cron.next_after(&last.to_zoned(zone.clone())),
            Self::Manual => None,
        }
    }
}

/// A cron line of five fields (or six, the first being seconds, which are not kept).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Both a day of the month and a weekday are given: either is enough, as cron has it.
    either_day: bool,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// Reads a cron line.
    ///
    /// # Errors
    /// A sentence that names the line.
    pub fn parse(line: &str) -> Result<Self, String> {
        let wrong = || format!("schedule.frequency.cron \"{line}\" is not a cron line");
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = (match fields.as_slice() {
            [_, rest @ ..] if rest.len() == 5 => rest,
            all => all,
        }) else {
            return Err(wrong());
        };
        let weekday_bits = field(weekdays, 0, 7, &WEEKDAYS, 0).ok_or_else(wrong)?;
        Ok(Self {
            minutes: field(minutes, 0, 59, &[], 0).ok_or_else(wrong)?,
            hours: field(hours, 0, 23, &[], 0).ok_or_else(wrong)?,
            days: field(days, 1, 31, &[], 0).ok_or_else(wrong)?,
            months: field(months, 1, 12, &MONTHS, 1).ok_or_else(wrong)?,
            // 7 is Sunday too.
            weekdays: weekday_bits | (weekday_bits >> 7),
            either_day: !days.starts_with('*') && !weekdays.starts_with('*'),
        })
    }

    /// The next minute it names, within four years.
    pub fn next_after(&self, after: &Zoned) -> Option<Timestamp> {
        let zone = after.time_zone().clone();
        let start: DateTime = after.datetime();
        let mut at = start
            .with()
            .second(0)
            .subsec_nanosecond(0)
            .build()
            .ok()?
            .checked_add(1.minute())
            .ok()?;
        let end = start.checked_add(4.years()).ok()?;
        while at < end {
            if !bit(self.months, at.month()) || !self.day_matches(at) {
                at = at
                    .date()
                    .tomorrow()
                    .ok()?
                    .to_datetime(jiff::civil::Time::midnight());
            } else if !bit(self.hours, at.hour()) {
                at = at
                    .with()
                    .minute(0)
                    .build()
                    .ok()?
                    .checked_add(1.hour())
                    .ok()?;
            } else if !bit(self.minutes, at.minute()) {
                at = at.checked_add(1.minute()).ok()?;
            } else {
                return Some(zone.to_ambiguous_zoned(at).compatible().ok()?.timestamp());
            }
        }
        None
    }

    fn day_matches(&self, at: DateTime) -> bool {
        let day = bit(self.days, at.day());
        let weekday = bit(self.weekdays, at.weekday().to_sunday_zero_offset());
        if self.either_day {
            day || weekday
        } else {
            day && weekday
        }
    }
}

fn bit(bits: u64, at: i8) -> bool {
    u32::try_from(at).is_ok_and(|at| bits.checked_shr(at).is_some_and(|b| b & 1 == 1))
}

/// One field as a set of bits.
fn field(text: &str, low: u32, high: u32, names: &[&str], first_name: u32) -> Option<u64> {
    let number = |text: &str| -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        if let Some(at) = names.iter().position(|n| *n == lower) {
            return u32::try_from(at).ok().map(|at| at + first_name);
        }
        text.parse().ok().filter(|n| (low..=high).contains(n))
    };
    let mut bits = 0_u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|s| *s > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (low, high),
            Some((from, to)) => (number(from)?, number(to)?),
            None if part.contains('/') => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        let mut at = from;
        while at <= to {
            bits |= 1_u64.checked_shl(at)?;
            at += step;
        }
    }
    (bits != 0).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn next(line: &str, after: &str) -> String {
        let after: Timestamp = after.parse().unwrap();
        Schedule::Cron(Box::new(Cron::parse(line).unwrap()))
            .next_after(after, &TimeZone::UTC)
            .unwrap()
            .to_string()
    }

    fn of(frequency: config::Frequency) -> Result<Schedule, String> {
        Schedule::from_config(Some(&config::Schedule {
            frequency,
            timeout: None,
            initial_delay: None,
        }))
    }

    #[test]
    fn a_source_without_a_schedule_is_due_every_half_hour() {
        let schedule = Schedule::from_config(None).unwrap();
        let last: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        assert_eq!(
            schedule
                .next_after(last, &TimeZone::UTC)
                .unwrap()
                .to_string(),
            "2026-03-01T10:30:00Z"
        );
    }

    #[test]
    fn too_often_is_slowed_down_and_manual_is_never_due() {
        use std::time::Duration;
        assert_eq!(
            of(config::Frequency::Every(Duration::from_millis(1))),
            Ok(Schedule::Every(SHORTEST))
        );
        assert_eq!(of(config::Frequency::Manual), Ok(Schedule::Manual));
        assert_eq!(
            Schedule::Manual.next_after(Timestamp::UNIX_EPOCH, &TimeZone::UTC),
            None
        );
        assert!(of(config::Frequency::Cron("often".into())).is_err());
        assert!(of(config::Frequency::Every(Duration::MAX)).is_ok());
    }

    #[test]
    fn cron_lines_name_their_next_minute() {
        assert_eq!(
            next("*/15 * * * *", "2026-03-01T10:01:30Z"),
            "2026-03-01T10:15:00Z"
        );
        assert_eq!(
            next("0 3 * * *", "2026-03-01T10:00:00Z"),
            "2026-03-02T03:00:00Z"
        );
        assert_eq!(
            next("0 0 1 jan *", "2026-03-01T10:00:00Z"),
            "2027-01-01T00:00:00Z"
        );
        assert_eq!(
            next("30 9 * * mon-fri", "2026-03-07T00:00:00Z"),
            "2026-03-09T09:30:00Z"
        );
        assert_eq!(
            next("0 0 * * 7", "2026-03-03T00:00:00Z"),
            "2026-03-08T00:00:00Z"
        );
        assert_eq!(
            next("0 0 13 * fri", "2026-03-07T00:00:00Z"),
            "2026-03-13T00:00:00Z"
        );
        assert_eq!(
            next("10 0 0 * * *", "2026-03-07T00:00:00Z"),
            "2026-03-08T00:00:00Z"
        );
    }

    #[test]
    fn broken_cron_lines_are_refused() {
        for line in [
            "",
            "* * * *",
            "61 * * * *",
            "a * * * *",
            "*/0 * * * *",
            "5-2 * * * *",
        ] {
            assert!(Cron::parse(line).is_err(), "{line}");
        }
        let never = Cron::parse("0 0 31 feb *").unwrap();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(never.next_after(&now.to_zoned(TimeZone::UTC)), None);
    }
}
