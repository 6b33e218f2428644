//! When to draw: at once for what a person did or waits for, with others for what merely goes on.

use std::time::{Duration, Instant};

/// How long a frame waits for the answer of a search that was just asked for, so that a key is one frame and not two.
const ANSWER: Duration = Duration::from_millis(6);
/// The shortest time between frames that only show progress.
const PROGRESS: Duration = Duration::from_millis(100);

/// How soon a change should be seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Urgency {
    /// It goes on by itself.
    Progress,
    /// It was asked for, and the answer is about to come.
    AnswerSoon,
    /// Now.
    Now,
}

/// The pending frame, if any.
#[derive(Clone, Default, Debug)]
pub(super) struct Pace {
    due: Option<Instant>,
    last: Option<Instant>,
}

impl Pace {
    /// Something changed. The earliest wish wins; no frame is ever put off for a later one.
    pub(super) fn changed(&mut self, urgency: Urgency, now: Instant) {
        let wish = match urgency {
            Urgency::Now => now,
            Urgency::AnswerSoon => now + ANSWER,
            Urgency::Progress => self.last.map_or(now, |last| (last + PROGRESS).max(now)),
        };
        self.due = Some(self.due.map_or(wish, |due| due.min(wish)));
    }

    /// Something on screen moves and wants its next frame after so long.
    pub(super) fn moving(&mut self, after: Option<Duration>, now: Instant) {
        if let Some(wish) = after.and_then(|after| now.checked_add(after)) {
            self.due = Some(self.due.map_or(wish, |due| due.min(wish)));
        }
    }

    /// When the next frame is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether a frame is due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        self.due = None;
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changed_is_nothing_due() {
        let mut pace = Pace::default();
        let now = Instant::now();
        assert_eq!(pace.due(), None);
        pace.changed(Urgency::Now, now);
        assert!(pace.is_due(now));
        pace.drawn(now);
        assert_eq!(pace.due(), None);
    }

    #[test]
    fn a_key_waits_a_little_for_its_answer_and_an_answer_not_at_all() {
        let mut pace = Pace::default();
        let now = Instant::now();
        pace.changed(Urgency::AnswerSoon, now);
        assert!(!pace.is_due(now));
        assert!(pace.is_due(now + ANSWER));
        pace.changed(Urgency::Now, now);
        assert!(pace.is_due(now));
    }

    #[test]
    fn progress_is_shown_a_few_times_a_second_and_its_last_frame_is_never_lost() {
        let mut pace = Pace::default();
        let now = Instant::now();
        pace.changed(Urgency::Progress, now);
        assert!(pace.is_due(now));
        pace.drawn(now);
        pace.changed(Urgency::Progress, now);
        pace.changed(Urgency::Progress, now + PROGRESS / 2);
        assert_eq!(pace.due(), Some(now + PROGRESS));
    }

    #[test]
    fn what_moves_gets_its_next_frame() {
        let mut pace = Pace::default();
        let now = Instant::now();
        pace.moving(None, now);
        assert_eq!(pace.due(), None);
        pace.moving(Some(PROGRESS), now);
        assert_eq!(pace.due(), Some(now + PROGRESS));
    }
}
