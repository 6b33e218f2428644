//! The interface's timers: at most one of each, and no thread or tick behind them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::app::Timer;

/// What is to go off when.
#[derive(Clone, Default, Debug)]
pub(super) struct Timers {
    at: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Sets a timer anew, or stops it.
    pub(super) fn set(&mut self, timer: Timer, after: Option<Duration>, now: Instant) {
        match after.and_then(|after| now.checked_add(after)) {
            Some(at) => self.at.insert(timer, at),
            None => self.at.remove(&timer),
        };
    }

    /// When the next goes off.
    pub(super) fn next(&self) -> Option<Instant> {
        self.at.values().min().copied()
    }

    /// Takes those that have gone off, in order.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Timer> {
        let mut due: Vec<(Instant, Timer)> = self
            .at
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(timer, at)| (*at, *timer))
            .collect();
        due.sort();
        for (_, timer) in &due {
            self.at.remove(timer);
        }
        due.into_iter().map(|(_, timer)| timer).collect()
    }
}

/// Sleeps until then; for ever where there is no then.
pub(super) async fn sleep(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_go_off_once_and_in_order() {
        let now = Instant::now();
        let after = |ms| Some(Duration::from_millis(ms));
        let mut timers = Timers::default();
        timers.set(Timer::Toast, after(20), now);
        timers.set(Timer::Preview, after(30), now);
        timers.set(Timer::Preview, after(10), now);
        timers.set(Timer::Age, after(90), now);
        assert_eq!(timers.next(), Some(now + Duration::from_millis(10)));
        assert_eq!(
            timers.take_due(now + Duration::from_millis(50)),
            [Timer::Preview, Timer::Toast]
        );
        timers.set(Timer::Age, None, now);
        assert_eq!(timers.next(), None);
    }
}
