use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::*;
use crate::catalog::{Problem, Severity};

fn entity(name: &str, description: &str) -> EntityRecord {
    EntityRecord {
        entity_ref: format!("component:default/{name}"),
        document: 0,
        entity: json!({"kind": "Component", "metadata": {"name": name, "description": description}}),
        positions: vec![],
        problems: vec![],
    }
}

fn file(location: &str, entities: Vec<EntityRecord>) -> FileRecord {
    FileRecord {
        location: location.into(),
        origin: "url:origin".into(),
        refused: Vec::new(),
        entities,
        problems: vec![],
    }
}

fn unit(unit: &str, files: Vec<FileRecord>) -> UnitRecord {
    UnitRecord {
        source: "github:acme".into(),
        unit: unit.into(),
        state: json!({"oid": 1}),
        files,
    }
}

fn error(entity_ref: Option<&str>, name: &str) -> Problem {
    Problem {
        severity: Severity::Error,
        name: name.into(),
        message: "wrong".into(),
        entity_ref: entity_ref.map(Into::into),
        field: None,
        line: Some(1),
        column: None,
    }
}

fn open(dir: &Path) -> Cache {
    let opened = Cache::open(dir, OpenMode::ReadWrite).unwrap();
    assert_eq!(opened.notice, None);
    opened.cache
}

fn cache() -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(&folder.path().join("cache"));
    (folder, cache)
}

fn refs(cache: &Cache) -> Vec<String> {
    cache
        .all_files()
        .unwrap()
        .into_iter()
        .flat_map(|stored| stored.file.entities)
        .map(|e| e.entity_ref)
        .collect()
}

#[test]
fn a_unit_is_read_back_as_it_was_written() {
    let (_folder, mut cache) = cache();
    let written = unit("acme/pay", vec![file("url:a", vec![entity("pay", "결제")])]);
    let change = cache.replace_unit(&written).unwrap();
    assert_eq!(
        change,
        UnitChange {
            added: 1,
            ..UnitChange::default()
        }
    );
    assert_eq!(
        cache.unit_files("github:acme", "acme/pay").unwrap(),
        Some(written.files.clone())
    );
    let units = cache.units("github:acme").unwrap();
    assert_eq!(units.len(), 1);
    assert_eq!(units[0].state, json!({"oid": 1}));
    assert!(!units[0].stale);
    assert_eq!(cache.sources().unwrap(), ["github:acme"]);
    let found = cache.entity("component:default/pay").unwrap().unwrap();
    assert_eq!(found.record, written.files[0].entities[0]);
    assert_eq!(found.location, "url:a");
    assert_eq!(cache.entity("component:default/nothing").unwrap(), None);
}

#[test]
fn writing_what_is_there_writes_nothing() {
    let (_folder, mut cache) = cache();
    let record = unit("acme/pay", vec![file("url:a", vec![entity("pay", "x")])]);
    cache.replace_unit(&record).unwrap();
    cache
        .set_source_state("github:acme", &json!({"since": 3}))
        .unwrap();
    let other = Cache::open(cache.dir(), OpenMode::ReadOnly).unwrap().cache;
    let (generation, version) = (other.generation().unwrap(), other.data_version().unwrap());

    let change = cache.replace_unit(&record).unwrap();
    assert_eq!(
        change,
        UnitChange {
            unchanged: 1,
            ..UnitChange::default()
        }
    );
    cache
        .set_source_state("github:acme", &json!({"since": 3}))
        .unwrap();
    assert_eq!(
        cache
            .mark_stale("github:acme", &["acme/pay"], false)
            .unwrap(),
        0
    );
    cache.remove_units("github:acme", &["acme/none"]).unwrap();
    assert_eq!(other.generation().unwrap(), generation);
    assert_eq!(other.data_version().unwrap(), version);
}

#[test]
fn only_what_the_catalog_shows_counts_as_a_new_generation() {
    let (_folder, mut cache) = cache();
    let mut record = unit("acme/pay", vec![file("url:a", vec![entity("pay", "x")])]);
    cache.replace_unit(&record).unwrap();
    let first = cache.generation().unwrap();
    record.state = json!({"oid": 2});
    cache.replace_unit(&record).unwrap();
    assert_eq!(cache.generation().unwrap(), first);
    assert_eq!(
        cache.units("github:acme").unwrap()[0].state,
        json!({"oid": 2})
    );
    record.files[0].entities[0] = entity("pay", "y");
    cache.replace_unit(&record).unwrap();
    assert_eq!(cache.generation().unwrap(), first + 1);
}

#[test]
fn a_change_is_counted_by_entity() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit(
            "acme/pay",
            vec![file(
                "url:a",
                vec![
                    entity("same", "x"),
                    entity("other", "x"),
                    entity("gone", "x"),
                ],
            )],
        ))
        .unwrap();
    let change = cache
        .replace_unit(&unit(
            "acme/pay",
            vec![file(
                "url:a",
                vec![
                    entity("new", "x"),
                    entity("same", "x"),
                    entity("other", "y"),
                ],
            )],
        ))
        .unwrap();
    assert_eq!(
        change,
        UnitChange {
            added: 1,
            changed: 1,
            removed: 1,
            unchanged: 1
        }
    );
}

#[test]
fn an_entity_that_breaks_keeps_its_last_good_version_until_it_is_good_again() {
    let (_folder, mut cache) = cache();
    let good = unit("acme/pay", vec![file("url:a", vec![entity("pay", "good")])]);
    cache.replace_unit(&good).unwrap();
    let mut broken = unit("acme/pay", vec![file("url:a", vec![])]);
    broken.files[0].problems = vec![error(Some("component:default/pay"), "InputError")];
    let change = cache.replace_unit(&broken).unwrap();
    assert_eq!(
        change,
        UnitChange {
            changed: 1,
            ..UnitChange::default()
        }
    );
    let kept = cache
        .entity("component:default/pay")
        .unwrap()
        .unwrap()
        .record;
    assert_eq!(kept.entity, entity("pay", "good").entity);
    assert_eq!(kept.problems, broken.files[0].problems);

    // Broken for a second time, it is still the good one that is kept, and nothing is written.
    let generation = cache.generation().unwrap();
    cache.replace_unit(&broken).unwrap();
    assert_eq!(cache.generation().unwrap(), generation);

    cache.replace_unit(&good).unwrap();
    let healed = cache
        .entity("component:default/pay")
        .unwrap()
        .unwrap()
        .record;
    assert!(healed.problems.is_empty());
}

#[test]
fn an_entity_handed_over_with_an_error_is_served_as_it_last_was() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit(
            "acme/pay",
            vec![file("url:a", vec![entity("pay", "good")])],
        ))
        .unwrap();
    let mut bad = entity("pay", "bad");
    bad.problems = vec![error(Some("component:default/pay"), "InputError")];
    cache
        .replace_unit(&unit("acme/pay", vec![file("url:a", vec![bad])]))
        .unwrap();
    let kept = cache
        .entity("component:default/pay")
        .unwrap()
        .unwrap()
        .record;
    assert_eq!(kept.entity, entity("pay", "good").entity);
    assert_eq!(kept.problems.len(), 1);
}

#[test]
fn a_file_that_cannot_be_read_keeps_its_entities_and_says_so() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit(
            "acme/pay",
            vec![file("url:a", vec![entity("pay", "good")])],
        ))
        .unwrap();
    let mut unreadable = unit("acme/pay", vec![file("url:a", vec![])]);
    unreadable.files[0].problems = vec![error(None, "InputError")];
    cache.replace_unit(&unreadable).unwrap();
    assert_eq!(refs(&cache), ["component:default/pay"]);
    assert_eq!(cache.all_files().unwrap()[0].file.problems.len(), 1);
    let kept = cache.entity("component:default/pay").unwrap().unwrap();
    assert_eq!(kept.record.problems.len(), 1);
    assert_eq!(kept.record.problems[0].severity, Severity::Warning);
}

#[test]
fn a_refused_document_is_not_kept() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit(
            "acme/pay",
            vec![file("url:a", vec![entity("pay", "good")])],
        ))
        .unwrap();
    let mut refused = unit("acme/pay", vec![file("url:a", vec![])]);
    refused.files[0].problems = vec![error(Some("component:default/pay"), "NotAllowedError")];
    cache.replace_unit(&refused).unwrap();
    assert_eq!(refs(&cache), [""; 0]);
}

#[test]
fn a_file_that_is_gone_takes_its_entities_with_it() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit(
            "acme/pay",
            vec![
                file("url:a", vec![entity("a", "")]),
                file("url:b", vec![entity("b", "")]),
            ],
        ))
        .unwrap();
    let change = cache
        .replace_unit(&unit(
            "acme/pay",
            vec![file("url:b", vec![entity("b", "")])],
        ))
        .unwrap();
    assert_eq!(
        change,
        UnitChange {
            removed: 1,
            unchanged: 1,
            ..UnitChange::default()
        }
    );
    assert_eq!(refs(&cache), ["component:default/b"]);
}

#[test]
fn a_stale_unit_keeps_its_entities_until_it_is_removed() {
    let (_folder, mut cache) = cache();
    let record = unit("acme/pay", vec![file("url:a", vec![entity("pay", "x")])]);
    cache.replace_unit(&record).unwrap();
    let before = cache.generation().unwrap();
    assert_eq!(
        cache
            .mark_stale("github:acme", &["acme/pay", "acme/none"], true)
            .unwrap(),
        1
    );
    assert!(cache.generation().unwrap() > before);
    assert!(cache.all_files().unwrap()[0].stale);
    // Seen again unchanged, it is stale no more.
    cache.replace_unit(&record).unwrap();
    assert!(!cache.units("github:acme").unwrap()[0].stale);
    let change = cache.remove_units("github:acme", &["acme/pay"]).unwrap();
    assert_eq!(change.removed, 1);
    assert!(cache.all_files().unwrap().is_empty());
}

#[test]
fn a_source_goes_with_its_units_and_its_state() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit(
            "acme/pay",
            vec![file("url:a", vec![entity("pay", "x")])],
        ))
        .unwrap();
    cache.set_source_state("github:acme", &json!(1)).unwrap();
    cache.set_source_state("file:/x", &json!(2)).unwrap();
    cache.remove_source("github:acme").unwrap();
    assert_eq!(cache.sources().unwrap(), ["file:/x"]);
    assert_eq!(cache.source_state("github:acme").unwrap(), None);
    assert_eq!(cache.source_state("file:/x").unwrap(), Some(json!(2)));
}

#[test]
fn the_first_location_has_the_entity_and_the_others_conflict() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit(
            "z",
            vec![file("url:b", vec![entity("pay", "second")])],
        ))
        .unwrap();
    cache
        .replace_unit(&unit(
            "y",
            vec![file("url:a", vec![entity("pay", "first")])],
        ))
        .unwrap();
    let found = cache.entity("component:default/pay").unwrap().unwrap();
    assert_eq!(found.location, "url:a");
    let conflicts: Vec<_> = found
        .conflicts
        .iter()
        .map(|c| (c.kept.as_str(), c.refused.as_str()))
        .collect();
    assert_eq!(conflicts, [("url:a", "url:b")]);
}

#[test]
fn one_location_of_two_sources_gives_one_entity_and_no_conflict() {
    let (_folder, mut cache) = cache();
    for (source, description) in [("a", "of a"), ("b", "of b")] {
        let mut record = unit("u", vec![file("url:x", vec![entity("pay", description)])]);
        record.source = source.into();
        record.files[0].origin = format!("url:{source}");
        cache.replace_unit(&record).unwrap();
    }
    let found = |cache: &Cache| {
        let stored = cache.entity("component:default/pay").unwrap().unwrap();
        let row = cache.snapshot().unwrap();
        let row = row.row(row.find("component:default/pay").unwrap());
        assert_eq!(
            stored.record.entity["metadata"]["description"],
            row.description
        );
        assert_eq!((stored.conflicts.len(), row.problems), (0, 0));
        row.description.to_owned()
    };
    assert_eq!(found(&cache), "of a");
    assert_eq!(cache.conflicts().unwrap(), []);
    // The one that is in sight counts.
    cache.mark_stale("a", &["u"], true).unwrap();
    assert_eq!(found(&cache), "of b");
}

#[test]
fn a_reader_sees_what_a_writer_in_another_connection_commits() {
    let (_folder, mut cache) = cache();
    let reader = Cache::open(cache.dir(), OpenMode::ReadOnly).unwrap().cache;
    let version = reader.data_version().unwrap();
    cache
        .replace_unit(&unit("y", vec![file("url:a", vec![entity("pay", "")])]))
        .unwrap();
    assert_ne!(reader.data_version().unwrap(), version);
    assert_eq!(reader.generation().unwrap(), cache.generation().unwrap());
    assert_eq!(refs(&reader), ["component:default/pay"]);
}

#[test]
fn reading_makes_no_cache() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("none");
    assert!(matches!(
        Cache::open(&dir, OpenMode::ReadOnly),
        Err(StoreError::NoCache { .. })
    ));
    assert!(!dir.exists());
}

#[test]
fn a_damaged_cache_is_set_aside_by_a_writer_and_left_alone_by_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let mut cache = open(folder.path());
    for n in 0..50 {
        let name = format!("c{n}");
        cache
            .replace_unit(&unit(&name, vec![file(&name, vec![entity(&name, "x")])]))
            .unwrap();
    }
    drop(cache);
    let mut bytes = fs::read(&path).unwrap();
    let len = bytes.len();
    bytes[4096..len].fill(0x5a);
    fs::write(&path, &bytes).unwrap();

    assert!(Cache::open(folder.path(), OpenMode::ReadOnly).is_err());
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let opened = Cache::open(folder.path(), OpenMode::ReadWrite).unwrap();
    assert!(opened.notice.unwrap().contains("catalog.db.damaged-1"));
    assert!(opened.cache.all_files().unwrap().is_empty());
    assert_eq!(
        fs::read(folder.path().join("catalog.db.damaged-1")).unwrap(),
        bytes
    );
}

#[test]
fn what_is_no_database_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("catalog.db"), "hello ".repeat(1000)).unwrap();
    let opened = Cache::open(folder.path(), OpenMode::ReadWrite).unwrap();
    assert!(opened.notice.unwrap().contains("damaged"));
}

#[test]
fn a_newer_format_is_set_aside() {
    let (_folder, cache) = cache();
    cache
        .connection
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let dir = cache.dir().to_owned();
    drop(cache);
    assert!(matches!(
        Cache::open(&dir, OpenMode::ReadOnly),
        Err(StoreError::NewerFormat { found: 99, .. })
    ));
    let opened = Cache::open(&dir, OpenMode::ReadWrite).unwrap();
    assert!(opened.notice.unwrap().contains("format 99"));
    assert!(dir.join("catalog.db.other-format-1").exists());
}

#[test]
fn an_older_format_says_that_it_is_older_and_is_built_anew() {
    let (_folder, cache) = cache();
    let format = |format: i64| {
        let connection = &cache.connection;
        connection
            .pragma_update(None, "user_version", format)
            .unwrap();
        Cache::open(cache.dir(), OpenMode::ReadOnly).unwrap_err()
    };
    let older = format(1);
    assert!(
        older.to_string().contains("older callboard (format 1,"),
        "{older}"
    );
    assert!(older.hint().contains("callboard sync"));
    // What has tables and no format at all is none of ours.
    assert!(matches!(format(0), StoreError::Damaged { .. }));
    format(1);
    let dir = cache.dir().to_owned();
    drop(cache);
    let opened = Cache::open(&dir, OpenMode::ReadWrite).unwrap();
    assert!(opened.notice.unwrap().contains("older callboard"));
    assert!(dir.join("catalog.db.other-format-1").exists());
}

#[test]
fn a_rebuilt_cache_has_another_generation() {
    let (_folder, cache) = cache();
    let (dir, before) = (cache.dir().to_owned(), cache.generation().unwrap());
    drop(cache);
    fs::remove_file(dir.join("catalog.db")).unwrap();
    assert_ne!(open(&dir).generation().unwrap(), before);
}

#[test]
fn folder_and_files_are_private() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit("y", vec![file("url:a", vec![entity("pay", "")])]))
        .unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(cache.dir()), 0o700);
    for entry in fs::read_dir(cache.dir()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_path_may_hold_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("a b?c#d%20결제");
    let mut cache = open(&dir);
    cache
        .replace_unit(&unit("y", vec![file("url:a", vec![entity("pay", "")])]))
        .unwrap();
    let reader = Cache::open(&dir, OpenMode::ReadOnly).unwrap().cache;
    assert_eq!(refs(&reader), ["component:default/pay"]);
}

#[test]
fn an_orphan_is_stale_and_what_is_only_out_of_sight_is_no_orphan() {
    let (_folder, mut cache) = cache();
    let record = unit("y", vec![file("url:a", vec![entity("pay", "")])]);
    cache.replace_unit(&record).unwrap();
    let flags = |cache: &Cache| {
        let snapshot = cache.publish().unwrap();
        let id = snapshot.find("component:default/pay").unwrap();
        (snapshot.flags(id).stale, snapshot.flags(id).orphan)
    };
    assert_eq!(cache.mark_orphan("github:acme", &["y"]).unwrap(), 1);
    assert_eq!(cache.mark_orphan("github:acme", &["y"]).unwrap(), 0);
    assert!(cache.units("github:acme").unwrap()[0].stale);
    assert_eq!(flags(&cache), (true, true));
    cache.mark_stale("github:acme", &["y"], true).unwrap();
    assert_eq!(flags(&cache), (true, false));
    cache.replace_unit(&record).unwrap();
    assert_eq!(flags(&cache), (false, false));
}

#[test]
fn a_catalog_is_published_with_its_generation_and_read_back() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit(
            "y",
            vec![file(
                "url:a",
                vec![entity("pay", "결제"), entity("other", "")],
            )],
        ))
        .unwrap();
    cache.mark_stale("github:acme", &["y"], true).unwrap();
    let published = cache.publish().unwrap();
    let read = crate::store::index::read(cache.dir()).unwrap();
    assert_eq!(read.generation(), cache.generation().unwrap());
    assert_eq!(read.len(), 2);
    let id = read.find("component:default/pay").unwrap();
    assert_eq!(read.row(id), published.row(id));
    assert_eq!(read.row(id).description, "결제");
    assert!(read.flags(id).stale);
}

#[test]
fn an_index_of_the_same_generation_is_not_written_again() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit("y", vec![file("url:a", vec![entity("pay", "")])]))
        .unwrap();
    cache.publish().unwrap();
    let path = cache.dir().join(crate::store::index::FILE);
    let before = std::os::unix::fs::MetadataExt::ino(&fs::metadata(&path).unwrap());
    cache.publish().unwrap();
    assert_eq!(
        std::os::unix::fs::MetadataExt::ino(&fs::metadata(&path).unwrap()),
        before
    );
    fs::write(&path, b"damaged").unwrap();
    assert_eq!(cache.publish().unwrap().len(), 1);
    assert!(crate::store::index::read(cache.dir()).is_some());
}

#[test]
fn a_shared_folder_gets_a_copy_that_is_whole_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut cache = open(folder.path());
    cache
        .replace_unit(&unit("y", vec![file("url:a", vec![entity("pay", "")])]))
        .unwrap();
    cache.publish().unwrap();
    let mode = |name: &str| {
        fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("catalog-shared.db"), 0o644);
    assert_eq!(mode("catalog.index"), 0o644);
    assert_eq!(mode("catalog.db"), 0o600);
    // Somewhere else, alone and unchanging, it still holds everything.
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("catalog.db");
    fs::copy(folder.path().join("catalog-shared.db"), &copy).unwrap();
    let reader = Cache::open(elsewhere.path(), OpenMode::ReadOnly)
        .unwrap()
        .cache;
    assert_eq!(refs(&reader), ["component:default/pay"]);
    assert_eq!(reader.generation().unwrap(), cache.generation().unwrap());
}

#[test]
fn a_private_folder_gets_no_copy() {
    let (_folder, mut cache) = cache();
    cache
        .replace_unit(&unit("y", vec![file("url:a", vec![entity("pay", "")])]))
        .unwrap();
    cache.publish().unwrap();
    assert!(!cache.dir().join("catalog-shared.db").exists());
}
