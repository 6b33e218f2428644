use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};

use super::*;

fn workspace() -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("work");
    fs::create_dir(&root).unwrap();
    let workspace = Workspace::new(root);
    (folder, workspace)
}

fn inner(path: &str) -> InnerPath {
    InnerPath::read(Path::new("/nowhere"), path).unwrap()
}

fn write(workspace: &Workspace, path: &str, text: &str) -> Result<(), ActionError> {
    let folder = workspace.open()?;
    folder.write(&workspace.inner(path)?, text.as_bytes(), Mode::Default)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_file_is_written_with_the_folders_it_lies_in() {
    let (_keep, workspace) = workspace();
    write(&workspace, "a/b/c.txt", "hello").unwrap();
    assert_eq!(
        fs::read_to_string(workspace.root().join("a/b/c.txt")).unwrap(),
        "hello"
    );
    let folder = workspace.open().unwrap();
    assert_eq!(folder.read(&inner("a/b/c.txt"), 100).unwrap(), b"hello");
    assert_eq!(
        folder.entries(&inner(""), true).unwrap().len(),
        3,
        "nothing half-written is left"
    );
    let put_out = workspace.root().join("a/b/c.txt");
    write(&workspace, put_out.to_str().unwrap(), "by its whole path").unwrap();
    assert_eq!(fs::read_to_string(put_out).unwrap(), "by its whole path");
}

#[test]
fn a_link_that_leads_out_is_never_followed() {
    let (keep, workspace) = workspace();
    let outside = keep.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "s").unwrap();
    let root = workspace.root();
    symlink(&outside, root.join("dir")).unwrap();
    symlink(outside.join("secret"), root.join("file")).unwrap();
    symlink("../outside/secret", root.join("relative")).unwrap();
    symlink("dir/../../outside", root.join("roundabout")).unwrap();
    symlink(outside.join("new"), root.join("dangling")).unwrap();
    let folder = workspace.open().unwrap();
    for path in ["file", "relative", "dir/secret", "roundabout/secret"] {
        let error = folder.read(&inner(path), 100).unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{path}: {error}");
        let error = write(&workspace, path, "x").unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{path}: {error}");
        let error = folder.append(&inner(path), b"x").unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{path}: {error}");
        assert!(workspace.resolve(path).is_err(), "{path}");
    }
    assert!(write(&workspace, "dangling", "x").is_err());
    assert!(
        folder
            .rename(&inner("dir/secret"), &inner("mine"), false)
            .is_err()
    );
    assert!(folder.remove(&inner("dir/secret")).is_err());
    assert!(folder.make_folder(&inner("dir/new")).is_err());
    assert!(folder.link(&inner("dir/new"), "x").is_err());
    assert!(folder.entries(&inner("dir"), true).is_err());
    // The links themselves may go; what they lead to stays.
    for path in ["dir", "file", "relative", "roundabout", "dangling"] {
        assert!(folder.remove(&inner(path)).unwrap(), "{path}");
    }
    assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "s");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn a_link_that_stays_inside_is_written_through() {
    let (_keep, workspace) = workspace();
    write(&workspace, "a/real.txt", "1").unwrap();
    let folder = workspace.open().unwrap();
    folder.link(&inner("b/link.txt"), "../a/real.txt").unwrap();
    assert!(folder.exists(&inner("b/link.txt")));
    write(&workspace, "b/link.txt", "2").unwrap();
    assert_eq!(
        fs::read_to_string(workspace.root().join("a/real.txt")).unwrap(),
        "2"
    );
    folder
        .write(&inner("b/link.txt"), b"3", Mode::Exact(0o644))
        .unwrap();
    assert_eq!(
        fs::read_to_string(workspace.root().join("a/real.txt")).unwrap(),
        "2"
    );
    assert_eq!(
        folder.kind(&inner("b/link.txt")).unwrap(),
        Some(EntryKind::File {
            mode: 0o644,
            size: 1
        })
    );
}

#[test]
fn modes_are_kept_and_files_that_nobody_may_write_are_replaced() {
    let (_keep, workspace) = workspace();
    let folder = workspace.open().unwrap();
    let root = workspace.root();
    folder
        .write(&inner("run.sh"), b"1", Mode::New(0o755))
        .unwrap();
    folder
        .write(&inner("ro.txt"), b"1", Mode::New(0o444))
        .unwrap();
    folder
        .write(&inner("mine"), b"1", Mode::Exact(0o600))
        .unwrap();
    assert_eq!(mode(&root.join("run.sh")) & 0o700, 0o700);
    assert_eq!(mode(&root.join("ro.txt")) & 0o222, 0);
    assert_eq!(mode(&root.join("mine")), 0o600);
    folder
        .write(&inner("ro.txt"), b"22", Mode::New(0o644))
        .unwrap();
    assert_eq!(fs::read(root.join("ro.txt")).unwrap(), b"22");
    assert_eq!(
        mode(&root.join("ro.txt")) & 0o222,
        0,
        "a file that exists keeps its mode"
    );
    folder
        .write(&inner("ro.txt"), b"333", Mode::Exact(0o755))
        .unwrap();
    assert_eq!(mode(&root.join("ro.txt")), 0o755);
}

#[test]
fn what_an_interrupted_run_left_behind_is_neither_listed_nor_in_the_way() {
    let (_keep, workspace) = workspace();
    fs::write(workspace.root().join(PART), "half").unwrap();
    let folder = workspace.open().unwrap();
    assert!(folder.entries(&inner(""), true).unwrap().is_empty());
    write(&workspace, "a", "whole").unwrap();
    assert!(!workspace.root().join(PART).exists());
}

#[test]
fn folders_and_files_in_the_way_are_conflicts() {
    let (_keep, workspace) = workspace();
    let folder = workspace.open().unwrap();
    folder.make_folder(&inner("a/b")).unwrap();
    folder.make_folder(&inner("a/b")).unwrap();
    write(&workspace, "f", "x").unwrap();
    let kind = |result: Result<(), ActionError>| result.unwrap_err().kind;
    assert_eq!(
        kind(write(&workspace, "a/b", "x")),
        ActionErrorKind::Conflict
    );
    assert_eq!(kind(write(&workspace, ".", "x")), ActionErrorKind::Conflict);
    assert_eq!(
        kind(write(&workspace, "f/x", "x")),
        ActionErrorKind::Conflict
    );
    assert_eq!(
        kind(folder.link(&inner("a"), "x")),
        ActionErrorKind::Conflict
    );
    assert_eq!(
        folder.read(&inner("a"), 9).unwrap_err().kind,
        ActionErrorKind::Input
    );
    assert_eq!(
        folder.read(&inner("nope"), 9).unwrap_err().kind,
        ActionErrorKind::NotFound
    );
    assert_eq!(
        folder.read(&inner("f"), 0).unwrap_err().kind,
        ActionErrorKind::Limit
    );
}

#[test]
fn things_are_moved_only_where_they_are_wanted() {
    let (_keep, workspace) = workspace();
    let folder = workspace.open().unwrap();
    write(&workspace, "a/x", "1").unwrap();
    write(&workspace, "b", "2").unwrap();
    let moved =
        |from: &str, to: &str, overwrite| folder.rename(&inner(from), &inner(to), overwrite);
    assert_eq!(
        moved("nope", "c", false).unwrap_err().kind,
        ActionErrorKind::NotFound
    );
    assert_eq!(
        moved("a", "b", false).unwrap_err().kind,
        ActionErrorKind::Conflict
    );
    assert_eq!(
        moved("a", "a/y", false).unwrap_err().kind,
        ActionErrorKind::Input
    );
    assert_eq!(
        moved("a/x", "a", true).unwrap_err().kind,
        ActionErrorKind::Input
    );
    moved("b", "b", false).unwrap();
    moved("a", "deep/er/c", false).unwrap();
    moved("b", "deep/er/c/x", true).unwrap();
    assert_eq!(
        fs::read_to_string(workspace.root().join("deep/er/c/x")).unwrap(),
        "2"
    );
}

#[test]
fn removing_the_workspace_empties_it() {
    let (_keep, workspace) = workspace();
    write(&workspace, "a/x", "1").unwrap();
    write(&workspace, ".hidden", "1").unwrap();
    let folder = workspace.open().unwrap();
    assert!(!folder.remove(&inner("nope")).unwrap());
    folder.remove(&inner("")).unwrap();
    assert!(folder.entries(&inner(""), true).unwrap().is_empty());
}

#[test]
fn a_task_that_writes_without_end_is_stopped() {
    let keep = tempfile::tempdir().unwrap();
    let limits = WorkspaceLimits {
        entries: 5,
        bytes: 100,
    };
    let workspace = Workspace::with_limits(keep.path(), limits);
    let error = write(&workspace, "a", &"x".repeat(101)).unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Limit);
    assert!(!workspace.root().join("a").exists());
    let workspace = Workspace::with_limits(keep.path(), limits);
    for name in ["1", "2", "3", "4", "5"] {
        write(&workspace, name, "").unwrap();
        write(&workspace, name, "").unwrap();
    }
    assert_eq!(
        write(&workspace, "6", "").unwrap_err().kind,
        ActionErrorKind::Limit
    );
    let workspace = Workspace::with_limits(keep.path(), limits);
    assert!(
        workspace
            .open()
            .unwrap()
            .make_folder(&inner("a/b/c/d/e/f"))
            .is_err()
    );
    let workspace = Workspace::with_limits(keep.path(), limits);
    let folder = workspace.open().unwrap();
    for _ in 0..10 {
        folder.append(&inner("log"), &[b'x'; 10]).unwrap();
    }
    assert_eq!(
        folder.append(&inner("log"), b"x").unwrap_err().kind,
        ActionErrorKind::Limit
    );
}

#[test]
fn any_name_a_file_can_have_is_written_and_listed() {
    use std::os::unix::ffi::OsStrExt as _;
    let (_keep, workspace) = workspace();
    for name in ["a\nb", "c\u{1b}[31m", " ", "한글", "-rf", "$(x)", "\\"] {
        write(&workspace, name, "x").unwrap();
    }
    let folder = workspace.open().unwrap();
    assert_eq!(folder.entries(&inner(""), true).unwrap().len(), 7);
    let garbled = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    fs::create_dir(workspace.root().join(garbled)).unwrap();
    let entries = folder.entries(&inner(""), true).unwrap();
    assert!(
        entries
            .iter()
            .any(|entry| entry.garbled && entry.is_folder())
    );
    folder.remove(&inner("")).unwrap();
    assert!(folder.entries(&inner(""), true).unwrap().is_empty());
}

#[test]
fn a_full_disk_is_said_as_what_it_is() {
    let full = io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error());
    let error = disk_error("a/b", &full);
    assert_eq!(error.kind, ActionErrorKind::Storage);
    assert_eq!(error.message, "No room is left on the disk for 'a/b'");
    assert!(error.hint.is_some());
}
