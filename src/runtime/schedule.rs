//! Syncs that nobody asked for: each source by its own schedule, while the interface is open.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::launch::SyncPlan;

/// How soon a failed source is tried again, at the earliest.
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
        self.at = self
            .plan
            .as_ref()
            .and_then(|plan| (plan.due)(clock))
            .map(|due| {
                let left = clock.duration_until(due).unsigned_abs();
                let left = if due <= clock { Duration::ZERO } else { left };
                now + left.max(PAUSE)
            });
    }

    /// Whether a sync is due; it is so once.
    pub(super) fn take_due(&mut self, now: Instant) -> bool {
        self.at.take_if(|at| *at <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn plan(auto: bool, due_in: i64) -> Option<SyncPlan> {
        Some(SyncPlan {
            run: Arc::new(|_, _, _| Ok(crate::sync::SyncSummary::default())),
            due: Arc::new(move |now| {
                now.checked_add(jiff::SignedDuration::from_secs(due_in))
                    .ok()
            }),
            auto,
        })
    }

    #[test]
    fn a_source_is_synced_when_it_is_due_and_not_before() {
        let now = Instant::now();
        let mut schedule = Schedule::new(plan(true, 1800));
        assert!(!schedule.take_due(now + Duration::from_secs(9999)));
        schedule.plan(now);
        assert!(!schedule.take_due(now + Duration::from_secs(1700)));
        assert!(schedule.take_due(now + Duration::from_secs(1801)));
        assert!(!schedule.take_due(now + Duration::from_secs(9999)));
    }

    #[test]
    fn what_is_overdue_waits_a_minute_and_nothing_is_due_where_it_is_turned_off() {
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
