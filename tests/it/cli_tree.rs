//! `callboard tree`, from the cache to standard output.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::cli::World;
use crate::shared;

/// Every reference in a tree, in order, second places left out.
fn refs(tree: &Value, found: &mut Vec<String>) {
    match tree {
        Value::Array(trees) => trees.iter().for_each(|tree| refs(tree, found)),
        _ => {
            if let (Some(entity_ref), None) = (tree["ref"].as_str(), tree.get("repeated")) {
                found.push(entity_ref.to_owned());
            }
            refs(&tree["children"], found);
        }
    }
}

#[test]
fn without_a_reference_the_structure_holds_every_entity_exactly_once() {
    let world = World::new();
    let mut found = Vec::new();
    refs(&world.json(&["tree", "--output", "json"]), &mut found);
    found.sort();
    let mut listed = world.names(&["list"]);
    listed.sort();
    assert_eq!(found, listed);
    let text = world.out(&["tree"]);
    assert!(text.contains("no system"), "{text}");
}

#[test]
fn the_direction_follows_the_kind_unless_it_is_named() {
    let world = World::new();
    let dependencies = world.out(&["tree", "component:payments"]);
    assert_eq!(
        dependencies,
        "component:payments  (team-a)\n└── resource:gone  needed by Payments  ? not found\n"
    );
    let owned = world.json(&["tree", "team-b", "-o", "json"]);
    assert_eq!(
        owned,
        json!({"ref": "group:default/team-b", "children": [
            {"ref": "component:default/hostile", "relation": "ownerOf", "children": []},
            {"ref": "component:default/orders", "relation": "ownerOf", "children": []},
        ]})
    );
    let owners = world.json(&["tree", "orders", "--direction", "ownership", "-o", "json"]);
    assert_eq!(
        owners["children"][0]["children"][0]["ref"],
        "group:default/team-a"
    );
    let structure = world.out(&["tree", "system:payments"]);
    assert_eq!(structure, "system:payments  (team-a)\n");
}

#[test]
fn what_is_only_referred_to_has_dependents() {
    let world = World::new();
    let tree = world.json(&["tree", "gone", "--direction", "dependents", "-o", "json"]);
    assert_eq!(
        tree,
        json!({
            "ref": "resource:default/gone",
            "missing": true,
            "summary": {
                "direct": 1,
                "indirect": 0,
                "byKind": {"Component": 1},
                "byOwner": [{"ref": "group:default/team-a", "count": 1}],
            },
            "children": [
                {"ref": "component:default/payments", "relation": "dependencyOf", "children": []},
            ],
        })
    );
    let text = world.out(&["tree", "gone", "--direction", "dependents"]);
    assert!(
        text.ends_with(
            "1 component in 1 team may break: 1 direct, 0 indirect\n  team-a      1  no contact\n"
        ),
        "{text}"
    );
    let top = world.out(&["tree", "gone", "-d", "dependents", "--depth", "0"]);
    assert_eq!(
        top,
        "resource:gone  ? not found\n\n1 component in 1 team may break: 1 direct, 0 indirect\n  team-a      1  no contact\n"
    );
}

#[test]
fn a_path_is_found_or_there_is_none() {
    let world = World::new();
    assert_eq!(
        world.json(&["tree", "orders", "--to", "system:payments", "-o", "json"]),
        json!({"path": [
            {"ref": "component:default/orders"},
            {"ref": "group:default/team-b", "relation": "ownedBy"},
            {"ref": "group:default/team-a", "relation": "childOf"},
            {"ref": "system:default/payments", "relation": "ownerOf"},
        ]})
    );
    assert_eq!(
        world.json(&["tree", "orders", "--to", "hostile-owner", "-o", "json"]),
        json!({"path": null})
    );
    assert_eq!(
        world.out(&["tree", "orders", "--to", "hostile-owner"]),
        "no chain of relations leads from component:orders to component:hostile-owner\n"
    );
    assert_eq!(
        world.out(&["tree", "orders", "--to", "team-a", "--ascii"]),
        "component:orders\n  -> owned by  group:team-b\n  -> child of  group:team-a\n"
    );
}

#[test]
fn the_locale_decides_what_a_tree_is_drawn_with() {
    let world = World::new();
    let mut command = world.command(&["tree", "team-b"]);
    let output = command.env("LC_ALL", "C").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.is_ascii() && text.contains("`-- "), "{text}");
}

#[test]
fn a_tree_of_nothing_fails_as_other_commands_do() {
    let world = World::new();
    for (args, code) in [
        (&["tree", "paymnets"][..], 3),
        (&["tree", "payments"], 4),
        (&["tree", "a:b:c"], 2),
        (&["tree", "--direction", "dependents"], 2),
        (&["tree", "--to", "orders"], 2),
        (&["tree", "orders", "--to", "nobody"], 3),
    ] {
        assert_eq!(world.failure(args).0, code, "{args:?}");
    }
    assert_eq!(World::empty().failure(&["tree"]).0, 6);
}

/// All catalogs of the corpus as one; none where there is no corpus.
fn real_catalogs() -> Option<World> {
    let corpus = shared::folder("corpus/catalog")?;
    let world = World::empty();
    let config = world.folder.path().join("config.yaml");
    fs::write(
        &config,
        format!(
            "catalog:\n  rules:\n    - allow: [Component, API, Resource, System, Domain, Group, User, Template]\n  \
             locations:\n    - type: file\n      target: {}/**/*.yaml\n",
            corpus.display()
        ),
    )
    .unwrap();
    let config = config.to_str().unwrap();
    // Some of the files refer to the network, which is out of reach; what was read counts.
    let mut sync = world.command(&["--config", config, "sync"]);
    let nowhere = "http://127.0.0.1:9";
    sync.env("HTTPS_PROXY", nowhere).env("HTTP_PROXY", nowhere);
    sync.output().unwrap();
    Some(world)
}

#[test]
fn real_catalogs_stand_in_the_structure_without_a_loss() {
    let Some(world) = real_catalogs() else {
        return;
    };
    let listed: BTreeSet<String> = world.names(&["list"]).into_iter().collect();
    assert!(listed.len() > 100, "{}", listed.len());
    let trees = world.out(&["tree", "-o", "json"]);
    let trees: Value = serde_json::from_str(&trees).unwrap();
    let mut found = Vec::new();
    refs(&trees, &mut found);
    let once: BTreeSet<String> = found.iter().cloned().collect();
    assert_eq!(found.len(), once.len());
    assert!(once.is_superset(&listed));
    for lost in once.difference(&listed) {
        // All that is there beyond the list is what was never good.
        assert_eq!(world.failure(&["show", lost]).0, 1, "{lost}");
    }
}

/// How many roots are compared: each is a run of the program.
const ROOTS: usize = 40;

#[test]
fn what_breaks_in_real_catalogs_is_the_closure_of_what_their_entities_say_they_need() {
    let Some(world) = real_catalogs() else {
        return;
    };
    let entities = world.json(&["list", "-o", "json"]);
    let mut breaks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entity in entities.as_array().unwrap() {
        let part = |pointer: &str| entity.pointer(pointer).unwrap().as_str().unwrap();
        let (kind, namespace) = (part("/kind"), part("/metadata/namespace"));
        let own = format!("{kind}:{namespace}/{}", part("/metadata/name")).to_lowercase();
        for relation in entity["relations"].as_array().unwrap() {
            let target = relation["targetRef"].as_str().unwrap().to_owned();
            let (fails, with_it) = match relation["type"].as_str().unwrap() {
                "dependsOn" => (target, own.clone()),
                "consumesApi" if target.starts_with("api:") => (target, own.clone()),
                "providesApi" => (own.clone(), target),
                _ => continue,
            };
            breaks.entry(fails).or_default().push(with_it);
        }
    }
    // What a system or domain consists of breaks with it too, which is another rule.
    let mut roots: Vec<&String> = breaks
        .keys()
        .filter(|root| !root.starts_with("system:") && !root.starts_with("domain:"))
        .collect();
    assert!(roots.len() > 5, "{roots:?}");
    roots.truncate(ROOTS);
    for root in roots {
        let mut hit = BTreeSet::from([root.clone()]);
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            for next in breaks.get(at).into_iter().flatten() {
                if hit.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        let tree = world.json(&["tree", root, "-d", "dependents", "-o", "json"]);
        let mut found = Vec::new();
        refs(&tree, &mut found);
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), hit, "{root}");
    }
}
