//! A form and what can be asked of it.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::answers::Answers;
use super::build::{Built, Row, build};
use super::draft::Draft;
use super::field::{Field, Kind};
use super::limits::Limits;
use super::msg::CheckState;
use super::page::Page;
use super::path::FieldPath;
use super::review::{self, ReviewPage};
use super::secrets::{self, Places, Secrets};
use super::{command, value};

/// What a page may cost however much the pages before it did: enough for any real one.
const LEAST_VISITS: usize = 1_000;

/// Why parameters make no form.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FormError {
    /// They are neither a page nor a list of pages.
    #[error("the template's parameters are neither a page nor a list of pages")]
    NotPages,
    /// They are larger or nest deeper than any form could show.
    #[error("the template's parameters are too large for a form")]
    TooLarge,
}

/// Where a page stands in the form's progress.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The page's place among all, for [`Msg::GoTo`](super::Msg::GoTo); the number of pages for the review.
    pub index: usize,
    /// Its title; empty for the review.
    pub title: String,
    /// How far it is.
    pub state: StepState,
}

/// How far a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepState {
    /// Behind the one that is shown.
    Done,
    /// Shown.
    Current,
    /// Still to come.
    Ahead,
}

/// A check of an answer outside.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub generation: u64,
    /// The value that was asked about.
    pub subject: Value,
    pub state: CheckState,
}

/// A template's form: its pages, what was answered, where the person is.
///
/// `Debug` prints no secret.
#[derive(Clone, Debug)]
pub struct Form {
    pub(super) pages: Vec<Page>,
    pub(super) answers: Answers,
    pub(super) secrets: Secrets,
    pub(super) secret_places: Places,
    /// The page that is shown; the number of pages is the review.
    pub(super) current: usize,
    pub(super) built: Vec<Built>,
    pub(super) shown: Vec<bool>,
    pub(super) focus: Option<FieldPath>,
    pub(super) touched: BTreeSet<FieldPath>,
    pub(super) attempted: BTreeSet<usize>,
    /// What is wrong with the fields of the page that is shown.
    pub(super) problems: BTreeMap<FieldPath, String>,
    /// What is wrong with that page as a whole, found by the last try to go on.
    pub(super) page_problems: Vec<String>,
    pub(super) checks: BTreeMap<FieldPath, Check>,
    pub(super) generation: u64,
    pub(super) offered: BTreeMap<FieldPath, Vec<String>>,
    pub(super) limits: Limits,
}

impl Form {
    /// Makes a form of a template's `spec.parameters` (one page or a list of them, `$yaml` and its like already filled
    /// in; null is a form without pages) and of values known beforehand. Secrets among those are kept apart.
    ///
    /// # Errors
    /// [`FormError::NotPages`] and [`FormError::TooLarge`]. Whatever else is wrong with the parameters is said on its page.
    pub fn new(parameters: &Value, given: Map<String, Value>) -> Result<Self, FormError> {
        Self::with_limits(parameters, given, Limits::default())
    }

    /// [`Form::new`] with other bounds.
    ///
    /// # Errors
    /// As [`Form::new`].
    pub fn with_limits(
        parameters: &Value,
        given: Map<String, Value>,
        limits: Limits,
    ) -> Result<Self, FormError> {
        let written: Vec<&Value> = match parameters {
            Value::Null => Vec::new(),
            Value::Array(pages) => pages.iter().collect(),
            one @ Value::Object(_) => vec![one],
            _ => return Err(FormError::NotPages),
        };
        if written.iter().any(|page| !page.is_object()) {
            return Err(FormError::NotPages);
        }
        let given = Value::Object(given);
        if value::measure(parameters, limits.written_depth, limits.nodes).is_none()
            || value::measure(&given, limits.written_depth, limits.nodes).is_none()
            || written.len() > 200
        {
            return Err(FormError::TooLarge);
        }
        let secret_places = Places::find(parameters);
        let mut secrets = Secrets::new();
        let mut given = given;
        secrets::take(&FieldPath::root(), &mut given, &secret_places, &mut secrets);
        let given = match given {
            Value::Object(given) => given,
            _ => Map::new(),
        };
        let pages: Vec<Page> = written.into_iter().map(Page::new).collect();
        let count = pages.len();
        let mut form = Self {
            pages,
            answers: Answers::new(given),
            secrets,
            secret_places,
            current: 0,
            built: vec![Built::default(); count],
            shown: vec![true; count],
            focus: None,
            touched: BTreeSet::new(),
            attempted: BTreeSet::new(),
            problems: BTreeMap::new(),
            page_problems: Vec::new(),
            checks: BTreeMap::new(),
            generation: 0,
            offered: BTreeMap::new(),
            limits,
        };
        form.rebuild(0);
        form.current = form.shown_from(0);
        form.arrive();
        Ok(form)
    }

    /// Puts a kept draft in place of all answers, and shows the page it was on. Secrets are asked for again.
    pub fn restore(&mut self, draft: Draft) {
        if !draft.is_readable() {
            return;
        }
        let Draft { page, answers, .. } = draft;
        // What has become a secret since is not shown as anything else.
        let clean = Answers::read(answers).written(&|path| !self.secret_places.hold(path));
        self.answers = Answers::read(clean);
        self.touched.clear();
        self.attempted.clear();
        self.checks.clear();
        self.rebuild(0);
        self.current = self.shown_from(page.min(self.pages.len().saturating_sub(1)));
        self.arrive();
    }

    /// The answers as typed, to be kept; without secrets.
    pub fn draft(&self) -> Draft {
        let answers = self.answers.written(&|path| !self.secret_places.hold(path));
        Draft::new(self.current, answers)
    }

    /// Whether anything was answered here or before; quitting then asks.
    pub fn has_answers(&self) -> bool {
        !self.answers.is_empty() || !self.secrets.is_empty()
    }

    /// The page that is shown, by its place among all; the number of pages where it is the review.
    pub fn current(&self) -> usize {
        self.current
    }

    /// Whether all pages are behind and the review is shown.
    pub fn is_review(&self) -> bool {
        self.current >= self.pages.len()
    }

    /// The shown page's place and the number of pages, as a person counts them: `(2, 3)`. Pages whose condition does not
    /// hold do not count. On the review both are the number of pages.
    pub fn progress(&self) -> (usize, usize) {
        let all = self.shown.iter().filter(|shown| **shown).count();
        let before = self
            .shown
            .iter()
            .take(self.current)
            .filter(|shown| **shown)
            .count();
        ((before + 1).min(all), all)
    }

    /// Every page that is shown, in order, and the review last.
    pub fn steps(&self) -> Vec<Step> {
        let state = |index: usize| match index.cmp(&self.current) {
            std::cmp::Ordering::Less => StepState::Done,
            std::cmp::Ordering::Equal => StepState::Current,
            std::cmp::Ordering::Greater => StepState::Ahead,
        };
        let pages = self.pages.iter().enumerate();
        let mut steps: Vec<Step> = pages
            .filter(|(index, _)| self.shown.get(*index) == Some(&true))
            .map(|(index, page)| Step {
                index,
                title: page.title.clone(),
                state: state(index),
            })
            .collect();
        steps.push(Step {
            index: self.pages.len(),
            title: String::new(),
            state: state(self.pages.len()),
        });
        steps
    }

    /// The title of the page that is shown; empty on the review.
    pub fn title(&self) -> &str {
        self.pages
            .get(self.current)
            .map_or("", |page| page.title.as_str())
    }

    /// The description of the page that is shown.
    pub fn description(&self) -> Option<&str> {
        self.pages.get(self.current)?.description.as_deref()
    }

    /// The rows of the page that is shown; none on the review.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = &Field> {
        self.rows().iter().map(|row| &row.field)
    }

    /// A field of the page that is shown.
    pub fn field(&self, path: &FieldPath) -> Option<&Field> {
        self.row(path).map(|row| &row.field)
    }

    /// The field that has the focus.
    pub fn focus(&self) -> Option<&FieldPath> {
        self.focus.as_ref()
    }

    /// What a task would get: the values of all fields that are there, of the pages that are shown. A secret is asterisks.
    pub fn values(&self) -> Map<String, Value> {
        self.values_of(self.pages.len())
    }

    /// The secrets of the fields that are there, by the names under which steps find them.
    pub fn secrets(&self) -> BTreeMap<String, SecretString> {
        let mut found = BTreeMap::new();
        for row in self
            .built
            .iter()
            .flat_map(|b| b.rows.iter().chain(&b.hidden))
        {
            if let Kind::Secret { name } = &row.field.kind
                && let Some(secret) = self.secrets.get(&row.field.path)
            {
                found.insert(name.clone(), secret.clone());
            }
        }
        found
    }

    /// The secret that a field holds, for its masked editor.
    pub fn secret(&self, path: &FieldPath) -> Option<&SecretString> {
        self.secrets.get(path)
    }

    /// Names of secrets that fields want the person's own token under (`requestUserCredentials`), with the repository's
    /// host where it is known.
    pub fn wanted_credentials(&self) -> Vec<(super::UserCredentials, String)> {
        let rows = self.built.iter().flat_map(|built| &built.rows);
        rows.filter_map(|row| match &row.field.kind {
            Kind::RepoUrl(picker) | Kind::RepoOwner(picker) => {
                let host = match &row.field.value {
                    Some(Value::String(stored)) => super::RepoUrl::parse(stored).host,
                    _ => String::new(),
                };
                Some((picker.credentials.clone()?, host))
            }
            _ => None,
        })
        .collect()
    }

    /// The values in words, page by page.
    pub fn review(&self) -> Vec<ReviewPage> {
        let pages = self.pages.iter().zip(&self.built).enumerate();
        pages
            .filter(|(index, _)| self.shown.get(*index) == Some(&true))
            .map(|(index, (page, built))| ReviewPage {
                index,
                title: page.title.clone(),
                rows: review::rows(&built.rows, &built.hidden),
            })
            .collect()
    }

    /// The command line that does the same with `template`, a reference or a path.
    pub fn command(&self, template: &str) -> String {
        let secrets: Vec<String> = self.secrets().into_keys().collect();
        command::command(template, &self.values(), &secrets)
    }

    pub(super) fn rows(&self) -> &[Row] {
        self.built
            .get(self.current)
            .map_or(&[], |built| built.rows.as_slice())
    }

    pub(super) fn row(&self, path: &FieldPath) -> Option<&Row> {
        self.rows().iter().find(|row| row.field.path == *path)
    }

    /// The values of the first pages.
    pub(super) fn values_of(&self, pages: usize) -> Map<String, Value> {
        let mut all = Map::new();
        for (built, shown) in self.built.iter().zip(&self.shown).take(pages) {
            if *shown {
                all.extend(built.values.iter().map(|(k, v)| (k.clone(), v.clone())));
            }
        }
        all
    }

    /// Works the pages out again from one on.
    pub(super) fn rebuild(&mut self, from: usize) {
        let mut others = self.values_of(from);
        // Many pages may not cost many times what one may.
        let mut left = 2 * self.limits.visits;
        let pages = self.pages.iter().zip(&mut self.built).zip(&mut self.shown);
        for ((page, built), shown) in pages.skip(from) {
            *shown = page.is_shown(&others);
            let limits = Limits {
                visits: self.limits.visits.min(left.max(LEAST_VISITS)),
                ..self.limits
            };
            *built = if *shown {
                build(
                    &page.schema,
                    &page.hints,
                    &page.validators,
                    &self.answers,
                    &self.secrets,
                    &others,
                    limits,
                )
            } else {
                Built::default()
            };
            left = left.saturating_sub(built.visits);
            others.extend(built.values.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        self.find_problems();
    }

    /// The first page from one on that is shown; the review where none is.
    pub(super) fn shown_from(&self, page: usize) -> usize {
        (page..self.pages.len())
            .find(|page| self.shown.get(*page) == Some(&true))
            .unwrap_or(self.pages.len())
    }

    /// Puts the focus where a page wants it: on `ui:autofocus`, else on its first field.
    pub(super) fn arrive(&mut self) {
        self.page_problems.clear();
        self.find_problems();
        let fields = self.rows().iter().map(|row| &row.field);
        let free: Vec<&Field> = fields.filter(|field| field.takes_focus()).collect();
        let wanted = free.iter().find(|field| field.autofocus).or(free.first());
        self.focus = wanted.map(|field| field.path.clone());
    }
}
