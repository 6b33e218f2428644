//! Where the person is: the focus, the page, and what is checked on leaving either.

use serde_json::Value;

use super::field::{Field, Kind};
use super::msg::{CheckState, Effect};
use super::path::FieldPath;
use super::picker::RepoUrl;
use super::state::{Check, Form};

impl Form {
    pub(super) fn focus_on(&mut self, path: FieldPath, effects: &mut Vec<Effect>) {
        if let Some(old) = self.focus.clone().filter(|old| *old != path) {
            self.leave(&old, effects);
        }
        self.focus = Some(path);
    }

    pub(super) fn focus_by(&mut self, by: isize, effects: &mut Vec<Effect>) {
        let free: Vec<&FieldPath> = self
            .rows()
            .iter()
            .filter(|row| row.field.takes_focus())
            .map(|row| &row.field.path)
            .collect();
        let now = self
            .focus
            .as_ref()
            .and_then(|focus| free.iter().position(|p| *p == focus));
        let to = match now {
            Some(now) => now
                .saturating_add_signed(by)
                .min(free.len().saturating_sub(1)),
            None => 0,
        };
        if let Some(path) = free.get(to).map(|path| (*path).clone()) {
            if self.focus.as_ref() == Some(&path) {
                // There is nothing to go to; it was tried all the same.
                self.leave(&path, effects);
            }
            self.focus_on(path, effects);
        }
    }

    /// A field was left, or the person paused in it: what is wrong with it may be said, and what must be asked outside is.
    pub(super) fn leave(&mut self, path: &FieldPath, effects: &mut Vec<Effect>) {
        self.touched.insert(path.clone());
        self.ask(path, effects);
    }

    /// Asks outside about an answer that needs it and was not asked about.
    fn ask(&mut self, path: &FieldPath, effects: &mut Vec<Effect>) {
        let Some(field) = self.field(path) else {
            return;
        };
        let (Kind::RepoUrl(_), Some(subject)) = (&field.kind, field.value.clone()) else {
            return;
        };
        let Some(stored) = subject.as_str() else {
            return;
        };
        if self.problems.contains_key(path)
            || self
                .checks
                .get(path)
                .is_some_and(|check| check.subject == subject)
        {
            return;
        }
        let repo = RepoUrl::parse(stored);
        self.generation += 1;
        let generation = self.generation;
        self.checks.insert(
            path.clone(),
            Check {
                generation,
                subject,
                state: CheckState::Pending,
            },
        );
        effects.push(Effect::Check {
            path: path.clone(),
            generation,
            repo,
        });
    }

    /// A check of what is no longer the answer says nothing any more.
    pub(super) fn drop_stale_checks(&mut self) {
        let rows: Vec<(FieldPath, Option<Value>)> = self
            .built
            .iter()
            .flat_map(|built| &built.rows)
            .filter(|row| self.checks.contains_key(&row.field.path))
            .map(|row| (row.field.path.clone(), row.field.value.clone()))
            .collect();
        self.checks.retain(|path, check| {
            rows.iter()
                .any(|(known, value)| known == path && value.as_ref() == Some(&check.subject))
        });
    }

    /// Tries the shown page; the review is the page after the last.
    pub(super) fn next(&mut self, effects: &mut Vec<Effect>) {
        if self.is_review() || !self.try_page(effects) {
            return;
        }
        // What was filled in beforehand was never left.
        let rows = self.rows().iter().map(|row| &row.field);
        let unasked: Vec<FieldPath> = rows
            .filter(|field| matches!(field.kind, Kind::RepoUrl(_)))
            .map(|field| field.path.clone())
            .collect();
        for path in unasked {
            self.ask(&path, effects);
        }
        let next = self.shown_from(self.current + 1);
        self.turn_to(next);
    }

    /// Whether nothing is wrong with the shown page; else the focus goes to the first field that is.
    fn try_page(&mut self, effects: &mut Vec<Effect>) -> bool {
        if let Some(path) = self.focus.clone() {
            self.leave(&path, effects);
        }
        self.attempted.insert(self.current);
        let values = self.values_of(self.current + 1);
        let blockers = self.blockers_of(self.current, &values);
        self.page_problems = blockers
            .iter()
            .filter(|blocker| blocker.path.is_none())
            .map(|blocker| blocker.message.clone())
            .collect();
        for blocker in &blockers {
            if let Some(path) = &blocker.path {
                self.problems
                    .entry(path.clone())
                    .or_insert_with(|| blocker.message.clone());
            }
        }
        let first = blockers.iter().find_map(|blocker| blocker.path.clone());
        if let Some(path) = first {
            // A heading takes no focus; the first of its fields that does is nearest.
            let rows = self.rows().iter().map(|row| &row.field);
            let near = rows
                .filter(|field| field.path.is_within(&path) && field.takes_focus())
                .map(|field| field.path.clone())
                .next();
            self.focus = near.or(self.focus.take());
        }
        blockers.is_empty()
    }

    pub(super) fn go_to(&mut self, page: usize, effects: &mut Vec<Effect>) {
        let page = page.min(self.pages.len());
        while self.current < page {
            let before = self.current;
            self.next(effects);
            if self.current == before {
                return;
            }
        }
        if page < self.current && self.shown.get(page) == Some(&true) {
            self.turn_to(page);
        }
    }

    pub(super) fn turn_to(&mut self, page: usize) {
        if let Some(path) = self.focus.take() {
            self.touched.insert(path);
        }
        self.current = page;
        self.arrive();
    }

    /// Where the focused field has vanished, the focus goes to the one that stands in its place.
    pub(super) fn keep_focus(&mut self) {
        let Some(focus) = &self.focus else {
            if !self.is_review() && self.rows().iter().any(|row| row.field.takes_focus()) {
                let first = self.rows().iter().find(|row| row.field.takes_focus());
                self.focus = first.map(|row| row.field.path.clone());
            }
            return;
        };
        if self.field(focus).is_some_and(Field::takes_focus) {
            return;
        }
        let mut around = focus.parent();
        let mut found = None;
        while let (Some(path), None) = (&around, &found) {
            let rows = self.rows().iter().map(|row| &row.field);
            found = rows
                .filter(|field| field.path.is_within(path) && field.takes_focus())
                .map(|field| field.path.clone())
                .next_back();
            around = path.parent();
        }
        self.focus = found;
    }
}
