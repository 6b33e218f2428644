//! When to draw: at once for what a person did or waits for, with others for what merely goes on.

use std::time::{Duration, Instant};

use crate::app::{Effect, JobEvent, Policy, Slot};

/// How long a frame waits at least for the answer that was just asked for, so that a key is one frame and not two.
const SHORTEST_WAIT: Duration = Duration::from_millis(6);
/// How long it waits at most: letters that come later than this after their key would be felt. Also how long it waits
/// before anything is known.
const LONGEST_WAIT: Duration = Duration::from_millis(30);
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

impl Urgency {
    /// Of what a job says; none where nothing of it shows.
    pub(super) fn of(event: &JobEvent) -> Option<Self> {
        match event {
            // That a job has begun shows only where its progress does.
            JobEvent::Started => None,
            JobEvent::Progress(_) => Some(Self::Progress),
            // A failure is all that there will be to see.
            JobEvent::Output(_) | JobEvent::Finished(Err(_)) => Some(Self::Now),
            // What there was to show has been said; the answer it led to asking for may come first.
            JobEvent::Finished(Ok(_)) => Some(Self::AnswerSoon),
        }
    }
}

/// The pending frame, if any.
#[derive(Clone, Default, Debug)]
pub(super) struct Pace {
    due: Option<Instant>,
    last: Option<Instant>,
    /// When the search that is waited for was asked for.
    asked: Option<Instant>,
    /// How long searches have taken lately: a longer one counts at once, shorter ones little by little.
    usual: Option<Duration>,
}

impl Pace {
    /// Something changed. The earliest wish wins; no frame is ever put off for a later one.
    pub(super) fn changed(&mut self, urgency: Urgency, now: Instant) {
        let wish = match urgency {
            Urgency::Now => now,
            Urgency::AnswerSoon => now + self.patience(),
            Urgency::Progress => self.last.map_or(now, |last| (last + PROGRESS).max(now)),
        };
        self.due = Some(self.due.map_or(wish, |due| due.min(wish)));
    }

    /// Something changed, and this is to be done about it. What a key asks for is shown with what it changes at once,
    /// in one frame, where it comes soon.
    pub(super) fn updated(&mut self, effects: &[Effect], urgency: Urgency, now: Instant) {
        let asks = |wanted: Slot| {
            effects.iter().any(|effect| {
                matches!(effect, Effect::Start { policy: Policy::Latest(slot), .. } if *slot == wanted)
            })
        };
        let searching = asks(Slot::Search);
        if searching {
            self.asked(now);
        }
        let answered = searching || asks(Slot::Preview) || asks(Slot::Entity);
        let most = if answered {
            Urgency::AnswerSoon
        } else {
            Urgency::Now
        };
        self.changed(urgency.min(most), now);
    }

    /// A search was asked for, in place of any before it.
    fn asked(&mut self, now: Instant) {
        self.asked = Some(now);
    }

    /// The search has answered.
    pub(super) fn answered(&mut self, now: Instant) {
        let Some(asked) = self.asked.take() else {
            return;
        };
        let took = now.saturating_duration_since(asked);
        self.usual = Some(match self.usual {
            Some(usual) if usual > took => (usual * 3 + took) / 4,
            _ => took,
        });
    }

    /// How long a frame waits for an answer: twice as long as answers take. Where they take longer than a person
    /// should wait for the letter just typed, waiting is no use and the letter goes first.
    fn patience(&self) -> Duration {
        match self.usual {
            None => LONGEST_WAIT,
            Some(usual) if usual > LONGEST_WAIT => SHORTEST_WAIT,
            Some(usual) => (usual * 2).clamp(SHORTEST_WAIT, LONGEST_WAIT),
        }
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
    use crate::app::{JobError, JobErrorKind};

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
        assert!(pace.is_due(now + LONGEST_WAIT));
        pace.changed(Urgency::Now, now);
        assert!(pace.is_due(now));
    }

    #[test]
    fn a_key_waits_as_long_as_searches_take_and_never_so_long_that_it_is_felt() {
        let ms = Duration::from_millis;
        let mut pace = Pace::default();
        let mut now = Instant::now();
        let mut wait_after = |took: Duration| {
            pace.asked(now);
            now += took;
            pace.answered(now);
            pace.changed(Urgency::AnswerSoon, now);
            let wait = pace.due().unwrap() - now;
            pace.drawn(now);
            wait
        };
        assert_eq!(wait_after(ms(1)), SHORTEST_WAIT);
        assert_eq!(wait_after(ms(10)), ms(20));
        assert_eq!(wait_after(ms(25)), LONGEST_WAIT);
        // Hopeless: the letter goes out alone.
        assert_eq!(wait_after(ms(100)), SHORTEST_WAIT);
        // A slow one, while the machine was busy, is forgotten in time.
        for _ in 0..12 {
            wait_after(ms(4));
        }
        assert!(wait_after(ms(4)) < ms(20));
    }

    #[test]
    fn a_job_that_fails_is_shown_at_once() {
        let failed = JobError {
            kind: JobErrorKind::Failed,
            message: "no".into(),
            hint: None,
        };
        let urgency = Urgency::of(&JobEvent::Finished(Err(failed)));
        assert_eq!(urgency, Some(Urgency::Now));
        let urgency = Urgency::of(&JobEvent::Finished(Ok(None)));
        assert_eq!(urgency, Some(Urgency::AnswerSoon));
        assert_eq!(Urgency::of(&JobEvent::Started), None);
    }

    #[test]
    fn what_was_not_asked_for_teaches_nothing() {
        let mut pace = Pace::default();
        pace.answered(Instant::now());
        assert_eq!(pace.patience(), LONGEST_WAIT);
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
