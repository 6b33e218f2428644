//! What is wrong: with a field, with a page, and with the form as a task would get it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::build::Row;
use super::field::Kind;
use super::msg::{CheckOutcome, CheckState};
use super::path::FieldPath;
use super::state::Form;
use super::words::{plain, problem};

/// What is said of a page that passes a limit.
const TOO_MUCH: &str = "There is more on this page than a form can show";

/// Something because of which the task cannot start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocker {
    /// The page it is on.
    pub page: usize,
    /// The field; nothing where it is the page as a whole.
    pub path: Option<FieldPath>,
    /// What the field is called, or the page.
    pub label: String,
    /// What is wrong.
    pub message: String,
}

impl Form {
    /// What is wrong with a field, once it is time to say so; a check that failed, at once.
    pub fn error(&self, path: &FieldPath) -> Option<&str> {
        let seen = self.touched.contains(path) || self.attempted.contains(&self.current);
        let problem = self.problems.get(path).filter(|_| seen);
        problem.map(String::as_str).or_else(|| self.failure(path))
    }

    /// What is wrong with a field, whether or not it is time to say so.
    pub fn problem(&self, path: &FieldPath) -> Option<&str> {
        self.problems
            .get(path)
            .map(String::as_str)
            .or_else(|| self.failure(path))
    }

    /// What is wrong with the shown page as a whole: found by the last try to go on, or of its template.
    pub fn page_problems(&self) -> Vec<String> {
        let mut all = self.page_problems.clone();
        let mut add = |problem: String| {
            if !all.contains(&problem) {
                all.push(problem);
            }
        };
        if let Some(built) = self.built.get(self.current) {
            if built.overflow {
                add(TOO_MUCH.to_owned());
            }
            for broken in &built.broken {
                add(format!(
                    "The template refers to {}, which it does not have",
                    crate::text::clean(broken)
                ));
            }
        }
        if let Some(unusable) = self
            .pages
            .get(self.current)
            .and_then(|p| p.unusable.clone())
        {
            add(unusable);
        }
        all
    }

    /// Where a field's check stands; nothing where it needs none or is not yet asked about.
    pub fn check(&self, path: &FieldPath) -> Option<&CheckState> {
        self.checks.get(path).map(|check| &check.state)
    }

    /// Whether any check is still being found out.
    pub fn is_checking(&self) -> bool {
        self.checks
            .values()
            .any(|check| check.state == CheckState::Pending)
    }

    /// Everything because of which the task cannot start; empty where it can. A check still being found out is none.
    pub fn blockers(&self) -> Vec<Blocker> {
        let all = self.values();
        let mut found = Vec::new();
        for page in 0..self.pages.len() {
            if self.shown.get(page) == Some(&true) {
                found.extend(self.blockers_of(page, &all));
            }
        }
        found
    }

    fn failure(&self, path: &FieldPath) -> Option<&str> {
        match &self.checks.get(path)?.state {
            CheckState::Done(CheckOutcome::Failed(message)) => Some(message),
            _ => None,
        }
    }

    pub(super) fn find_problems(&mut self) {
        let mut problems = BTreeMap::new();
        for row in self.rows() {
            if let Some(message) = self.problem_of(self.current, row) {
                problems.insert(row.field.path.clone(), message);
            }
        }
        self.problems = problems;
    }

    fn problem_of(&self, page: usize, row: &Row) -> Option<String> {
        let page = self.pages.get(page)?;
        problem(row, &page.validators).or_else(|| self.not_offered(row))
    }

    /// Where only what is offered may be chosen, and it is known what is.
    fn not_offered(&self, row: &Row) -> Option<String> {
        let (Kind::Entity(picker) | Kind::Entities(picker)) = &row.field.kind else {
            return None;
        };
        let offered = self.offered.get(&row.field.path)?;
        if picker.allow_arbitrary {
            return None;
        }
        let stray = |value: &Value| match value {
            Value::String(text) if !offered.contains(text) => Some(picker.label_of(text)),
            _ => None,
        };
        let stray = match row.field.value.as_ref()? {
            Value::Array(list) => list.iter().find_map(stray),
            one => stray(one),
        }?;
        Some(format!(
            "{} is not among those offered",
            crate::text::clean(&stray)
        ))
    }

    /// What is wrong on a page, its fields first; where nothing is wrong with them, the page as a whole, as the engine
    /// checks it before a task starts.
    pub(super) fn blockers_of(&self, page: usize, values: &Map<String, Value>) -> Vec<Blocker> {
        let (Some(definition), Some(built)) = (self.pages.get(page), self.built.get(page)) else {
            return Vec::new();
        };
        let whole = |message: String| Blocker {
            page,
            path: None,
            label: definition.title.clone(),
            message,
        };
        if let Some(unusable) = &definition.unusable {
            return vec![whole(unusable.clone())];
        }
        if built.overflow {
            return vec![whole(TOO_MUCH.to_owned())];
        }
        let mut found = Vec::new();
        for row in &built.rows {
            let problem = self.problem_of(page, row);
            let problem = problem.or_else(|| self.failure(&row.field.path).map(str::to_owned));
            if let Some(message) = problem {
                found.push(Blocker {
                    page,
                    path: Some(row.field.path.clone()),
                    label: row.field.label.clone(),
                    message,
                });
            }
        }
        for row in &built.hidden {
            if let Some(message) = self.problem_of(page, row) {
                let label = &row.field.label;
                found.push(whole(format!(
                    "{label}, which this form does not show: {message}"
                )));
            }
        }
        if !found.is_empty() {
            return found;
        }
        let values = Value::Object(values.clone());
        for violation in definition.validators.check(&definition.schema, &values) {
            let row = built.rows.iter().find(|row| row.pointer == violation.path);
            let place = violation.property();
            let place = place.trim_start_matches("instance").trim_start_matches('.');
            found.push(match row.filter(|_| !violation.path.is_empty()) {
                Some(row) => Blocker {
                    page,
                    path: Some(row.field.path.clone()),
                    label: row.field.label.clone(),
                    message: plain(&violation, &row.field.kind),
                },
                None if place.is_empty() => whole(plain(&violation, &Kind::Group)),
                None => whole(format!(
                    "{}: {}",
                    crate::text::clean(place),
                    plain(&violation, &Kind::Group)
                )),
            });
        }
        if found.is_empty() && !definition.validators.allows(&definition.schema, &values) {
            found.push(whole("The template's schema cannot be used".to_owned()));
        }
        found
    }
}
