use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::*;

fn person() -> Person {
    Person {
        name: "Ann <script>".into(),
        email: "ann@example.com".into(),
    }
}

async fn git() -> (Git, CancellationToken) {
    let cancel = CancellationToken::new();
    (Git::find(&cancel).await.unwrap(), cancel)
}

fn read(repository: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("--git-dir")
        .arg(repository)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn a_folder_is_committed_byte_for_byte_with_modes_and_links() {
    let (git, cancel) = git().await;
    let files = tempfile::tempdir().unwrap();
    let root = files.path();
    fs::write(
        root.join(".gitattributes"),
        "* text=auto eol=crlf filter=evil\n",
    )
    .unwrap();
    fs::write(root.join("crlf.txt"), "a\r\nb\r\n").unwrap();
    fs::write(root.join("$Id.txt"), "$Id$\n").unwrap();
    fs::write(root.join("run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("/etc/passwd", root.join("link")).unwrap();
    fs::write(root.join(".gitignore"), "left-out\n").unwrap();
    fs::write(root.join("left-out"), "x").unwrap();
    let committed = git
        .commit(root, "First\n\nbody", &person(), &cancel)
        .await
        .unwrap();
    let repository = committed.folder.path();
    let tree = read(repository, &["ls-tree", "-r", &committed.commit]);
    assert!(tree.contains("100755") && tree.contains("120000"), "{tree}");
    assert!(!tree.contains("left-out"), "{tree}");
    let show = |path: &str| {
        read(
            repository,
            &["cat-file", "blob", &format!("{}:{path}", committed.commit)],
        )
    };
    assert_eq!(show("crlf.txt"), "a\r\nb\r\n");
    assert_eq!(show("link"), "/etc/passwd");
    let told = read(
        repository,
        &["log", "-1", "--format=%an|%ae|%cn|%B", &committed.commit],
    );
    assert_eq!(
        told.trim(),
        "Ann script|ann@example.com|Ann script|First\n\nbody"
    );
    assert!(!root.join(".git").exists(), "the workspace stays as it was");
}

#[tokio::test]
async fn a_folder_without_files_is_an_error_with_a_hint() {
    let (git, cancel) = git().await;
    let files = tempfile::tempdir().unwrap();
    let error = git
        .commit(files.path(), "m", &person(), &cancel)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Input);
    assert!(error.hint.unwrap().contains("skeleton"));
    fs::create_dir(files.path().join("empty")).unwrap();
    let error = git
        .commit(files.path(), "m", &person(), &cancel)
        .await
        .unwrap_err();
    assert!(error.hint.unwrap().contains("empty folders"));
}

#[tokio::test]
async fn hooks_and_monitors_of_a_workspace_do_not_run() {
    let (git, cancel) = git().await;
    let files = tempfile::tempdir().unwrap();
    let ran = files.path().join("ran");
    // A repository rendered into the workspace, with everything that would act.
    let inner = files.path().join("inner/.git");
    fs::create_dir_all(inner.join("hooks")).unwrap();
    fs::write(
        inner.join("config"),
        format!(
            "[core]\n\tfsmonitor = touch {}\n\thooksPath = hooks\n",
            ran.display()
        ),
    )
    .unwrap();
    fs::write(files.path().join("a"), "a").unwrap();
    let error = git
        .commit(files.path(), "m", &person(), &cancel)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Input);
    assert!(error.message.contains("inner/.git"), "{}", error.message);
    assert!(!ran.exists());
}

#[tokio::test]
async fn a_commit_settles_in_a_folder_of_its_own() {
    let (git, cancel) = git().await;
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("a"), "a\r\n").unwrap();
    let committed = git
        .commit(files.path(), "m", &person(), &cancel)
        .await
        .unwrap();
    let target = tempfile::tempdir().unwrap();
    let commit = git
        .settle(committed, target.path(), "trunk", &cancel)
        .await
        .unwrap();
    let own = target.path().join(".git");
    assert_eq!(fs::read(target.path().join("a")).unwrap(), b"a\r\n");
    assert_eq!(
        read(&own, &["rev-parse", "refs/heads/trunk"]).trim(),
        commit
    );
    assert_eq!(
        read(&own, &["symbolic-ref", "HEAD"]).trim(),
        "refs/heads/trunk"
    );
    let status = Command::new("git")
        .arg("-C")
        .arg(target.path())
        .args(["status", "--porcelain"])
        .output()
        .unwrap();
    assert!(status.stdout.is_empty(), "{status:?}");
}

#[tokio::test]
async fn names_that_are_no_branches_are_refused() {
    let (git, cancel) = git().await;
    git.check_branch("feature/pay-1", &cancel).await.unwrap();
    for bad in ["", "-x", "a..b", "a b", "x.lock", "@{1}"] {
        let error = git.check_branch(bad, &cancel).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input, "{bad}");
    }
}

#[tokio::test]
async fn nothing_is_pushed_to_an_address_that_is_not_https() {
    let (git, cancel) = git().await;
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("a"), "a").unwrap();
    let committed = git
        .commit(files.path(), "m", &person(), &cancel)
        .await
        .unwrap();
    for bad in [
        "file:///tmp/x",
        "ssh://git@github.com/a/b",
        "http://github.com/a/b",
        "https://ann:secret@github.com/a/b",
    ] {
        let url = Url::parse(bad).unwrap();
        let remote = Remote {
            url: &url,
            token: None,
        };
        let error = git
            .push(&committed, "main", &remote, false, &cancel)
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{bad}");
        assert!(!error.message.contains("secret"));
    }
}

#[tokio::test]
async fn cancelling_ends_git_and_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("git");
    let pid = folder.path().join("pid");
    fs::write(
        &script,
        format!(
            "#!/bin/sh\ncase \"$*\" in *--version*) echo git version 2.40.0; exit;; esac\nsleep 300 & echo $! > {0}.part; mv {0}.part {0}; trap '' TERM; wait; wait\n",
            pid.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let cancel = CancellationToken::new();
    let git = Git::at(script.as_os_str(), &cancel).await.unwrap();
    let stop = cancel.clone();
    let watched = pid.clone();
    let waiting = tokio::spawn(async move {
        while !watched.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stop.cancel();
    });
    let error = git.run(Call::new(["gc"]), &cancel).await.unwrap_err();
    waiting.await.unwrap();
    assert_eq!(error.kind, ActionErrorKind::Cancelled);
    let child = fs::read_to_string(&pid).unwrap();
    let state = || fs::read_to_string(format!("/proc/{}/stat", child.trim()));
    // A zombie of the test's own container is gone as well.
    let gone = |state: std::io::Result<String>| state.map_or(true, |text| text.contains(") Z "));
    for _ in 0..400 {
        if gone(state()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("{:?}", state());
}
