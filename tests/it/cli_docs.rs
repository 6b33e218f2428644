//! `callboard docs` and `callboard runbook`, over documentation that a sync brought from disk.

use crate::cli::World;
use crate::shared;

const PAY: &str = "apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: pay
  annotations:
    backstage.io/techdocs-ref: dir:.
  links:
    - {title: Old runbook, url: 'https://wiki.example/pay'}
spec: {type: service, lifecycle: production, owner: team-a}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: bare
spec: {type: service, lifecycle: production, owner: team-a}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: linked
  annotations:
    backstage.io/runbook-url: https://wiki.example/linked
spec: {type: service, lifecycle: production, owner: team-a}
";

pub fn synced(files: &[(&str, &str)]) -> World {
    let world = World::empty();
    let write = |at: &str, text: &str| {
        let at = world.folder.path().join(at);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    };
    for (at, text) in files {
        write(&format!("services/{at}"), text);
    }
    write(
        "config/callboard/config.yaml",
        &format!(
            "catalog:\n  locations:\n    - type: file\n      target: {}/services/*/catalog-info.yaml\n",
            world.folder.path().display()
        ),
    );
    world.out(&["sync"]);
    world
}

fn documented() -> World {
    synced(&[
        ("pay/catalog-info.yaml", PAY),
        (
            "pay/mkdocs.yml",
            "nav:\n  - Home: index.md\n  - Runbooks:\n      - 풀 고갈: runbooks/pool.md\n  - Gone: gone.md\n",
        ),
        (
            "pay/docs/index.md",
            "# Pay\n\nWelcome.\u{1b}[31m\n\n--8<-- \"shared/alarm.txt\"\n",
        ),
        ("pay/shared/alarm.txt", "Ring the bell.\n"),
        ("pay/docs/runbooks/pool.md", "# 풀\n\nDrain it.\n"),
        ("pay/docs/notes.md", "# Notes\n"),
    ])
}

#[test]
fn pages_are_printed_by_name_and_listed_in_the_order_of_the_navigation() {
    let world = documented();
    assert_eq!(
        world.out(&["docs", "pay"]),
        "# Pay\n\nWelcome.\n\nRing the bell.\n"
    );
    assert_eq!(
        world.out(&["docs", "pay", "runbooks/pool", "-o", "markdown"]),
        "# 풀\n\nDrain it.\n"
    );
    let list = world.out(&["docs", "pay", "--list"]);
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[0].starts_with("Home") && lines[0].ends_with("index.md"));
    assert_eq!(lines[1].trim(), "Runbooks");
    assert!(lines[2].starts_with("  풀 고갈"));
    assert!(lines[3].ends_with("(missing)"));
    assert!(lines[4].ends_with("notes.md"));
    let json = world.json(&["docs", "pay", "--list", "-o", "json"]);
    assert_eq!(json[3]["missing"], true);
    assert_eq!(json[2]["level"], 1);
    assert_eq!(json[0].get("missing"), None);
    let json = world.json(&["docs", "pay", "-o", "json"]);
    assert_eq!(json["entity"], "component:default/pay");
    assert_eq!(json["path"], "index.md");
    let markdown = json["markdown"].as_str().unwrap();
    assert!(markdown.starts_with("# Pay\n\nWelcome.\u{1b}[31m\n"));
    assert!(json["fetchedAt"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn the_best_runbook_is_printed_and_the_others_are_named_beside_it() {
    let world = documented();
    let output = world.run(&["runbook", "pay"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "# 풀\n\nDrain it.\n"
    );
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("also: Old runbook (https://wiki.example/pay)"),
        "{told}"
    );
    let json = world.json(&["runbook", "pay", "-o", "json"]);
    assert_eq!(json["title"], "풀 고갈");
    assert_eq!(
        world.out(&["runbook", "linked"]),
        "Runbook: https://wiki.example/linked\n"
    );
}

#[test]
fn a_search_finds_the_entities_whose_pages_are_runbooks() {
    let world = synced(&[
        ("pay/catalog-info.yaml", PAY),
        ("pay/docs/index.md", "# Pay\n"),
        (
            "ship/catalog-info.yaml",
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: ship\n  annotations:\n    \
             backstage.io/techdocs-ref: dir:.\nspec: {type: service, lifecycle: production, owner: team-a}\n",
        ),
        ("ship/docs/runbook.md", "# At night\n"),
    ]);
    let found = |query: &str| {
        let hits = world.json(&["search", query, "-o", "json"]);
        let refs = hits.as_array().unwrap().iter();
        let mut refs: Vec<String> = refs
            .map(|hit| hit["ref"].as_str().unwrap().to_owned())
            .collect();
        refs.sort();
        refs
    };
    assert_eq!(
        found("has:runbook"),
        [
            "component:default/linked",
            "component:default/pay",
            "component:default/ship"
        ]
    );
    assert_eq!(
        found("has:docs"),
        ["component:default/pay", "component:default/ship"]
    );
    let runbook = world.folder.path().join("services/ship/docs/runbook.md");
    std::fs::rename(&runbook, runbook.with_file_name("guide.md")).unwrap();
    world.out(&["sync"]);
    assert_eq!(found("has:runbook -has:docs"), ["component:default/linked"]);
    assert!(!found("has:runbook").contains(&"component:default/ship".to_owned()));
}

#[test]
fn what_is_not_there_ends_with_3_and_says_what_to_do() {
    let world = documented();
    for (args, wanted) in [
        (
            vec!["docs", "pay", "runbooks/poll.md"],
            "did you mean runbooks/pool.md?",
        ),
        (vec!["docs", "bare"], "backstage.io/techdocs-ref"),
        (vec!["runbook", "bare"], "docs/runbook.md"),
        (vec!["docs", "nobody"], "hint"),
    ] {
        let (code, text) = world.failure(&args);
        assert_eq!(code, 3, "{args:?}: {text}");
        assert!(text.contains(wanted), "{args:?}: {text}");
    }
}

#[test]
fn the_runbooks_of_the_examples_are_found() {
    for (folder, words) in [("playbook", "Runbook"), ("playbook-ko", "런북")] {
        let Some(example) = shared::folder(&format!("examples/{folder}/order-service")) else {
            return;
        };
        let read = |at: &str| std::fs::read_to_string(example.join(at)).unwrap();
        let (catalog, mkdocs, runbook) = (
            read("catalog-info.yaml"),
            read("mkdocs.yml"),
            read("docs/runbook.md"),
        );
        let world = synced(&[
            ("order/catalog-info.yaml", &catalog),
            ("order/mkdocs.yml", &mkdocs),
            ("order/docs/runbook.md", &runbook),
        ]);
        let printed = world.out(&["runbook", "component:order-service", "-o", "markdown"]);
        assert_eq!(printed.trim_end(), runbook.trim_end(), "{words}");
    }
}
