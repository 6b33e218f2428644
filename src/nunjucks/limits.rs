//! What a template may use up. Every bound is counted, never timed, so that the same template always ends the same way.

use std::cell::Cell;

use super::error::{Error, Result};
use super::text::Text;

/// The most a template may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Length of a template, in UTF-16 code units.
    pub source: usize,
    /// Parts of a template: texts, tags, and what expressions are made of.
    pub nodes: usize,
    /// Steps: parts evaluated, and list elements touched.
    pub steps: usize,
    /// Output, in UTF-16 code units; also the longest string a template can make.
    pub output: usize,
    /// All that strings hold that are made or searched, in UTF-16 code units.
    pub volume: usize,
    /// Steps of regular expressions.
    pub matching: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            source: 4 << 20,
            nodes: 400_000,
            steps: 1_000_000,
            output: 16 << 20,
            volume: 128 << 20,
            matching: 10_000_000,
        }
    }
}

/// How deep evaluation goes: blocks, expressions and calls in each other.
pub(crate) const DEEPEST: usize = 512;
/// How deep blocks, or brackets in an expression, are written in each other.
pub(crate) const DEEPEST_WRITTEN: usize = 100;
/// How deep the tree of one expression is: `a.b.c` or `a + b + c` in a row.
pub(crate) const HIGHEST: u16 = 400;
/// How deep lists and records lie in each other.
pub(crate) const DEEPEST_VALUE: usize = 256;
/// The longest list.
pub(crate) const LONGEST_LIST: usize = 100_000;

/// What one evaluation has used so far.
pub(crate) struct Meter {
    limits: Limits,
    steps: Cell<usize>,
    output: Cell<usize>,
    volume: Cell<usize>,
    matching: Cell<usize>,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            steps: Cell::new(0),
            output: Cell::new(0),
            volume: Cell::new(0),
            matching: Cell::new(0),
        }
    }

    /// Goes one level in, and counts a step.
    pub(crate) fn enter(&self, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(Error::limit(format!(
                "Template evaluation exceeded the nesting depth limit of {DEEPEST}"
            )));
        }
        self.steps(1)
    }

    /// Counts steps.
    pub(crate) fn steps(&self, count: usize) -> Result<()> {
        spend(&self.steps, count, self.limits.steps, "work unit")
    }

    /// Counts output.
    pub(crate) fn output(&self, length: usize) -> Result<()> {
        spend(&self.output, length, self.limits.output, "output code unit")
    }

    /// Counts a string that is about to be made.
    pub(crate) fn make(&self, length: usize) -> Result<()> {
        if length > self.limits.output {
            return Err(exceeded("string length", self.limits.output));
        }
        self.search(length)
    }

    /// Counts what a string that is being made grew by.
    pub(crate) fn grow(&self, length: usize, by: usize) -> Result<()> {
        if length > self.limits.output {
            return Err(exceeded("string length", self.limits.output));
        }
        self.search(by)
    }

    /// Counts a string that is about to be searched.
    pub(crate) fn search(&self, length: usize) -> Result<()> {
        spend(&self.volume, length, self.limits.volume, "string volume")
    }

    /// Counts steps of a regular expression.
    pub(crate) fn matching(&self, count: usize) -> Result<()> {
        spend(
            &self.matching,
            count,
            self.limits.matching,
            "regular-expression step",
        )
    }

    /// A string that was made, counted.
    pub(crate) fn made(&self, units: Vec<u16>) -> Result<Text> {
        self.make(units.len())?;
        Ok(Text::from(units))
    }

    /// Refuses a list that is too long, and counts its elements.
    pub(crate) fn list(&self, length: usize) -> Result<()> {
        if length > LONGEST_LIST {
            return Err(Error::limit(format!(
                "Template value containers cannot exceed {LONGEST_LIST} entries"
            )));
        }
        self.steps(length)
    }
}

fn spend(used: &Cell<usize>, count: usize, most: usize, what: &str) -> Result<()> {
    used.set(used.get().saturating_add(count));
    if used.get() > most {
        Err(exceeded(what, most))
    } else {
        Ok(())
    }
}

fn exceeded(what: &str, most: usize) -> Box<Error> {
    Error::limit(format!(
        "Template evaluation exceeded the {what} limit of {most}"
    ))
}
