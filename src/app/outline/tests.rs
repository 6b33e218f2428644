//! What must hold of every outline, whatever the catalog.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::app::tests::tree::tangled;
use crate::catalog::RowInput;
use crate::search::SearchContext;

/// A catalog of some components and systems with edges of any kind between them, into nothing too.
fn catalog(edges: &[(usize, usize, usize)]) -> Arc<Snapshot> {
    const COUNT: usize = 12;
    const RELATIONS: [(&str, &str); 4] = [
        ("dependsOn", "dependencyOf"),
        ("partOf", "hasPart"),
        ("consumesApi", "apiConsumedBy"),
        ("providesApi", "apiProvidedBy"),
    ];
    let kind = |n: usize| ["component", "system", "api", "domain"][n % 4];
    let reference = |n: usize| format!("{}:default/e{n}", kind(n));
    let rows = (0..COUNT)
        .map(|n| {
            let mut relations = Vec::new();
            for (from, relation, to) in edges {
                let (forward, reverse) = RELATIONS[relation % RELATIONS.len()];
                if *from == n {
                    relations.push((forward.to_owned(), reference(*to)));
                }
                if *to == n {
                    relations.push((reverse.to_owned(), reference(*from)));
                }
            }
            relations.sort();
            relations.dedup();
            RowInput {
                entity_ref: reference(n),
                kind: kind(n).into(),
                namespace: "default".into(),
                name: format!("e{n}"),
                relations,
                ..RowInput::default()
            }
        })
        .collect();
    Arc::new(Snapshot::build(rows, 1))
}

/// Depth, parent and extent of every line say the same.
fn well_formed(outline: &Outline) -> Result<(), TestCaseError> {
    let nodes = outline.nodes();
    for (index, node) in nodes.iter().enumerate() {
        prop_assert!(index + (node.below as usize) < nodes.len());
        match outline.parent(index) {
            None => prop_assert_eq!(node.depth, 0),
            Some(parent) => {
                prop_assert!(parent < index);
                prop_assert_eq!(nodes[parent].depth + 1, node.depth);
                prop_assert!(index <= parent + nodes[parent].below as usize);
            }
        }
        let end = index + 1 + node.below as usize;
        prop_assert!(
            nodes[index + 1..end]
                .iter()
                .all(|below| below.depth > node.depth)
        );
        prop_assert!(nodes.get(end).is_none_or(|next| next.depth <= node.depth));
    }
    let lines: usize = outline.rows_to(outline.deepest() as usize);
    prop_assert_eq!(lines, nodes.len());
    Ok(())
}

proptest! {
    #[test]
    fn every_outline_is_a_tree(edges in prop::collection::vec((0usize..12, 0usize..4, 0usize..14), 0..40)) {
        let snapshot = catalog(&edges);
        let root = "component:default/e0".to_owned();
        for kind in [
            TreeKind::Structure,
            TreeKind::Ownership,
            TreeKind::Reach { root: root.clone(), direction: Direction::Dependencies },
            TreeKind::Reach { root: root.clone(), direction: Direction::Dependents },
            TreeKind::Path { from: root, to: "api:default/e2".into() },
        ] {
            let outline = Outline::build(Arc::clone(&snapshot), kind);
            well_formed(&outline)?;
        }
    }

    #[test]
    fn every_entity_stands_in_the_structure_exactly_once(edges in prop::collection::vec((0usize..12, 0usize..4, 0usize..14), 0..40)) {
        let snapshot = catalog(&edges);
        let outline = Outline::build(Arc::clone(&snapshot), TreeKind::Structure);
        let mut seen: Vec<RowId> = (0..outline.nodes().len()).filter_map(|n| outline.row(n)).collect();
        seen.sort();
        prop_assert_eq!(seen, snapshot.ids().collect::<Vec<_>>());
        for id in snapshot.ids() {
            prop_assert_eq!(outline.place(id).and_then(|place| outline.row(place)), Some(id));
        }
    }

    #[test]
    fn what_breaks_stands_once_with_its_children_and_is_counted(edges in prop::collection::vec((0usize..12, 0usize..4, 0usize..14), 0..40)) {
        let snapshot = catalog(&edges);
        let kind = TreeKind::Reach { root: "component:default/e0".into(), direction: Direction::Dependents };
        let outline = Outline::build(snapshot, kind);
        let firsts = outline.nodes().iter().filter(|node| node.mark == Mark::None).count();
        prop_assert_eq!(firsts - 1, outline.summary().unwrap().total() as usize);
    }
}

#[test]
fn a_word_is_found_in_one_piece_and_a_filter_filters() {
    let outline = Outline::build(tangled(1), TreeKind::Structure);
    let names = |line: &str| -> Vec<String> {
        let found = outline.matches(line, &SearchContext::NOBODY, &|| false);
        found
            .unwrap()
            .into_iter()
            .map(|n| outline.reference(n as usize).unwrap_or("-").to_owned())
            .collect()
    };
    assert_eq!(names("bff"), ["component:default/mobile-bff"]);
    assert_eq!(names("mbff"), Vec::<String>::new());
    assert_eq!(names("정산"), ["component:default/settlement"]);
    assert_eq!(names("kind:api"), ["api:default/payment-api"]);
    assert_eq!(names("no system"), ["-"]);
    assert_eq!(
        names("auditors"),
        Vec::<String>::new(),
        "a description alone"
    );
    assert!(names("-payment").len() > names("payment").len());
}

#[test]
fn words_are_quoted_and_filters_left_alone() {
    assert_eq!(in_pieces("pay kind:api"), "\"pay\" kind:api");
    assert_eq!(in_pieces("\"two words\" -x"), "\"two words\" -x");
    assert_eq!(in_pieces(""), "");
}
