//! Syncs that nobody asked for: each source by its own schedule, while the interface is open.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::launch::SyncPlan;
use crate::app::{Job, JobId};

/// How soon a failed source is tried again, at the earliest.
const PAUSE: Duration = Duration::from_secs(60);

/// Ids from here on are the runtime's own: `update` counts from 0 and would take millennia to get here.
const FIRST: u64 = 1 << 63;

/// When the next sync is due.
#[derive(Debug)]
pub(super) struct Schedule {
    plan: Option<SyncPlan>,
    at: Option<Instant>,
    next: u64,
}

impl Schedule {
    /// The schedule of a plan; none where nothing is to be synced without being asked. The sync at the start is
    /// `update`'s own.
    pub(super) fn new(plan: Option<SyncPlan>) -> Self {
        Self {
            plan: plan.filter(|plan| plan.auto),
            at: None,
            next: FIRST,
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

    /// The job that is due, and its id.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(JobId, Job)> {
        self.at.filter(|at| *at <= now)?;
        self.at = None;
        self.next += 1;
        Some((
            JobId(self.next),
            Job::Sync {
                full: false,
                only: None,
            },
        ))
    }

    /// Whether a job is one of these: its reports are news of the cache and nothing else.
    pub(super) fn owns(id: JobId) -> bool {
        id.0 >= FIRST
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
        assert!(schedule.take_due(now + Duration::from_secs(9999)).is_none());
        schedule.plan(now);
        assert!(schedule.take_due(now + Duration::from_secs(1700)).is_none());
        let (id, job) = schedule.take_due(now + Duration::from_secs(1801)).unwrap();
        assert!(
            Schedule::owns(id)
                && matches!(
                    job,
                    Job::Sync {
                        full: false,
                        only: None
                    }
                )
        );
        assert!(schedule.take_due(now + Duration::from_secs(9999)).is_none());
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
