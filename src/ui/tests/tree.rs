//! Pictures of the trees, and what must be seen in them.

use super::{SIZES, frame, row_text, text, whole};
use crate::app::layout::Size;
use crate::app::tests::desk::{Desk, many, setup};
use crate::app::tests::tree::tangled;
use crate::theme::Depth;

fn at_every_size(name: &str, prepare: impl Fn(&mut Desk)) {
    for (columns, rows) in SIZES {
        for depth in [Depth::TrueColor, Depth::None] {
            let mut start = setup(tangled(1));
            start.size = Size { columns, rows };
            start.depth = depth;
            let mut desk = Desk::new(start);
            prepare(&mut desk);
            let colour = if depth == Depth::None {
                "no_color"
            } else {
                "colour"
            };
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots" }, {
                insta::assert_snapshot!(format!("{name}_{columns}x{rows}_{colour}"), whole(&desk));
            });
        }
    }
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
    assert!(all.contains("? reports not found"), "{all}");
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
