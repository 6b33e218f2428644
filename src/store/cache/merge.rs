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
    let gives_nothing = new.entities.is_empty();
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
    // A file that does not parse says nothing of which entities it still gives. One that does and has a document that
    // nobody can name gives what its other documents say.
    let unread = new
        .problems
        .iter()
        .find(|p| is_of_the_whole_file(p) && (gives_nothing || is_unread(p)));
    if let Some(unread) = unread.cloned() {
        for good in &old.entities {
            if find(&new.entities, &good.entity_ref).is_none()
                && !is_refused(&new.problems, &good.entity_ref)
            {
                // The file's problem counts once, as an error; the entity says that it is kept.
                let mark = Problem {
                    severity: Severity::Warning,
                    entity_ref: Some(good.entity_ref.clone()),
                    ..unread.clone()
                };
                new.entities.push(EntityRecord {
                    problems: vec![mark],
                    ..good.clone()
                });
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

/// Whether the file could not be read, which has no place in it, or a document of it is no YAML.
fn is_unread(problem: &Problem) -> bool {
    problem.line.is_none() || problem.message.starts_with("YAML error: ")
}

fn is_refused(problems: &[Problem], entity_ref: &str) -> bool {
    problems
        .iter()
        .any(|p| p.name == REFUSED && p.entity_ref.as_deref() == Some(entity_ref))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(names: &[&str], problem: Option<(&str, Option<u32>)>) -> FileRecord {
        let entity = |name: &&str| EntityRecord {
            entity_ref: format!("component:default/{name}"),
            document: 0,
            entity: serde_json::json!({}),
            positions: vec![],
            problems: vec![],
        };
        let of = |(message, line): (&str, Option<u32>)| Problem {
            severity: Severity::Error,
            name: "Error".into(),
            message: message.into(),
            entity_ref: None,
            field: None,
            line,
            column: line,
        };
        FileRecord {
            location: "url:a".into(),
            origin: "url:a".into(),
            refused: Vec::new(),
            entities: names.iter().map(entity).collect(),
            problems: problem.map(of).into_iter().collect(),
        }
    }

    fn kept(new: FileRecord) -> Vec<String> {
        let merged = with_last_good(&[file(&["a", "b"], None)], &[new]);
        let entities = merged.iter().flat_map(|file| &file.entities);
        entities.map(|entity| entity.entity_ref.clone()).collect()
    }

    #[test]
    fn a_deleted_document_goes_although_another_one_has_no_name() {
        let problem = Some(("<root> must have required property 'metadata'", Some(9)));
        assert_eq!(kept(file(&["a"], problem)), ["component:default/a"]);
    }

    #[test]
    fn what_a_file_gave_is_kept_where_it_does_not_parse_or_cannot_be_read() {
        for problem in [("YAML error: x", Some(9)), ("it is too large", None)] {
            let kept = kept(file(&["a"], Some(problem)));
            assert_eq!(kept, ["component:default/a", "component:default/b"]);
        }
    }
}
