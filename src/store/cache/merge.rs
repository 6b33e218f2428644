//! Last good versions: what is kept of a unit's old files where the new ones have errors.
//!
//! Backstage: an entity whose new version fails a check is served as it was, with the error beside it; a location
//! that cannot be read keeps what it gave. A document that the rules refuse is not kept, because a rule is there to
//! keep it out.

use std::collections::BTreeMap;

use crate::catalog::{EntityRecord, FileRecord, Problem, Severity};

/// The name of the error of a document whose kind its location may not give.
const REFUSED: &str = "NotAllowedError";

/// The new files, each with the last good versions that it still needs.
pub(super) fn with_last_good(old: &[FileRecord], new: &[FileRecord]) -> Vec<FileRecord> {
    let by_location: BTreeMap<&str, &FileRecord> = old
        .iter()
        .map(|file| (file.location.as_str(), file))
        .collect();
    new.iter()
        .map(|file| match by_location.get(file.location.as_str()) {
            Some(before) => merge(before, file.clone()),
            None => file.clone(),
        })
        .collect()
}

fn merge(old: &FileRecord, mut new: FileRecord) -> FileRecord {
    for entity in &mut new.entities {
        if has_error(&entity.problems)
            && let Some(good) = find(&old.entities, &entity.entity_ref)
        {
            entity.entity = good.entity.clone();
        }
    }
    // Documents that failed a check stand among the file's problems, under their reference.
    let (own, rest): (Vec<Problem>, Vec<Problem>) = std::mem::take(&mut new.problems)
        .into_iter()
        .partition(|problem| {
            problem.severity == Severity::Error
                && problem.name != REFUSED
                && problem.entity_ref.as_ref().is_some_and(|entity_ref| {
                    find(&old.entities, entity_ref).is_some()
                        && find(&new.entities, entity_ref).is_none()
                })
        });
    new.problems = rest;
    for good in &old.entities {
        let problems: Vec<Problem> = own
            .iter()
            .filter(|problem| problem.entity_ref.as_deref() == Some(good.entity_ref.as_str()))
            .cloned()
            .collect();
        if !problems.is_empty() && find(&new.entities, &good.entity_ref).is_none() {
            new.entities.push(EntityRecord {
                problems,
                ..good.clone()
            });
        }
    }
    // A file that does not parse says nothing of which entities it still gives.
    if new.problems.iter().any(is_of_the_whole_file) {
        for good in &old.entities {
            if find(&new.entities, &good.entity_ref).is_none()
                && !is_refused(&new.problems, &good.entity_ref)
            {
                new.entities.push(good.clone());
            }
        }
    }
    new.entities.sort_by_key(|entity| entity.document);
    new
}

fn find<'a>(entities: &'a [EntityRecord], entity_ref: &str) -> Option<&'a EntityRecord> {
    entities.iter().find(|e| e.entity_ref == entity_ref)
}

fn has_error(problems: &[Problem]) -> bool {
    problems.iter().any(|p| p.severity == Severity::Error)
}

fn is_of_the_whole_file(problem: &Problem) -> bool {
    problem.severity == Severity::Error && problem.entity_ref.is_none() && problem.name != REFUSED
}

fn is_refused(problems: &[Problem], entity_ref: &str) -> bool {
    problems
        .iter()
        .any(|p| p.name == REFUSED && p.entity_ref.as_deref() == Some(entity_ref))
}
