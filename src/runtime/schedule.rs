//! Syncs that nobody asked for: each source by its own schedule, while the interface is open.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::launch::SyncPlan;

/// How long a source waits that is due although a sync has just been: it never came to be tried, because another
/// process was at work or the cache could not be written.
const PAUSE: Duration = Duration::from_secs(60);

/// When the next sync is due.
#[derive(Debug)]
pub(super) struct Schedule {
    plan: Option<SyncPlan>,
    at: Option<Instant>,
}

impl Schedule {
    /// The schedule of a plan; none where nothing is to be synced without being asked. The sync at the start is
    /// `update`'s own.
    pub(super) fn new(plan: Option<SyncPlan>) -> Self {
        Self {
            plan: plan.filter(|plan| plan.auto),
            at: None,
        }
    }

    /// When the next sync is due.
    pub(super) fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Asks the sources anew; to be called after every sync.
    pub(super) fn plan(&mut self, now: Instant) {
        let clock = Timestamp::now();
        let Some(due) = self.plan.as_ref().map(|plan| (plan.due)(clock)) else {
            return;
        };
        let next = due
            .next
            .map(|next| clock.duration_until(next).unsigned_abs());
        let left = match next {
            _ if due.now.is_empty() => next,
            Some(next) => Some(next.min(PAUSE)),
            None => Some(PAUSE),
        };
        self.at = left.and_then(|left| now.checked_add(left));
    }

    /// Whether a sync is due; it is so once.
    pub(super) fn take_due(&mut self, now: Instant) -> bool {
        self.at.take_if(|at| *at <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Due;
    use std::sync::Arc;

    /// A plan of sources of which one is due in so many seconds, or was.
    fn plan(auto: bool, due_in: i64) -> Option<SyncPlan> {
        Some(SyncPlan {
            run: Arc::new(|_, _, _| Ok(crate::sync::SyncSummary::default())),
            due: Arc::new(move |now| {
                let at = now.checked_add(jiff::SignedDuration::from_secs(due_in));
                let next = at.ok().filter(|at| *at > now);
                let overdue = next.is_none().then(|| "acme".to_owned());
                Due {
                    now: overdue.into_iter().collect(),
                    next,
                }
            }),
            auto,
        })
    }

    #[test]
    fn a_source_is_synced_when_it_is_due_and_not_before() {
        for seconds in [10, 1800] {
            let now = Instant::now();
            let mut schedule = Schedule::new(plan(true, seconds));
            assert!(!schedule.take_due(now + Duration::from_secs(9999)));
            schedule.plan(now);
            let at = Duration::from_secs(seconds.unsigned_abs());
            assert!(!schedule.take_due(now + at - Duration::from_secs(1)));
            assert!(schedule.take_due(now + at));
            assert!(!schedule.take_due(now + Duration::from_secs(9999)));
        }
    }

    #[test]
    fn what_a_sync_did_not_reach_waits_a_minute_and_nothing_is_due_where_it_is_turned_off() {
        let now = Instant::now();
        let mut schedule = Schedule::new(plan(true, -5));
        schedule.plan(now);
        assert_eq!(schedule.at(), Some(now + PAUSE));
        for plan in [plan(false, 0), None] {
            let mut schedule = Schedule::new(plan);
            schedule.plan(now);
            assert_eq!(schedule.at(), None);
        }
    }
}
