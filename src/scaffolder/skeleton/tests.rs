use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;

struct Fixture {
    keep: tempfile::TempDir,
    workspace: Workspace,
    rendering: Rendering,
}

impl Fixture {
    fn new(values: Value) -> Self {
        let keep = tempfile::tempdir().unwrap();
        fs::create_dir(keep.path().join("work")).unwrap();
        fs::create_dir(keep.path().join("skeleton")).unwrap();
        let context = json!({ "values": values });
        Self {
            workspace: Workspace::new(keep.path().join("work")),
            rendering: Rendering {
                target: InnerPath::read(Path::new(""), "").unwrap(),
                context: context.as_object().unwrap().clone(),
                options: nunjucks::Options::default(),
                replace: false,
                extension: None,
                raw: None,
                raw_paths: false,
            },
            keep,
        }
    }

    fn file(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.keep.path().join("skeleton").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn raw(&mut self, patterns: &[&str]) {
        self.rendering.raw = Some(Globs::new(patterns, true, |_| false).unwrap());
    }

    fn render(&self) -> Result<Report, ActionError> {
        let source = Source::open(&self.keep.path().join("skeleton"), "./skeleton").unwrap();
        render(
            &source,
            &self.workspace,
            &self.rendering,
            &CancellationToken::new(),
        )
    }

    fn at(&self, path: &str) -> PathBuf {
        self.workspace.root().join(path)
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    fn names(&self) -> Vec<String> {
        let root = InnerPath::read(Path::new(""), "").unwrap();
        let entries = self.workspace.open().unwrap().entries(&root, true).unwrap();
        let mut names: Vec<String> = entries.into_iter().map(|e| e.path).collect();
        names.sort();
        names
    }
}

#[test]
fn names_and_texts_are_rendered() {
    let fixture = Fixture::new(json!({"name": "pay", "deep": "a/b", "docs": false}));
    fixture.file(
        "${{ values.name }}/${{ values.deep }}.txt",
        "I am ${{ values.name }}\n",
    );
    fixture.file("{% if values.docs %}docs{% endif %}/index.md", "x");
    fixture.file("{% if values.docs %}only.md{% endif %}", "x");
    fixture.file("in/{% if values.docs %}no{% endif %}/x", "x");
    fs::create_dir(fixture.keep.path().join("skeleton/empty")).unwrap();
    let report = fixture.render().unwrap();
    assert_eq!(
        fixture.names(),
        ["empty", "in", "pay", "pay/a", "pay/a/b.txt"]
    );
    assert_eq!(fixture.text("pay/a/b.txt"), "I am pay\n");
    assert_eq!((report.files, report.folders, report.unnamed), (1, 3, 5));
    assert_eq!(
        report.summary(),
        "Wrote 1 file, 3 folders; 5 left out by their names"
    );
}

#[test]
fn modes_stay_and_binary_files_are_copied() {
    let fixture = Fixture::new(json!({"x": 1}));
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&fixture.file("run.sh", "#!/bin/sh ${{ values.x }}"), 0o755);
    mode(&fixture.file("ro.txt", "${{ values.x }}"), 0o444);
    mode(&fixture.file("own.txt", "${{ values.x }}"), 0o600);
    mode(&fixture.file("tool.bin", b"\0${{ values.x }}"), 0o755);
    fixture.render().unwrap();
    let has = |path: &str| fixture.at(path).metadata().unwrap().mode() & 0o700;
    assert_eq!(has("run.sh"), 0o700);
    assert_eq!(has("ro.txt"), 0o400);
    assert_eq!(has("own.txt"), 0o600);
    assert_eq!(has("tool.bin"), 0o700);
    assert_eq!(fixture.text("run.sh"), "#!/bin/sh 1");
    assert_eq!(
        fs::read(fixture.at("tool.bin")).unwrap(),
        b"\0${{ values.x }}"
    );
}

#[test]
fn what_is_there_stays_unless_it_is_to_be_replaced() {
    let mut fixture = Fixture::new(json!({"name": "same"}));
    fixture.file("a.txt", "new");
    fixture.file("d/a.txt", "new");
    fixture.file("1", "from 1");
    fs::write(fixture.at("a.txt"), "old").unwrap();
    fs::set_permissions(fixture.at("a.txt"), fs::Permissions::from_mode(0o444)).unwrap();
    symlink("nowhere", fixture.at("1")).unwrap();
    assert_eq!(fixture.render().unwrap().kept, 1);
    assert_eq!(fixture.text("a.txt"), "old");
    assert_eq!(
        fixture.text("nowhere"),
        "from 1",
        "a link that leads nowhere is written through"
    );
    fixture.rendering.replace = true;
    assert_eq!(fixture.render().unwrap().kept, 0);
    assert_eq!(fixture.text("a.txt"), "new");
}

#[test]
fn of_two_entries_with_one_name_the_first_is_kept_and_the_last_replaces() {
    let mut fixture = Fixture::new(json!({"name": "same"}));
    fixture.file("${{ values.name }}", "first");
    fixture.file("same", "last");
    fixture.render().unwrap();
    assert_eq!(fixture.text("same"), "first");
    fixture.rendering.replace = true;
    fixture.render().unwrap();
    assert_eq!(fixture.text("same"), "last");
}

#[test]
fn raw_files_keep_their_bytes_and_lose_only_their_names() {
    let mut fixture = Fixture::new(json!({"name": "pay"}));
    fixture.file("raw/${{ values.name }}.txt", b"caf\xe9 ${{ values.name }}");
    fixture.file("${{ values.name }}.txt", "${{ values.name }}");
    fixture.raw(&["raw/**"]);
    fixture.render().unwrap();
    assert_eq!(
        fs::read(fixture.at("raw/pay.txt")).unwrap(),
        b"caf\xe9 ${{ values.name }}"
    );
    assert_eq!(fixture.text("pay.txt"), "pay");
    let mut fixture = Fixture::new(json!({"name": "pay"}));
    fixture.file("raw/${{ values.name }}.txt", "${{ values.name }}");
    fixture.raw(&["raw/**"]);
    fixture.rendering.raw_paths = true;
    fixture.render().unwrap();
    assert_eq!(
        fixture.text("raw/${{ values.name }}.txt"),
        "${{ values.name }}"
    );
}

#[test]
fn with_an_extension_only_such_files_are_rendered_and_lose_it() {
    let mut fixture = Fixture::new(json!({"name": "pay"}));
    fixture.file("${{ values.name }}.md.njk", "${{ values.name }}");
    fixture.file("${{ values.name }}.md", "${{ values.name }}");
    fixture.file(".njk", "${{ values.name }}");
    fixture.file("dir.njk/x", "${{ values.name }}");
    fixture.rendering.extension = Some(".njk".to_owned());
    let report = fixture.render().unwrap();
    assert_eq!(fixture.names(), [".njk", "dir.njk", "dir.njk/x", "pay.md"]);
    assert_eq!(
        report.kept, 1,
        "the first of two that render to one name stays"
    );
    // `${{ values.name }}.md` comes first.
    assert_eq!(fixture.text("pay.md"), "${{ values.name }}");
    assert_eq!(fixture.text("dir.njk/x"), "${{ values.name }}");
}

#[test]
fn line_ends_marks_and_odd_bytes_are_as_backstage_leaves_them() {
    let fixture = Fixture::new(json!({"x": 1}));
    fixture.file("crlf", "${{ values.x }}\r\n\r\n");
    fixture.file("mark", "\u{feff}${{ values.x }}");
    fixture.file("latin1", b"a longer line with caf\xe9 and ${{ values.x }}");
    fixture.file("none", "no end");
    fixture.file("zero", "");
    fixture.render().unwrap();
    assert_eq!(fixture.text("crlf"), "1\r\n\r\n");
    assert_eq!(fixture.text("mark"), "\u{feff}1");
    assert_eq!(
        fixture.text("latin1"),
        "a longer line with caf\u{fffd} and 1"
    );
    assert_eq!(fixture.text("none"), "no end");
    assert_eq!(fixture.text("zero"), "");
}

#[test]
fn links_are_copied_where_they_stay_inside() {
    let fixture = Fixture::new(json!({"up": "a", "dir": "x/y"}));
    fixture.file("src/main.txt", "m");
    let bin = fixture.keep.path().join("skeleton/bin");
    fs::create_dir(&bin).unwrap();
    for (target, name) in [
        ("../src/main.txt", "link.txt"),
        ("../src", "dirlink"),
        ("./nowhere", "dangling"),
        ("/etc/hostname", "outside"),
    ] {
        symlink(target, bin.join(name)).unwrap();
    }
    let report = fixture.render().unwrap();
    assert_eq!(report.links, 3);
    assert_eq!(report.outside, ["bin/outside"]);
    assert_eq!(
        fs::read_link(fixture.at("bin/link.txt")).unwrap(),
        Path::new("../src/main.txt")
    );
    assert_eq!(fixture.text("bin/link.txt"), "m");
    assert!(report.warnings()[0].contains("'bin/outside' was left out"));
}

#[test]
fn a_link_that_would_lead_out_from_its_new_place_is_left_out() {
    let fixture = Fixture::new(json!({"gone": "."}));
    let deep = fixture.keep.path().join("skeleton/${{ values.gone }}");
    fs::create_dir(&deep).unwrap();
    symlink("../x", deep.join("link")).unwrap();
    let report = fixture.render().unwrap();
    assert_eq!((report.links, report.outside.len()), (0, 1));
    assert!(fixture.names().is_empty());
}

#[test]
fn a_name_that_leads_out_or_is_gits_own_is_an_error_and_writes_nothing() {
    for (values, name) in [
        (json!({"x": "../x"}), "${{ values.x }}"),
        (json!({"x": "a/../../x"}), "${{ values.x }}"),
        (json!({"x": ".."}), "${{ values.x }}/x"),
        (json!({"x": ".git"}), "${{ values.x }}/config"),
        (json!({"x": ".GIT/hooks/pre-commit"}), "${{ values.x }}"),
        (json!({"x": "git~1"}), "${{ values.x }}/config"),
        (
            json!({"x": ".g\u{200c}it/config"}),
            "a-${{ values.x }}/../${{ values.x }}",
        ),
        (json!({}), ".git/config"),
        (json!({}), "sub/.git/config"),
    ] {
        let fixture = Fixture::new(values);
        let in_place = fixture.keep.path().join("skeleton");
        let made = in_place.join(name);
        if fs::create_dir_all(made.parent().unwrap()).is_err() || fs::write(&made, "x").is_err() {
            panic!("{name}");
        }
        let error = fixture.render().unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{name}: {error}");
        assert!(
            fixture.names().iter().all(|n| !n.contains("git")),
            "{:?}",
            fixture.names()
        );
        assert!(!fixture.keep.path().join("x").exists());
    }
}

#[test]
fn a_name_may_not_climb_out_of_the_target_folder_either() {
    let mut fixture = Fixture::new(json!({"x": "../beside"}));
    fixture.file("${{ values.x }}", "x");
    fixture.rendering.target = InnerPath::read(Path::new(""), "in/side").unwrap();
    assert_eq!(
        fixture.render().unwrap_err().kind,
        ActionErrorKind::NotAllowed
    );
}

#[test]
fn a_name_that_renders_to_an_absolute_path_is_left_out() {
    let fixture = Fixture::new(json!({"x": "/etc/cron.d/x"}));
    fixture.file("${{ values.x }}", "x");
    assert_eq!(fixture.render().unwrap().unnamed, 1);
    assert!(fixture.names().is_empty());
}

#[test]
fn a_link_in_the_workspace_that_leads_out_is_not_written_through() {
    let mut fixture = Fixture::new(json!({}));
    fixture.file("dir/file", "mine");
    fixture.file("file", "mine");
    fs::create_dir(fixture.keep.path().join("victim")).unwrap();
    fs::write(fixture.keep.path().join("victim/file"), "theirs").unwrap();
    symlink("../victim", fixture.at("dir")).unwrap();
    symlink("../victim/file", fixture.at("file")).unwrap();
    for replace in [false, true] {
        fixture.rendering.replace = replace;
        assert!(fixture.render().is_err());
    }
    assert_eq!(
        fs::read_to_string(fixture.keep.path().join("victim/file")).unwrap(),
        "theirs"
    );
}

#[test]
fn an_error_in_a_template_says_file_line_and_column() {
    let fixture = Fixture::new(json!({}));
    fixture.file("src/a.txt", "one\ntwo ${{ values.x | nosuch }}\n");
    let error = fixture.render().unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Input);
    assert!(error.message.starts_with("src/a.txt:2:"), "{error}");
    let fixture = Fixture::new(json!({}));
    fixture.file("src/${{ values.x | nosuch }}", "x");
    let error = fixture.render().unwrap_err();
    assert!(
        error
            .message
            .contains("the name 'src/${{ values.x | nosuch }}':1:"),
        "{error}"
    );
}

#[test]
fn a_template_that_does_not_end_is_stopped_by_its_limits() {
    for text in [
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        "{% macro m() %}${{ m() }}{% endmacro %}${{ m() }}",
        "{% set x = 'xxxxxxxxxxxxxxxx' %}{% for a in range(64) %}{% set x = x + x %}{% endfor %}${{ x }}",
        "${{ 'x'.repeat(10000000000) }}",
    ] {
        let fixture = Fixture::new(json!({}));
        fixture.file("a.txt", text);
        let error = fixture.render().unwrap_err();
        assert!(
            matches!(error.kind, ActionErrorKind::Limit | ActionErrorKind::Input),
            "{text}: {error}"
        );
        assert!(error.message.starts_with("a.txt"), "{error}");
        assert!(fixture.names().is_empty());
    }
}

#[test]
fn a_large_file_without_templates_is_copied() {
    let fixture = Fixture::new(json!({}));
    let large = "a line of a lock file, as they come by the thousand\n".repeat(120_000);
    fixture.file("lock", &large);
    fixture.render().unwrap();
    assert_eq!(fixture.text("lock").len(), large.len());
}

#[test]
fn names_that_differ_in_case_alone_are_told_of() {
    let fixture = Fixture::new(json!({}));
    fixture.file("README.md", "1");
    fixture.file("Readme.md", "2");
    let report = fixture.render().unwrap();
    assert_eq!(
        report.clashes,
        [("README.md".to_owned(), "Readme.md".to_owned())]
    );
    assert!(report.warnings()[0].contains("differ in upper and lower case"));
}

#[test]
fn names_with_line_breaks_and_controls_are_written_as_they_are() {
    let fixture = Fixture::new(json!({"x": "a\nb\u{1b}[31m"}));
    fixture.file("${{ values.x }}", "x");
    fixture.file("c\nd", "x");
    fixture.render().unwrap();
    assert_eq!(fixture.names(), ["a\nb\u{1b}[31m", "c\nd"]);
}

#[test]
fn a_cancelled_task_stops_rendering() {
    let fixture = Fixture::new(json!({}));
    fixture.file("a", "x");
    let source = Source::open(&fixture.keep.path().join("skeleton"), "s").unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = render(&source, &fixture.workspace, &fixture.rendering, &cancel).unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Cancelled);
    assert!(fixture.names().is_empty());
}

#[test]
fn thousands_of_files_are_rendered_in_order_whatever_the_number_of_threads() {
    let fixture = Fixture::new(json!({"name": "pay"}));
    for n in 0..1_000 {
        fixture.file(
            &format!("d{}/f{n}.txt", n % 17),
            format!("${{{{ values.name }}}} {n}"),
        );
    }
    let report = fixture.render().unwrap();
    assert_eq!((report.files, report.folders), (1_000, 17));
    for n in [0, 1, 127, 128, 129, 999] {
        assert_eq!(
            fixture.text(&format!("d{}/f{n}.txt", n % 17)),
            format!("pay {n}")
        );
    }
}
