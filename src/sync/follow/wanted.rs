//! The targets of Location entities: how many are read, and what becomes of those that cannot be.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Followed, MAX_ALIKE, Place, ReadFile, Root, below};
use crate::catalog::file::ParsedFile;
use crate::catalog::location::{LocationTarget, Presence};
use crate::catalog::{Problem, Severity};
use crate::sync::reader::ReadError;

/// Targets of one Location entity that are read.
const MAX_TARGETS: usize = 1_000;
/// Targets of all Location entities of one unit that are read.
const MAX_UNIT_TARGETS: usize = 5_000;
/// Targets of one unit that cost a request each: globs and plain addresses.
const MAX_APART: usize = 200;

/// Hands the files of a round to their units; returns the targets that they name, as far as they are read.
pub(super) fn take_files(filled: Vec<Root>, out: &mut [Followed]) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for root in filled {
        let Some(unit) = out.get_mut(root.unit) else {
            continue;
        };
        let ParsedFile {
            file, locations, ..
        } = root.parsed;
        let parent = unit.files.len();
        unit.files.push(file);
        // Counted before anything is asked for; said once, at the first that is too many.
        let mut of_entity: BTreeMap<String, usize> = BTreeMap::new();
        let mut full = false;
        for target in locations {
            let count = of_entity.entry(target.entity_ref.clone()).or_default();
            *count += 1;
            let unit_has = out.get(root.unit).map_or(0, |unit| unit.targets);
            let want = Wanted {
                unit: root.unit,
                parent,
                place: root.place.clone(),
                target,
            };
            if *count > MAX_TARGETS {
                if *count == MAX_TARGETS + 1 {
                    let text = format!(
                        "a Location entity names more than {MAX_TARGETS} targets, of which the first are read"
                    );
                    want.complain(out, "InputError", &text);
                }
            } else if unit_has >= MAX_UNIT_TARGETS {
                if !std::mem::replace(&mut full, true) {
                    let text = format!(
                        "the Location entities that are read together name more than {MAX_UNIT_TARGETS} targets, of which the first are read"
                    );
                    want.complain(out, "InputError", &text);
                }
            } else {
                if let Some(unit) = out.get_mut(root.unit) {
                    unit.targets += 1;
                }
                wanted.push(want);
            }
        }
    }
    wanted
}

/// A target of a Location entity, and where it was named.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) unit: usize,
    /// Which of the unit's files names it.
    pub(super) parent: usize,
    pub(super) place: Place,
    pub(super) target: LocationTarget,
}

impl Wanted {
    pub(super) fn complain(&self, out: &mut [Followed], name: &str, message: &str) {
        let Some(unit) = out.get_mut(self.unit) else {
            return;
        };
        let alike = unit
            .alike
            .entry((self.parent, name.to_owned()))
            .or_default();
        *alike += 1;
        if *alike > MAX_ALIKE {
            return;
        }
        if let Some(file) = unit.files.get_mut(self.parent) {
            file.problems.push(Problem {
                severity: Severity::Error,
                name: name.to_owned(),
                message: format!("Location target {}: {message}", self.target.target),
                entity_ref: Some(self.target.entity_ref.clone()),
                field: None,
                line: Some(self.target.line).filter(|n| *n > 0),
                column: Some(self.target.column).filter(|n| *n > 0),
            });
        }
    }

    /// Whether one more request may be made for this target alone.
    pub(super) fn may_ask_apart(&self, out: &mut [Followed]) -> bool {
        let Some(unit) = out.get_mut(self.unit) else {
            return false;
        };
        unit.apart += 1;
        if unit.apart == MAX_APART + 1 {
            let text = format!(
                "more than {MAX_APART} globs and plain addresses are named, of which the first are read"
            );
            self.complain(out, "InputError", &text);
            return false;
        }
        unit.apart <= MAX_APART
    }

    pub(super) fn note(&self, out: &mut [Followed], read: ReadFile) {
        if let Some(unit) = out.get_mut(self.unit) {
            unit.read.push(read);
        }
    }

    pub(super) fn missing(&self, out: &mut [Followed], what: &str) {
        if self.target.presence == Presence::Required {
            self.complain(
                out,
                "NotFoundError",
                &format!("no matching files found for {what}"),
            );
        }
    }

    /// Backstage: a required target that is not there is an error, and what it gave stays beside it; an optional one
    /// that is not there gives nothing.
    pub(super) fn keep_required(&self, out: &mut [Followed], place: &Place) {
        if self.target.presence == Presence::Required
            && let Some(unit) = out.get_mut(self.unit)
        {
            match place {
                Place::Github(target) if target.is_glob() => unit.keep_everything(),
                place => unit.keep(place),
            }
        }
    }

    /// As [`Wanted::keep_required`], for all below a folder of this machine.
    pub(super) fn keep_required_below(&self, out: &mut [Followed], folder: &Path) {
        if self.target.presence == Presence::Required
            && let Some(unit) = out.get_mut(self.unit)
        {
            unit.kept.add(below(folder));
        }
    }

    pub(super) fn failed(&self, out: &mut [Followed], error: &ReadError, place: &Place) {
        match error {
            ReadError::NotFound(_) => {
                self.note(out, ReadFile::new(place, ""));
                self.missing(out, &self.target.target);
                self.keep_required(out, place);
            }
            ReadError::Unseen(error) => {
                if let Some(unit) = out.get_mut(self.unit) {
                    unit.unseen.get_or_insert_with(|| error.clone());
                    unit.keep_everything();
                }
                self.complain(out, "Error", &error.to_string());
            }
            ReadError::Unusable(_) => {
                self.complain(out, error.name(), &error.message());
                self.keep_required(out, place);
            }
            ReadError::Refused(_) => self.complain(out, error.name(), &error.message()),
        }
    }
}
