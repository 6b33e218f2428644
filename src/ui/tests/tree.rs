//! Pictures of the trees, and what must be seen in them.

use super::{frame, over_at_every_size, row_text, text};
use crate::app::layout::Size;
use crate::app::tests::desk::{Desk, many, setup};
use crate::app::tests::tree::tangled;

fn at_every_size(name: &str, prepare: impl Fn(&mut Desk)) {
    over_at_every_size(name, &tangled(1), prepare);
}

#[test]
fn the_structure() {
    at_every_size("tree_structure", |desk| {
        desk.keys("esc 2 G L g j");
    });
}

#[test]
fn the_ownership() {
    at_every_size("tree_ownership", |desk| {
        desk.keys("esc 2 s g L G L g");
    });
}

#[test]
fn a_filter() {
    at_every_size("tree_filter", |desk| {
        desk.keys("esc 2 / pay");
    });
}

#[test]
fn the_dependents_with_a_cycle() {
    at_every_size("tree_dependents", |desk| {
        desk.keys("payment-service alt-D");
    });
}

#[test]
fn the_dependencies_with_a_reference_that_leads_nowhere() {
    at_every_size("tree_dependencies", |desk| {
        desk.keys("payment-service alt-d j");
    });
}

#[test]
fn a_path() {
    at_every_size("tree_path", |desk| {
        desk.keys("esc : path space mobile-bff space payments-db enter j");
    });
}

#[test]
fn a_cycle_and_what_is_missing_have_signs_in_ascii_too() {
    let shown = |keys: &str, unicode: bool| {
        let mut start = setup(tangled(1));
        start.unicode = unicode;
        let mut desk = Desk::new(start);
        desk.keys(keys);
        text(&desk)
    };
    let all = shown("payment-service alt-D", true);
    assert!(all.contains("⟳ cycle"), "{all}");
    assert!(
        all.contains("↑ shown above") || all.contains("↓ shown below"),
        "{all}"
    );
    assert!(shown("payment-service alt-d", true).contains("? resource:ledger-db  not found"));
    let all = shown("payment-service alt-D", false);
    assert!(all.contains("@ cycle"), "{all}");
    let list: String = all.lines().skip(1).collect();
    assert!(list.contains("`-"), "{all}");
    for line in all.lines().skip(4).take(30) {
        let drawn = line.chars().filter(|c| !c.is_ascii()).collect::<String>();
        assert!(drawn.chars().all(|c| !"├└│─▾▸⟳↑↓…".contains(c)), "{line}");
    }
}

#[test]
fn owners_and_systems_that_are_not_there_are_named() {
    let mut desk = Desk::new(setup(tangled(1)));
    desk.keys("esc 2 G L");
    let all = text(&desk);
    assert!(all.contains("? system:reports not found"), "{all}");
    assert!(all.contains("? ghosts"), "{all}");
    desk.keys("s G L");
    let all = text(&desk);
    assert!(all.contains("owner not found"), "{all}");
    assert!(all.contains("? ghosts not found"), "{all}");
    assert!(all.contains("no owner"), "{all}");
}

#[test]
fn wide_characters_keep_the_tree_s_columns_aligned() {
    let mut desk = Desk::new(setup(tangled(1)));
    desk.keys("esc 2");
    let (buffer, _) = frame(&desk);
    let column = |y: u16, word: &str| {
        (0..buffer.area.width).find(|x| {
            word.chars()
                .enumerate()
                .all(|(n, c)| buffer[(x + n as u16, y)].symbol() == c.to_string())
        })
    };
    let lines: Vec<u16> = (0..buffer.area.height)
        .filter(|y| row_text(&buffer, *y).contains("component"))
        .collect();
    assert!(
        lines
            .iter()
            .any(|y| row_text(&buffer, *y).contains("결제 정산 서비스"))
    );
    let first = column(lines[0], "component");
    for y in lines {
        assert_eq!(column(y, "component"), first, "{}", row_text(&buffer, y));
    }
}

#[test]
fn a_chain_deeper_than_the_screen_is_wide_keeps_its_names_in_sight() {
    let mut rows = Vec::new();
    let reference = |n: usize| format!("component:default/link-{n:03}");
    for n in 0..200 {
        let mut relations = Vec::new();
        if n > 0 {
            relations.push(("dependencyOf".to_owned(), reference(n - 1)));
        }
        if n < 199 {
            relations.push(("dependsOn".to_owned(), reference(n + 1)));
        }
        rows.push(crate::catalog::RowInput {
            entity_ref: reference(n),
            kind: "Component".into(),
            namespace: "default".into(),
            name: format!("link-{n:03}"),
            relations,
            ..Default::default()
        });
    }
    let snapshot = std::sync::Arc::new(crate::catalog::Snapshot::build(rows, 1));
    for columns in [20, 60, 120] {
        let mut start = setup(std::sync::Arc::clone(&snapshot));
        start.size = Size { columns, rows: 24 };
        let mut desk = Desk::new(start);
        desk.keys("link-000 alt-d G");
        assert!(text(&desk).contains("link-199"), "{}", text(&desk));
    }
}

#[test]
fn columns_stay_where_they_are_while_one_moves_through_a_tree() {
    let mut desk = Desk::new(setup(many(1_000)));
    desk.keys("esc 2 j L");
    let place = |desk: &Desk| row_text(&frame(desk).0, 20).find("component");
    let before = place(&desk);
    assert!(before.is_some());
    desk.keys("G");
    assert_eq!(place(&desk), before);
}

/// Of every row that is drawn, its depth and the column where its sign stands.
fn columns_of_levels(desk: &Desk) -> Vec<(u32, u16)> {
    let (buffer, rendered) = frame(desk);
    let view = desk.state.tree().expect("a tree");
    let outline = view.outline.as_ref().unwrap();
    let rows = rendered
        .regions
        .iter()
        .filter_map(|region| match region.target {
            crate::app::Target::Row(index) => Some((index, region.area.y)),
            _ => None,
        });
    rows.map(|(index, y)| {
        let node = outline.node(view.rows()[index].node as usize).unwrap();
        let sign = (2..buffer.area.width).find(|x| buffer[(*x, y)].symbol() == "◆");
        (
            node.depth,
            sign.unwrap_or_else(|| panic!("{}", row_text(&buffer, y))),
        )
    })
    .collect()
}

/// A chain of components, each of which needs the next.
fn chain(count: usize) -> std::sync::Arc<crate::catalog::Snapshot> {
    let reference = |n: usize| format!("component:default/link-{n:03}");
    let rows = (0..count)
        .map(|n| {
            let mut relations = Vec::new();
            if n > 0 {
                relations.push(("dependencyOf".to_owned(), reference(n - 1)));
            }
            if n + 1 < count {
                relations.push(("dependsOn".to_owned(), reference(n + 1)));
            }
            crate::catalog::RowInput {
                entity_ref: reference(n),
                kind: "Component".into(),
                namespace: "default".into(),
                name: format!("link-{n:03}"),
                relations,
                ..Default::default()
            }
        })
        .collect();
    std::sync::Arc::new(crate::catalog::Snapshot::build(rows, 1))
}

#[test]
fn a_child_never_stands_at_its_parent_s_level() {
    for (columns, rows) in [(60, 20), (100, 30), (120, 40)] {
        for count in [7, 12, 200] {
            let mut start = setup(chain(count));
            start.size = Size { columns, rows };
            let mut desk = Desk::new(start);
            desk.keys("link-000 alt-d");
            for key in ["g", "G", "pgup"] {
                desk.keys(key);
                let levels = columns_of_levels(&desk);
                assert!(levels.len() > 5, "{levels:?}");
                let hidden = levels.iter().filter(|level| level.1 == levels[0].1).count();
                for pair in levels.windows(2).skip(hidden.saturating_sub(1)) {
                    assert!(pair[0].1 < pair[1].1, "{columns} {count} {key}: {levels:?}");
                }
                // A screen of sixty columns has room for the fourteen levels that it has rows for.
                assert_eq!(hidden, 1, "{columns} {count} {key}: {levels:?}");
            }
        }
    }
}

#[test]
fn a_name_of_another_namespace_says_which() {
    let admin = |namespace: &str| crate::catalog::RowInput {
        entity_ref: format!("component:{namespace}/account-admin"),
        kind: "Component".into(),
        namespace: namespace.into(),
        name: "account-admin".into(),
        ..Default::default()
    };
    let rows = vec![admin("default"), admin("eu")];
    let snapshot = std::sync::Arc::new(crate::catalog::Snapshot::build(rows, 1));
    let mut desk = Desk::new(setup(snapshot));
    desk.keys("esc 2");
    let all = text(&desk);
    assert!(all.contains("◆ account-admin"), "{all}");
    assert!(all.contains("◆ eu/account-admin"), "{all}");
}

#[test]
fn what_is_invalid_has_its_sign_in_a_tree_too() {
    let mut rows = crate::app::tests::tree::tangled_rows();
    for row in &mut rows {
        row.flags.invalid = row.name == "checkout-web";
    }
    let snapshot = std::sync::Arc::new(crate::catalog::Snapshot::build(rows, 1));
    for (unicode, sign, cut) in [(true, "▲", "…"), (false, "!", "~")] {
        for columns in [40, 80, 120] {
            let mut start = setup(std::sync::Arc::clone(&snapshot));
            start.size = Size { columns, rows: 24 };
            start.unicode = unicode;
            let mut desk = Desk::new(start);
            desk.keys("esc 2");
            let (buffer, _) = frame(&desk);
            let signed: Vec<String> = (1..23)
                .map(|y| row_text(&buffer, y))
                .filter(|row| row.contains(sign))
                .collect();
            assert_eq!(signed.len(), 1, "{}", text(&desk));
            assert!(
                // Where the name is cut, the sign is not.
                signed[0].contains(&format!("checkout-web {sign}"))
                    || columns == 40 && signed[0].contains(&format!("checkout-w{cut} {sign}")),
                "{signed:?}"
            );
        }
    }
}

#[test]
fn a_message_covers_no_line_of_a_list() {
    for (columns, rows) in [(60, 20), (80, 24)] {
        let mut start = setup(tangled(1));
        start.size = Size { columns, rows };
        let mut desk = Desk::new(start);
        desk.keys("esc 2 L G L G");
        let before = text(&desk);
        desk.keys("Y");
        desk.keys("esc y");
        assert!(desk.state.toast.is_some());
        let after = text(&desk);
        let body = |all: &str| -> Vec<String> {
            let lines: Vec<String> = all.lines().map(str::to_owned).collect();
            lines[..lines.len() - 1].to_vec()
        };
        assert_eq!(body(&after), body(&before));
        assert_ne!(after.lines().last(), before.lines().last());
    }
}

#[test]
fn help_begins_with_the_keys_that_only_this_screen_has() {
    use crate::app::actions::Scope;
    for (keys, scope) in [
        ("esc 2", Scope::Tree),
        ("payment-service enter", Scope::Entity),
    ] {
        let mut desk = Desk::new(setup(tangled(1)));
        desk.keys(keys).keys("?");
        let picker = desk.state.picker.as_ref().unwrap();
        let own: Vec<bool> = (picker.rows.iter())
            .filter_map(|row| match row.choice {
                crate::app::picker::Choice::Run(action, _) => Some(action.info().scope == scope),
                _ => None,
            })
            .collect();
        let first = own.iter().filter(|own| **own).count();
        assert!(own[..first].iter().all(|own| *own), "{own:?}");
        assert!(scope != Scope::Tree || first > 3);
    }
}

#[test]
fn narrow_help_says_what_keys_do_and_not_what_a_keymap_calls_it() {
    let shown = |columns: u16| {
        let mut start = setup(tangled(1));
        start.size = Size { columns, rows: 40 };
        let mut desk = Desk::new(start);
        desk.keys("esc 2 ?");
        text(&desk)
    };
    assert!(shown(120).contains("expand-below"), "{}", shown(120));
    assert!(!shown(60).contains("expand-below"), "{}", shown(60));
}

#[test]
fn a_group_in_a_ring_keeps_its_counts() {
    let group = |name: &str, up: &str, down: &str| crate::catalog::RowInput {
        entity_ref: format!("group:default/{name}"),
        kind: "Group".into(),
        namespace: "default".into(),
        name: name.into(),
        relations: vec![
            ("childOf".into(), format!("group:default/{up}")),
            ("parentOf".into(), format!("group:default/{down}")),
        ],
        ..Default::default()
    };
    let rows = vec![group("one", "two", "two"), group("two", "one", "one")];
    let snapshot = std::sync::Arc::new(crate::catalog::Snapshot::build(rows, 1));
    let mut desk = Desk::new(setup(snapshot));
    desk.keys("esc 2 s");
    let all = text(&desk);
    let line = all.lines().find(|line| line.contains("⟳")).unwrap();
    let count = line.split("⟳").next().unwrap();
    assert!(count.trim_end().ends_with('·'), "{all}");
    assert!(count.chars().any(|c| c.is_ascii_digit()), "{all}");
}
