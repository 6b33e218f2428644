//! The expression language of software templates: nunjucks, as Backstage's scaffolder evaluates it.
//!
//! A template is text with `${{ expressions }}`, `{% tags %}` and `{# comments #}`; expressions have JavaScript's
//! semantics. What the scaffolder's interpreter leaves out of nunjucks is left out here too: loading other templates,
//! `asyncEach`, escaping of output, methods of objects. Rules were checked against what Backstage 1.55 answers.
//!
//! It is pure, and safe with templates nobody read: they reach nothing but the values they are given, and their work,
//! memory, output and depth are counted and bounded ([`Limits`]), regular expressions included. It must never read a
//! file, a clock or the network.

mod ast;
mod checks;
mod coerce;
mod error;
mod eval;
mod filters;
mod lexer;
mod limits;
mod methods;
mod number;
mod parser;
mod pattern;
mod regex;
mod replace;
mod scan;
mod slots;
mod sort;
mod text;
mod usage;
mod value;

use std::cell::Cell;

use serde_json::{Map, Value};

pub use error::{Error, ErrorKind};
pub use limits::Limits;
pub use pattern::Pattern;
pub use usage::{Usage, UsedFilter, UsedPath};

use ast::{Body, Slot};
use eval::Evaluator;
use scan::Syntax;

/// The software a repository host runs, which says what the URL of a repository must name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostKind {
    /// github.com, or GitHub Enterprise.
    GitHub,
    /// gitlab.com, or a GitLab of one's own.
    GitLab,
    /// Bitbucket, Cloud or Server.
    Bitbucket,
    /// Azure DevOps.
    Azure,
    /// Gitea.
    Gitea,
    /// Gerrit.
    Gerrit,
}

/// How templates are written and what they may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Variables stand between `{{` and `}}`, there are `jsonify`, `True`, `False` and `None`, and Python's methods of
    /// lists and dictionaries, as in cookiecutter's templates.
    pub cookiecutter: bool,
    /// The line break after a tag is dropped.
    pub trim_blocks: bool,
    /// White space before a tag is dropped where nothing else stands before it in the line.
    pub lstrip_blocks: bool,
    /// The hosts that `parseRepoUrl` and `projectSlug` know.
    pub hosts: Vec<(String, HostKind)>,
    /// What a template may use up.
    pub limits: Limits,
}

/// As the scaffolder's steps are evaluated, with the hosts that Backstage knows without being told.
impl Default for Options {
    fn default() -> Self {
        let host = |name: &str, kind| (name.to_owned(), kind);
        Self {
            cookiecutter: false,
            trim_blocks: false,
            lstrip_blocks: false,
            hosts: vec![
                host("github.com", HostKind::GitHub),
                host("gitlab.com", HostKind::GitLab),
                host("bitbucket.org", HostKind::Bitbucket),
                host("dev.azure.com", HostKind::Azure),
            ],
            limits: Limits::default(),
        }
    }
}

/// What `always()` and `failure()` answer, and whether one of them was asked: a step that asks is run after a failure.
#[derive(Clone, Debug, Default)]
pub struct StatusCheck {
    failed: bool,
    asked: Cell<bool>,
}

impl StatusCheck {
    /// For a task in which a step failed already, or none did.
    pub fn new(failed: bool) -> Self {
        Self {
            failed,
            asked: Cell::new(false),
        }
    }

    /// Whether `always()` or `failure()` was called.
    pub fn was_asked(&self) -> bool {
        self.asked.get()
    }

    fn has_failed(&self) -> bool {
        self.failed
    }

    fn ask(&self) {
        self.asked.set(true);
    }
}

/// A template that was read, to be rendered any number of times.
#[derive(Clone, Debug)]
pub struct Template {
    body: Body,
    slots: Vec<Slot>,
    options: Options,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`] where it cannot be read, [`ErrorKind::Limit`] where it is too large or too deep.
    pub fn new(source: &str, options: &Options) -> Result<Self, Error> {
        Self::read(source, options).map_err(|error| *error)
    }

    fn read(source: &str, options: &Options) -> error::Result<Self> {
        let syntax = Syntax {
            cookiecutter: options.cookiecutter,
            trim_blocks: options.trim_blocks,
            lstrip_blocks: options.lstrip_blocks,
        };
        let units = text::units(source);
        let mut body = parser::parse(&units, syntax, options.limits)?;
        let slots = slots::settle(&mut body, options.limits.nodes)?;
        Ok(Self {
            body,
            slots,
            options: options.clone(),
        })
    }

    /// The output.
    ///
    /// # Errors
    /// [`ErrorKind::Evaluation`] where the values do not allow what the template asks for, [`ErrorKind::Limit`] where
    /// it asks for too much.
    pub fn render(&self, context: &Map<String, Value>) -> Result<String, Error> {
        let evaluator = Evaluator::new(&self.options, context, None);
        evaluator
            .render(&self.body, &self.slots)
            .map_err(|error| *error)
    }

    /// The value of a template that is one `${{ expression }}` alone, which keeps its type; of any other the output.
    /// `None` is JavaScript's undefined: what was to hold the value loses it. What JSON has no number for is null.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn value(
        &self,
        context: &Map<String, Value>,
        status: Option<&StatusCheck>,
    ) -> Result<Option<Value>, Error> {
        let evaluator = Evaluator::new(&self.options, context, status);
        evaluator
            .value(&self.body, &self.slots)
            .map_err(|error| *error)
    }

    /// What the template names: entries of its context, filters.
    pub fn usage(&self) -> Usage {
        usage::of(&self.body)
    }
}

/// Whether a text has anything in it that a template evaluates; one that has not is its own output.
pub fn is_plain(source: &str, options: &Options) -> bool {
    let opening = if options.cookiecutter { "{{" } else { "${{" };
    ![opening, "{%", "{#", "#}"]
        .iter()
        .any(|mark| source.contains(mark))
}

/// Reads a template and renders it once; see [`Template::render`].
///
/// # Errors
/// As [`Template::new`] and [`Template::render`].
pub fn render(
    source: &str,
    context: &Map<String, Value>,
    options: &Options,
) -> Result<String, Error> {
    if is_plain(source, options) && source.len() <= options.limits.source {
        return Ok(source.to_owned());
    }
    Template::new(source, options)?.render(context)
}

/// Reads a template and evaluates it once; see [`Template::value`].
///
/// # Errors
/// As [`Template::new`] and [`Template::value`].
pub fn value(
    source: &str,
    context: &Map<String, Value>,
    options: &Options,
    status: Option<&StatusCheck>,
) -> Result<Option<Value>, Error> {
    if is_plain(source, options) && source.len() <= options.limits.source {
        return Ok(Some(Value::String(source.to_owned())));
    }
    Template::new(source, options)?.value(context, status)
}

#[cfg(test)]
mod tests;
