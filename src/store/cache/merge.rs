//! Last good versions: what is kept of a unit's old files where the new ones have errors.
//!
//! Backstage: an entity whose new version fails a check is served as it was, with the error beside it; a location
//! that cannot be read keeps what it gave. A document that the rules refuse is not kept, because a rule is there to
//! keep it out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Kept;
use crate::catalog::{EntityRecord, FileRecord, Problem, Severity};

/// The name of the error of a document whose kind its location may not give.
const REFUSED: &str = "NotAllowedError";

/// The new files, each with the last good versions that it still needs, then the old files that stay; and which of them
/// all are stale.
///
/// A Location entity that is kept as it last was keeps all that it led to: nobody can say what of it is gone.
pub(super) fn with_last_good(
    old: &[FileRecord],
    new: &[FileRecord],
    kept: &Kept,
) -> (Vec<FileRecord>, Vec<bool>) {
    let by_location: BTreeMap<&str, &FileRecord> = old
        .iter()
        .map(|file| (file.location.as_str(), file))
        .collect();
    let mut leads_on = false;
    let (mut files, mut stale) = (Vec::with_capacity(new.len()), Vec::new());
    for file in new {
        match by_location.get(file.location.as_str()) {
            Some(before) => {
                let merged = merge(before, file.clone());
                leads_on |= merged.leads_on;
                stale.push(merged.unread);
                files.push(merged.file);
            }
            None => {
                stale.push(false);
                files.push(file.clone());
            }
        }
    }
    let here: BTreeSet<&str> = new.iter().map(|file| file.location.as_str()).collect();
    let missing = || {
        old.iter()
            .filter(|file| !here.contains(file.location.as_str()))
    };
    let everything = match kept {
        Kept::Nothing => leads_on,
        Kept::Files(_) => {
            let mut named = missing().filter(|file| kept.keeps(&file.location));
            leads_on || named.any(|file| file.entities.iter().any(is_location))
        }
        Kept::Everything => true,
    };
    let stays = |file: &FileRecord| everything || kept.keeps(&file.location);
    // What moved to another file, or came from a repository that has another name now, is not given twice.
    let given: BTreeSet<&str> = new
        .iter()
        .flat_map(|file| file.entities.iter().map(|e| e.entity_ref.as_str()))
        .collect();
    for file in missing().filter(|file| stays(file)) {
        let mut file = file.clone();
        let had = !file.entities.is_empty();
        file.entities
            .retain(|entity| !given.contains(entity.entity_ref.as_str()));
        if !had || !file.entities.is_empty() {
            files.push(file);
            stale.push(true);
        }
    }
    (files, stale)
}

/// A new file with what it needed of the old one.
struct Merged {
    file: FileRecord,
    /// It could not be read, and gives what it gave.
    unread: bool,
    /// A Location entity of it stands as it was.
    leads_on: bool,
}

fn merge(old: &FileRecord, mut new: FileRecord) -> Merged {
    let mut leads_on = false;
    for entity in &mut new.entities {
        if has_error(&entity.problems)
            && let Some(good) = find(&old.entities, &entity.entity_ref)
        {
            entity.entity = good.entity.clone();
            leads_on |= is_location(good);
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
            leads_on |= is_location(good);
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
        .find(|p| is_of_the_whole_file(p) && (gives_nothing || is_unread(p)))
        .cloned();
    let mut kept_unread = false;
    if let Some(unread) = unread {
        for good in &old.entities {
            if find(&new.entities, &good.entity_ref).is_none()
                && !is_refused(&new.problems, &good.entity_ref)
            {
                leads_on |= is_location(good);
                kept_unread |= unread.line.is_none();
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
    Merged {
        file: new,
        unread: kept_unread,
        leads_on,
    }
}

fn is_location(entity: &EntityRecord) -> bool {
    let kind = entity.entity.get("kind").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Location"))
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
        let (merged, _) = with_last_good(&[file(&["a", "b"], None)], &[new], &Kept::Nothing);
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

    fn at(location: &str, names: &[&str]) -> FileRecord {
        FileRecord {
            location: location.into(),
            ..file(names, None)
        }
    }

    fn leading(location: &str, name: &str) -> FileRecord {
        let mut file = at(location, &[name]);
        file.entities[0].entity = serde_json::json!({ "kind": "Location" });
        file
    }

    fn after(old: &[FileRecord], new: &[FileRecord], kept: &Kept) -> Vec<(String, bool)> {
        let (files, stale) = with_last_good(old, new, kept);
        let locations = files.into_iter().map(|file| file.location);
        locations.zip(stale).collect()
    }

    #[test]
    fn a_file_that_was_not_seen_stays_stale_and_what_was_seen_is_new() {
        let old = [
            at("url:a", &["a"]),
            at("url:b", &["b"]),
            at("url:c", &["c"]),
        ];
        let new = [at("url:a", &["a"])];
        let with = |kept| after(&old, &new, &kept);
        assert_eq!(with(Kept::Nothing), [("url:a".into(), false)]);
        let named = Kept::Files(BTreeSet::from(["url:b".to_owned()]));
        assert_eq!(
            with(named),
            [("url:a".into(), false), ("url:b".into(), true)]
        );
        assert_eq!(with(Kept::Everything).len(), 3);
    }

    #[test]
    fn a_folder_that_could_not_be_read_keeps_what_lay_below_it_and_no_more() {
        let at = |location: &str, name: &str| FileRecord {
            location: location.into(),
            ..file(&[name], None)
        };
        let old = [
            at("file:/r/sub/deep/a.yaml", "a"),
            at("file:/r/subway/b.yaml", "b"),
            at("file:/r/c.yaml", "c"),
        ];
        let mut kept = Kept::Nothing;
        kept.add("file:/r/sub/".into());
        let (files, stale) = with_last_good(&old, &[], &kept);
        let left: Vec<&str> = files.iter().map(|f| f.location.as_str()).collect();
        assert_eq!((left, stale), (vec!["file:/r/sub/deep/a.yaml"], vec![true]));
    }

    #[test]
    fn a_location_that_is_kept_keeps_what_it_led_to() {
        let old = [leading("url:a", "all"), at("url:b", &["b"])];
        let mut broken = at("url:a", &[]);
        broken.problems = file(&[], Some(("YAML error: x", Some(3)))).problems;
        assert_eq!(
            after(&old, &[broken], &Kept::Nothing),
            [("url:a".into(), false), ("url:b".into(), true)]
        );
        let named = Kept::Files(BTreeSet::from(["url:a".to_owned()]));
        assert_eq!(
            after(&old, &[], &named),
            [("url:a".into(), true), ("url:b".into(), true)]
        );
    }

    #[test]
    fn what_another_file_gives_now_is_not_kept_twice() {
        let old = [at("url:a", &["a"]), at("url:b", &["b", "c"])];
        let new = [at("url:new/a", &["a", "b"])];
        let (files, _) = with_last_good(&old, &new, &Kept::Everything);
        let refs: Vec<&str> = files
            .iter()
            .flat_map(|file| file.entities.iter().map(|e| e.entity_ref.as_str()))
            .collect();
        assert_eq!(
            refs,
            [
                "component:default/a",
                "component:default/b",
                "component:default/c"
            ]
        );
    }
}
