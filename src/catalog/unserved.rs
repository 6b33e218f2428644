//! Invalid documents that were never good: shown as what they are, with their problems, and never served.
//!
//! Backstage has no entity for such a document. Here it has a row, so that whoever looks for it finds it and what is
//! wrong with it. The row says what its problems tell of it, which is its reference; it has no relations, and a served
//! entity of the same reference goes before it. A document that the rules refuse has no row: a rule is there to keep
//! it out.

use serde_json::{Value, json};

use super::assemble::FileState;
use super::entity_ref::{DEFAULT_NAMESPACE, EntityRef};
use super::kinds;
use super::record::{FileRecord, Problem, Severity};
use super::snapshot::{RowFlags, RowInput};

/// The name of the error of a document whose kind its location may not give.
pub(super) const REFUSED: &str = "NotAllowedError";

/// The longest reference that has a row, in bytes. A good one has a fifth of that; a document that is not good may
/// claim to be called anything.
const LONGEST_REF: usize = 1024;

/// Whether a problem of a file is the reason why a document of this reference is not served.
pub fn is_about(problem: &Problem, entity_ref: &str) -> bool {
    problem.entity_ref.as_deref() == Some(entity_ref) && keeps_out(problem)
}

fn keeps_out(problem: &Problem) -> bool {
    problem.severity == Severity::Error && problem.name != REFUSED
}

/// A row for each document of a file that an error keeps from being served; a problem each.
pub fn rows(file: &FileRecord, state: FileState) -> Vec<RowInput> {
    file.problems
        .iter()
        .filter(|problem| keeps_out(problem))
        .filter_map(|problem| row(problem.entity_ref.as_deref()?, state))
        .collect()
}

/// Adds to the rows of what is served those of what is not. Of several of one reference there is one, with all of
/// their problems; none where the reference is served.
pub fn add(rows: &mut Vec<RowInput>, mut unserved: Vec<RowInput>) {
    if unserved.is_empty() {
        return;
    }
    unserved.sort_by(|a, b| a.entity_ref.cmp(&b.entity_ref));
    unserved.dedup_by(|later, first| {
        let same = later.entity_ref == first.entity_ref;
        if same {
            first.problems = first.problems.saturating_add(later.problems);
        }
        same
    });
    for row in rows.iter() {
        if let Ok(at) = unserved.binary_search_by(|u| u.entity_ref.cmp(&row.entity_ref)) {
            unserved.remove(at);
        }
    }
    rows.append(&mut unserved);
}

/// What is known of such a document, in the shape of an entity.
pub fn document(entity_ref: &str) -> Value {
    match parts(entity_ref) {
        Some((kind, parsed)) => json!({
            "kind": kind,
            "metadata": { "name": parsed.name(), "namespace": parsed.namespace() },
        }),
        None => json!({}),
    }
}

fn row(entity_ref: &str, state: FileState) -> Option<RowInput> {
    let (kind, parsed) = parts(entity_ref)?;
    Some(RowInput {
        entity_ref: entity_ref.to_owned(),
        kind,
        namespace: parsed.namespace().to_owned(),
        name: parsed.name().to_owned(),
        flags: RowFlags {
            invalid: true,
            unserved: true,
            orphan: state.orphan,
            stale: state.stale,
            ..RowFlags::default()
        },
        problems: 1,
        ..RowInput::default()
    })
}

/// The kind, in its usual spelling where it is a known one, and the parts; none where a part is missing.
fn parts(entity_ref: &str) -> Option<(String, EntityRef)> {
    if entity_ref.len() > LONGEST_REF {
        return None;
    }
    let parsed = EntityRef::parse(entity_ref, None, DEFAULT_NAMESPACE).ok()?;
    let kind = kinds::TABLE
        .iter()
        .find(|kind| kind.name.eq_ignore_ascii_case(parsed.kind()))
        .map_or_else(|| parsed.kind().to_owned(), |kind| kind.name.to_owned());
    Some((kind, parsed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(severity: Severity, name: &str, entity_ref: Option<&str>) -> Problem {
        Problem {
            severity,
            name: name.into(),
            message: "bad".into(),
            entity_ref: entity_ref.map(str::to_owned),
            field: None,
            line: Some(3),
            column: Some(1),
        }
    }

    fn file(problems: Vec<Problem>) -> FileRecord {
        FileRecord {
            location: "file:/a.yaml".into(),
            origin: "file:/a.yaml".into(),
            refused: Vec::new(),
            entities: Vec::new(),
            problems,
        }
    }

    #[test]
    fn only_an_error_of_a_document_with_a_name_makes_a_row_and_a_rule_keeps_out() {
        let long = format!("component:default/{}", "x".repeat(2000));
        let found = rows(
            &file(vec![
                problem(Severity::Error, "InputError", Some("api:shop/pay")),
                problem(Severity::Error, "InputError", None),
                problem(Severity::Error, "InputError", Some("api:default/")),
                problem(Severity::Error, "InputError", Some(&long)),
                problem(Severity::Error, REFUSED, Some("user:default/eve")),
                problem(Severity::Warning, "InputError", Some("api:default/warned")),
            ]),
            FileState {
                stale: true,
                orphan: false,
            },
        );
        let [row] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            (
                &row.entity_ref[..],
                &row.kind[..],
                &row.namespace[..],
                &row.name[..]
            ),
            ("api:shop/pay", "API", "shop", "pay")
        );
        assert!(row.flags.invalid && row.flags.unserved && row.flags.stale && !row.flags.orphan);
    }

    #[test]
    fn what_is_served_goes_before_what_is_not() {
        let unserved = |entity_ref: &str| row(entity_ref, FileState::default()).unwrap();
        let mut rows = vec![RowInput {
            entity_ref: "component:default/good".into(),
            ..RowInput::default()
        }];
        add(
            &mut rows,
            vec![
                unserved("component:default/twice"),
                unserved("component:default/good"),
                unserved("component:default/twice"),
            ],
        );
        let found: Vec<_> = rows
            .iter()
            .map(|r| (r.entity_ref.as_str(), r.flags.unserved, r.problems))
            .collect();
        assert_eq!(
            found,
            [
                ("component:default/good", false, 0),
                ("component:default/twice", true, 2)
            ]
        );
    }
}
