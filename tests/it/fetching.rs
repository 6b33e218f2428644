//! Skeletons come from a repository as they are in Git: modes, links, bytes that are no text; and only from where a
//! configuration lets callboard read.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use callboard::sync::reader::{FolderContent, FolderEntry, FolderLimits, ReadError, folder};
use callboard::sync::target::{GithubHost, GithubTarget};

use crate::cli::World;
use crate::github::loopback::{Loopback, Repository, Visibility};
use crate::sync::{Catalog, TOKEN, acme};

const LIMITS: FolderLimits = FolderLimits {
    files: 1_000,
    bytes: 1 << 20,
};

/// A skeleton of corner cases, and what lies around it.
fn repository() -> Repository {
    Repository::new("tpl")
        .visibility(Visibility::Private)
        .file(
            "svc/skeleton/${{ values.name }}/README.md",
            "\u{feff}# ${{ values.name }}\r\n",
        )
        .file(
            "svc/skeleton/run.sh",
            "#!/bin/sh\necho ${{ values.name }}\n",
        )
        .executable("svc/skeleton/run.sh")
        .file("svc/skeleton/logo.bin", b"\0\xff\xfe${{ values.name }}")
        .file(
            "svc/skeleton/latin1.txt",
            b"a line with caf\xe9 in it, as it was written long ago",
        )
        .file("svc/skeleton/zero", "")
        .link("svc/skeleton/link", "run.sh")
        .link("svc/skeleton/passwd", "/etc/passwd")
        .file("svc/LICENSE", "free\n")
        .file("elsewhere", "not in the skeleton")
}

async fn read(
    github: &Loopback,
    path: &str,
    limits: FolderLimits,
) -> Result<BTreeMap<String, String>, ReadError> {
    let catalog = Catalog::of(github);
    let context = catalog.context();
    let client = context.clients.client(&catalog.endpoint, "acme").unwrap();
    let host = GithubHost {
        host: github.host(),
        web_url: github.web_url(),
        raw_base_url: None,
    };
    let url = format!("{}/acme/tpl{path}", github.web_url());
    let (target, candidates) = GithubTarget::folder(&url, &[host]).unwrap();
    let entries = folder(&client, &target, &candidates, limits).await?;
    let shown = |entry: FolderEntry| match entry.content {
        FolderContent::File { bytes, executable } => {
            let run = if executable { "x " } else { "" };
            (entry.path, format!("{run}{}", bytes.escape_ascii()))
        }
        FolderContent::Link(target) => (entry.path, format!("-> {target}")),
        FolderContent::Submodule => (entry.path, "another repository".to_owned()),
    };
    Ok(entries.into_iter().map(shown).collect())
}

#[tokio::test]
async fn a_folder_is_read_as_it_is_in_git() {
    let github = Loopback::start(acme([repository()]));
    let made = read(&github, "/tree/main/svc/skeleton", LIMITS)
        .await
        .unwrap();
    let wanted = [
        (
            "${{ values.name }}/README.md",
            "\\xef\\xbb\\xbf# ${{ values.name }}\\r\\n",
        ),
        (
            "latin1.txt",
            "a line with caf\\xe9 in it, as it was written long ago",
        ),
        ("link", "-> run.sh"),
        ("logo.bin", "\\x00\\xff\\xfe${{ values.name }}"),
        ("passwd", "-> /etc/passwd"),
        ("run.sh", "x #!/bin/sh\\necho ${{ values.name }}\\n"),
        ("zero", ""),
    ];
    let wanted = wanted.map(|(path, text)| (path.to_owned(), text.to_owned()));
    assert_eq!(made, BTreeMap::from(wanted));
    // One listing, the texts in one request, and two files that are no text by themselves.
    let requests = github.requests();
    assert_eq!(requests.iter().filter(|r| r.is_graphql()).count(), 1);
    assert_eq!(
        requests
            .iter()
            .filter(|r| r.path.contains("/git/blobs/"))
            .count(),
        2
    );
    assert_eq!(
        requests
            .iter()
            .filter(|r| r.path.contains("/git/trees/"))
            .count(),
        1
    );
}

#[tokio::test]
async fn the_page_of_a_branch_or_a_repository_means_all_of_it() {
    let github = Loopback::start(acme([repository()]));
    for path in ["/tree/main", "/tree/main/"] {
        let made = read(&github, path, LIMITS).await.unwrap();
        assert_eq!(made.len(), 9, "{path}: {made:?}");
        assert_eq!(made["elsewhere"], "not in the skeleton");
    }
}

#[tokio::test]
async fn what_is_no_folder_or_too_much_is_said_before_a_file_is_read() {
    let github = Loopback::start(acme([repository()]));
    for (path, limits, what) in [
        ("/tree/main/nope", LIMITS, "does not exist"),
        ("/tree/nope/svc", LIMITS, "does not exist"),
        ("/tree/main/svc/LICENSE", LIMITS, "is a file"),
        (
            "/tree/main/svc",
            FolderLimits { files: 3, ..LIMITS },
            "more than the 3",
        ),
        (
            "/tree/main/svc",
            FolderLimits {
                bytes: 50,
                ..LIMITS
            },
            "more than the 50",
        ),
    ] {
        let error = read(&github, path, limits).await.unwrap_err();
        assert!(
            error.message().contains(what),
            "{path}: {}",
            error.message()
        );
    }
    assert!(
        github
            .requests()
            .iter()
            .all(|r| !r.path.contains("/git/blobs/") && !r.is_graphql())
    );
}

/// A world with the loopback GitHub configured and a template on disk that fetches by these steps.
fn world(github: &Loopback, steps: &str) -> World {
    let world = World::empty();
    let config = format!("{}      token: {TOKEN}\n", github.integration_yaml(None));
    let folder = world.folder.path().join("config/callboard");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.yaml"), config).unwrap();
    let template = format!(
        "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: t\nspec:\n  owner: a\n  type: service\n  steps:\n{steps}"
    );
    fs::write(world.folder.path().join("template.yaml"), template).unwrap();
    world
}

fn step(action: &str, input: &str) -> String {
    format!("    - action: {action}\n      input: {input}\n")
}

#[test]
fn a_dry_run_renders_a_skeleton_from_a_repository() {
    let github = Loopback::start(acme([repository()]));
    let own = format!("{}/acme/tpl", github.web_url());
    let steps = step(
        "fetch:template",
        &format!("{{url: '{own}/tree/main/svc/skeleton', values: {{name: pay}}}}"),
    ) + &step(
        "fetch:plain:file",
        &format!("{{url: '{own}/blob/main/svc/LICENSE', targetPath: LICENSE}}"),
    );
    let world = world(&github, &steps);
    let target = world.folder.path().join("out");
    let template = world.folder.path().join("template.yaml");
    world.json(&[
        "create",
        template.to_str().unwrap(),
        "--dry-run",
        "--target",
        target.to_str().unwrap(),
        "--yes",
        "--output",
        "json",
    ]);
    let text = |path: &str| fs::read(target.join(path)).unwrap();
    assert_eq!(text("pay/README.md"), "\u{feff}# pay\r\n".as_bytes());
    assert_eq!(text("run.sh"), b"#!/bin/sh\necho pay\n");
    assert_eq!(text("logo.bin"), b"\0\xff\xfe${{ values.name }}");
    assert_eq!(text("LICENSE"), b"free\n");
    let mode = fs::metadata(target.join("run.sh"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o100, 0o100);
    assert!(fs::symlink_metadata(target.join("passwd")).is_err());
}

#[test]
fn a_skeleton_is_read_only_from_where_the_configuration_allows() {
    let github = Loopback::start(acme([repository()]));
    for url in [
        "https://github.example/acme/tpl/tree/main/svc",
        "http://github.com/acme/tpl/tree/main/svc",
        "file:///etc",
        "/etc",
        "../..",
    ] {
        let world = world(&github, &step("fetch:plain", &format!("{{url: '{url}'}}")));
        let template = world.folder.path().join("template.yaml");
        let output = world.run(&["create", template.to_str().unwrap(), "--dry-run", "--yes"]);
        assert!(matches!(output.status.code(), Some(1 | 5)), "{url}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("allowed") || said.contains("may not"),
            "{url}: {said}"
        );
    }
    assert!(github.requests().is_empty());
}

#[test]
fn without_templates_in_the_catalog_those_that_ship_are_named() {
    let output = World::new().run(&["templates"]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("hint: ") && said.contains("rust-service"),
        "{said}"
    );
}

#[test]
fn a_template_that_ships_is_run_by_its_name_alone() {
    let github = Loopback::start(acme([]));
    let world = world(&github, &step("debug:log", "{}"));
    let target = world.folder.path().join("out");
    let answer = world.json(&[
        "create",
        "register-repository",
        "--set",
        "repoUrl=github.com?owner=acme&repo=pay",
        "--set",
        "name=pay",
        "--set",
        "type=service",
        "--set",
        "lifecycle=production",
        "--set",
        "owner=group:default/pay",
        "--dry-run",
        "--target",
        target.to_str().unwrap(),
        "--yes",
        "--output",
        "json",
    ]);
    assert_eq!(answer["directoryContents"][0]["path"], "catalog-info.yaml");
    assert!(
        fs::read_to_string(target.join("catalog-info.yaml"))
            .unwrap()
            .contains("name: pay\n")
    );
    assert!(github.requests().is_empty());
}
