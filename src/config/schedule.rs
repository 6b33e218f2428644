//! When a source is read again: Backstage's schedule definitions.
//!
//! Pure: no clock of its own. Sources: `SchedulerServiceTaskScheduleDefinitionConfig` and `HumanDuration`.

use std::time::Duration;

use super::tree::{Tree, TreeValue};

/// `schedule` of a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// How often.
    pub frequency: Frequency,
    /// How long one run may take.
    pub timeout: Option<Duration>,
    /// How long to wait before the first run.
    pub initial_delay: Option<Duration>,
}

/// `frequency` of a schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frequency {
    /// A fixed time after the last run began.
    Every(Duration),
    /// A crontab line of five fields (minute first) or six (second first), in local time.
    Cron(String),
    /// Only when a person asks for it.
    Manual,
}

impl Schedule {
    /// Reads a `schedule`; what cannot be read is named with the key it stands under.
    pub(super) fn read(tree: &Tree) -> Result<Self, (&'static str, String)> {
        let frequency = tree
            .get("frequency")
            .ok_or(("frequency", "is missing".to_owned()))?;
        let text = |key: &str| frequency.text_at(key);
        let frequency = match (text("cron"), text("trigger").as_deref()) {
            (Some(line), _) => match line.split_ascii_whitespace().count() {
                5 | 6 => Frequency::Cron(line),
                _ => {
                    return Err((
                        "frequency",
                        "has a cron line of neither five nor six fields".into(),
                    ));
                }
            },
            (None, Some("manual")) => Frequency::Manual,
            (None, Some(_)) => return Err(("frequency", "knows the trigger `manual` only".into())),
            (None, None) => Frequency::Every(
                read_duration(frequency).map_err(|message| ("frequency", message))?,
            ),
        };
        let optional = |key: &'static str| {
            tree.get(key)
                .map(read_duration)
                .transpose()
                .map_err(|message| (key, message))
        };
        Ok(Self {
            frequency,
            timeout: optional("timeout")?,
            initial_delay: optional("initialDelay")?,
        })
    }
}

const WANTED: &str = "wants a duration: {minutes: 30}, 30m or PT30M";

fn read_duration(tree: &Tree) -> Result<Duration, String> {
    match &tree.value {
        TreeValue::Text(text) => parse_duration(text),
        TreeValue::Map(units) if !units.is_empty() => {
            let mut total = 0.0;
            for (unit, amount) in units {
                let seconds = HUMAN_UNITS
                    .iter()
                    .find(|(name, _)| name == unit)
                    .map(|(_, seconds)| seconds);
                let seconds = seconds.ok_or_else(|| format!("does not know the unit `{unit}`"))?;
                let amount = amount
                    .text()
                    .and_then(|text| text.trim().parse::<f64>().ok());
                total += seconds * amount.ok_or_else(|| format!("wants a number of {unit}"))?;
            }
            duration(total)
        }
        _ => Err(WANTED.into()),
    }
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Backstage's HumanDuration; months and years as luxon counts them without a calendar.
const HUMAN_UNITS: [(&str, f64); 8] = [
    ("years", 365.0 * DAY),
    ("months", 30.0 * DAY),
    ("weeks", 7.0 * DAY),
    ("days", DAY),
    ("hours", HOUR),
    ("minutes", MINUTE),
    ("seconds", 1.0),
    ("milliseconds", 0.001),
];

/// The units of npm's `ms`.
const SHORT_UNITS: [(&[&str], f64); 7] = [
    (&["years", "year", "yrs", "yr", "y"], 365.25 * DAY),
    (&["weeks", "week", "w"], 7.0 * DAY),
    (&["days", "day", "d"], DAY),
    (&["hours", "hour", "hrs", "hr", "h"], HOUR),
    (&["minutes", "minute", "mins", "min", "m"], MINUTE),
    (&["seconds", "second", "secs", "sec", "s"], 1.0),
    (
        &["milliseconds", "millisecond", "msecs", "msec", "ms"],
        0.001,
    ),
];

fn duration(seconds: f64) -> Result<Duration, String> {
    if seconds < 0.0 {
        return Err("cannot be negative".into());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| "is too long".to_owned())
}

/// Reads `30 minutes`, `1.5h` or `PT30M`; a bare number has no unit and is refused, as Backstage does.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if let Some(iso) = text.strip_prefix('P') {
        return parse_iso(iso)
            .ok_or_else(|| WANTED.to_owned())
            .and_then(duration);
    }
    let split = text
        .find(|char: char| !char.is_ascii_digit() && char != '.' && char != '-')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = unit.trim().to_ascii_lowercase();
    let seconds = SHORT_UNITS
        .iter()
        .find(|(names, _)| names.contains(&unit.as_str()))
        .map(|(_, seconds)| seconds);
    match (number.parse::<f64>(), seconds) {
        (Ok(number), Some(seconds)) => duration(number * seconds),
        (Ok(_), None) if unit.is_empty() => Err("wants a unit after the number: 30m, 1h".into()),
        _ => Err(WANTED.into()),
    }
}

/// What follows the `P` of an ISO 8601 duration, in seconds.
fn parse_iso(text: &str) -> Option<f64> {
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    let date_units = [
        ('Y', 365.0 * DAY),
        ('M', 30.0 * DAY),
        ('W', 7.0 * DAY),
        ('D', DAY),
    ];
    let time_units = [('H', HOUR), ('M', MINUTE), ('S', 1.0)];
    if date.is_empty() && time.is_empty() {
        return None;
    }
    Some(parse_designated(date, &date_units)? + parse_designated(time, &time_units)?)
}

/// Numbers, each followed by its designator, in the order of the units and each at most once.
fn parse_designated(mut text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut units = units.iter();
    let mut total = 0.0;
    while !text.is_empty() {
        let end = text.find(|char: char| char.is_ascii_alphabetic())?;
        let (number, rest) = text.split_at(end);
        let designator = rest.chars().next()?;
        let (_, seconds) = units.find(|(known, _)| *known == designator)?;
        total += number.replace(',', ".").parse::<f64>().ok()? * seconds;
        text = rest.get(designator.len_utf8()..)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_written_form() {
        for (text, seconds) in [
            ("PT30M", 1800.0),
            ("P1DT2H", 93_600.0),
            ("PT1.5S", 1.5),
            ("P1W", 604_800.0),
            ("30m", 1800.0),
            ("30 minutes", 1800.0),
            ("1.5h", 5400.0),
            ("2 Days", 172_800.0),
            ("500ms", 0.5),
            ("PT0S", 0.0),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs_f64(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "30",
            "P",
            "PT",
            "PT5",
            "P1M2Y",
            "-5m",
            "m",
            "1e999h",
            "99999999999999999999y",
            "5 parsecs",
            "PTS",
            "P한",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
