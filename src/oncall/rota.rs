//! The organisation's own rota (`callboard.oncall.rota`), for teams without PagerDuty: who takes turns, since when and
//! how long, and who stands in for whom.
//!
//! ```yaml
//! rotas:
//!   - for: [group:payments-team]     # owners, or single entities
//!     level: 1                       # 1 where none is given
//!     timezone: Asia/Seoul           # UTC where none is given
//!     starts: 2026-01-05T09:00       # the first turn; not needed for one person
//!     every: 1w                      # hours (12h), days (1d) or weeks (1w, where none is given)
//!     people:
//!       - {name: Jin Park, phone: +82 10 0000 0000, email: jin@example.org}
//!       - {name: Mara Oliveira}
//!     overrides:
//!       - {from: 2026-03-02T09:00, until: 2026-03-03T09:00, name: Mara Oliveira}
//! ```
//!
//! Turns of days and weeks change hands at the same time of day all the year, whatever the clocks do.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::Deserialize;

use crate::catalog::oncall::{OnCallPerson, OnCallSchedule, Shift};
use crate::catalog::{DEFAULT_NAMESPACE, EntityRef};

/// Most bytes of a rota file.
const LARGEST: u64 = 1024 * 1024;
/// How far ahead turns are computed, and how far back the current ones may have begun.
const AHEAD: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Most turns of one rota that are computed.
const MOST_TURNS: i64 = 1_000;

/// Why a rota cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct RotaError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// A rota file.
#[derive(Clone, Debug)]
pub struct Rota {
    name: String,
    rotas: Vec<Turns>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotaFile {
    rotas: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    r#for: Vec<String>,
    #[serde(default = "first_level")]
    level: u32,
    timezone: Option<String>,
    starts: Option<String>,
    every: Option<String>,
    people: Vec<Person>,
    #[serde(default)]
    overrides: Vec<OverrideEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    email: Option<String>,
    phone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideEntry {
    from: String,
    until: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
}

fn first_level() -> u32 {
    1
}

/// How long a turn is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Every {
    Hours(i64),
    Days(i64),
}

#[derive(Clone, Debug)]
struct Turns {
    /// Complete references, lower-cased.
    refs: Vec<String>,
    level: u32,
    zone: TimeZone,
    starts: Option<DateTime>,
    every: Every,
    people: Vec<OnCallPerson>,
    overrides: Vec<Override>,
}

#[derive(Clone, Debug)]
struct Override {
    from: Timestamp,
    until: Timestamp,
    person: OnCallPerson,
}

impl Rota {
    /// Reads a rota file.
    ///
    /// # Errors
    /// A file that is missing, too large or not of the shape above.
    pub fn read(path: &Path) -> Result<Self, RotaError> {
        let failed = |reason: String| RotaError {
            path: path.to_owned(),
            reason,
        };
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
            .map_err(|error| failed(error.to_string()))?;
        if text.len() as u64 > LARGEST {
            return Err(failed("it is larger than 1 MB".into()));
        }
        let name = path
            .file_name()
            .map_or_else(|| "rota".into(), |name| name.to_string_lossy().into_owned());
        Self::parse(&name, &text).map_err(failed)
    }

    fn parse(name: &str, text: &str) -> Result<Self, String> {
        let file: RotaFile = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let rotas = file
            .rotas
            .into_iter()
            .enumerate()
            .map(|(number, entry)| {
                Turns::new(entry).map_err(|reason| format!("rota {}: {reason}", number + 1))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: name.to_owned(),
            rotas,
        })
    }

    /// How many rotas it has.
    pub fn len(&self) -> usize {
        self.rotas.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rotas.is_empty()
    }

    /// Who is on call for an entity, by its own reference, else its owner's: the shifts around `now`. None where the
    /// rota names neither. References are complete and lower-cased.
    pub fn schedule(&self, refs: &[&str], now: Timestamp) -> Option<OnCallSchedule> {
        let mine = refs.iter().find_map(|entity_ref| {
            let mine: Vec<&Turns> = self
                .rotas
                .iter()
                .filter(|turns| turns.refs.iter().any(|r| r == entity_ref))
                .collect();
            (!mine.is_empty()).then_some(mine)
        })?;
        let mut shifts: Vec<Shift> = mine.iter().flat_map(|turns| turns.around(now)).collect();
        shifts.sort_by_key(|shift| (shift.start, shift.level));
        Some(OnCallSchedule {
            source: self.name.clone(),
            policy: None,
            url: None,
            // A rota goes on for ever; its turns are computed for as long as anybody plans ahead.
            from: now - AHEAD,
            until: now + AHEAD,
            fetched_at: None,
            shifts,
            incidents: Vec::new(),
        })
    }
}

impl Turns {
    fn new(entry: Entry) -> Result<Self, String> {
        let zone = match &entry.timezone {
            Some(name) => {
                TimeZone::get(name).map_err(|_| format!("there is no time zone `{name}`"))?
            }
            None => TimeZone::UTC,
        };
        let refs = entry
            .r#for
            .iter()
            .map(|text| {
                EntityRef::parse(text, Some("group"), DEFAULT_NAMESPACE)
                    .map(|r| r.to_string().to_lowercase())
                    .map_err(|error| format!("`{text}`: {error}"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let starts = entry.starts.as_deref().map(moment).transpose()?;
        if entry.people.is_empty() {
            return Err("it names no people".into());
        }
        if entry.people.len() > 1 && starts.is_none() {
            return Err("several people take turns: `starts` must say since when".into());
        }
        let overrides = entry
            .overrides
            .into_iter()
            .map(|o| {
                let at = |text: &str| {
                    moment(text)?
                        .to_zoned(zone.clone())
                        .map(|zoned| zoned.timestamp())
                        .map_err(|error| error.to_string())
                };
                Ok(Override {
                    from: at(&o.from)?,
                    until: at(&o.until)?,
                    person: OnCallPerson {
                        name: o.name,
                        email: o.email,
                        phone: o.phone,
                    },
                })
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            refs,
            level: entry.level,
            zone,
            starts,
            every: every(entry.every.as_deref().unwrap_or("1w"))?,
            people: entry
                .people
                .into_iter()
                .map(|person| OnCallPerson {
                    name: person.name,
                    email: person.email,
                    phone: person.phone,
                })
                .collect(),
            overrides,
        })
    }

    /// The shifts from before `now` to two weeks after it, what others stand in for cut out.
    fn around(&self, now: Timestamp) -> Vec<Shift> {
        let mut shifts = self.turns(now);
        for stand_in in &self.overrides {
            shifts = shifts
                .into_iter()
                .flat_map(|shift| without(shift, stand_in.from, stand_in.until))
                .collect();
            shifts.push(Shift {
                level: self.level,
                person: stand_in.person.clone(),
                start: Some(stand_in.from),
                end: Some(stand_in.until),
            });
        }
        shifts
    }

    fn turns(&self, now: Timestamp) -> Vec<Shift> {
        let Some(starts) = self.starts else {
            return self
                .people
                .first()
                .map(|person| self.shift(person, None, None))
                .into_iter()
                .collect();
        };
        let Some(people) = i64::try_from(self.people.len()).ok().filter(|n| *n > 0) else {
            return Vec::new();
        };
        let local = now.to_zoned(self.zone.clone()).datetime();
        let length = match self.every {
            Every::Hours(hours) => SignedDuration::from_hours(hours),
            Every::Days(days) => SignedDuration::from_hours(24 * days),
        };
        let passed = local.duration_since(starts).as_secs() / length.as_secs().max(1);
        // From a window's length before, so that whoever is on now is told since when.
        let back = AHEAD.as_secs() / length.as_secs().max(1) + 1;
        let first = (passed - back).max(0);
        let mut shifts = Vec::new();
        for turn in first..first + MOST_TURNS {
            let (Some(start), Some(end)) =
                (self.handover(starts, turn), self.handover(starts, turn + 1))
            else {
                break;
            };
            if start > now + AHEAD {
                break;
            }
            let person = usize::try_from(turn % people)
                .ok()
                .and_then(|number| self.people.get(number));
            if let Some(person) = person {
                shifts.push(self.shift(person, Some(start), Some(end)));
            }
        }
        shifts
    }

    fn handover(&self, starts: DateTime, turn: i64) -> Option<Timestamp> {
        match self.every {
            Every::Hours(hours) => {
                let first = starts.to_zoned(self.zone.clone()).ok()?.timestamp();
                first
                    .checked_add(SignedDuration::from_hours(turn.checked_mul(hours)?))
                    .ok()
            }
            Every::Days(days) => {
                let span: Span = Span::new().try_days(turn.checked_mul(days)?).ok()?;
                let local = starts.checked_add(span).ok()?;
                Some(local.to_zoned(self.zone.clone()).ok()?.timestamp())
            }
        }
    }

    fn shift(
        &self,
        person: &OnCallPerson,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Shift {
        Shift {
            level: self.level,
            person: person.clone(),
            start,
            end,
        }
    }
}

/// What remains of a shift when somebody stands in for a time: nothing, one part or two.
fn without(shift: Shift, from: Timestamp, until: Timestamp) -> Vec<Shift> {
    let before = shift.start.is_none_or(|start| start < from);
    let after = shift.end.is_none_or(|end| end > until);
    let overlaps =
        shift.start.is_none_or(|start| start < until) && shift.end.is_none_or(|end| end > from);
    if !overlaps {
        return vec![shift];
    }
    let mut left = Vec::new();
    if before {
        left.push(Shift {
            end: Some(from),
            ..shift.clone()
        });
    }
    if after {
        left.push(Shift {
            start: Some(until),
            ..shift
        });
    }
    left
}

fn moment(text: &str) -> Result<DateTime, String> {
    let text = text.trim();
    text.parse::<DateTime>()
        .map_err(|_| format!("`{text}` is no local time such as 2026-01-05T09:00"))
}

fn every(text: &str) -> Result<Every, String> {
    let wrong = || format!("`every: {text}` is no length of a turn such as 12h, 1d or 1w");
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    if !(1..=1_000).contains(&number) {
        return Err(wrong());
    }
    match unit.trim() {
        "h" | "hour" | "hours" => Ok(Every::Hours(number)),
        "d" | "day" | "days" => Ok(Every::Days(number)),
        "w" | "week" | "weeks" => Ok(Every::Days(7 * number)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::oncall::OnCallNow;

    fn who(rota: &Rota, refs: &[&str], now: &str) -> Vec<(u32, String, Option<String>)> {
        let now: Timestamp = now.parse().unwrap();
        match rota.schedule(refs, now).unwrap().at(now) {
            OnCallNow::Known(shifts) => shifts
                .into_iter()
                .map(|s| (s.level, s.person.name, s.end.map(|end| end.to_string())))
                .collect(),
            OnCallNow::Unknown { .. } => panic!("a rota always knows"),
        }
    }

    const WEEKLY: &str = "
rotas:
  - for: [payments-team]
    timezone: Europe/Berlin
    starts: 2026-01-05T09:00
    people: [{name: Mara}, {name: Jin, phone: '+82 10'}]
    overrides: [{from: 2026-01-06T09:00, until: 2026-01-07T09:00, name: Lee}]
  - for: [component:settlement]
    level: 2
    people: [{name: Always}]
";

    #[test]
    fn turns_change_hands_at_the_same_local_time_in_summer_and_winter() {
        let rota = Rota::parse("rota.yaml", WEEKLY).unwrap();
        let group = ["component:default/x", "group:default/payments-team"];
        assert_eq!(
            who(&rota, &group, "2026-01-05T08:00:00Z"),
            [(1, "Mara".into(), Some("2026-01-06T08:00:00Z".into()))]
        );
        assert_eq!(who(&rota, &group, "2026-01-06T08:00:00Z")[0].1, "Lee");
        assert_eq!(who(&rota, &group, "2026-01-12T08:00:00Z")[0].1, "Jin");
        // Monday, 6 April 2026, 13 weeks on: 09:00 is two hours ahead of UTC now.
        assert_eq!(who(&rota, &group, "2026-04-06T06:59:59Z")[0].1, "Mara");
        assert_eq!(who(&rota, &group, "2026-04-06T07:00:00Z")[0].1, "Jin");
    }

    #[test]
    fn nobody_is_on_call_before_the_first_turn() {
        let rota = Rota::parse("rota.yaml", WEEKLY).unwrap();
        assert!(
            who(
                &rota,
                &["group:default/payments-team"],
                "2025-12-01T00:00:00Z"
            )
            .is_empty()
        );
    }

    #[test]
    fn an_entity_of_its_own_wins_over_its_owner() {
        let rota = Rota::parse("rota.yaml", WEEKLY).unwrap();
        let refs = [
            "component:default/settlement",
            "group:default/payments-team",
        ];
        assert_eq!(
            who(&rota, &refs, "2026-02-01T00:00:00Z"),
            [(2, "Always".into(), None)]
        );
        assert!(
            rota.schedule(&["group:default/other"], Timestamp::UNIX_EPOCH)
                .is_none()
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_the_number_of_the_rota() {
        for (text, part) in [
            (
                "rotas: [{for: [a], people: []}]",
                "rota 1: it names no people",
            ),
            (
                "rotas: [{for: [a], people: [{name: x}], timezone: Mars/X}]",
                "no time zone",
            ),
            (
                "rotas: [{for: [a], people: [{name: x}, {name: y}]}]",
                "`starts`",
            ),
            (
                "rotas: [{for: [a], people: [{name: x}], every: sometimes}]",
                "every",
            ),
            (
                "rotas: [{for: [a], people: [{name: x}], starts: soon}]",
                "local time",
            ),
            ("rotas: [{for: [a], peeple: []}]", "peeple"),
            ("[", ""),
        ] {
            let error = Rota::parse("rota.yaml", text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
