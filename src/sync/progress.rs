//! What a running sync says of itself, for a progress line or a status bar.

use std::sync::{Arc, Mutex, PoisonError};

/// Columns of the bar.
const BAR: u32 = 8;

/// What a source is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stage {
    /// Waiting for its turn.
    #[default]
    Waiting,
    /// Listing repositories, teams or files.
    Listing,
    /// Reading and parsing files.
    Reading,
    /// Making the search index.
    Publishing,
    /// Waiting for the rate limit to be reset, or for `Retry-After`.
    Paused {
        /// Unix time in seconds at which it goes on.
        until: i64,
    },
}

/// The state of a run; each one replaces the last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// The source at work, as its configuration names it. Text from outside: pass it through `text`.
    pub source: String,
    /// What it is doing.
    pub stage: Stage,
    /// Repositories looked at so far, over all sources.
    pub repositories: u64,
    /// How many repositories there are, over the sources that have said so.
    pub repositories_total: Option<u64>,
    /// Entities read so far.
    pub entities: u64,
    /// Requests sent so far, of any kind.
    pub requests: u64,
    /// What is left of the rate limit, where a server has said so.
    pub rate_limit_remaining: Option<u64>,
}

impl Progress {
    /// One line without colour: a bar where it is known how much there is to do, what is done, and last, since a narrow
    /// terminal cuts it, of which source.
    pub fn line(&self) -> String {
        let mut parts = Vec::with_capacity(6);
        match self.repositories_total {
            Some(total) => parts.push(format!("{}/{total} repositories", self.repositories)),
            None if self.repositories > 0 => {
                parts.push(format!("{} repositories", self.repositories));
            }
            None => {}
        }
        parts.push(format!("{} entities", self.entities));
        if self.requests > 0 {
            parts.push(format!("{} requests", self.requests));
        }
        if let Some(left) = self.rate_limit_remaining {
            parts.push(format!("rate limit {left}"));
        }
        let what = match self.stage {
            Stage::Waiting => "waiting",
            Stage::Listing => "listing",
            Stage::Reading => "reading",
            Stage::Publishing => "indexing",
            Stage::Paused { .. } => "paused by the rate limit",
        };
        if self.source.is_empty() {
            parts.push(what.to_owned());
        } else {
            parts.push(format!("{what} {}", self.source));
        }
        let bar = self.bar().map(|bar| bar + " ").unwrap_or_default();
        bar + &parts.join(" · ")
    }

    fn bar(&self) -> Option<String> {
        let filled = (self.fraction()? * f64::from(BAR)).round();
        let full = |cell: &u32| f64::from(*cell) < filled;
        let full = (0..BAR).filter(full).count();
        Some("━".repeat(full) + &"╌".repeat(BAR as usize - full))
    }

    /// How much of the work that is known of is done, from 0 to 1; none while nothing is known.
    pub fn fraction(&self) -> Option<f64> {
        match self.repositories_total {
            Some(total) if total > 0 => Some((self.repositories as f64 / total as f64).min(1.0)),
            _ => None,
        }
    }
}

/// Adds up what the sources of a run report and tells whoever watches. Clones report into the same sum.
#[derive(Clone)]
pub struct Reporter {
    inner: Arc<Inner>,
}

struct Inner {
    sum: Mutex<Sum>,
    tell: Box<dyn Fn(Progress) + Send + Sync>,
    requests: Box<dyn Fn() -> (u64, Option<u64>) + Send + Sync>,
}

#[derive(Default)]
struct Sum {
    now: Progress,
    /// Repositories of sources that have finished.
    done: u64,
    total_done: u64,
    has_total: bool,
    current: u64,
    current_total: u64,
}

impl Reporter {
    /// Reports to `tell`; `requests` gives the number of requests and what is left of the rate limit.
    pub fn new(
        tell: impl Fn(Progress) + Send + Sync + 'static,
        requests: impl Fn() -> (u64, Option<u64>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                sum: Mutex::default(),
                tell: Box::new(tell),
                requests: Box::new(requests),
            }),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Sum)) {
        let (requests, left) = (self.inner.requests)();
        let now = {
            let mut sum = self
                .inner
                .sum
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            change(&mut sum);
            sum.now.requests = requests;
            sum.now.rate_limit_remaining = left.or(sum.now.rate_limit_remaining);
            sum.now.repositories = sum.done + sum.current;
            sum.now.repositories_total =
                sum.has_total.then_some(sum.total_done + sum.current_total);
            sum.now.clone()
        };
        (self.inner.tell)(now);
    }

    /// A source begins with something.
    pub fn stage(&self, source: &str, stage: Stage) {
        self.change(|s| {
            if s.now.source != source {
                s.done += s.current;
                s.total_done += s.current_total;
                (s.current, s.current_total) = (0, 0);
                source.clone_into(&mut s.now.source);
            }
            s.now.stage = stage;
        });
    }

    /// The current source has so many repositories.
    pub fn repositories_total(&self, total: u64) {
        self.change(|s| {
            s.has_total = true;
            s.current_total = total;
        });
    }

    /// So many of the current source's repositories were looked at.
    pub fn repositories(&self, count: u64) {
        self.change(|s| s.current = count.min(s.current_total.max(count)));
    }

    /// One more of the current source's repositories was looked at. Told with the next change of another kind.
    pub fn repository(&self) {
        let mut sum = self
            .inner
            .sum
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        sum.current = (sum.current + 1).min(sum.current_total.max(sum.current));
    }

    /// So many more entities were read.
    pub fn entities(&self, count: u64) {
        self.change(|s| s.now.entities += count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_known_and_no_more() {
        let mut progress = Progress {
            source: "acme".into(),
            stage: Stage::Listing,
            ..Progress::default()
        };
        assert_eq!(progress.line(), "0 entities · listing acme");
        progress.repositories = 200;
        progress.repositories_total = Some(1000);
        progress.requests = 2;
        progress.entities = 190;
        progress.rate_limit_remaining = Some(4998);
        assert_eq!(
            progress.line(),
            "━━╌╌╌╌╌╌ 200/1000 repositories · 190 entities · 2 requests · rate limit 4998 · listing acme"
        );
        assert_eq!(progress.fraction(), Some(0.2));
    }
}
