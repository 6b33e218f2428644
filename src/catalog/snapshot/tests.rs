use proptest::prelude::*;

use super::*;

fn input(entity_ref: &str, name: &str) -> RowInput {
    RowInput {
        entity_ref: entity_ref.into(),
        kind: "Component".into(),
        namespace: "default".into(),
        name: name.into(),
        ..RowInput::default()
    }
}

fn full() -> RowInput {
    RowInput {
        title: "결제 서비스".into(),
        description: "Takes the money".into(),
        owner: "group:default/payments".into(),
        spec_type: "service".into(),
        lifecycle: "production".into(),
        system: "system:default/checkout".into(),
        tags: "java critical".into(),
        flags: RowFlags {
            docs: true,
            orphan: true,
            ..RowFlags::default()
        },
        problems: 3,
        relations: vec![
            ("dependsOn".into(), "resource:default/gone".into()),
            ("ownedBy".into(), "group:default/payments".into()),
        ],
        ..input("component:default/pay", "Pay")
    }
}

fn group() -> RowInput {
    RowInput {
        kind: "Group".into(),
        relations: vec![("ownerOf".into(), "component:default/pay".into())],
        ..input("group:default/payments", "payments")
    }
}

fn bytes(snapshot: &Snapshot) -> Vec<u8> {
    let mut bytes = Vec::new();
    snapshot.write_to(&mut bytes).unwrap();
    bytes
}

fn refs(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.ids().map(|id| snapshot.entity_ref(id)).collect()
}

/// Calls everything there is on a snapshot, whatever it holds.
fn visit(snapshot: &Snapshot) -> usize {
    let mut seen = snapshot.generation() as usize & 1;
    for id in snapshot.ids().chain([RowId(u32::MAX), RowId(7)]) {
        let row = snapshot.row(id);
        seen += row.entity_ref.len() + row.description.len() + row.problems as usize;
        seen += SearchField::ALL
            .iter()
            .map(|f| snapshot.search_text(id, *f).len())
            .sum::<usize>();
        seen += snapshot
            .relations(id)
            .map(|r| r.target_ref.len())
            .sum::<usize>();
        seen += usize::from(snapshot.find(row.entity_ref).is_some());
    }
    seen + snapshot.value(3).len() + snapshot.value(u32::MAX).len()
}

#[test]
fn a_row_is_read_as_it_was_given() {
    let snapshot = Snapshot::build(vec![full(), group()], 42);
    assert_eq!(snapshot.generation(), 42);
    let id = snapshot.find("component:default/pay").unwrap();
    assert_eq!(
        snapshot.row(id),
        Row {
            entity_ref: "component:default/pay",
            kind: "Component",
            namespace: "default",
            name: "Pay",
            title: "결제 서비스",
            description: "Takes the money",
            owner: "group:default/payments",
            spec_type: "service",
            lifecycle: "production",
            system: "system:default/checkout",
            tags: "java critical",
            flags: full().flags,
            problems: 3,
        }
    );
    assert_eq!(snapshot.flags(id), full().flags);
}

#[test]
fn relations_name_their_row_or_that_there_is_none() {
    let snapshot = Snapshot::build(vec![full(), group()], 1);
    let pay = snapshot.find("component:default/pay").unwrap();
    let payments = snapshot.find("group:default/payments").unwrap();
    let relations: Vec<_> = snapshot.relations(pay).collect();
    assert_eq!(
        relations,
        [
            RowRelation {
                relation: "dependsOn",
                target_ref: "resource:default/gone",
                target: None
            },
            RowRelation {
                relation: "ownedBy",
                target_ref: "group:default/payments",
                target: Some(payments)
            },
        ]
    );
    assert_eq!(
        snapshot.relations(payments).next().unwrap().target,
        Some(pay)
    );
    assert_eq!(snapshot.relations(payments).count(), 1);
}

#[test]
fn rows_stand_in_the_order_of_kind_name_and_namespace() {
    let snapshot = Snapshot::build(
        [
            "component:z/a",
            "component:a/b",
            "api:z/c",
            "component:b/a",
            "api:z/c",
        ]
        .iter()
        .map(|r| input(r, r.rsplit('/').next().unwrap()))
        .collect(),
        1,
    );
    assert_eq!(
        refs(&snapshot),
        ["api:z/c", "component:b/a", "component:z/a", "component:a/b"]
    );
    for id in snapshot.ids() {
        assert_eq!(snapshot.find(snapshot.entity_ref(id)), Some(id));
    }
    assert_eq!(snapshot.find("component:b/b"), None);
    assert_eq!(snapshot.find(""), None);
}

#[test]
fn only_texts_that_fold_differently_are_held_twice() {
    let snapshot = Snapshot::build(vec![full(), group()], 1);
    let pay = snapshot.find("component:default/pay").unwrap();
    let texts = SearchField::ALL.map(|field| snapshot.search_text(pay, field));
    let title = fold::fold("결제 서비스");
    assert_eq!(
        texts,
        [
            "Pay",
            &*title,
            "java critical",
            "payments",
            "Takes the money"
        ]
    );
    let payments = snapshot.find("group:default/payments").unwrap();
    assert_eq!(
        snapshot.search_text(payments, SearchField::Name),
        "payments"
    );
    assert_eq!(snapshot.header.folded, 1);
}

#[test]
fn a_long_text_is_kept_to_whole_characters() {
    let long = RowInput {
        description: "결".repeat(1000),
        ..full()
    };
    let snapshot = Snapshot::build(vec![long], 1);
    let kept = snapshot.row(RowId(0)).description;
    assert_eq!(kept.len(), build::LONGEST_TEXT / 3 * 3);
    assert!("결".repeat(1000).starts_with(kept));
}

#[test]
fn an_empty_snapshot_is_a_snapshot() {
    for snapshot in [Snapshot::default(), Snapshot::build(vec![], 0)] {
        assert!(snapshot.is_empty());
        visit(&snapshot);
    }
    let read = Snapshot::from_bytes(&bytes(&Snapshot::build(vec![], 9))).unwrap();
    assert_eq!(read.generation(), 9);
}

#[test]
fn what_was_written_is_read_back() {
    let snapshot = Snapshot::build(vec![full(), group()], u64::MAX - 1);
    let written = bytes(&snapshot);
    let read = Snapshot::from_bytes(&written).unwrap();
    assert_eq!(bytes(&read), written);
    assert_eq!(read.generation(), u64::MAX - 1);
    for id in snapshot.ids() {
        assert_eq!(read.row(id), snapshot.row(id));
        assert!(read.relations(id).eq(snapshot.relations(id)));
    }
}

#[test]
fn a_file_that_is_cut_short_or_too_long_is_refused() {
    let mut written = bytes(&Snapshot::build(vec![full(), group()], 1));
    for length in 0..written.len() {
        assert!(
            Snapshot::from_bytes(&written[..length]).is_none(),
            "{length}"
        );
    }
    written.push(0);
    assert!(Snapshot::from_bytes(&written).is_none());
}

proptest! {
    #[test]
    fn a_flipped_byte_is_noticed(place in any::<prop::sample::Index>(), mask in 1_u8..) {
        let mut written = bytes(&Snapshot::build(vec![full(), group()], 1));
        let place = place.index(written.len());
        written[place] ^= mask;
        prop_assert!(Snapshot::from_bytes(&written).is_none());
    }

    /// The checksums made to agree with the damage, as no accident would.
    #[test]
    fn no_numbers_and_no_text_can_make_an_accessor_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 1..20),
        cut in any::<bool>(),
    ) {
        let snapshot = Snapshot::build(vec![full(), group()], 1);
        let mut numbers: Vec<u8> = snapshot.numbers.bytes().to_vec();
        for (place, value) in changes {
            let at = place.index(numbers.len() / 4) * 4;
            numbers[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        let mut header = snapshot.header;
        if cut {
            header.values = 0;
        }
        header.numbers_sum = crc32fast::hash(&numbers);
        let broken = Snapshot {
            layout: header.layout().unwrap(),
            numbers: header.numbers(numbers).unwrap(),
            header,
            text: Text::new(snapshot.text.as_str().to_owned()),
        };
        visit(&broken);
    }

    #[test]
    fn any_rows_can_be_built_and_found(
        names in prop::collection::vec("[a-zA-Z0-9:/가-힣-]{0,8}", 0..20),
        text in "\\PC{0,30}",
    ) {
        let rows: Vec<_> = names.iter().map(|name| RowInput {
            title: text.clone(),
            relations: vec![("dependsOn".into(), name.clone())],
            ..input(&format!("component:default/{}", name.to_lowercase()), name)
        }).collect();
        let snapshot = Snapshot::build(rows.clone(), 1);
        visit(&snapshot);
        for row in rows {
            let id = snapshot.find(&row.entity_ref).unwrap();
            prop_assert_eq!(snapshot.row(id).entity_ref, row.entity_ref);
        }
    }
}
