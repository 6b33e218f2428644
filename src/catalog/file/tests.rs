use super::*;
use crate::catalog::location::Presence;
use proptest::prelude::*;
use serde_json::json;

fn read_as(bytes: &[u8], rules: &Rules) -> ParsedFile {
    let context = FileContext {
        location: "url:https://github.com/o/r/blob/main/catalog-info.yaml",
        origin: "url:https://github.com/o/r/blob/main/all.yaml",
        view_url: Some("https://view"),
        edit_url: None,
        source_location: Some("url:https://github.com/o/r/tree/main/"),
        rules,
        trust: Trust::Discovered,
        limits: YamlLimits::default(),
    };
    read(bytes, &context)
}

fn read_text(text: &str) -> ParsedFile {
    read_as(text.as_bytes(), &Rules::standard(Vec::new()))
}

fn refs(file: &ParsedFile) -> Vec<&str> {
    file.file
        .entities
        .iter()
        .map(|e| e.entity_ref.as_str())
        .collect()
}

fn places(file: &ParsedFile) -> Vec<(Option<u32>, Option<u32>)> {
    file.file
        .problems
        .iter()
        .map(|p| (p.line, p.column))
        .collect()
}

fn system(name: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: {name}\nspec:\n  owner: o\n"
    )
}

#[test]
fn a_bad_document_keeps_out_itself_alone() {
    let text = format!(
        "{}---\na: [\n---\n{}---\n- 1\n---\n---\n{}",
        system("a"),
        system("b"),
        system("c")
    );
    let file = read_text(&text);
    assert_eq!(
        refs(&file),
        ["system:default/a", "system:default/b", "system:default/c"]
    );
    assert_eq!(file.file.problems.len(), 2, "{:?}", file.file.problems);
    assert!(file.file.problems.iter().all(|p| p.line.is_some()));
    assert_eq!(file.file.entities[2].document, 5);
    assert_eq!(
        file.file.entities[2]
            .position("/metadata/name")
            .map(|m| m.line),
        Some(23)
    );
}

#[test]
fn location_annotations_are_set_and_the_authors_own_kept() {
    let text = system("a").replace(
        "spec:",
        "  annotations:\n    backstage.io/view-url: https://mine\n    \
                backstage.io/managed-by-location: url:https://forged\nspec:",
    );
    let file = read_text(&text);
    assert_eq!(
        file.file.entities[0].entity["metadata"],
        json!({
            "name": "a", "namespace": "default", "annotations": {
                "backstage.io/view-url": "https://mine",
                "backstage.io/managed-by-location": "url:https://github.com/o/r/blob/main/catalog-info.yaml",
                "backstage.io/managed-by-origin-location": "url:https://github.com/o/r/blob/main/all.yaml",
                "backstage.io/source-location": "url:https://github.com/o/r/tree/main/",
            }
        })
    );
}

#[test]
fn lists_are_sorted_and_their_places_follow() {
    let text = "apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: a}\nspec:\n  type: t\n  owner: o\n  \
                dependsOn:\n  - resource:z\n  - component:b\n  - Resource:c\n";
    let file = read_text(text);
    let entity = &file.file.entities[0];
    assert_eq!(
        entity.entity["spec"]["dependsOn"],
        json!(["Resource:c", "component:b", "resource:z"])
    );
    let line = |i: u32| {
        entity
            .position(&format!("/spec/dependsOn/{i}"))
            .map(|m| m.line)
    };
    assert_eq!([line(0), line(1), line(2)], [Some(10), Some(9), Some(8)]);
}

#[test]
fn placeholders_wait_for_content_and_a_failed_one_is_a_problem_at_its_place() {
    let api = |name: &str, key: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: {name}\nspec:\n  type: t\n  lifecycle: l\n  \
                 owner: o\n  definition:\n    {key}: ./{name}.x\n"
        )
    };
    let text = [
        api("a", "$text"),
        api("b", "$openapi"),
        api("c", "$json"),
        api("d", "$unknown"),
    ]
    .join("---\n");
    let file = read_text(&text);
    assert_eq!(
        file.placeholders
            .iter()
            .map(|p| p.target.as_str())
            .collect::<Vec<_>>(),
        ["./a.x", "./b.x", "./c.x"]
    );
    // What is no placeholder stays what it is, and a mapping is no definition.
    assert_eq!(file.file.problems.len(), 1);
    let file = file.resolve(vec![
        Ok("hello".into()),
        Err("NotAllowedError: no".into()),
        Ok("{\"x\": 1.0}".into()),
    ]);
    assert_eq!(refs(&file), ["api:default/a"]);
    assert_eq!(file.file.entities[0].entity["spec"]["definition"], "hello");
    let said: Vec<_> = file
        .file
        .problems
        .iter()
        .map(|p| (p.line, p.message.as_str()))
        .collect();
    assert_eq!(
        said[1],
        (
            Some(21),
            "Placeholder $openapi could not read location ./b.x, NotAllowedError: no"
        )
    );
    assert_eq!(said[2], (Some(32), "/spec/definition must be string"));
}

#[test]
fn locations_name_what_to_read_with_its_place() {
    let file = read_text(
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: all\nspec:\n  target: ./a.yaml\n  targets:\n    \
         - ./b/*.yaml\n  presence: optional\n",
    );
    let targets: Vec<_> = file
        .locations
        .iter()
        .map(|l| {
            (
                l.location_type.as_str(),
                l.target.as_str(),
                l.line,
                l.column,
            )
        })
        .collect();
    assert_eq!(
        targets,
        [("url", "./a.yaml", 6, 11), ("url", "./b/*.yaml", 8, 7)]
    );
    assert!(
        file.locations
            .iter()
            .all(|l| l.presence == Presence::Optional)
    );
}

#[test]
fn a_kind_the_rules_refuse_is_a_problem_at_its_kind() {
    let file = read_as(system("a").as_bytes(), &Rules::allow(&["Component"]));
    assert_eq!(
        (refs(&file), places(&file)),
        (vec![], vec![(Some(2), Some(7))])
    );
    assert_eq!(file.file.problems[0].name, "NotAllowedError");
}

#[test]
fn an_entity_given_twice_by_one_file_is_the_later_one() {
    let file = read_text(&format!(
        "{}---\n{}",
        system("a"),
        system("A").replace("owner: o", "owner: later")
    ));
    assert_eq!(refs(&file), ["system:default/a"]);
    assert_eq!(file.file.entities[0].entity["spec"]["owner"], "later");
    assert_eq!(places(&file), [(Some(4), Some(9))]);
}

#[test]
fn what_is_no_text_is_one_problem_with_a_place() {
    let rules = Rules::standard(Vec::new());
    let good = system("a").into_bytes();
    let with = |tail: &[u8]| [good.as_slice(), tail].concat();
    assert_eq!(
        places(&read_as(&with(b"\0\x01\x02"), &rules)),
        [(Some(7), Some(1))]
    );
    assert_eq!(
        places(&read_as(b"\xff\xfea\0", &rules)),
        [(Some(1), Some(1))]
    );
    let large = vec![b'#'; (16 << 20) + 1];
    assert_eq!(places(&read_as(&large, &rules)), [(Some(1), Some(1))]);
    // Text that is not UTF-8 somewhere is read with a mark in that place, as Backstage reads it.
    let latin = read_as(&with(b"  domain: caf\xe9\n"), &rules);
    assert_eq!(places(&latin), [(Some(7), Some(14))]);
    assert_eq!(
        latin.file.entities[0].entity["spec"]["domain"],
        "caf\u{fffd}"
    );
}

#[test]
fn windows_line_ends_a_mark_at_the_start_and_python_tags_do_no_harm() {
    let text = format!("\u{feff}{}", system("a").replace('\n', "\r\n"))
        .replace("owner: o", "owner: o\r\n  x: !!python/name:a.b c");
    let file = read_text(&text);
    assert_eq!(
        refs(&file),
        ["system:default/a"],
        "{:?}",
        file.file.problems
    );
    assert_eq!(
        file.file.entities[0].entity["spec"],
        json!({"owner": "o", "x": "c"})
    );
}

#[test]
fn bombs_and_towers_are_refused_with_a_place_and_the_rest_is_kept() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    let nested = format!("a: {}1{}\n", "[".repeat(5000), "]".repeat(5000));
    let anchors = format!("a: {}1{}\n", "&a [".repeat(90), "]".repeat(90));
    for bad in [
        bomb,
        nested,
        "k: 1\nk: 2\n".to_owned(),
        "\tk: [\n".to_owned(),
        "a: &a [*a]\n".to_owned(),
    ] {
        let file = read_text(&format!("{bad}---\n{}", system("a")));
        assert_eq!(refs(&file), ["system:default/a"]);
        assert!(
            matches!(places(&file)[..], [(Some(_), Some(_))]),
            "{:?}",
            file.file.problems
        );
    }
    assert_eq!(
        refs(&read_text(&format!("{anchors}---\n{}", system("a")))),
        ["system:default/a"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_as(&bytes, &Rules::standard(Vec::new())).resolve(Vec::new());
    }

    #[test]
    fn no_yaml_like_text_makes_it_panic(text in "([-:#'\"|>&*!%@?\\[\\]{}, \n\ta1~é$]|kind|metadata|apiVersion|name|---\n|\\$text: |: |- |\n  ){0,60}") {
        let _ = read_text(&text).resolve(vec![Ok("a: b".to_owned())]);
        let _ = read_text(&format!("{}{text}", system("a"))).resolve(Vec::new());
    }
}

#[test]
fn of_many_documents_of_one_entity_each_earlier_one_names_the_next() {
    let text = ["a", "b", "a", "c", "a", "b"].map(system).join("---\n");
    let file = read_text(&text).file;
    let kept: Vec<(&str, u32)> = (file.entities.iter())
        .map(|e| (e.entity_ref.as_str(), e.document))
        .collect();
    assert_eq!(
        kept,
        [
            ("system:default/c", 3),
            ("system:default/a", 4),
            ("system:default/b", 5)
        ]
    );
    let reported: Vec<(&str, bool, Option<u32>)> = (file.problems.iter())
        .map(|p| {
            let entity_ref = p.entity_ref.as_deref().unwrap();
            let next = if p.line == Some(4) {
                "document 3,"
            } else if p.line == Some(18) {
                "document 5,"
            } else {
                "document 6,"
            };
            (entity_ref, p.message.contains(next), p.line)
        })
        .collect();
    assert_eq!(
        reported,
        [
            ("system:default/a", true, Some(4)),
            ("system:default/b", true, Some(11)),
            ("system:default/a", true, Some(18))
        ]
    );
}

#[test]
fn a_document_with_too_many_placeholders_asks_for_nothing() {
    let document = |count: usize| {
        let items = "  - $text: ./t\n".repeat(count);
        format!("{}  list:\n{items}", system("a"))
    };
    assert_eq!(read_text(&document(200)).placeholders.len(), 200);
    let parsed = read_text(&document(201));
    assert!(parsed.placeholders.is_empty() && parsed.file.entities.is_empty());
    assert_eq!(parsed.file.problems.len(), 1);
    assert!(parsed.file.problems[0].message.contains("more than 200"));
}

#[test]
fn of_a_location_with_very_many_targets_the_first_are_handed_on_with_their_places() {
    let mut text = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: all\nspec:\n  targets:\n".to_owned();
    for n in 0..20_000 {
        text.push_str(&format!("    - ./{n}.yaml\n"));
    }
    let file = read_text(&text);
    assert_eq!(file.locations.len(), 1_001);
    let last = file.locations.last().unwrap();
    assert_eq!(
        (&last.target[..], last.line, last.column),
        ("./1000.yaml", 1_007, 7)
    );
    assert_eq!(file.file.entities.len(), 1);
}
