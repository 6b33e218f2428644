//! One entity out of the cache, whole: for its page and for the commands that print it, so that both say the same.

use crate::app::detail::Loaded;
use crate::catalog::{self, Snapshot, unserved};
use crate::store::{Cache, StoreError};

/// An entity as it is served, with everything that is wrong with it: its own problems, other places that claim it,
/// references that lead nowhere. Of an invalid document that was never good, its reference and its problems. None where
/// the cache has neither.
///
/// # Errors
/// What the store says.
pub fn load_entity(
    cache: &Cache,
    snapshot: &Snapshot,
    entity_ref: &str,
) -> Result<Option<Loaded>, StoreError> {
    let Some(stored) = cache.entity(entity_ref)? else {
        return load_unserved(cache, entity_ref);
    };
    let row = snapshot.find(entity_ref);
    let relations = row
        .into_iter()
        .flat_map(|row| snapshot.relations(row))
        .map(|relation| (relation.relation, relation.target_ref));
    let orphan = row.is_some_and(|row| snapshot.flags(row).orphan);
    let served = catalog::served(&stored.record, relations, &[], orphan);
    let dangling = catalog::dangling_references(&stored.record, |target| {
        let row = snapshot.find(target);
        row.is_some_and(|row| !snapshot.flags(row).unserved)
    });
    let at_home = stored.record.problems.into_iter();
    let at_home = at_home.chain(stored.file_problems).chain(dangling);
    let conflicts = stored.conflicts.into_iter();
    let problems = at_home
        .map(|problem| (stored.location.clone(), problem))
        .chain(conflicts.map(|conflict| (conflict.refused, conflict.problem)))
        .collect();
    Ok(Some(Loaded {
        served,
        location: stored.location,
        problems,
        unserved: None,
    }))
}

fn load_unserved(cache: &Cache, entity_ref: &str) -> Result<Option<Loaded>, StoreError> {
    let problems = cache.unserved(entity_ref)?;
    let Some((location, _)) = problems.first() else {
        return Ok(None);
    };
    let location = location.clone();
    let source = cache.refused(entity_ref, &location)?;
    Ok(Some(Loaded {
        served: unserved::document(entity_ref),
        location,
        problems,
        unserved: Some(source),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::detail::Detail;
    use crate::catalog::refused::RefusedDocument;
    use crate::catalog::{EntityRecord, FileRecord, Position, Problem, Severity};
    use crate::store::{OpenMode, UnitRecord};
    use serde_json::json;

    fn file(location: &str, line: u32, problems: Vec<Problem>) -> FileRecord {
        let at = |field: &str, line, column| Position {
            field: field.into(),
            line,
            column,
        };
        FileRecord {
            location: location.into(),
            origin: location.into(),
            refused: Vec::new(),
            entities: vec![EntityRecord {
                entity_ref: "component:default/pay".into(),
                document: 0,
                entity: json!({
                    "apiVersion": "backstage.io/v1alpha1",
                    "kind": "Component",
                    "metadata": { "name": "pay", "namespace": "default" },
                    "spec": { "type": "service", "owner": "group:default/nobody" }
                }),
                positions: vec![
                    at("/metadata/name", line, 9),
                    at("/spec/owner", line + 4, 10),
                ],
                problems: Vec::new(),
            }],
            problems,
        }
    }

    fn about(entity_ref: &str, message: &str) -> Problem {
        Problem {
            severity: Severity::Error,
            name: "ConflictError".into(),
            message: message.into(),
            entity_ref: Some(entity_ref.into()),
            field: None,
            line: Some(40),
            column: Some(9),
        }
    }

    #[test]
    fn an_entity_says_all_that_is_wrong_with_it_each_at_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(folder.path(), OpenMode::ReadWrite)
            .unwrap()
            .cache;
        let twice = vec![
            about("component:default/pay", "stands here again"),
            about("component:default/other", "of another entity"),
        ];
        cache
            .replace_unit(&UnitRecord {
                source: "s".into(),
                unit: "u".into(),
                state: json!(null),
                files: vec![
                    file("file:/a.yaml", 4, twice),
                    file("file:/b.yaml", 7, vec![]),
                ],
            })
            .unwrap();
        let snapshot = cache.snapshot().unwrap();
        let mut load = |wanted: &str| load_entity(&cache, &snapshot, wanted).unwrap();
        let detail = Detail::build("component:default/pay", &mut load).unwrap();
        let lines: Vec<String> = detail
            .problems
            .iter()
            .map(|problem| format!("{} {}", problem.place, problem.message))
            .collect();
        assert_eq!(
            lines,
            [
                "/a.yaml:40:9 stands here again",
                "/b.yaml:7:9 Entity component:default/pay is already given by file:/a.yaml, which keeps it",
                "/a.yaml:8:10 owner refers to group:default/nobody, which is not in the catalog",
            ]
        );
        assert!(load("component:default/none").is_none());
        // The list counts what the catalog as a whole says: the conflict and the reference.
        let row = snapshot.find("component:default/pay").unwrap();
        assert_eq!(snapshot.row(row).problems, 2);
    }

    #[test]
    fn a_document_that_was_never_good_comes_with_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(folder.path(), OpenMode::ReadWrite)
            .unwrap()
            .cache;
        let mut bad = file(
            "file:/a.yaml",
            4,
            vec![about("component:default/new", "no")],
        );
        bad.refused = vec![RefusedDocument {
            entity_ref: "component:default/new".into(),
            line: 39,
            text: "kind: Component\n".into(),
            cut: false,
        }];
        let unit = UnitRecord {
            source: "s".into(),
            unit: "u".into(),
            state: json!(null),
            files: vec![bad],
        };
        cache.replace_unit(&unit).unwrap();
        let generation = cache.generation().unwrap();
        cache.replace_unit(&unit).unwrap();
        assert_eq!(cache.generation().unwrap(), generation, "written again");
        let snapshot = cache.snapshot().unwrap();
        let mut load = |wanted: &str| load_entity(&cache, &snapshot, wanted).unwrap();
        let detail = Detail::build("component:default/new", &mut load).unwrap();
        assert_eq!(detail.yaml, ["kind: Component"]);
        assert_eq!(detail.source.unwrap().first_line, 39);
        assert_eq!(detail.problems[0].place, "/a.yaml:40:9");
    }
}
