//! Trees: a catalog with everything that can be wrong in one, and what keys do in it.

use std::sync::Arc;

use super::super::layout::Size;
use super::super::outline::{Direction, TreeKind};
use super::super::screen::{Screen, TreeView};
use super::super::{CacheUpdate, Effect, Msg};
use super::desk::{Desk, many, rows, setup};
use crate::catalog::{RowInput, Snapshot};

fn entity(kind: &str, name: &str, owner: &str) -> RowInput {
    RowInput {
        entity_ref: format!("{}:default/{name}", kind.to_lowercase()),
        kind: kind.into(),
        namespace: "default".into(),
        name: name.into(),
        owner: if owner.is_empty() {
            String::new()
        } else {
            format!("group:default/{owner}")
        },
        ..RowInput::default()
    }
}

fn full(reference: &str) -> String {
    let (kind, name) = reference.split_once(':').unwrap();
    format!("{kind}:default/{name}")
}

fn link(rows: &mut [RowInput], from: &str, relation: &str, to: &str, reverse: &str) {
    let (from, to) = (full(from), full(to));
    for row in rows.iter_mut() {
        if row.entity_ref == from {
            row.relations.push((relation.into(), to.clone()));
        }
        if row.entity_ref == to {
            row.relations.push((reverse.into(), from.clone()));
        }
        row.relations.sort();
        row.relations.dedup();
    }
}

/// The small catalog with domains, groups in groups, a cycle, references that lead nowhere.
pub(crate) fn tangled_rows() -> Vec<RowInput> {
    let mut all = rows();
    all.extend([
        entity("Domain", "retail", "commerce"),
        entity("Domain", "money", "payments-team"),
        entity("System", "empty-system", "commerce"),
        entity("Group", "engineering", ""),
        entity("Component", "mobile-bff", "commerce"),
    ]);
    for row in &mut all {
        match row.name.as_str() {
            "pay-report-worker" => {
                row.system = "system:default/reports".into();
                row.owner = "group:default/ghosts".into();
                let system = row.system.clone();
                row.relations = vec![
                    ("ownedBy".into(), row.owner.clone()),
                    ("partOf".into(), system),
                ];
            }
            "legacy-ledger" => {
                row.owner = String::new();
                row.relations.clear();
            }
            "engineering" => row.title = "엔지니어링".into(),
            _ => {}
        }
    }
    for (from, relation, to, reverse) in [
        ("domain:money", "partOf", "domain:retail", "hasPart"),
        ("system:checkout", "partOf", "domain:money", "hasPart"),
        ("system:empty-system", "partOf", "domain:retail", "hasPart"),
        ("group:commerce", "childOf", "group:engineering", "parentOf"),
        (
            "group:payments-team",
            "childOf",
            "group:engineering",
            "parentOf",
        ),
        (
            "component:order-service",
            "dependsOn",
            "component:payment-service",
            "dependencyOf",
        ),
        (
            "component:checkout-web",
            "consumesApi",
            "api:payment-api",
            "apiConsumedBy",
        ),
        (
            "component:mobile-bff",
            "consumesApi",
            "api:payment-api",
            "apiConsumedBy",
        ),
    ] {
        link(&mut all, from, relation, to, reverse);
    }
    all.sort_by(|a, b| a.entity_ref.cmp(&b.entity_ref));
    all
}

pub(crate) fn tangled(generation: u64) -> Arc<Snapshot> {
    Arc::new(Snapshot::build(tangled_rows(), generation))
}

fn desk() -> Desk {
    Desk::new(setup(tangled(1)))
}

fn view(desk: &Desk) -> &TreeView {
    desk.state.tree().unwrap()
}

/// What stands on the rows: names, indented.
fn shown(desk: &Desk) -> Vec<String> {
    let view = view(desk);
    let outline = view.outline.as_ref().unwrap();
    view.rows()
        .iter()
        .map(|row| {
            let index = row.node as usize;
            let depth = outline.node(index).unwrap().depth as usize;
            let name = outline.reference(index).unwrap_or("-");
            let name = name.rsplit('/').next().unwrap_or("");
            format!("{}{name}", " ".repeat(depth))
        })
        .collect()
}

fn on(desk: &Desk) -> String {
    let view = view(desk);
    let outline = view.outline.as_ref().unwrap();
    let reference = outline.reference(view.selected().unwrap());
    reference.unwrap_or("-").to_owned()
}

fn toast(desk: &Desk) -> &str {
    desk.state.toast.as_ref().map_or("", |toast| &toast.text)
}

fn copied(desk: &Desk) -> &str {
    desk.effects
        .iter()
        .rev()
        .find_map(|effect| match effect {
            Effect::Copy(content) => Some(content.as_str()),
            _ => None,
        })
        .unwrap_or("")
}

fn news(snapshot: Arc<Snapshot>) -> Msg {
    Msg::Cache(Box::new(CacheUpdate {
        snapshot: Some(snapshot),
        ..CacheUpdate::default()
    }))
}

#[test]
fn two_shows_the_structure_and_s_who_owns_what() {
    let mut desk = desk();
    desk.keys("esc 2");
    let lines = shown(&desk);
    assert_eq!(
        lines[..4],
        ["retail", " money", "  checkout", "   checkout-web"]
    );
    assert!(!lines.contains(&" legacy-ledger".to_owned()), "{lines:?}");
    desk.keys("s");
    assert_eq!(view(&desk).kind, TreeKind::Ownership);
    assert!(shown(&desk).contains(&" payments-team".to_owned()));
    desk.keys("tab");
    assert_eq!(view(&desk).kind, TreeKind::Structure);
}

#[test]
fn branches_close_and_open_and_the_cursor_goes_up_and_down_with_them() {
    let mut desk = desk();
    desk.keys("esc 2 j j j");
    assert_eq!(on(&desk), "component:default/checkout-web");
    desk.keys("h");
    assert_eq!(on(&desk), "system:default/checkout");
    desk.keys("h");
    assert!(!shown(&desk).contains(&"   checkout-web".to_owned()));
    desk.keys("right right");
    assert_eq!(on(&desk), "component:default/checkout-web");
    desk.keys("H");
    assert_eq!(on(&desk), "domain:default/retail");
    assert_eq!(shown(&desk), ["retail", "-"]);
    desk.keys("L");
    assert!(shown(&desk).contains(&"   payment-service".to_owned()));
    desk.keys("H >");
    assert_eq!(shown(&desk)[..3], ["retail", " money", " empty-system"]);
    desk.keys("<");
    assert_eq!(shown(&desk), ["retail", "-"]);
}

#[test]
fn a_filter_keeps_the_path_to_each_match_and_leaving_it_keeps_the_line() {
    let mut desk = desk();
    desk.keys("esc 2 H / payments-db");
    assert_eq!(
        shown(&desk),
        ["retail", " money", "  checkout", "   payments-db"]
    );
    assert_eq!(on(&desk), "resource:default/payments-db");
    assert_eq!(view(&desk).match_count(), Some(1));
    desk.keys("enter");
    assert!(desk.state.typing().is_none());
    desk.keys("esc");
    assert_eq!(on(&desk), "resource:default/payments-db");
    assert!(!view(&desk).is_filtered());
    assert!(shown(&desk).len() > 4);
    desk.keys("esc");
    assert!(desk.state.catalog().is_some());
}

#[test]
fn n_goes_from_match_to_match_and_around() {
    let mut desk = desk();
    desk.keys("esc 2 / payment enter");
    let first = on(&desk);
    desk.keys("n");
    assert_ne!(on(&desk), first);
    let count = view(&desk).match_count().unwrap();
    assert!(count > 2);
    for _ in 1..count {
        desk.keys("n");
    }
    assert_eq!(on(&desk), first);
    desk.keys("N n");
    assert_eq!(on(&desk), first);
}

#[test]
fn a_filter_that_nothing_fits_leaves_nothing_and_every_key_works() {
    let mut desk = desk();
    desk.keys("esc 2 / zzz enter");
    assert!(shown(&desk).is_empty());
    desk.keys("j k G h l L H > < n N enter d D y o");
    desk.keys("esc");
    assert!(!shown(&desk).is_empty());
}

#[test]
fn what_fits_can_be_opened_within_the_filter() {
    let mut desk = desk();
    desk.keys("esc 2 / kind:system enter");
    assert_eq!(
        shown(&desk),
        ["retail", " money", "  checkout", " empty-system"]
    );
    desk.keys("g j j l");
    assert!(shown(&desk).contains(&"   payment-service".to_owned()));
}

#[test]
fn a_page_opened_from_a_tree_leads_back_to_the_same_line() {
    let mut start = setup(tangled(1));
    start.size = Size {
        columns: 80,
        rows: 12,
    };
    let mut desk = Desk::new(start);
    desk.keys("esc 2 L / service enter G");
    let (before, at, lines) = (on(&desk), view(&desk).at, shown(&desk));
    desk.keys("enter");
    assert!(matches!(desk.state.screen, Screen::Entity(_)));
    desk.keys("esc");
    assert_eq!((on(&desk), view(&desk).at), (before.clone(), at));
    assert_eq!(shown(&desk), lines);
    // The catalog, and back to the tree.
    desk.keys("1 2");
    assert_eq!((on(&desk), view(&desk).at), (before, at));
    assert_eq!(shown(&desk), lines);
}

#[test]
fn a_sync_leaves_cursor_and_branches_as_they_were() {
    let mut desk = desk();
    desk.keys("esc 2 H l j l");
    assert_eq!(on(&desk), "domain:default/money");
    let lines = shown(&desk);
    let mut more = tangled_rows();
    more.push(entity("Domain", "aaa-first", "commerce"));
    desk.send(news(Arc::new(Snapshot::build(more, 2))));
    assert_eq!(on(&desk), "domain:default/money");
    assert_eq!(shown(&desk)[1..], lines);
    desk.send(news(Arc::new(Snapshot::build(Vec::new(), 3))));
    assert!(shown(&desk).is_empty());
    desk.keys("j l h L enter D");
}

#[test]
fn a_sync_filters_anew() {
    let mut desk = desk();
    desk.keys("esc 2 / mobile enter");
    assert_eq!(view(&desk).match_count(), Some(1));
    let mut more = tangled_rows();
    more.push(entity("Component", "mobile-app", "commerce"));
    desk.send(news(Arc::new(Snapshot::build(more, 2))));
    assert_eq!(view(&desk).match_count(), Some(2));
    assert_eq!(on(&desk), "component:default/mobile-bff");
}

#[test]
fn shift_d_shows_what_breaks_and_d_what_is_needed() {
    let mut desk = desk();
    desk.keys("payment-service alt-D");
    let TreeKind::Reach { root, direction } = &view(&desk).kind else {
        panic!("{:?}", view(&desk).kind);
    };
    assert_eq!(root, "component:default/payment-service");
    assert_eq!(*direction, Direction::Dependents);
    let summary = view(&desk).outline.as_ref().unwrap();
    let summary = summary.summary().unwrap();
    assert_eq!((summary.direct, summary.indirect), (4, 1));
    desk.keys("d");
    let lines = shown(&desk);
    assert!(lines.contains(&" ledger-db".to_owned()), "{lines:?}");
    desk.keys("esc esc");
    assert!(desk.state.catalog().is_some());
}

#[test]
fn from_where_an_entity_is_repeated_one_goes_to_where_it_stands() {
    let mut desk = desk();
    desk.keys("payment-service alt-D G");
    let view_on = |desk: &Desk| view(desk).selected().unwrap();
    let outline = Arc::clone(view(&desk).outline.as_ref().unwrap());
    let cycle = (0..outline.nodes().len())
        .find(|index| outline.nodes()[*index].mark == crate::app::outline::Mark::Cycle)
        .unwrap();
    desk.keys("g");
    while view_on(&desk) != cycle {
        desk.keys("j");
    }
    assert_eq!(on(&desk), "component:default/payment-service");
    desk.keys("l");
    assert_eq!(view_on(&desk), 0);
}

#[test]
fn what_breaks_is_copied_for_those_it_concerns() {
    let mut desk = desk();
    desk.keys("payment-service alt-D y");
    let text = copied(&desk).to_owned();
    for words in [
        "What breaks with Payment Service (payment-service)",
        "4 components, 1 API in 2 teams may break: 4 direct, 1 indirect",
        "commerce 3 · no contact",
        "payments-team 2 · #payments, payments@my-org.example",
        "mobile-bff (consumes payment-api)",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    desk.keys("Y down enter");
    let markdown = copied(&desk);
    assert!(markdown.starts_with("**What breaks with Payment Service (`payment-service`)**"));
    assert!(markdown.contains("- **commerce** 3"), "{markdown}");
    assert!(
        markdown.contains("  - `mobile-bff` consumes payment-api"),
        "{markdown}"
    );
}

#[test]
fn a_path_is_shown_step_by_step_or_said_not_to_be() {
    let mut desk = desk();
    desk.keys("esc : path space mobile-bff space payments-db enter");
    assert_eq!(
        shown(&desk),
        [
            "mobile-bff",
            "payment-api",
            "payment-service",
            "payments-db"
        ]
    );
    desk.keys("j enter");
    assert!(
        matches!(&desk.state.screen, Screen::Entity(page) if page.entity_ref == "api:default/payment-api")
    );
    desk.keys("esc : path space mobile-bff space legacy-ledger enter");
    assert!(shown(&desk).is_empty());
    desk.keys("esc : path space nobody space legacy-ledger enter");
    assert!(toast(&desk).contains("nobody is not in the catalog"));
    desk.keys("esc : path enter enter");
    assert!(toast(&desk).contains(":path FROM TO"), "{}", toast(&desk));
}

#[test]
fn keys_typed_before_the_tree_is_there_wait_for_it() {
    let mut desk = desk();
    desk.keys("payment-service esc").rest();
    desk.answering = false;
    desk.keys("D j j enter");
    let at = |desk: &Desk| match &desk.state.screen {
        Screen::Entity(page) => page.entity_ref.clone(),
        _ => String::new(),
    };
    let before = at(&desk);
    desk.answering = true;
    desk.answer();
    assert!(!before.is_empty() && at(&desk) != before, "{before}");
}

#[test]
fn what_a_newer_tree_has_replaced_is_dropped() {
    let mut desk = desk();
    desk.keys("esc");
    desk.answering = false;
    desk.keys("2");
    desk.keys("esc");
    desk.answering = true;
    desk.answer();
    assert!(desk.state.catalog().is_some());
    desk.keys("2");
    assert!(!shown(&desk).is_empty());
}

#[test]
fn one_entity_and_none_are_trees_as_well() {
    for rows in [Vec::new(), tangled_rows().into_iter().take(1).collect()] {
        let count = rows.len();
        let mut desk = Desk::new(setup(Arc::new(Snapshot::build(rows, 1))));
        desk.keys("esc 2 L");
        assert_eq!(view(&desk).rows().len(), count * 2);
        desk.keys("s L H j k g G > < / a enter n esc y Y esc");
    }
}

#[test]
fn a_hundred_thousand_lines_cost_a_move_nothing() {
    // Not a timing: a move asks for nothing and lays nothing out anew.
    let mut desk = Desk::new(setup(many(100_000)));
    desk.keys("esc 2 j l");
    desk.keys("L");
    assert_eq!(view(&desk).rows().len(), 100_001);
    let before = view(&desk).rows().as_ptr();
    desk.forget();
    desk.keys("G k pgup");
    assert_eq!(view(&desk).rows().as_ptr(), before);
    assert!(desk.effects.is_empty());
}

#[test]
fn every_line_is_under_its_parent_and_the_guides_agree() {
    let mut desk = desk();
    desk.keys("esc 2 L");
    let view = view(&desk);
    let outline = view.outline.as_ref().unwrap();
    let rows = view.rows();
    for (at, row) in rows.iter().enumerate() {
        let depth = outline.node(row.node as usize).unwrap().depth;
        for level in 0..=depth {
            let follows = rows[at + 1..]
                .iter()
                .map(|later| outline.node(later.node as usize).unwrap().depth)
                .take_while(|later| *later >= level)
                .any(|later| later == level);
            assert_eq!(row.guides & (1 << level) != 0, follows, "{at} {level}");
        }
    }
}

/// Where the cursor is: its line's number and mark.
fn line(desk: &Desk) -> (usize, crate::app::outline::Mark) {
    let view = view(desk);
    let index = view.selected().unwrap();
    let outline = view.outline.as_ref().unwrap();
    (index, outline.node(index).unwrap().mark)
}

#[test]
fn a_sync_leaves_the_cursor_where_an_entity_is_repeated() {
    use crate::app::outline::Mark;
    let mut desk = desk();
    desk.keys("payment-service alt-D g");
    while line(&desk).1 != Mark::Cycle {
        desk.keys("j");
    }
    assert_ne!(line(&desk).0, 0);
    desk.send(news(tangled(2)));
    assert_eq!(on(&desk), "component:default/payment-service");
    assert_eq!(line(&desk).1, Mark::Cycle);
}

#[test]
fn a_sync_leaves_the_cursor_on_a_name_that_leads_nowhere() {
    let mut desk = desk();
    desk.keys("payment-service alt-d g");
    while on(&desk) != "resource:default/ledger-db" {
        desk.keys("j");
    }
    let mut more = tangled_rows();
    more.push(entity("Component", "aaa-first", "commerce"));
    link(
        &mut more,
        "component:payment-service",
        "dependsOn",
        "component:aaa-first",
        "dependencyOf",
    );
    desk.send(news(Arc::new(Snapshot::build(more, 2))));
    assert_eq!(on(&desk), "resource:default/ledger-db");
}

#[test]
fn a_sync_leaves_the_cursor_on_a_group_s_members() {
    use crate::app::outline::Item;
    use crate::catalog::graph::Heading;
    let mut all = tangled_rows();
    link(
        &mut all,
        "group:commerce",
        "hasMember",
        "user:jin.park",
        "memberOf",
    );
    let mut desk = Desk::new(setup(Arc::new(Snapshot::build(all.clone(), 1))));
    desk.keys("esc 2 s g L");
    let parent = |desk: &Desk| {
        let view = view(desk);
        let outline = view.outline.as_ref().unwrap();
        let up = outline.parent(view.selected().unwrap()).unwrap();
        outline.reference(up).unwrap_or("-").to_owned()
    };
    let is_members = |desk: &Desk| {
        let view = view(desk);
        let node = view
            .outline
            .as_ref()
            .unwrap()
            .node(view.selected().unwrap());
        node.unwrap().item == Item::Heading(Heading::Members)
    };
    while !is_members(&desk) || parent(&desk) != "group:default/payments-team" {
        desk.keys("j");
        assert!(line(&desk).0 + 1 < view(&desk).outline.as_ref().unwrap().nodes().len());
    }
    all.push(entity("Group", "aaa-first", ""));
    desk.send(news(Arc::new(Snapshot::build(all.clone(), 2))));
    assert!(is_members(&desk));
    assert_eq!(parent(&desk), "group:default/payments-team");
    // The member of two groups, below the second of them.
    desk.keys("j");
    assert_eq!(on(&desk), "user:default/jin.park");
    all.push(entity("Group", "aab-second", ""));
    desk.send(news(Arc::new(Snapshot::build(all, 3))));
    assert_eq!(on(&desk), "user:default/jin.park");
    // To the members' line, which closes; from there to the group.
    desk.keys("h h h");
    assert_eq!(on(&desk), "group:default/payments-team");
}

#[test]
fn of_a_name_that_leads_nowhere_one_sees_what_needs_it() {
    let mut desk = desk();
    desk.keys("payment-service alt-d g");
    while on(&desk) != "resource:default/ledger-db" {
        desk.keys("j");
    }
    desk.keys("y");
    assert_eq!(copied(&desk), "resource:default/ledger-db");
    desk.keys("enter");
    assert!(toast(&desk).contains("resource:default/ledger-db is not in the catalog"));
    let Screen::Tree(tree) = &desk.state.screen else {
        panic!("no tree");
    };
    let root = "resource:default/ledger-db".to_owned();
    let direction = Direction::Dependents;
    assert_eq!(tree.view.kind, TreeKind::Reach { root, direction });
    assert_eq!(shown(&desk)[..2], ["ledger-db", " payment-service"]);
    desk.keys("y");
    assert!(copied(&desk).starts_with("What breaks with resource:ledger-db"));
    // It has no page, no runbook and no star, and it is the root already.
    let behind = desk.state.behind.len();
    for key in ["r", "t", "w", "e", "*", "D", "enter"] {
        desk.keys(key);
        assert_eq!(desk.state.behind.len(), behind, "{key}");
    }
    for key in ["r", "w", "*", "R"] {
        desk.state.toast = None;
        desk.keys(key);
        assert!(toast(&desk).contains("is not in the catalog"), "{key}");
    }
    desk.keys("d");
    assert!(toast(&desk).contains("this is what it needs"));
    desk.keys("esc esc");
    assert_eq!(on(&desk), "resource:default/ledger-db");
}

#[test]
fn levels_are_opened_and_closed_while_filtered() {
    let mut desk = desk();
    desk.keys("esc 2 / payments-db enter");
    assert_eq!(shown(&desk).len(), 4);
    desk.keys("<");
    assert_eq!(shown(&desk), ["retail", " money", "  checkout"]);
    desk.keys("<");
    assert_eq!(shown(&desk), ["retail", " money"]);
    desk.keys("> >");
    assert_eq!(shown(&desk).len(), 4);
    desk.keys(">");
    assert_eq!(toast(&desk), "Every level is open");
}

#[test]
fn a_press_on_the_tab_that_is_shown_leaves_it() {
    use crate::app::msg::{Mouse, MouseKind, Target};
    let mut desk = desk();
    desk.keys("esc 2");
    let mut press = |tab: usize| {
        desk.send(Msg::Mouse(Mouse {
            kind: MouseKind::Press,
            target: Some(Target::Tab(tab)),
        }));
        view(&desk).kind.clone()
    };
    assert_eq!(press(0), TreeKind::Structure);
    assert_eq!(press(1), TreeKind::Ownership);
    assert_eq!(press(1), TreeKind::Ownership);
    assert_eq!(press(0), TreeKind::Structure);
}

#[test]
fn what_belongs_to_no_system_opens_where_there_is_nothing_else() {
    let alone = |count: usize| -> Vec<RowInput> {
        (0..count)
            .map(|n| entity("Component", &format!("c{n:03}"), ""))
            .collect()
    };
    for count in [2, 200] {
        let mut desk = Desk::new(setup(Arc::new(Snapshot::build(alone(count), 1))));
        desk.keys("esc 2");
        assert_eq!(shown(&desk).len(), 1 + count);
    }
    let mut more = alone(2);
    more.push(entity("System", "checkout", ""));
    let mut desk = Desk::new(setup(Arc::new(Snapshot::build(more, 1))));
    desk.keys("esc 2");
    assert_eq!(shown(&desk), ["checkout", "-"]);
}

#[test]
fn a_tree_without_a_branch_does_not_open_everything_that_comes() {
    let mut rows = vec![entity("Domain", "one", "")];
    let mut desk = Desk::new(setup(Arc::new(Snapshot::build(rows.clone(), 1))));
    desk.keys("esc 2");
    assert_eq!(shown(&desk), ["one"]);
    rows.extend((0..200).map(|n| entity("Component", &format!("c{n:03}"), "")));
    desk.send(news(Arc::new(Snapshot::build(rows, 2))));
    assert_eq!(shown(&desk), ["one", "-"]);
}

#[test]
fn an_empty_tree_offers_nothing_that_needs_a_line() {
    use crate::app::Action;
    let mut desk = Desk::new(setup(Arc::new(Snapshot::build(Vec::new(), 1))));
    desk.keys("esc 2");
    for action in [
        Action::Open,
        Action::Right,
        Action::Dependents,
        Action::Copy,
    ] {
        assert!(!desk.state.applies(action), "{action:?}");
    }
    assert!(desk.state.applies(Action::Back));
    desk.send(news(tangled(2)));
    assert!(desk.state.applies(Action::Open) && desk.state.applies(Action::Right));
    desk.keys("/ zzz");
    assert!(desk.state.applies(Action::Open), "it keeps the line");
    desk.keys("enter");
    assert!(!desk.state.applies(Action::Open));
}

#[test]
fn references_are_completed_where_two_entities_are_named() {
    let mut desk = desk();
    desk.keys("esc : path space mobile tab");
    let line = |desk: &Desk| {
        let picker = desk.state.picker.as_ref().unwrap();
        picker.editor.text().to_owned()
    };
    assert_eq!(line(&desk), "path component:mobile-bff ");
    desk.keys("payments-d");
    let picker = desk.state.picker.as_ref().unwrap();
    assert_eq!(
        picker.shown.len(),
        2,
        "what is typed, and what it may become"
    );
    desk.keys("tab");
    assert_eq!(
        line(&desk),
        "path component:mobile-bff resource:payments-db"
    );
    desk.keys("enter");
    assert!(matches!(&view(&desk).kind, TreeKind::Path { .. }));
    desk.keys("esc : entity space checkout-w down enter");
    assert!(
        matches!(&desk.state.screen, Screen::Entity(page) if page.entity_ref == "component:default/checkout-web")
    );
}

#[test]
fn entities_of_any_kind_and_namespace_are_found_by_name() {
    let mut rows = tangled_rows();
    let elsewhere = |kind: &str, namespace: &str, name: &str| RowInput {
        entity_ref: format!("{}:{namespace}/{name}", kind.to_lowercase()),
        namespace: namespace.into(),
        ..entity(kind, name, "")
    };
    rows.push(elsewhere("Workflow", "default", "nightly"));
    rows.push(elsewhere("Component", "eu", "only-here"));
    rows.push(elsewhere("Component", "eu", "twice"));
    rows.push(elsewhere("Component", "us", "twice"));
    rows.push(elsewhere("Component", "eu", "mobile-bff"));
    rows.sort_by(|a, b| a.entity_ref.cmp(&b.entity_ref));
    let snapshot = Arc::new(Snapshot::build(rows, 1));
    let entity = |name: &str| {
        let mut desk = Desk::new(setup(Arc::clone(&snapshot)));
        desk.keys(&format!("esc : entity space {name} enter"));
        desk
    };
    for (name, meant) in [
        ("nightly", "workflow:default/nightly"),
        ("only-here", "component:eu/only-here"),
        ("mobile-bff", "component:default/mobile-bff"),
        ("EU/mobile-bff", "component:eu/mobile-bff"),
    ] {
        match &entity(name).state.screen {
            Screen::Entity(page) => assert_eq!(page.entity_ref, meant),
            other => panic!("{name}: {other:?}"),
        }
    }
    let mut several = entity("twice");
    let picker = several.state.picker.as_ref().unwrap();
    let listed: Vec<&str> = picker.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(listed, ["component:eu/twice", "component:us/twice"]);
    several.keys("down enter");
    assert!(
        matches!(&several.state.screen, Screen::Entity(page) if page.entity_ref == "component:us/twice")
    );
    several.keys("esc esc : path space twice space nightly enter");
    assert!(
        toast(&several).contains("component:eu/twice or component:us/twice"),
        "{}",
        toast(&several)
    );
}
