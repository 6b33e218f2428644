//! The store across processes: killed writers, readers beside a writer, folders that cannot be written.
//!
//! Children are this test binary itself, at a test that is ignored unless it is asked for by name.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use callboard::catalog::{EntityRecord, FileRecord};
use callboard::store::{Cache, OpenMode, SyncLock, UnitRecord, index};
use serde_json::json;

/// Where a child works.
const FOLDER: &str = "CALLBOARD_TEST_STORE_FOLDER";
/// Entities of a unit.
const SIZE: usize = 20;

fn unit(name: &str) -> UnitRecord {
    let entities = (0..SIZE)
        .map(|n| EntityRecord {
            entity_ref: format!("component:default/{name}-{n}"),
            document: n as u32,
            entity: json!({"kind": "Component", "metadata": {"name": format!("{name}-{n}")}}),
            positions: vec![],
            problems: vec![],
        })
        .collect();
    UnitRecord {
        source: "test".into(),
        unit: name.into(),
        state: json!(name),
        files: vec![FileRecord {
            location: format!("url:{name}"),
            origin: "url:origin".into(),
            refused: Vec::new(),
            entities,
            problems: vec![],
        }],
    }
}

fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

fn folder_of_child() -> std::path::PathBuf {
    std::env::var_os(FOLDER)
        .expect("a parent that names the folder")
        .into()
}

#[test]
#[ignore = "the child of the tests below: writes until it is killed"]
fn child_that_writes_until_it_is_killed() {
    let folder = folder_of_child();
    let _lock = SyncLock::acquire(&folder).unwrap();
    let mut cache = Cache::open(&folder, OpenMode::ReadWrite).unwrap().cache;
    let begin = cache.units("test").unwrap().len();
    for n in begin..begin + 100_000 {
        cache.replace_unit(&unit(&format!("unit{n:06}"))).unwrap();
        println!("committed unit{n:06}");
    }
}

#[test]
fn a_writer_killed_at_any_moment_loses_nothing_committed_and_leaves_no_half_unit() {
    let folder = tempfile::tempdir().unwrap();
    let mut committed: Vec<String> = Vec::new();
    for round in 0..6 {
        let mut writer = child("store::child_that_writes_until_it_is_killed", folder.path())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut seen = 0;
        for line in lines.by_ref() {
            let line = line.unwrap();
            // The harness writes the test's name before the first line, on the same line.
            if let Some((_, unit)) = line.split_once("committed ") {
                committed.push(unit.to_owned());
                seen += 1;
            }
            if seen > round * 7 {
                break;
            }
        }
        assert!(seen > round * 7, "the child ended by itself");
        // A reader beside the writer sees whole units only.
        let reader = Cache::open(folder.path(), OpenMode::ReadOnly).unwrap();
        for stored in reader.cache.all_files().unwrap() {
            assert_eq!(stored.file.entities.len(), SIZE);
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        for line in lines {
            if let Some((_, unit)) = line.unwrap().split_once("committed ") {
                committed.push(unit.to_owned());
            }
        }

        let opened = Cache::open(folder.path(), OpenMode::ReadWrite).unwrap();
        assert_eq!(opened.notice, None);
        let files = opened.cache.all_files().unwrap();
        assert!(files.iter().all(|f| f.file.entities.len() == SIZE));
        for unit in &committed {
            assert!(files.iter().any(|f| f.unit == *unit), "{unit} is lost");
        }
        // The last one may have been committed without a word of it.
        let unsaid = files.iter().filter(|f| !committed.contains(&f.unit));
        committed.extend(unsaid.map(|f| f.unit.clone()).collect::<Vec<_>>());
        assert!(files.len() == committed.len());
        SyncLock::acquire(folder.path()).expect("the lock of a dead process");
    }
}

#[test]
#[ignore = "the child of the test below: reads a folder that it cannot write"]
fn child_that_reads_a_shared_folder() {
    let folder = folder_of_child();
    let opened = Cache::open(&folder, OpenMode::ReadOnly).unwrap();
    assert!(opened.shared);
    assert_eq!(opened.cache.all_files().unwrap().len(), 2);
    assert!(
        opened
            .cache
            .entity("component:default/a-0")
            .unwrap()
            .is_some()
    );
    let snapshot = index::read(&folder).unwrap();
    assert_eq!(snapshot.generation(), opened.cache.generation().unwrap());
    assert!(Cache::open(&folder, OpenMode::ReadWrite).is_err());
    assert!(SyncLock::acquire(&folder).is_err());
}

#[test]
fn a_shared_folder_is_read_by_somebody_who_cannot_write_it() {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    for path in [folder.path(), &shared] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut cache = Cache::open(&shared, OpenMode::ReadWrite).unwrap().cache;
    cache.replace_unit(&unit("a")).unwrap();
    cache.replace_unit(&unit("b")).unwrap();
    cache.publish().unwrap();
    // Written but not published: readers of the copy do not see it.
    cache.replace_unit(&unit("c")).unwrap();

    let mut reader = child("store::child_that_reads_a_shared_folder", &shared);
    if rustix::process::geteuid().is_root() {
        // Modes do not bind root; somebody else they do.
        let exe = std::env::current_exe().unwrap();
        let copy = folder.path().join("reader");
        fs::copy(exe, &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
        reader = Command::new(&copy);
        reader
            .args([
                "--exact",
                "store::child_that_reads_a_shared_folder",
                "--ignored",
            ])
            .env(FOLDER, &shared)
            .current_dir("/")
            .stdout(Stdio::piped())
            .uid(65534)
            .gid(65534);
    } else {
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let output = reader.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}
