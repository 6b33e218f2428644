//! Graph tests: named cases, and random graphs against a brute-force closure.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::catalog::{RowFlags, RowId, RowInput, Snapshot};

/// A catalog from edges `(from, relation, to)`; the reverse of each is added as the catalog would.
fn catalog(entities: &[&str], edges: &[(&str, &str, &str)]) -> Snapshot {
    catalog_with_unserved(entities, &[], edges)
}

/// The same, with documents that were never good: no edge comes from one, and none is known to them.
fn catalog_with_unserved(
    entities: &[&str],
    unserved: &[&str],
    edges: &[(&str, &str, &str)],
) -> Snapshot {
    let reverse = |relation: &str| {
        match relation {
            "dependsOn" => "dependencyOf",
            "consumesApi" => "apiConsumedBy",
            "providesApi" => "apiProvidedBy",
            "partOf" => "hasPart",
            "ownedBy" => "ownerOf",
            "childOf" => "parentOf",
            "memberOf" => "hasMember",
            other => panic!("no reverse of {other}"),
        }
        .to_owned()
    };
    let rows = entities.iter().chain(unserved).map(|&entity_ref| {
        let is_unserved = unserved.contains(&entity_ref);
        let (kind, rest) = entity_ref.split_once(':').unwrap();
        let mut relations: Vec<(String, String)> = edges
            .iter()
            .filter_map(|&(from, relation, to)| {
                if is_unserved {
                    None
                } else if from == entity_ref {
                    Some((relation.to_owned(), to.to_owned()))
                } else if to == entity_ref {
                    Some((reverse(relation), from.to_owned()))
                } else {
                    None
                }
            })
            .collect();
        relations.sort();
        relations.dedup();
        RowInput {
            entity_ref: entity_ref.to_owned(),
            kind: kind.to_owned(),
            namespace: "default".to_owned(),
            name: rest.trim_start_matches("default/").to_owned(),
            owner: edges
                .iter()
                .find(|(from, relation, _)| *from == entity_ref && *relation == "ownedBy")
                .map_or_else(String::new, |(_, _, to)| (*to).to_owned()),
            relations,
            flags: RowFlags {
                unserved: is_unserved,
                invalid: is_unserved,
                ..RowFlags::default()
            },
            ..RowInput::default()
        }
    });
    Snapshot::build(rows.collect(), 1)
}

fn reached(snapshot: &Snapshot, root: &str, direction: Direction) -> Vec<(String, u32)> {
    let reach = Reach::walk(snapshot, snapshot.find(root).unwrap(), direction, None);
    reach
        .reached()
        .map(|(id, depth)| (snapshot.row(id).name.to_owned(), depth))
        .collect()
}

fn named(pairs: &[(&str, u32)]) -> Vec<(String, u32)> {
    pairs.iter().map(|&(n, d)| (n.to_owned(), d)).collect()
}

const PAY: &str = "component:default/pay";
const WEB: &str = "component:default/web";
const JOB: &str = "component:default/job";
const API: &str = "api:default/pay-api";
const DB: &str = "resource:default/db";
const SHOP: &str = "system:default/shop";
const RETAIL: &str = "domain:default/retail";

#[test]
fn dependents_of_a_component_are_those_that_depend_on_it_and_the_consumers_of_its_apis() {
    let snapshot = catalog(
        &[PAY, WEB, JOB, API],
        &[
            (PAY, "providesApi", API),
            (WEB, "consumesApi", API),
            (JOB, "dependsOn", PAY),
        ],
    );
    assert_eq!(
        reached(&snapshot, PAY, Direction::Dependents),
        named(&[("job", 1), ("pay-api", 1), ("web", 2)])
    );
    assert_eq!(
        reached(&snapshot, API, Direction::Dependents),
        named(&[("web", 1)])
    );
}

#[test]
fn dependencies_are_what_it_depends_on_and_the_apis_it_consumes_with_their_providers() {
    let snapshot = catalog(
        &[PAY, WEB, API, DB],
        &[
            (PAY, "providesApi", API),
            (WEB, "consumesApi", API),
            (PAY, "dependsOn", DB),
        ],
    );
    assert_eq!(
        reached(&snapshot, WEB, Direction::Dependencies),
        named(&[("pay-api", 1), ("pay", 2), ("db", 3)])
    );
}

#[test]
fn a_system_carries_failure_to_its_parts_only_where_it_was_asked_for() {
    let snapshot = catalog(
        &[PAY, WEB, JOB, SHOP, RETAIL],
        &[
            (PAY, "partOf", SHOP),
            (SHOP, "partOf", RETAIL),
            (SHOP, "dependsOn", JOB),
            (WEB, "dependsOn", PAY),
        ],
    );
    assert_eq!(
        reached(&snapshot, RETAIL, Direction::Dependents),
        named(&[("shop", 1), ("pay", 2), ("web", 3)])
    );
    assert_eq!(
        reached(&snapshot, JOB, Direction::Dependents),
        named(&[("shop", 1)]),
        "a system that depends on it is hit, its parts are not"
    );
}

#[test]
fn a_cycle_is_marked_where_it_closes_and_a_second_place_refers_to_the_first() {
    let snapshot = catalog(
        &[PAY, WEB, JOB],
        &[
            (PAY, "dependsOn", WEB),
            (WEB, "dependsOn", PAY),
            (PAY, "dependsOn", JOB),
            (WEB, "dependsOn", JOB),
            (WEB, "dependsOn", "resource:default/gone"),
        ],
    );
    let reach = Reach::walk(
        &snapshot,
        snapshot.find(PAY).unwrap(),
        Direction::Dependencies,
        None,
    );
    let places: Vec<(Target<'_>, Place, u32)> = reach
        .nodes()
        .map(|n| (n.target, n.place, n.depth))
        .collect();
    let row = |r: &str| Target::Row(snapshot.find(r).unwrap());
    assert_eq!(
        places,
        [
            (row(PAY), Place::First, 0),
            (row(JOB), Place::First, 1),
            (row(WEB), Place::First, 1),
            (row(JOB), Place::Repeated, 2),
            (row(PAY), Place::Cycle, 2),
            (Target::Missing("resource:default/gone"), Place::Missing, 2),
        ]
    );
}

#[test]
fn an_entity_that_depends_on_itself_is_a_cycle() {
    let snapshot = catalog(&[PAY], &[(PAY, "dependsOn", PAY)]);
    let reach = Reach::walk(&snapshot, RowId(0), Direction::Dependencies, None);
    assert_eq!(reach.len(), 2);
    assert_eq!(reach.node(1).unwrap().place, Place::Cycle);
    assert_eq!(reach.reached().count(), 0);
}

#[test]
fn two_relations_to_one_entity_are_one_edge_even_to_the_root() {
    let snapshot = catalog(
        &[API, WEB, JOB],
        &[
            (WEB, "dependsOn", API),
            (WEB, "consumesApi", API),
            (API, "dependsOn", WEB),
        ],
    );
    let from = |root| {
        Reach::walk(
            &snapshot,
            snapshot.find(root).unwrap(),
            Direction::Dependencies,
            None,
        )
    };
    let relations = |reach: &Reach<'_>| -> Vec<String> {
        let relations = reach.nodes().filter_map(|n| n.relation);
        relations.map(str::to_owned).collect()
    };
    assert_eq!(relations(&from(WEB)), ["consumesApi", "dependsOn"]);
    assert_eq!(relations(&from(API)), ["dependsOn", "consumesApi"]);
}

const GONE: &str = "api:default/gone";

#[test]
fn failure_passes_through_an_api_that_is_not_in_the_catalog() {
    let snapshot = catalog(
        &[PAY, WEB, JOB],
        &[
            (PAY, "providesApi", GONE),
            (WEB, "consumesApi", GONE),
            (JOB, "dependsOn", WEB),
        ],
    );
    assert_eq!(
        reached(&snapshot, PAY, Direction::Dependents),
        named(&[("web", 2), ("job", 3)])
    );
    assert_eq!(
        reached(&snapshot, WEB, Direction::Dependencies),
        named(&[("pay", 2)])
    );
}

#[test]
fn what_is_not_in_the_catalog_can_be_asked_for_its_dependents() {
    let snapshot = catalog(
        &[PAY, WEB, JOB],
        &[
            (PAY, "dependsOn", "resource:default/db"),
            (WEB, "dependsOn", PAY),
        ],
    );
    let walk = |root: &str| Reach::walk_missing(&snapshot, root, Direction::Dependents, None);
    let reach = walk("resource:default/db").unwrap();
    assert_eq!(reach.node(0).unwrap().place, Place::Missing);
    let found: Vec<&str> = reach
        .reached()
        .map(|(id, _)| snapshot.row(id).name)
        .collect();
    assert_eq!(found, ["pay", "web"]);
    assert!(walk("resource:default/nobody").is_none());
    assert!(walk(PAY).is_none());
}

#[test]
fn ownership_goes_down_from_a_group_and_up_from_an_entity() {
    let (org, team, amy) = (
        "group:default/org",
        "group:default/team",
        "user:default/amy",
    );
    let snapshot = catalog(
        &[org, team, amy, PAY, JOB],
        &[
            (PAY, "ownedBy", team),
            (JOB, "ownedBy", "group:default/gone"),
            (team, "childOf", org),
            (amy, "memberOf", team),
        ],
    );
    assert_eq!(
        reached(&snapshot, org, Direction::Owned),
        named(&[("team", 1), ("amy", 2), ("pay", 2)])
    );
    assert_eq!(
        reached(&snapshot, PAY, Direction::Owners),
        named(&[("team", 1), ("org", 2)])
    );
    assert_eq!(
        reached(&snapshot, amy, Direction::Owners),
        named(&[("team", 1), ("org", 2)])
    );
    let gone = Reach::walk_missing(&snapshot, "group:default/gone", Direction::Owned, None);
    assert_eq!(gone.unwrap().reached().count(), 1);
}

#[test]
fn a_depth_limit_stops_the_walk() {
    let snapshot = catalog(
        &[PAY, WEB, JOB],
        &[(WEB, "dependsOn", PAY), (JOB, "dependsOn", WEB)],
    );
    let reach = |depth| {
        Reach::walk(
            &snapshot,
            snapshot.find(PAY).unwrap(),
            Direction::Dependents,
            depth,
        )
        .reached()
        .count()
    };
    assert_eq!((reach(Some(0)), reach(Some(1)), reach(None)), (0, 1, 2));
}

#[test]
fn the_summary_counts_direct_and_indirect_and_groups_by_owner() {
    let team = "group:default/team";
    let snapshot = catalog(
        &[PAY, WEB, JOB, API, team],
        &[
            (PAY, "providesApi", API),
            (WEB, "consumesApi", API),
            (JOB, "consumesApi", API),
            (WEB, "ownedBy", team),
            (JOB, "ownedBy", team),
        ],
    );
    let reach = Reach::walk(
        &snapshot,
        snapshot.find(PAY).unwrap(),
        Direction::Dependents,
        None,
    );
    let summary = Summary::of(&reach, &snapshot);
    assert_eq!((summary.direct, summary.indirect), (1, 2));
    assert_eq!(summary.by_kind["component"], 2);
    assert_eq!(summary.by_kind["api"], 1);
    assert_eq!(summary.owners(), 1);
    assert_eq!(
        summary.by_owner,
        [
            OwnerCount {
                owner: Some(team.to_owned()),
                count: 2
            },
            OwnerCount {
                owner: None,
                count: 1
            },
        ]
    );
}

#[test]
fn a_path_follows_relations_of_any_type() {
    let team = "group:default/team";
    let snapshot = catalog(
        &[PAY, WEB, JOB, team],
        &[(PAY, "ownedBy", team), (WEB, "ownedBy", team)],
    );
    let find = |r: &str| snapshot.find(r).unwrap();
    let relations: Vec<_> = shortest_path(&snapshot, find(PAY), find(WEB))
        .unwrap()
        .iter()
        .map(|s| s.relation)
        .collect();
    assert_eq!(relations, [None, Some("ownedBy"), Some("ownerOf")]);
    assert_eq!(shortest_path(&snapshot, find(PAY), find(JOB)), None);
    assert_eq!(
        shortest_path(&snapshot, find(PAY), find(PAY))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_chain_of_a_hundred_thousand_with_edges_back_is_walked() {
    let name = |i: usize| format!("component:default/c{i:06}");
    let count = 100_000;
    let rows = (0..count)
        .map(|i| {
            let mut relations = vec![("dependsOn".to_owned(), name(0))];
            if i + 1 < count {
                relations.push(("dependsOn".to_owned(), name(i + 1)));
            }
            RowInput {
                entity_ref: name(i),
                kind: "Component".to_owned(),
                relations,
                ..RowInput::default()
            }
        })
        .collect();
    let snapshot = Snapshot::build(rows, 1);
    let reach = Reach::walk(&snapshot, RowId(0), Direction::Dependencies, None);
    assert_eq!(reach.reached().count(), count - 1);
    let cycles = reach.nodes().filter(|n| n.place == Place::Cycle);
    assert_eq!(cycles.count(), count);
}

/// What becomes of an entity that others name.
#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Served,
    Unserved,
    Absent,
}

/// `(states, edges)` of a random graph of components and APIs.
fn graphs() -> impl Strategy<Value = (Vec<State>, Vec<(usize, u8, usize)>)> {
    let state = prop_oneof![
        3 => Just(State::Served),
        1 => Just(State::Unserved),
        1 => Just(State::Absent),
    ];
    prop::collection::vec(state, 1..14).prop_flat_map(|states| {
        let n = states.len();
        (
            Just(states),
            prop::collection::vec((0..n, 0u8..3, 0..n), 0..40),
        )
    })
}

proptest! {
    #[test]
    fn dependents_are_the_closure_of_the_reversed_dependencies((states, edges) in graphs()) {
        let names: Vec<String> = (0..states.len())
            .map(|i| if i % 3 == 0 { format!("api:default/e{i:02}") } else { format!("component:default/e{i:02}") })
            .collect();
        let of = |wanted: State| -> Vec<&str> {
            let named = names.iter().zip(&states);
            named.filter(|(_, state)| **state == wanted).map(|(name, _)| name.as_str()).collect()
        };
        let (served, unserved, absent) = (of(State::Served), of(State::Unserved), of(State::Absent));
        let edges: Vec<(&str, &str, &str)> = edges
            .iter()
            .filter(|(from, ..)| states[*from] == State::Served)
            .filter_map(|&(from, relation, to)| {
                let (from, to) = (names[from].as_str(), names[to].as_str());
                match relation {
                    0 => Some((from, "dependsOn", to)),
                    _ if from.starts_with("api:") || !to.starts_with("api:") => None,
                    1 => Some((from, "consumesApi", to)),
                    _ => Some((from, "providesApi", to)),
                }
            })
            .collect();
        // By hand, from what is written: who fails, and who fails with it.
        let mut breaks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for &(from, relation, to) in &edges {
            let (fails, with_it) = if relation == "providesApi" { (from, to) } else { (to, from) };
            breaks.entry(fails).or_default().push(with_it);
        }
        let snapshot = catalog_with_unserved(&served, &unserved, &edges);
        for root in served.iter().chain(&unserved).chain(&absent) {
            let mut hit = BTreeSet::from([*root]);
            let mut open = vec![*root];
            while let Some(at) = open.pop() {
                for next in breaks.get(at).into_iter().flatten() {
                    if hit.insert(next) {
                        open.push(next);
                    }
                }
            }
            hit.remove(root);
            let missing = absent.iter().filter(|name| hit.remove(*name)).count();
            let reach = match snapshot.find(root) {
                Some(id) => Some(Reach::walk(&snapshot, id, Direction::Dependents, None)),
                None => Reach::walk_missing(&snapshot, root, Direction::Dependents, None),
            };
            let Some(reach) = reach else {
                prop_assert!(!edges.iter().any(|(_, _, to)| to == root));
                continue;
            };
            let found: BTreeSet<&str> = reach.reached().map(|(id, _)| snapshot.entity_ref(id)).collect();
            prop_assert_eq!(&found, &hit);
            prop_assert_eq!(reach.reached().count(), hit.len());
            prop_assert_eq!(reach.missing() as usize, missing);
        }
    }
}

#[test]
fn failure_passes_through_a_document_that_was_never_good() {
    let snapshot = catalog_with_unserved(
        &[PAY, WEB, JOB],
        &[DB, API],
        &[
            (PAY, "dependsOn", DB),
            (JOB, "dependsOn", PAY),
            (PAY, "providesApi", API),
            (WEB, "consumesApi", API),
        ],
    );
    assert_eq!(
        reached(&snapshot, DB, Direction::Dependents),
        named(&[("pay", 1), ("job", 2), ("pay-api", 2), ("web", 3)])
    );
    assert_eq!(
        reached(&snapshot, WEB, Direction::Dependencies),
        named(&[("pay-api", 1), ("pay", 2), ("db", 3)])
    );
}

#[test]
fn a_path_leads_through_a_document_that_was_never_good() {
    let snapshot = catalog_with_unserved(
        &[PAY, WEB],
        &[DB],
        &[(PAY, "dependsOn", DB), (WEB, "dependsOn", DB)],
    );
    let find = |r: &str| snapshot.find(r).unwrap();
    let path = |from: &str, to: &str| -> Vec<&str> {
        let steps = shortest_path(&snapshot, find(from), find(to)).unwrap();
        steps.iter().filter_map(|s| s.relation).collect()
    };
    assert_eq!(path(PAY, WEB), ["dependsOn", "dependencyOf"]);
    assert_eq!(path(DB, WEB), ["dependencyOf"]);
}

#[test]
fn the_summary_counts_what_is_not_found_and_whose_owner_nobody_knows() {
    let snapshot = catalog_with_unserved(
        &[PAY],
        &[DB],
        &[
            (PAY, "dependsOn", DB),
            (PAY, "dependsOn", GONE),
            (PAY, "consumesApi", GONE),
        ],
    );
    let reach = Reach::walk(
        &snapshot,
        snapshot.find(PAY).unwrap(),
        Direction::Dependencies,
        None,
    );
    let summary = Summary::of(&reach, &snapshot);
    assert_eq!(
        (summary.total(), summary.missing, summary.owner_unknown),
        (1, 1, 1)
    );
    assert!(summary.by_owner.is_empty());
}

#[test]
fn what_was_never_good_does_not_stand_among_what_names_no_owner() {
    let amy = "user:default/amy";
    let snapshot = catalog_with_unserved(&[PAY, JOB], &[DB, amy], &[(PAY, "ownedBy", amy)]);
    assert_eq!(
        lines(&Hierarchy::ownership(&snapshot), &snapshot),
        [
            "amy 1/1",
            "  pay 0/0",
            "[no owner] 1/1",
            "  job 0/0",
            "[owner unknown] 1/1",
            "  db 0/0",
        ]
    );
}

#[test]
fn what_names_a_parent_that_is_not_there_is_marked_at_the_top() {
    let (team, sub) = ("group:default/team", "group:default/sub");
    let snapshot = catalog(
        &[SHOP, RETAIL, PAY, WEB, team, sub],
        &[
            (SHOP, "partOf", "domain:default/gone"),
            (PAY, "partOf", "system:default/gone"),
            (WEB, "partOf", SHOP),
            (WEB, "partOf", "component:default/gone"),
            (team, "childOf", "group:default/gone"),
            (sub, "childOf", team),
        ],
    );
    let marked = |tree: Hierarchy| -> Vec<&str> {
        let rows = tree.nodes().iter().filter_map(|n| match n.item {
            Item::Row(id) if n.missing => Some(id),
            _ => None,
        });
        rows.map(|id| missing_parent(&snapshot, id).unwrap())
            .collect()
    };
    assert_eq!(
        marked(Hierarchy::structure(&snapshot)),
        ["domain:default/gone", "system:default/gone"]
    );
    assert_eq!(
        marked(Hierarchy::ownership(&snapshot)),
        ["group:default/gone"]
    );
}

fn lines(hierarchy: &Hierarchy, snapshot: &Snapshot) -> Vec<String> {
    let name = |item| match item {
        Item::Row(id) => snapshot.row(id).name.to_owned(),
        Item::Heading(heading) => format!("[{}]", heading.title()),
    };
    hierarchy
        .nodes()
        .iter()
        .map(|n| {
            let indent = "  ".repeat(n.depth as usize);
            format!("{indent}{} {}/{}", name(n.item), n.own, n.total)
        })
        .collect()
}

#[test]
fn the_structure_nests_domains_systems_components_and_what_is_in_no_system() {
    let snapshot = catalog(
        &[RETAIL, SHOP, PAY, WEB, JOB, API, DB, "user:default/amy"],
        &[
            (SHOP, "partOf", RETAIL),
            (PAY, "partOf", SHOP),
            (WEB, "partOf", SHOP),
            (WEB, "partOf", PAY),
            (API, "partOf", SHOP),
            (DB, "partOf", "system:default/gone"),
        ],
    );
    assert_eq!(
        lines(&Hierarchy::structure(&snapshot), &snapshot),
        [
            "retail 1/4",
            "  shop 2/3",
            "    pay 1/1",
            "      web 0/0",
            "    pay-api 0/0",
            "[no system] 3/3",
            "  job 0/0",
            "  db 0/0",
            "  amy 0/0",
        ]
    );
}

#[test]
fn ownership_nests_groups_with_what_they_own_their_members_and_what_nobody_owns() {
    let (org, team, amy) = (
        "group:default/org",
        "group:default/team",
        "user:default/amy",
    );
    let snapshot = catalog(
        &[org, team, amy, PAY, WEB, JOB, DB],
        &[
            (PAY, "ownedBy", team),
            (WEB, "ownedBy", org),
            (JOB, "ownedBy", "group:default/gone"),
            (team, "childOf", org),
            (amy, "memberOf", team),
        ],
    );
    assert_eq!(
        lines(&Hierarchy::ownership(&snapshot), &snapshot),
        [
            "org 1/2",
            "  team 1/1",
            "    pay 0/0",
            "    [members] 1/1",
            "      amy 0/0",
            "  web 0/0",
            "[no owner] 1/1",
            "  db 0/0",
            "[owner not found] 1/1",
            "  job 0/0",
        ]
    );
}

#[test]
fn a_ring_of_domains_is_cut_and_marked_and_nothing_is_lost() {
    let (a, b, c) = ("domain:default/a", "domain:default/b", "domain:default/c");
    let snapshot = catalog(
        &[a, b, c],
        &[(a, "partOf", b), (b, "partOf", a), (c, "partOf", a)],
    );
    let tree = Hierarchy::structure(&snapshot);
    assert_eq!(lines(&tree, &snapshot), ["a 2/2", "  b 0/0", "  c 0/0"]);
    assert!(tree.nodes()[0].cycle && !tree.nodes()[1].cycle);
}

proptest! {
    #[test]
    fn every_entity_stands_in_the_structure_exactly_once(
        n in 1usize..16,
        edges in prop::collection::vec((0usize..16, 0usize..16), 0..30),
    ) {
        let kinds = ["domain", "system", "component", "api"];
        let names: Vec<String> = (0..n).map(|i| format!("{}:default/e{i:02}", kinds[i % 4])).collect();
        let edges: Vec<(&str, &str, &str)> = edges
            .iter()
            .map(|&(from, to)| (names[from % n].as_str(), "partOf", names[to % n].as_str()))
            .collect();
        let refs: Vec<&str> = names.iter().map(String::as_str).collect();
        let snapshot = catalog(&refs, &edges);
        let tree = Hierarchy::structure(&snapshot);
        let mut ids: Vec<RowId> = tree
            .nodes()
            .iter()
            .filter_map(|n| match n.item { Item::Row(id) => Some(id), Item::Heading(_) => None })
            .collect();
        ids.sort();
        prop_assert_eq!(ids, snapshot.ids().collect::<Vec<_>>());
    }
}
