//! Who is on call for an entity: shifts within a window of time that was fetched, and who of them is on at a moment.
//!
//! What was fetched says nothing about a time outside its window: asked for one, the answer is "unknown", never the last
//! name that was known. Does no I/O and knows no clock.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names the PagerDuty service of an entity, as Backstage's PagerDuty plugin reads it from the entity's annotations.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PagerDutyKey {
    /// `pagerduty.com/account`: which of several accounts; none means the default one.
    pub account: Option<String>,
    /// What names the service in it.
    pub service: PagerDutyService,
}

/// See [`PagerDutyKey`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PagerDutyService {
    /// `pagerduty.com/service-id`.
    Id(String),
    /// `pagerduty.com/integration-key`: one of the service's integrations has it.
    IntegrationKey(String),
}

impl PagerDutyKey {
    /// Of an entity; none where it names no service. An integration key wins over a service id, as in the plugin.
    pub fn of(entity: &Value) -> Option<Self> {
        let annotation = |name: &str| {
            let value = entity
                .get("metadata")?
                .get("annotations")?
                .get(format!("pagerduty.com/{name}"))?
                .as_str()?
                .trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let service = annotation("integration-key")
            .map(PagerDutyService::IntegrationKey)
            .or_else(|| annotation("service-id").map(PagerDutyService::Id))?;
        Some(Self {
            account: annotation("account"),
            service,
        })
    }

    /// A name that stays the same, to keep what was fetched under.
    pub fn name(&self) -> String {
        let account = self.account.as_deref().unwrap_or_default();
        match &self.service {
            PagerDutyService::Id(id) => format!("{account}/service/{id}"),
            PagerDutyService::IntegrationKey(key) => format!("{account}/integration/{key}"),
        }
    }
}

/// Somebody who can be on call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct OnCallPerson {
    /// The name, as it is written there.
    pub name: String,
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where to ring, with the country's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// A stretch of time in which somebody is on call at one level.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shift {
    /// The level of the escalation policy; 1 is asked first.
    pub level: u32,
    /// Who.
    pub person: OnCallPerson,
    /// Since when; none where it was always so.
    pub start: Option<Timestamp>,
    /// Until when, that moment not included; none where it stays so.
    pub end: Option<Timestamp>,
}

impl Shift {
    fn covers(&self, at: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= at) && self.end.is_none_or(|end| at < end)
    }
}

/// Something that is wrong with the service just now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Incident {
    /// What it is called.
    pub title: String,
    /// `triggered` or `acknowledged`.
    pub status: String,
    /// `high` or `low`.
    pub urgency: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Its page.
    pub url: Option<String>,
}

/// What is known of who is on call for an entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OnCallSchedule {
    /// Where it is from: `PagerDuty`, or the name of a rota's file.
    pub source: String,
    /// The escalation policy's name, where there is one.
    pub policy: Option<String>,
    /// The page of the service or policy.
    pub url: Option<String>,
    /// The first moment that is known.
    pub from: Timestamp,
    /// The first moment that is no longer known.
    pub until: Timestamp,
    /// When it was fetched; none where it is worked out from a rota.
    pub fetched_at: Option<Timestamp>,
    /// In order of time and level; those of one level may overlap.
    pub shifts: Vec<Shift>,
    /// Open incidents as of `fetched_at`, the newest first.
    pub incidents: Vec<Incident>,
}

/// The answer for one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OnCallNow {
    /// Who, by level; several of one level by name. Empty where nobody is.
    Known(Vec<Shift>),
    /// The moment is outside of what was fetched.
    Unknown {
        /// The first moment that is not known, where the moment asked for is after the window.
        since: Option<Timestamp>,
    },
}

impl OnCallSchedule {
    /// Who is on call at a moment. A shift that the same person goes on with at the same level is told as one.
    pub fn at(&self, now: Timestamp) -> OnCallNow {
        if now < self.from {
            return OnCallNow::Unknown { since: None };
        }
        if now >= self.until {
            return OnCallNow::Unknown {
                since: Some(self.until),
            };
        }
        let mut current: Vec<Shift> = self
            .shifts
            .iter()
            .filter(|shift| shift.covers(now))
            .map(|shift| self.whole(shift))
            .collect();
        current.sort_by(|a, b| {
            (a.level, &a.person, Reverse(a.end.is_none()), Reverse(a.end)).cmp(&(
                b.level,
                &b.person,
                Reverse(b.end.is_none()),
                Reverse(b.end),
            ))
        });
        current.dedup_by(|a, b| a.level == b.level && a.person == b.person);
        OnCallNow::Known(current)
    }

    /// The shift, on to where the same person's next ones of the level end.
    fn whole(&self, shift: &Shift) -> Shift {
        let mut whole = shift.clone();
        let mut used = BTreeSet::new();
        loop {
            let next = self.shifts.iter().enumerate().find(|(number, next)| {
                !used.contains(number)
                    && next.level == whole.level
                    && next.person == whole.person
                    && whole.end.is_some()
                    && next.start <= whole.end
                    && (next.end.is_none() || next.end > whole.end)
            });
            let Some((number, next)) = next else {
                return whole;
            };
            used.insert(number);
            whole.end = next.end;
        }
    }

    /// When the answer may change next, after a moment: a shift begins or ends, or the window does. None where nothing
    /// that is known changes any more.
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        self.shifts
            .iter()
            .flat_map(|shift| [shift.start, shift.end])
            .flatten()
            .chain([self.from, self.until])
            .filter(|moment| *moment > after)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn shift(level: u32, name: &str, start: Option<i64>, end: Option<i64>) -> Shift {
        Shift {
            level,
            person: OnCallPerson {
                name: name.into(),
                ..OnCallPerson::default()
            },
            start: start.map(at),
            end: end.map(at),
        }
    }

    fn schedule(shifts: Vec<Shift>) -> OnCallSchedule {
        OnCallSchedule {
            source: "PagerDuty".into(),
            policy: None,
            url: None,
            from: at(0),
            until: at(1000),
            fetched_at: Some(at(0)),
            shifts,
            incidents: Vec::new(),
        }
    }

    fn names(now: OnCallNow) -> Vec<(u32, String, Option<i64>)> {
        match now {
            OnCallNow::Known(shifts) => shifts
                .into_iter()
                .map(|s| (s.level, s.person.name, s.end.map(Timestamp::as_second)))
                .collect(),
            OnCallNow::Unknown { .. } => panic!("known"),
        }
    }

    #[test]
    fn the_next_shift_begins_where_one_ends() {
        let schedule = schedule(vec![
            shift(1, "Mara", Some(0), Some(100)),
            shift(1, "Jin", Some(100), Some(200)),
        ]);
        assert_eq!(names(schedule.at(at(99))), [(1, "Mara".into(), Some(100))]);
        assert_eq!(names(schedule.at(at(100))), [(1, "Jin".into(), Some(200))]);
        assert_eq!(schedule.next_change(at(100)), Some(at(200)));
    }

    #[test]
    fn a_time_outside_the_window_is_unknown_and_never_the_last_name() {
        let schedule = schedule(vec![shift(1, "Mara", None, None)]);
        assert_eq!(
            schedule.at(at(1000)),
            OnCallNow::Unknown {
                since: Some(at(1000))
            }
        );
        assert_eq!(schedule.at(at(-1)), OnCallNow::Unknown { since: None });
    }

    #[test]
    fn a_gap_is_nobody() {
        let schedule = schedule(vec![shift(1, "Mara", Some(0), Some(10))]);
        assert_eq!(schedule.at(at(10)), OnCallNow::Known(Vec::new()));
    }

    #[test]
    fn who_goes_on_is_told_once_with_the_end_of_the_last_shift() {
        let schedule = schedule(vec![
            shift(2, "Lee", None, None),
            shift(1, "Jin", Some(0), Some(100)),
            shift(1, "Jin", Some(100), Some(300)),
            shift(1, "Jin", Some(50), Some(200)),
        ]);
        assert_eq!(
            names(schedule.at(at(60))),
            [(1, "Jin".into(), Some(300)), (2, "Lee".into(), None)]
        );
    }

    #[test]
    fn the_integration_key_wins_over_the_service_id() {
        let entity = json!({"metadata": {"annotations": {
            "pagerduty.com/service-id": "P1", "pagerduty.com/integration-key": " k ", "pagerduty.com/account": "eu"}}});
        let key = PagerDutyKey::of(&entity).unwrap();
        assert_eq!(key.service, PagerDutyService::IntegrationKey("k".into()));
        assert_eq!(key.name(), "eu/integration/k");
        let none = json!({"metadata": {"annotations": {"pagerduty.com/service-id": ""}}});
        assert_eq!(PagerDutyKey::of(&none), None);
    }

    proptest! {
        #[test]
        fn whoever_is_told_is_on_call_and_nobody_is_left_out(
            shifts in proptest::collection::vec((1u32..4, 0u8..4, 0i64..900, 1i64..300), 0..20),
            now in 0i64..1000,
        ) {
            let shifts: Vec<Shift> = shifts.into_iter()
                .map(|(level, who, start, length)| shift(level, &who.to_string(), Some(start), Some(start + length)))
                .collect();
            let mut expected: Vec<(u32, String)> = shifts.iter().filter(|s| s.covers(at(now)))
                .map(|s| (s.level, s.person.name.clone())).collect();
            expected.sort();
            expected.dedup();
            let told = names(schedule(shifts).at(at(now)));
            prop_assert!(told.iter().all(|(_, _, end)| end.is_some_and(|end| end > now)));
            let told: Vec<_> = told.into_iter().map(|(level, name, _)| (level, name)).collect();
            prop_assert_eq!(told, expected);
        }
    }
}
