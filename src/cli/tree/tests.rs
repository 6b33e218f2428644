//! How trees look, as text and as JSON.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;
use crate::catalog::{RowFlags, RowInput};
use serde_json::{Value, json};

const TEAM: &str = "group:default/team";

fn row(entity_ref: &str, relations: &[(&str, &str)]) -> RowInput {
    let (kind, name) = entity_ref.split_once(":default/").unwrap();
    let mut relations: Vec<(String, String)> = relations
        .iter()
        .map(|(relation, target)| ((*relation).to_owned(), (*target).to_owned()))
        .collect();
    relations.sort();
    RowInput {
        entity_ref: entity_ref.to_owned(),
        kind: kind.to_owned(),
        namespace: "default".to_owned(),
        name: name.to_owned(),
        owner: relations
            .iter()
            .find(|(relation, _)| relation == "ownedBy")
            .map_or_else(String::new, |(_, owner)| owner.clone()),
        relations,
        ..RowInput::default()
    }
}

/// `pay` provides an API that `web` consumes; `web` and `pay` depend on each other; `job` depends on both and on what is
/// not there.
fn snapshot() -> Snapshot {
    let (pay, web, job) = (
        "component:default/pay",
        "component:default/web",
        "component:default/job",
    );
    let (api, gone) = ("api:default/pay-api", "resource:default/gone");
    Snapshot::build(
        vec![
            row(
                pay,
                &[
                    ("providesApi", api),
                    ("dependsOn", web),
                    ("dependencyOf", web),
                    ("dependencyOf", job),
                    ("ownedBy", TEAM),
                    ("partOf", "system:default/shop"),
                ],
            ),
            row(
                web,
                &[
                    ("consumesApi", api),
                    ("dependsOn", pay),
                    ("dependencyOf", pay),
                    ("dependencyOf", job),
                    ("ownedBy", "group:default/nobody"),
                ],
            ),
            row(
                job,
                &[("dependsOn", pay), ("dependsOn", web), ("dependsOn", gone)],
            ),
            row(api, &[("apiProvidedBy", pay), ("apiConsumedBy", web)]),
            row("system:default/shop", &[("hasPart", pay)]),
            row(
                TEAM,
                &[
                    ("ownerOf", pay),
                    ("hasMember", "user:default/amy"),
                    ("parentOf", "group:default/sub"),
                ],
            ),
            row(
                "group:default/sub",
                &[("childOf", TEAM), ("hasMember", "user:default/amy")],
            ),
            row(
                "user:default/amy",
                &[("memberOf", TEAM), ("memberOf", "group:default/sub")],
            ),
        ],
        1,
    )
}

fn reach<'a>(snapshot: &'a Snapshot, root: &str, direction: Direction) -> Reach<'a> {
    Reach::walk(snapshot, snapshot.find(root).unwrap(), direction, None)
}

fn text(outline: &Outline<'_>, style: Style) -> Vec<String> {
    TextLines::new(outline, style).collect()
}

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn printed(print: impl FnOnce(&mut Output)) -> String {
    let page = Page::default();
    let mut out = Output::to(Box::new(page.clone()));
    print(&mut out);
    out.finish().unwrap();
    let bytes = page.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn parsed(print: impl FnOnce(&mut Output)) -> Value {
    serde_json::from_str(&printed(print)).unwrap()
}

#[test]
fn dependents_name_each_edge_and_mark_cycles_and_second_places() {
    let snapshot = snapshot();
    let reach = reach(&snapshot, "component:default/pay", Direction::Dependents);
    let outline = Outline::of_reach(&reach, &snapshot);
    assert_eq!(
        text(&outline, Style::UNICODE),
        [
            "component:pay  (team)",
            "├── component:job  depends on pay",
            "├── component:web  depends on pay  (nobody)",
            "│   ├── component:job  depends on web  ↑ shown above",
            "│   └── component:pay  depends on web  (team)  ⟳ cycle",
            "└── api:pay-api  provided by pay",
            "    └── component:web  consumes pay-api  (nobody)  ↑ shown above",
        ]
    );
}

#[test]
fn dependencies_show_what_is_not_there_and_ascii_has_twins_for_all_signs() {
    let snapshot = snapshot();
    let reach = reach(&snapshot, "component:default/job", Direction::Dependencies);
    let outline = Outline::of_reach(&reach, &snapshot);
    let lines = text(&outline, Style::ASCII);
    assert_eq!(
        lines,
        [
            "component:job",
            "|-- component:pay  needed by job  (team)",
            "|   `-- component:web  needed by pay  (nobody)  v shown below",
            "|-- component:web  needed by job  (nobody)",
            "|   |-- api:pay-api  consumed by web",
            "|   |   `-- component:pay  provides pay-api  (team)  ^ shown above",
            "|   `-- component:pay  needed by web  (team)  ^ shown above",
            "`-- resource:gone  needed by job  ? not found",
        ]
    );
    assert!(lines.iter().all(|line| line.is_ascii()));
}

#[test]
fn the_json_of_dependents_is_nested_and_its_root_has_the_summary() {
    let snapshot = snapshot();
    let reach = reach(&snapshot, "component:default/pay", Direction::Dependents);
    let outline = Outline::of_reach(&reach, &snapshot);
    let impact = Impact::of(&reach, &snapshot, &mut |_| None);
    let tree = parsed(|out| json::tree(&outline, Some(&impact), out).unwrap());
    assert_eq!(
        tree,
        json!({
            "ref": "component:default/pay",
            "summary": {
                "direct": 3,
                "indirect": 0,
                "byKind": {"api": 1, "component": 2},
                "byOwner": [
                    {"ref": "group:default/nobody", "count": 1, "missing": true},
                    {"ref": null, "count": 2},
                ],
            },
            "children": [
                {"ref": "component:default/job", "relation": "dependencyOf", "children": []},
                {"ref": "component:default/web", "relation": "dependencyOf", "children": [
                    {"ref": "component:default/job", "relation": "dependencyOf", "repeated": true, "children": []},
                    {"ref": "component:default/pay", "relation": "dependencyOf", "cycle": true, "children": []},
                ]},
                {"ref": "api:default/pay-api", "relation": "providesApi", "children": [
                    {"ref": "component:default/web", "relation": "apiConsumedBy", "repeated": true, "children": []},
                ]},
            ],
        })
    );
    assert_eq!(
        impact.lines(),
        [
            "2 components, 1 API in 1 team may break: 3 direct, 0 indirect",
            "  nobody        1  not found",
            "  no owner      2",
        ]
    );
}

#[test]
fn what_is_not_there_is_marked_in_json() {
    let snapshot = snapshot();
    let reach = Reach::walk_missing(
        &snapshot,
        "resource:default/gone",
        Direction::Dependents,
        None,
    );
    let reach = reach.unwrap();
    let outline = Outline::of_reach(&reach, &snapshot);
    let tree = parsed(|out| json::tree(&outline, None, out).unwrap());
    assert_eq!(tree["missing"], true);
    assert_eq!(tree["children"][0]["ref"], "component:default/job");
    assert_eq!(
        text(&outline, Style::UNICODE),
        [
            "resource:gone  ? not found",
            "└── component:job  depends on gone"
        ]
    );
}

#[test]
fn the_structure_is_an_array_of_trees_and_a_heading_gathers_the_rest() {
    let snapshot = snapshot();
    let hierarchy = Hierarchy::structure(&snapshot);
    let outline = Outline::structure(&hierarchy, &snapshot, None, None);
    assert_eq!(
        text(&outline, Style::UNICODE),
        [
            "system:shop",
            "└── component:pay  (team)",
            "no system  (6)",
            "├── group:sub",
            "├── group:team",
            "├── component:job",
            "├── component:web  (nobody)",
            "├── api:pay-api",
            "└── user:amy",
        ]
    );
    let trees = parsed(|out| json::forest(&outline, out).unwrap());
    assert_eq!(
        trees[0],
        json!({"ref": "system:default/shop", "children": [
            {"ref": "component:default/pay", "relation": "hasPart", "children": []}]})
    );
    assert_eq!(trees[1]["heading"], "no system");
    assert_eq!(
        trees[1]["children"][0],
        json!({"ref": "group:default/sub", "children": []})
    );
    let shop = snapshot.find("system:default/shop");
    let below = Outline::structure(&hierarchy, &snapshot, shop, None);
    assert_eq!(below.lines().len(), 2);
    let top = Outline::structure(&hierarchy, &snapshot, None, Some(0));
    assert_eq!(
        text(&top, Style::UNICODE),
        ["system:shop", "no system  (6)"]
    );
}

#[test]
fn ownership_counts_what_groups_own_and_shows_a_member_of_two_once() {
    let snapshot = snapshot();
    let outline = Outline::ownership(&Hierarchy::ownership(&snapshot), &snapshot, None);
    assert_eq!(
        text(&outline, Style::UNICODE),
        [
            "group:team  owns 1",
            "├── group:sub  owns 0",
            "│   └── user:amy  member",
            "├── component:pay",
            "└── user:amy  member  ↑ shown above",
            "no owner  (3)",
            "├── system:shop",
            "├── component:job",
            "└── api:pay-api",
            "owner not found  (1)",
            "└── component:web  (nobody)",
        ]
    );
}

#[test]
fn a_chain_of_any_depth_is_printed_without_recursion_and_with_little_indentation() {
    let count = 20_000;
    let name = |n: usize| format!("component:default/c{n:06}");
    let rows = (0..count)
        .map(|n| {
            let relations: &[(&str, &str)] = &[("dependsOn", &name(n + 1))];
            row(&name(n), if n + 1 < count { relations } else { &[] })
        })
        .collect();
    let snapshot = Snapshot::build(rows, 1);
    let reach = reach(&snapshot, &name(0), Direction::Dependencies);
    let outline = Outline::of_reach(&reach, &snapshot);
    let lines = text(&outline, Style::UNICODE);
    assert_eq!(lines.len(), count);
    assert!(lines.iter().all(|line| line.chars().count() < 300));
    assert!(
        lines[count - 1].starts_with("19999… "),
        "{}",
        lines[count - 1]
    );
    let json = printed(|out| json::tree(&outline, None, out).unwrap());
    assert_eq!(json.matches("\"ref\"").count(), count);
    assert_eq!(json.matches('[').count(), json.matches(']').count());
    assert!(json.len() < count * 300);
}

#[test]
fn nothing_of_a_tree_reaches_a_terminal_raw() {
    let hostile = "component:default/a\u{1b}[31m\u{202e}";
    let snapshot = Snapshot::build(
        vec![
            row("component:default/b", &[("dependsOn", hostile)]),
            row(
                hostile,
                &[
                    ("dependencyOf", "component:default/b"),
                    ("ownedBy", "group:default/\u{9b}x"),
                ],
            ),
        ],
        1,
    );
    let reach = reach(&snapshot, hostile, Direction::Dependents);
    let outline = Outline::of_reach(&reach, &snapshot);
    let all = text(&outline, Style::UNICODE).concat();
    assert!(!all.contains(crate::text::is_control_or_bidi), "{all:?}");
    let json = printed(|out| json::tree(&outline, None, out).unwrap());
    assert!(
        !json
            .replace('\n', "")
            .contains(crate::text::is_control_or_bidi)
    );
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["ref"], hostile);
}

#[test]
fn what_is_invalid_and_what_names_a_parent_that_is_not_there_is_marked() {
    let invalid = RowInput {
        flags: RowFlags {
            invalid: true,
            unserved: true,
            ..RowFlags::default()
        },
        ..row("component:default/bad", &[])
    };
    let lost = row(
        "system:default/lost",
        &[("partOf", "domain:default/nowhere")],
    );
    let child = row("group:default/child", &[("childOf", "group:default/none")]);
    let snapshot = Snapshot::build(vec![invalid, lost, child], 1);
    let structure = Outline::structure(&Hierarchy::structure(&snapshot), &snapshot, None, None);
    assert_eq!(
        text(&structure, Style::UNICODE),
        [
            "system:lost  ? domain:nowhere not found",
            "no system  (2)",
            "├── group:child",
            "└── component:bad  invalid",
        ]
    );
    let trees = parsed(|out| json::forest(&structure, out).unwrap());
    assert_eq!(trees[0]["parentMissing"], "domain:default/nowhere");
    assert_eq!(trees[0].get("invalid"), None);
    assert_eq!(trees[1]["children"][1]["invalid"], true);
    let ownership = Outline::ownership(&Hierarchy::ownership(&snapshot), &snapshot, None);
    assert_eq!(
        text(&ownership, Style::ASCII),
        [
            "group:child  owns 0  ? group:none not found",
            "no owner  (1)",
            "`-- system:lost",
            "owner unknown  (1)",
            "`-- component:bad  invalid",
        ]
    );
}
