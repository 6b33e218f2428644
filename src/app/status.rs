//! Words for the state of the data: how old it is, and why it is not newer.

use jiff::{Timestamp, tz::TimeZone};

use super::job::SyncProgress;
use super::msg::Condition;
use super::state::State;

/// What the status says, from which `ui` takes as much as there is room for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// How it is to be taken.
    pub tone: StatusTone,
    /// The state in as few words as possible: `synced 02:41`, `offline`.
    pub short: String,
    /// What else is known, the important first: `3 min ago`, `1,284 entities`.
    pub more: Vec<String>,
}

/// How a status is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatusTone {
    Good,
    Busy,
    Warning,
    Bad,
    Quiet,
}

/// What the status is made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub now: Timestamp,
    pub zone: &'a TimeZone,
    pub synced_at: Option<Timestamp>,
    pub condition: &'a Condition,
    pub read_only: bool,
    pub sync: Option<&'a SyncProgress>,
    pub entities: usize,
}

impl State {
    /// The state of the data in words.
    pub fn status(&self) -> Status {
        status(Facts {
            now: self.now,
            zone: &self.time_zone,
            synced_at: self.synced_at,
            condition: &self.condition,
            read_only: self.read_only,
            sync: self.sync.as_ref(),
            entities: self.snapshot.len(),
        })
    }

    /// The same of something that was read at another time than the catalog; `what` says how: `fetched`.
    pub fn status_since(&self, what: &str, at: Timestamp) -> Status {
        let mut status = status(Facts {
            now: self.now,
            zone: &self.time_zone,
            synced_at: Some(at),
            condition: &self.condition,
            read_only: self.read_only,
            sync: None,
            entities: 0,
        });
        let words = std::iter::once(&mut status.short).chain(&mut status.more);
        for word in words {
            if let Some(time) = word.strip_prefix("synced ") {
                *word = format!("{what} {time}");
            }
        }
        status
    }
}

/// Puts the state of the data into words.
pub fn status(facts: Facts<'_>) -> Status {
    let age = facts.synced_at.map(|at| age(at, facts.now));
    let synced = facts
        .synced_at
        .map(|at| format!("synced {}", clock(at, facts.now, facts.zone)));
    let mut more = Vec::new();
    let (tone, short) = if let Some(progress) = facts.sync {
        let mut short = "syncing".to_owned();
        if !progress.what.is_empty() {
            short.push(' ');
            short.push_str(&crate::text::clean(&progress.what));
        }
        let done = thousands(usize::try_from(progress.done).unwrap_or(usize::MAX));
        match progress.total {
            Some(total) => more.push(format!(
                "{done}/{}",
                thousands(usize::try_from(total).unwrap_or(usize::MAX))
            )),
            None if progress.done > 0 => more.push(done),
            None => {}
        }
        (StatusTone::Busy, short)
    } else {
        let (tone, problem) = match facts.condition {
            Condition::Ready => (StatusTone::Good, None),
            Condition::Offline => (StatusTone::Warning, Some("offline".to_owned())),
            Condition::RateLimited { until } => (
                StatusTone::Warning,
                Some(match until {
                    Some(until) => format!(
                        "rate-limited until {}",
                        clock(*until, facts.now, facts.zone)
                    ),
                    None => "rate-limited".to_owned(),
                }),
            ),
            Condition::SignedOut => (StatusTone::Warning, Some("signed out".to_owned())),
            Condition::NoSources => (StatusTone::Quiet, Some("no sources".to_owned())),
            Condition::Failed(_) => (StatusTone::Bad, Some("sync failed".to_owned())),
            Condition::SourcesFailed(sources) => {
                let count = super::screen::head::count_of(sources.len(), "source", "sources");
                (StatusTone::Warning, Some(format!("{count} failed")))
            }
        };
        match (problem, synced) {
            (Some(problem), synced) => {
                more.extend(synced);
                (tone, problem)
            }
            (None, Some(synced)) => (tone, synced),
            (None, None) => (StatusTone::Quiet, "not synced".to_owned()),
        }
    };
    more.extend(age.filter(|_| facts.sync.is_none()));
    if facts.sync.is_none() && matches!(facts.condition, Condition::SourcesFailed(_)) {
        more.push(":log says why".to_owned());
    }
    if facts.read_only {
        more.push("shared, read-only".to_owned());
    }
    if facts.entities > 0 {
        more.push(super::screen::head::count_of(
            facts.entities,
            "entity",
            "entities",
        ));
    }
    Status { tone, short, more }
}

/// `just now`, `3 min ago`, `2 h ago`, `5 days ago`.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "1 day ago".to_owned(),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// The local time of day, with the date where that is another day than now's.
pub fn clock(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let format = if local.date() == now.to_zoned(zone.clone()).date() {
        "%H:%M"
    } else {
        "%b %d %H:%M"
    };
    local.strftime(format).to_string()
}

/// A number with separated thousands: `1,284`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(condition: &Condition, minutes: Option<i64>, sync: Option<&SyncProgress>) -> String {
        let now = Timestamp::from_second(1_767_236_400).unwrap();
        let status = status(Facts {
            now,
            zone: &TimeZone::UTC,
            synced_at: minutes
                .map(|minutes| Timestamp::from_second(now.as_second() - minutes * 60).unwrap()),
            condition,
            read_only: false,
            sync,
            entities: 1284,
        });
        format!("{} | {}", status.short, status.more.join(" | "))
    }

    #[test]
    fn the_age_of_the_data_is_always_said() {
        assert_eq!(
            words(&Condition::Ready, Some(3), None),
            "synced 02:57 | 3 min ago | 1,284 entities"
        );
        assert_eq!(
            words(&Condition::Offline, Some(60 * 30), None),
            "offline | synced Dec 30 21:00 | 1 day ago | 1,284 entities"
        );
        assert_eq!(
            words(&Condition::Ready, None, None),
            "not synced | 1,284 entities"
        );
    }

    #[test]
    fn what_stands_in_the_way_of_fresh_data_is_named() {
        let until = Some(Timestamp::from_second(1_767_236_400 + 600).unwrap());
        assert!(
            words(&Condition::RateLimited { until }, Some(3), None)
                .starts_with("rate-limited until 03:10 | synced 02:57")
        );
        assert!(words(&Condition::SignedOut, None, None).starts_with("signed out"));
        let failed = |count: usize| Condition::SourcesFailed(vec!["acme: gone".into(); count]);
        assert_eq!(
            words(&failed(2), Some(3), None),
            "2 sources failed | synced 02:57 | 3 min ago | :log says why | 1,284 entities"
        );
        assert!(words(&failed(1), None, None).starts_with("1 source failed"));
    }

    #[test]
    fn a_sync_shows_how_far_it_is() {
        let progress = SyncProgress {
            what: "my-org".into(),
            done: 1200,
            total: Some(5000),
        };
        assert_eq!(
            words(&Condition::Ready, Some(3), Some(&progress)),
            "syncing my-org | 1,200/5,000 | 1,284 entities"
        );
    }

    #[test]
    fn ages_are_coarse() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(age(at(0), at(59)), "just now");
        assert_eq!(age(at(0), at(3_599)), "59 min ago");
        assert_eq!(age(at(0), at(7_200)), "2 h ago");
        assert_eq!(age(at(0), at(864_000)), "10 days ago");
        assert_eq!(age(at(100), at(0)), "just now");
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
